/** Generated records to those that a judge finds good. */
import path from "node:path";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { assemble, type Curated, type Judged } from "../curate/curation.js";
import { type Judge, rate } from "../curate/judge.js";
import type { Answers } from "../engine/journal.js";
import type { Engine } from "../engine/engine.js";
import { reportPath, stemOf } from "../files/names.js";
import { ensureOutputFolder, FileWriter, writeFileAtomic } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import { compilePrompt } from "../prompts.js";
import { readRecords, type StoredRecord } from "../records/read.js";
import { chunkTextsOf } from "../records/sources.js";
import { forEachInput } from "./inputs.js";
import { addCount, type Observer, type StageResult, Work } from "./stage.js";

export interface CurateOptions {
  backend: Backend;
  config: Config;
  /** The file to write for an input. */
  outputFor: (input: string) => string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** `report_qa_pairs.json` becomes `report_qa_pairs_cleaned.json`. */
export function curatedName(input: string): string {
  return `${stemOf(input)}_cleaned.json`;
}

export function judgeWith(engine: Engine, config: Config, answers: Answers): Judge {
  return { engine, config, prompt: compilePrompt("qa_rating", config.prompts.qa_rating), answers };
}

/** Rates one record against the text it was made from. */
export async function judgeRecord(judge: Judge, record: StoredRecord, text: string): Promise<Judged> {
  const outcome = await rate(judge, record, text);
  return outcome.ok ? { record, rating: outcome.value } : { record, failure: outcome.reason };
}

/** Writes the curated file, what was dropped beside it, and the report. */
export async function writeCurated(
  output: string,
  curated: Curated,
  report: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeFileAtomic(output, `${JSON.stringify(curated.content, null, 2)}\n`);
  const dropped = await FileWriter.open(droppedPath(output));
  for (const record of curated.dropped) await dropped.write(`${JSON.stringify(record)}\n`);
  await dropped.commit();
  await writeFileAtomic(
    reportPath(output),
    `${JSON.stringify({ stage: "curate", metrics: curated.metrics, ...report }, null, 2)}\n`,
  );
}

/** The records that were not kept, one per line, beside the curated file. */
export function droppedPath(output: string): string {
  return path.join(path.dirname(output), `${stemOf(output)}.dropped.jsonl`);
}

export function noteCuration(result: StageResult, observer: Observer, output: string, { metrics }: Curated): void {
  addCount(result, "rated", metrics.rated);
  addCount(result, "kept", metrics.filtered);
  const unrated = metrics.total - metrics.rated;
  const low = metrics.rated - metrics.filtered;
  if (low > 0) addCount(result, "below the threshold", low);
  if (unrated > 0) {
    addCount(result, "not rated", unrated);
    result.incomplete++;
    observer.warn(
      `${output}: ${unrated} records could not be rated; they are in ${droppedPath(output)} with the reason`,
    );
  }
  observer.detail(`${output}: ${metrics.filtered} of ${metrics.total} kept, average rating ${metrics.avg_score}`);
}

/**
 * Rates the records of files, as many at once as keep the backend full.
 * @throws {AbortedError} {BackendLostError} {OutputError} what ends the whole run
 */
export function curate(inputs: readonly string[], options: CurateOptions): Promise<StageResult> {
  const { backend, config } = options;
  return forEachInput(
    inputs,
    options,
    async ({ engine, observer, result }) => {
      for (const input of inputs) await ensureOutputFolder(path.dirname(options.outputFor(input)));
      // Checks the prompt before any work.
      compilePrompt("qa_rating", config.prompts.qa_rating);
      return async (input) => {
        const stored = await readRecords(input);
        const output = options.outputFor(input);
        await using work = await Work.begin(output, observer);
        const judge = judgeWith(engine, config, work.journal);
        const textOf = chunkTextsOf(stored.rest);
        let ungrounded = 0;
        const judged: Judged[] = [];
        const ratings = mapConcurrent(
          stored.records,
          () => 4 * backend.limits.concurrentRequests,
          (record) => {
            const text = textOf(record.raw);
            if (text === undefined) ungrounded++;
            return judgeRecord(judge, record, text ?? "");
          },
        );
        for await (const rating of ratings) judged.push(rating);
        const curated = assemble(stored.kind, judged, config.curate.threshold, stored.rest);
        for (const { raw, reason } of stored.unusable) curated.dropped.push({ record: raw, dropped: reason });
        await writeCurated(output, curated, {
          input,
          threshold: config.curate.threshold,
          rated_without_source: ungrounded,
          unusable: stored.unusable.length,
          model: backend.model,
        });
        if (ungrounded > 0)
          observer.warn(
            `${input}: ${ungrounded} records do not say which text they came from and were rated without it`,
          );
        if (stored.unusable.length > 0) {
          addCount(result, "unusable records", stored.unusable.length);
          result.incomplete++;
          observer.warn(
            `${input}: ${stored.unusable.length} unusable records, for example ${stored.unusable[0]!.reason}`,
          );
        }
        noteCuration(result, observer, output, curated);
        return output;
      };
    },
    (output) => `Cleaned content saved to ${output}`,
  );
}
