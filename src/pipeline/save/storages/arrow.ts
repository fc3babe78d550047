/** Tables as Arrow record batches. */
import type { DataType, Field, RecordBatch, Schema } from "apache-arrow";
import { arrowType, arrowValue, type ColumnType, feature } from "./column-type.js";
import type { Row } from "./spool.js";

/** Rows of a batch, and about how many bytes of text. */
export const batchRows = 1000;
export const batchBytes = 16 * 1024 * 1024;

export interface ArrowTable {
  schema: Schema;
  batch: (rows: readonly Row[]) => RecordBatch;
}

export async function arrowTable(columns: ReadonlyMap<string, ColumnType>): Promise<ArrowTable> {
  const arrow = await import("apache-arrow");
  const fields: Field[] = [...columns].map(([name, type]) => new arrow.Field(name, arrowType(arrow, type), true));
  const schema = new arrow.Schema(fields, new Map([["huggingface", huggingFaceInfo(columns)]]));
  return {
    schema,
    batch(rows) {
      const children = [...columns].map(([name, type], i) => {
        const values = rows.map((row) => arrowValue(row[name], type));
        return arrow.vectorFromArray(values, fields[i]!.type as DataType).data[0]!;
      });
      const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows.length, nullCount: 0, children });
      return new arrow.RecordBatch(schema, data);
    },
  };
}

/** The types as Hugging Face's `datasets` describes them, by column. */
export function featuresOf(columns: ReadonlyMap<string, ColumnType>): Record<string, unknown> {
  return Object.fromEntries([...columns].map(([name, type]) => [name, feature(type)]));
}

/** What `datasets` keeps in the metadata of Arrow and Parquet files, under the key `huggingface`. */
export function huggingFaceInfo(columns: ReadonlyMap<string, ColumnType>): string {
  return JSON.stringify({ info: { features: featuresOf(columns) } });
}
