/**
 * A folder that Hugging Face's `datasets.load_from_disk` opens: one Arrow stream file, `dataset_info.json` and
 * `state.json`, as the library's own `save_to_disk` lays them out.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import type { DataType, Field } from "apache-arrow";
import { asideName, ensureOutputFolder, FileWriter, guarded, replaceFolder } from "../../files/write.js";
import type { RecordSink, SaveStorage } from "../storage.js";
import { arrowType, arrowValue, type ColumnType, feature, typeOf, unite } from "./column-type.js";

const dataFile = "data-00000-of-00001.arrow";
const rowsPerBatch = 1000;

export const hf: SaveStorage = {
  name: "hf",
  description: "a Hugging Face dataset folder for datasets.load_from_disk",
  outputName: (stem, format) => `${stem}_${format.name}_hf`,
  async open(output): Promise<RecordSink> {
    await ensureOutputFolder(path.dirname(output));
    const aside = asideName(output);
    await guarded(output, () => mkdir(aside));
    // The columns are known only after the last record, so records wait in a file.
    const waitingPath = path.join(aside, "records.jsonl");
    const waiting = await FileWriter.open(waitingPath, output);
    const columns = new Map<string, ColumnType>();
    return {
      async write(record) {
        for (const [name, value] of Object.entries(record))
          columns.set(name, unite(columns.get(name) ?? { kind: "null" }, typeOf(value), name));
        await waiting.write(`${JSON.stringify(record)}\n`);
      },
      async commit() {
        await waiting.commit();
        await writeArrow(path.join(aside, dataFile), waitingPath, columns, output);
        await rm(waitingPath);
        await guarded(output, () => writeDescription(aside, columns));
        await replaceFolder(aside, output);
      },
      async discard() {
        await waiting.discard();
        await rm(aside, { recursive: true, force: true });
      },
    };
  },
};

async function writeArrow(
  file: string,
  records: string,
  columns: ReadonlyMap<string, ColumnType>,
  output: string,
): Promise<void> {
  const arrow = await import("apache-arrow");
  const fields: Field[] = [...columns].map(([name, type]) => new arrow.Field(name, arrowType(arrow, type), true));
  const info = { info: { features: featuresOf(columns) } };
  const schema = new arrow.Schema(fields, new Map([["huggingface", JSON.stringify(info)]]));
  const target = await FileWriter.open(file, output);
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  try {
    const copied = (async () => {
      // Pieces are written as the writer makes them, so that only one batch is in memory.
      for await (const piece of writer as AsyncIterable<Uint8Array>) await target.write(piece);
    })();
    for await (const rows of batchesOf(records)) {
      const children = [...columns].map(([name, type], i) => {
        const values = rows.map((row) => arrowValue(row[name], type));
        return arrow.vectorFromArray(values, fields[i]!.type as DataType).data[0]!;
      });
      const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows.length, nullCount: 0, children });
      writer.write(new arrow.RecordBatch(schema, data));
    }
    writer.finish();
    await copied;
    await target.commit();
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function* batchesOf(file: string): AsyncGenerator<Record<string, unknown>[], void, undefined> {
  let rows: Record<string, unknown>[] = [];
  for await (const line of readline.createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    rows.push(JSON.parse(line) as Record<string, unknown>);
    if (rows.length < rowsPerBatch) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function writeDescription(folder: string, columns: ReadonlyMap<string, ColumnType>): Promise<void> {
  const info = { citation: "", description: "", features: featuresOf(columns), homepage: "", license: "" };
  const fingerprint = createHash("sha256").update(JSON.stringify(info)).digest("hex").slice(0, 16);
  const state = {
    _data_files: [{ filename: dataFile }],
    _fingerprint: fingerprint,
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: null,
  };
  await writeFile(path.join(folder, "dataset_info.json"), `${JSON.stringify(info, null, 2)}\n`);
  await writeFile(path.join(folder, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
}

function featuresOf(columns: ReadonlyMap<string, ColumnType>): Record<string, unknown> {
  return Object.fromEntries([...columns].map(([name, type]) => [name, feature(type)]));
}
