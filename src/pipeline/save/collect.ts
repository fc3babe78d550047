/** A dataset whose records come as they are made: with splits they wait in a file until all of them are there. */
import { rm } from "node:fs/promises";
import { asideName, FileWriter } from "../files/write.js";
import { openRecords, type StoredRecord } from "../records/read.js";
import { type DatasetSummary, DatasetWriter } from "./dataset.js";
import { encodeRecord } from "./format.js";
import type { DatasetOptions } from "./options.js";
import { planSplits } from "./splits.js";

export interface DatasetCollector {
  /** @returns why the record was left out, where that is known at once */
  write(record: StoredRecord): Promise<string | undefined>;
  commit(): Promise<DatasetSummary>;
  discard(): Promise<void>;
}

/**
 * @param inputs files beside which reports tell of the records; may grow until `commit`
 * @throws {OutputError}
 */
export async function collectDataset(
  output: string,
  options: DatasetOptions,
  inputs: readonly string[],
): Promise<DatasetCollector> {
  if (options.splits.length === 0) return DatasetWriter.open(output, options, { inputs });
  const waitingPath = `${asideName(output).slice(0, -".tmp".length)}.jsonl`;
  const waiting = await FileWriter.open(waitingPath, output);
  const { format, encoding, splits, seed } = options;
  let isWaiting = true;
  return {
    async write(record) {
      const made = encodeRecord(format, record, encoding);
      if ("problem" in made) return made.problem;
      await waiting.write(`${JSON.stringify(record.raw)}\n`);
      return undefined;
    },
    async commit() {
      await waiting.commit();
      isWaiting = false;
      try {
        const plan = await planSplits(recordsIn(waitingPath), splits, seed);
        const writer = await DatasetWriter.open(output, options, { inputs, plan });
        try {
          for await (const record of recordsIn(waitingPath)) await writer.write(record);
          return await writer.commit();
        } catch (error) {
          await writer.discard();
          throw error;
        }
      } finally {
        await rm(waitingPath, { force: true });
      }
    },
    async discard() {
      if (isWaiting) await waiting.discard();
    },
  };
}

async function* recordsIn(file: string): AsyncGenerator<StoredRecord, void, undefined> {
  for await (const read of (await openRecords(file)).records()) if ("record" in read) yield read.record;
}
