/** Generated records to those that pass the checks. */
import path from "node:path";
import type { Backend } from "../../backends/backend.js";
import { AbortedError } from "../../backends/backend.js";
import type { Embedder } from "../../backends/embedder.js";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { curationNeedsModel } from "../curate/checks.js";
import type { Candidate } from "../curate/check.js";
import { Curator } from "../curate/curator.js";
import { ratesWithoutText } from "../curate/rating.js";
import { curateStream, type Step, type StreamOptions } from "../curate/stream.js";
import type { Engine } from "../engine/engine.js";
import { type Answers, MemoryAnswers } from "../engine/journal.js";
import { stemOf } from "../files/names.js";
import { ensureOutputFolder } from "../files/write.js";
import { openRecords, type StoredRecord } from "../records/read.js";
import { chunkTextsOf } from "../records/sources.js";
import { languageOf } from "../text/language.js";
import { CurationJob } from "./curation-job.js";
import { noteEngine, openEngine } from "./inputs.js";
import {
  concernsOneInput,
  emptyResult,
  lockOutput,
  noteFailure,
  type Observer,
  silentObserver,
  type StageResult,
  Work,
} from "./stage.js";

export type OpenEmbedder = (() => Promise<Embedder>) | undefined;

export interface CurateOptions {
  /** May be left out where no check that is on asks a model: see {@link curationNeedsModel}. */
  backend?: Backend | undefined;
  config: Config;
  /** Opens the model that compares records by meaning; absent: they are not. */
  openEmbedder?: OpenEmbedder;
  /** The file to write for an input. */
  outputFor: (input: string) => string;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** `report_qa_pairs.json` becomes `report_qa_pairs_cleaned.json`; JSON Lines stay JSON Lines. */
export function curatedName(input: string): string {
  return `${stemOf(input)}_cleaned${path.extname(input).toLowerCase() === ".jsonl" ? ".jsonl" : ".json"}`;
}

/**
 * Opens the checks of a configuration for a command.
 * @throws {InputError} {ConfigError} {UsageError} when the settings of one cannot be used
 */
export function openCurator(
  config: Config,
  engine: Engine | undefined,
  observer: Observer,
  signal: AbortSignal | undefined,
  openEmbedder?: OpenEmbedder,
): Promise<Curator> {
  return Curator.begin({ config, engine, openEmbedder, warn: (text) => observer.warn(text), signal });
}

/** How the stream of a curation is sized for a backend. */
export function streamOptions(config: Config, backend: Backend | undefined): StreamOptions {
  return {
    batchSize: config.curate.batch_size,
    mixTexts: ratesWithoutText(config),
    concurrency: () => 4 * (backend?.limits.concurrentRequests ?? 1),
  };
}

/** A record as the checks take it. */
export async function candidateOf(
  record: StoredRecord,
  text: string | undefined,
  where: { position: number; source: string; answers: Answers },
): Promise<Candidate> {
  const language = await languageOf(text ?? `${record.question}\n${record.answer}`);
  return { record, text, language, ...where };
}

/**
 * Puts the records of files through the checks, as many at once as keep the backend full. Records are compared over all
 * files, in their order.
 * @throws {AbortedError} {BackendLostError} {OutputError} {UsageError} {ConfigError} what ends the whole run
 */
export async function curate(inputs: readonly string[], options: CurateOptions): Promise<StageResult> {
  const { backend, config, signal } = options;
  const observer = options.observer ?? silentObserver;
  const result = emptyResult();
  if (backend === undefined && curationNeedsModel(config))
    throw new UsageError("a check that is on asks a model, and there is none", { remedy: "give a backend" });
  let done = 0;
  const progress = () =>
    observer.progress({ done, total: inputs.length, ...(engine === undefined ? {} : { engine: engine.stats }) });
  const engine = backend === undefined ? undefined : openEngine({ backend, config, signal }, progress);
  await using curator = await openCurator(config, engine, observer, signal, options.openEmbedder);
  for (const input of inputs) await ensureOutputFolder(path.dirname(options.outputFor(input)));
  const jobs = new Set<CurationJob>();
  try {
    const steps = stepsOf(inputs, options, { curator, observer, engine, jobs });
    for await (const step of curateStream(curator, steps, streamOptions(config, backend))) {
      const { file: job } = step;
      if (step.kind === "begin") continue;
      try {
        if (step.kind === "failed") throw step.error;
        if (step.kind !== "end") {
          await job.take(step);
          continue;
        }
        const output = await job.finish(result);
        result.outputs.push(output);
        observer.made(`Cleaned content saved to ${output}`);
      } catch (error) {
        if (!concernsOneInput(error)) engine?.end(error);
        await job.discard();
        noteFailure(result, observer, job.input, error);
      }
      jobs.delete(job);
      await job[Symbol.asyncDispose]();
      done++;
      progress();
    }
  } finally {
    for (const job of jobs) {
      await job.discard();
      await job[Symbol.asyncDispose]();
    }
  }
  if (engine !== undefined) noteEngine(result, engine);
  return result;
}

/** Reads the inputs one after the other. */
async function* stepsOf(
  inputs: readonly string[],
  { config, backend, outputFor, signal }: CurateOptions,
  {
    curator,
    observer,
    engine,
    jobs,
  }: { curator: Curator; observer: Observer; engine: Engine | undefined; jobs: Set<CurationJob> },
): AsyncGenerator<Step<CurationJob>> {
  let position = 0;
  for (const input of inputs) {
    const output = outputFor(input);
    const job = new CurationJob(input, output, { curator, config, observer, model: backend?.model });
    jobs.add(job);
    try {
      yield { kind: "begin", file: job };
      const file = await openRecords(input);
      const { kind, rest } = file;
      const answers = await hold(job, engine, observer);
      await job.begin(kind, rest);
      const textOf = chunkTextsOf(rest);
      for await (const one of file.records()) {
        if (signal?.aborted) throw new AbortedError();
        if ("unusable" in one) {
          yield { kind: "unusable", file: job, unusable: one.unusable };
          continue;
        }
        const { record } = one;
        const where = { position: position++, source: input, answers };
        yield { kind: "record", file: job, candidate: await candidateOf(record, textOf(record.raw), where) };
      }
      yield { kind: "end", file: job };
    } catch (error) {
      if (error instanceof AbortedError) throw error;
      yield { kind: "failed", file: job, error };
    }
  }
}

/** Keeps other runs from the output, and opens the journal where a model is asked. */
async function hold(job: CurationJob, engine: Engine | undefined, observer: Observer): Promise<Answers> {
  if (engine === undefined) {
    job.holds(await lockOutput(job.output));
    return new MemoryAnswers();
  }
  const work = await Work.begin(job.output, observer);
  job.holds(work);
  return work.journal;
}
