/** How stages with a model go through their inputs: many at once, each failing on its own, results in order. */
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { Engine } from "../engine/engine.js";
import { mapConcurrent } from "../flow.js";
import {
  addCount,
  concernsOneInput,
  emptyResult,
  noteFailure,
  type Observer,
  silentObserver,
  type StageResult,
} from "./stage.js";

export interface ModelStageOptions {
  backend: Backend;
  config: Config;
  observer?: Observer | undefined;
  signal?: AbortSignal | undefined;
}

export interface ModelStage {
  engine: Engine;
  observer: Observer;
  result: StageResult;
}

/**
 * @param prepare checks what can be checked before any work, and gives what is done with an input; that resolves to
 *   the path of its output, or of each where it gives several
 * @param said the line that tells of an output
 * @throws what ends the whole run: see {@link concernsOneInput}
 */
export async function forEachInput(
  inputs: readonly string[],
  options: ModelStageOptions,
  prepare: (stage: ModelStage) => Promise<(input: string) => Promise<string | readonly string[]>>,
  said: (output: string) => string,
): Promise<StageResult> {
  const observer = options.observer ?? silentObserver;
  const result = emptyResult();
  let done = 0;
  const progress = () => observer.progress({ done, total: inputs.length, engine: engine.stats });
  const engine = openEngine(options, progress);
  const work = await prepare({ engine, observer, result });
  const outputs = mapConcurrent(
    inputs,
    () => documentsAtOnce(options.backend),
    async (input) => {
      try {
        return await work(input);
      } catch (error) {
        if (!concernsOneInput(error)) engine.end(error);
        noteFailure(result, observer, input, error);
        return undefined;
      } finally {
        done++;
        progress();
      }
    },
  );
  for await (const output of outputs) {
    if (output === undefined) continue;
    for (const one of typeof output === "string" ? [output] : output) {
      result.outputs.push(one);
      observer.made(said(one));
    }
  }
  noteEngine(result, engine);
  return result;
}

/** Notes what the engine and its backend went through. */
export function noteEngine(result: StageResult, engine: Engine): void {
  result.engine = engine.stats;
  const { restarts, retries = {} } = engine.backend.stats;
  for (const [reason, times] of Object.entries(retries))
    engine.stats.retries[reason] = (engine.stats.retries[reason] ?? 0) + times;
  if (restarts > 0) addCount(result, "restarts of the model's process", restarts);
}

/** Enough documents for the backend to stay full while some of them wait for their last answer. */
export function documentsAtOnce(backend: Backend): number {
  return 2 * backend.limits.concurrentRequests + 2;
}

/** An engine with the configuration's settings. */
export function openEngine({ backend, config, signal }: ModelStageOptions, onProgress: () => void): Engine {
  const { concurrency, batch_size, retries, max_retries, seed } = config.generation;
  const most = batch_size === "auto" ? Infinity : batch_size;
  // A few wait at the backend, so that it never waits for the next.
  const wanted = () => Math.min(most, Math.ceil(backend.limits.concurrentRequests * 1.25) + 1);
  return new Engine(backend, {
    concurrency: concurrency === "auto" ? wanted : concurrency,
    retries: max_retries === "auto" ? retries : max_retries,
    seed,
    onProgress,
    ...(signal === undefined ? {} : { signal }),
  });
}
