/**
 * Records of a table wait in a file until all of them are there: only then are its columns known. So a table of any
 * length is written in flat memory.
 */
import { createReadStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { asideName, ensureOutputFolder, FileWriter, guarded } from "../../files/write.js";
import type { RecordSink } from "../storage.js";
import { type ColumnType, settled, typeOf, unite } from "./column-type.js";
import { jsonOf } from "./text.js";

export type Row = Record<string, unknown>;

/** A table whose columns are known. */
export interface Table {
  columns: ReadonlyMap<string, ColumnType>;
  /** Its rows in their order, in batches of at most so many rows and about so many bytes of text. */
  batches: (rows: number, bytes: number) => AsyncIterable<Row[]>;
}

/**
 * @param output what is written
 * @param shownAs what messages call it
 * @param write given a folder beside the output, which is removed afterwards, and the table; puts the output in its place
 */
export async function openTable(
  output: string,
  shownAs: string,
  write: (aside: string, table: Table) => Promise<void>,
): Promise<RecordSink> {
  await ensureOutputFolder(path.dirname(output));
  const aside = asideName(output);
  await guarded(shownAs, () => mkdir(aside));
  const waitingPath = path.join(aside, "records.jsonl");
  const waiting = await FileWriter.open(waitingPath, shownAs);
  const columns = new Map<string, ColumnType>();
  return {
    async write(record) {
      for (const [name, value] of Object.entries(record))
        columns.set(name, unite(columns.get(name) ?? { kind: "null" }, typeOf(value), name));
      await waiting.write(`${jsonOf(record)}\n`);
    },
    async commit() {
      await waiting.commit();
      const types = new Map([...columns].map(([name, type]) => [name, settled(type)]));
      await write(aside, { columns: types, batches: (rows, bytes) => batchesOf(waitingPath, rows, bytes) });
      await rm(aside, { recursive: true, force: true });
    },
    async discard() {
      await waiting.discard();
      await rm(aside, { recursive: true, force: true });
    },
  };
}

async function* batchesOf(file: string, most: number, bytes: number): AsyncGenerator<Row[], void, undefined> {
  let rows: Row[] = [];
  let size = 0;
  for await (const line of readline.createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    rows.push(JSON.parse(line) as Row);
    size += line.length;
    if (rows.length < most && size < bytes) continue;
    yield rows;
    rows = [];
    size = 0;
  }
  if (rows.length > 0) yield rows;
}
