/** One Parquet file, written in row groups; lists and objects are Parquet's own, so `messages` is a list of structs. */
import path from "node:path";
import { rename } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { FileWriter, guarded } from "../../files/write.js";
import type { SaveStorage } from "../storage.js";
import { huggingFaceInfo } from "./arrow.js";
import { arrowValue, type ColumnType } from "./column-type.js";
import { openTable, type Table } from "./spool.js";

/** Rows of a row group and about their bytes: what a reader holds at once, and what a viewer fetches for a page. */
const groupRows = 10_000;
const groupBytes = 32 * 1024 * 1024;

export const parquet: SaveStorage = {
  name: "parquet",
  description: "one Parquet file, compressed with Snappy",
  isFolder: false,
  outputName: (stem, format, hasSplits = false) => {
    const name = format.name === "jsonl" ? stem : `${stem}_${format.name}`;
    return hasSplits ? `${stem}_${format.name}_parquet` : `${name}.parquet`;
  },
  splitName: (split) => `${split}.parquet`,
  dataFile: (name) => name,
  dataType: "parquet",
  open: (output, _, { shownAs = output }) =>
    openTable(output, shownAs, async (aside, table) => {
      const file = path.join(aside, "data.parquet");
      await writeParquet(file, table, shownAs);
      await guarded(shownAs, () => rename(file, output));
    }),
};

async function writeParquet(file: string, { columns, batches }: Table, output: string): Promise<void> {
  const target = await FileWriter.open(file, output);
  try {
    const writer = new ByteWriter();
    const parquetWriter = new ParquetWriter({
      writer,
      schema: [
        { name: "schema", num_children: columns.size },
        ...[...columns].flatMap(([name, type]) => schemaOf(name, type)),
      ],
      kvMetadata: [{ key: "huggingface", value: huggingFaceInfo(columns) }],
      createdBy: "quern",
    });
    const flush = async () => {
      // Copied: the writer goes on in the same memory.
      await target.write(new Uint8Array(writer.buffer, 0, writer.index).slice());
      writer.index = 0;
    };
    for await (const rows of batches(groupRows, groupBytes)) {
      const columnData = [...columns].map(([name, type]) => ({
        name,
        data: rows.map((row) => arrowValue(row[name], type)),
      }));
      await parquetWriter.write({ columnData, rowGroupSize: rows.length });
      await flush();
    }
    await parquetWriter.finish();
    await flush();
    await target.commit();
  } catch (error) {
    await target.discard();
    throw error;
  }
}

/** The elements of Parquet's schema for a column, depth first; lists in the form of three levels that the format asks for. */
function schemaOf(name: string, type: ColumnType): SchemaElement[] {
  const optional = { name, repetition_type: "OPTIONAL" as const };
  switch (type.kind) {
    case "bool":
      return [{ ...optional, type: "BOOLEAN" }];
    case "int":
      return [{ ...optional, type: "INT64" }];
    case "float":
      return [{ ...optional, type: "DOUBLE" }];
    case "list":
      return [
        { ...optional, converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...schemaOf("element", type.of),
      ];
    case "struct":
      return [
        { ...optional, num_children: type.fields.size },
        ...[...type.fields].flatMap(([key, field]) => schemaOf(key, field)),
      ];
    case "null":
    case "string":
      return [{ ...optional, type: "BYTE_ARRAY", converted_type: "UTF8" }];
  }
}
