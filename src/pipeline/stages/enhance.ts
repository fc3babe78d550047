/** Files of records to files of the same records with something added, record by record, in flat memory. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { answerTokensFor } from "../../hw/chunk.js";
import { setUp } from "../create/setup.js";
import { writtenAgain } from "../create/stored-shape.js";
import type { Amount, Enhanced, Enhancement, RecordsType } from "../create/type.js";
import { ListsWriter } from "../files/lists.js";
import { recordedPath, reportPath, stemOf } from "../files/names.js";
import { ensureOutputFolder, writeFileAtomic } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import { openRecords, type ReadRecord, type StoredRecord } from "../records/read.js";
import { conversationOf } from "../records/record.js";
import { outputNames, outputPath } from "./create.js";
import { documentsAtOnce, forEachInput } from "./inputs.js";
import { addCount, type Observer, type StageResult, Work } from "./stage.js";

export interface EnhanceOptions {
  backend: Backend;
  config: Config;
  type: RecordsType;
  amount?: Amount | undefined;
  outputFolder: string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** What became of a file's records. */
interface FileReport {
  document: string;
  hash: string;
  records: number;
  made: number;
  /** Left as they are, by reason. */
  left: Record<string, number>;
  /** Kept as they were as nothing could be made of them, by reason. */
  failures: Record<string, number>;
  /** Elements that are no records, which are left out. */
  unusable: number;
}

/** An answer needs at least this much to hold a few steps. */
const fewestAnswerTokens = 32;

/**
 * Works on the records of files, as many at once as keep the backend full.
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} what ends the whole run
 */
export function enhance(inputs: readonly string[], options: EnhanceOptions): Promise<StageResult> {
  const { backend, config, type, amount, outputFolder } = options;
  return forEachInput(
    inputs,
    options,
    async ({ engine, observer, result }) => {
      const { prompts, warnings } = await setUp(config, type, amount);
      if (amount?.perChunk !== undefined)
        throw new UsageError(
          `--num-pairs-per-chunk does not go with --type ${type.name}, whose inputs have no chunks`,
          {
            remedy: "use -n",
          },
        );
      for (const warning of warnings) observer.warn(`warning: ${warning}`);
      const prompt = prompts.main;
      const context = backend.limits.contextTokens;
      const promptTokens = await backend.countMessageTokens([{ role: "user", content: prompt.render({}) }]);
      const answerTokens = answerTokensFor(context, promptTokens, config.generation.max_tokens);
      if (answerTokens < fewestAnswerTokens)
        throw new UsageError(
          `a context of ${context} tokens leaves no room for an answer: the prompt takes ${promptTokens}`,
          { remedy: "shorten the prompt or use a larger context" },
        );
      await ensureOutputFolder(outputFolder);
      const names = outputNames(outputFolder, type);
      return async (input) => {
        const hash = await hashOfFile(input);
        const source = recordedPath(input);
        const output = outputPath(outputFolder, type, await names({ stem: stemOf(input), source, hash }));
        await using work = await Work.begin(output, observer);
        const enhancement: Enhancement = { engine, answers: work.journal, config, prompt, answerTokens };
        const report = await enhanceFile(input, output, { document: source, hash }, enhancement, options);
        note(result, observer, input, report);
        const about = { stage: "create", type: type.name, ...report, prompt: prompt.version };
        const made = { seed: config.generation.seed, model: backend.model, backend: backend.description };
        await writeFileAtomic(reportPath(output), `${JSON.stringify({ ...about, ...made }, null, 2)}\n`);
        return output;
      };
    },
    (output) => `Content saved to ${output}`,
  );
}

async function enhanceFile(
  input: string,
  output: string,
  source: { document: string; hash: string },
  enhancement: Enhancement,
  { backend, config, type, amount }: EnhanceOptions,
): Promise<FileReport> {
  const opened = await openRecords(input);
  const most = amount?.total ?? type.defaultCount(config) ?? Infinity;
  const report: FileReport = { ...source, records: 0, made: 0, left: {}, failures: {}, unusable: 0 };
  const hasPairs = opened.kind !== "conversations";
  const writer = await ListsWriter.open(output, hasPairs ? [type.pairsKey, "conversations"] : ["conversations"]);
  try {
    let begun = 0;
    // Called in the order of the records, so that -n means the first ones.
    const work = (read: ReadRecord): Promise<Enhanced | undefined> => {
      if ("unusable" in read) return Promise.resolve(undefined);
      const { record } = read;
      const reason = type.leave(record) ?? (begun < most ? undefined : "beyond the number that was asked for");
      if (reason !== undefined) return Promise.resolve(leftAsItIs(record, reason));
      begun++;
      return type.enhance(enhancement, record);
    };
    for await (const enhanced of mapConcurrent(opened.records(), () => documentsAtOnce(backend), work)) {
      report.records++;
      if (enhanced === undefined) {
        report.unusable++;
        continue;
      }
      count(report, enhanced);
      const { turns, record, state, reason } = enhanced;
      const marked = state === "made" ? record : { ...record, enhancement: { [state]: reason } };
      if (hasPairs) {
        await writer.write(type.pairsKey, marked);
        await writer.write("conversations", turns);
      } else await writer.write("conversations", marked);
    }
    await writer.commit(opened.rest);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return report;
}

function leftAsItIs(record: StoredRecord, reason: string): Enhanced {
  return { state: "left", reason, record: writtenAgain(record), turns: record.turns ?? conversationOf(record) };
}

function count(report: FileReport, { state, reason = "" }: Enhanced): void {
  if (state === "made") report.made++;
  else {
    const counts = state === "left" ? report.left : report.failures;
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
}

function note(result: StageResult, observer: Observer, input: string, report: FileReport): void {
  addCount(result, "records enhanced", report.made);
  for (const [reason, times] of Object.entries(report.left)) addCount(result, `left as they are: ${reason}`, times);
  const failed = Object.values(report.failures).reduce((sum, times) => sum + times, 0);
  if (failed > 0) {
    addCount(result, "kept as they were: no usable answer", failed);
    result.incomplete++;
    observer.warn(
      `${input}: ${failed} of ${report.records} records are as they were: ${Object.keys(report.failures)[0]!}`,
    );
  }
  if (report.unusable > 0) {
    addCount(result, "unusable records left out", report.unusable);
    result.incomplete++;
    observer.warn(`${input}: ${report.unusable} elements are no records and are left out`);
  }
}

async function hashOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  // What cannot be read is told by the reader of records.
  try {
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  } catch {
    return "";
  }
  return hash.digest("hex");
}
