/** Earlier measurements, to compare with. One line of JSON each; a line that cannot be read is skipped. */
import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { messageOf, OutputError } from "../errors.js";
import { stateFolder } from "../files/folders.js";
import type { Speed } from "./measure.js";

export interface BenchRecord {
  /** Machine and model, as `settingsKey` has it. */
  key: string;
  model: string;
  /** ISO 8601. */
  date: string;
  promptTokens: number;
  answerTokens: number;
  speeds: readonly Speed[];
  best: { sequences: number; threads: number; batchTokens: number; tokensPerSecond: number };
}

const lineSchema = z.object({
  key: z.string(),
  date: z.string(),
  promptTokens: z.number(),
  answerTokens: z.number(),
  speeds: z.array(z.looseObject({ requests: z.number(), tokensPerSecond: z.number() })),
});

function fileOf(): string {
  return path.join(stateFolder(), "bench.jsonl");
}

/** @throws {OutputError} when it cannot be written */
export async function noteBench(record: BenchRecord): Promise<void> {
  const file = fileOf();
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, `${JSON.stringify(record)}\n`);
  } catch (error) {
    throw new OutputError(`cannot note the measurement in ${file}: ${messageOf(error)}`, {
      remedy: "make the folder writable, or name another with QUERN_STATE",
      cause: error,
    });
  }
}

/** @returns the last measurement of the same machine, model and lengths; undefined where there is none */
export async function earlierBench(record: BenchRecord): Promise<BenchRecord | undefined> {
  const text = await readFile(fileOf(), "utf8").catch(() => "");
  const lines = text.split("\n").flatMap((line) => {
    try {
      lineSchema.parse(JSON.parse(line));
      return [JSON.parse(line) as BenchRecord];
    } catch {
      return [];
    }
  });
  return lines.findLast(
    ({ key, promptTokens, answerTokens }) =>
      key === record.key && promptTokens === record.promptTokens && answerTokens === record.answerTokens,
  );
}
