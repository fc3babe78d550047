/**
 * The stream of a curation: records of one input after the other, in order, through the checks. Those that the cheap
 * checks leave are grouped and put to the model, many groups at once; what comes out is in the order of the input.
 */
import { mapConcurrent } from "../flow.js";
import type { UnusableRecord } from "../records/read.js";
import type { Candidate } from "./check.js";
import type { Curator, Passing } from "./curator.js";

/** What comes in: inputs `F` one after the other, each with a begin, its records and an end. */
export type Step<F> =
  | { kind: "begin"; file: F }
  | { kind: "end"; file: F }
  /** Nothing more comes of this input; what came of it does not count. */
  | { kind: "failed"; file: F; error: unknown }
  | { kind: "record"; file: F; candidate: Candidate }
  | { kind: "unusable"; file: F; unusable: UnusableRecord };

/** What comes out. */
export type Settled<F> = Exclude<Step<F>, { kind: "record" }> | { kind: "record"; file: F; passing: Passing };

interface Group<F> {
  steps: Settled<F>[];
  asked: Passing[];
}

export interface StreamOptions {
  /** Records that one rating request may hold. */
  batchSize: number;
  /** Whether a request may hold records made from different texts: the prompt does not show the text. */
  mixTexts: boolean;
  /** Groups put to the model at once. */
  concurrency: () => number;
  /** Called when a check fails with what ends the stream, before the source is asked to end. */
  onFailure?: (error: unknown) => void;
}

/** Records that are looked at together, where they come quickly. */
const lookedAtOnce = 32;
/** Steps of a group, at most: with many dropped ones between those that are asked about, memory stays bounded. */
const groupSteps = 256;
/** Groups that wait for one before them, as a multiple of those at work. */
const mostWaiting = 4;

/** @throws what the source, a check or the backend throws */
export async function* curateStream<F>(
  curator: Curator,
  source: AsyncIterable<Step<F>>,
  { batchSize, mixTexts, concurrency, onFailure }: StreamOptions,
): AsyncGenerator<Settled<F>, void, undefined> {
  const telling = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      onFailure?.(error);
      throw error;
    }
  };
  const look = (candidates: Candidate[]) => telling(() => curator.look(candidates));
  const groups = grouped(lookedAt(look, source), curator.asksModel ? batchSize : 0, mixTexts);
  const asked = mapConcurrent(
    groups,
    concurrency,
    async ({ steps, asked }) => {
      if (asked.length > 0) await telling(() => curator.ask(asked));
      return steps;
    },
    mostWaiting,
  );
  for await (const steps of asked) {
    for (const step of steps) {
      if (step.kind === "record" && step.passing.dropped === undefined) curator.keep(step.passing);
      yield step;
    }
  }
}

/** Puts records through the checks without a model, several at a time where they are there already. */
async function* lookedAt<F>(
  look: (candidates: Candidate[]) => Promise<Passing[]>,
  source: AsyncIterable<Step<F>>,
): AsyncGenerator<Settled<F>[]> {
  for await (const steps of gathered(source)) {
    const records = steps.filter((step) => step.kind === "record");
    const passing = await look(records.map(({ candidate }) => candidate));
    let next = 0;
    yield steps.map((step) =>
      step.kind === "record" ? { kind: "record", file: step.file, passing: passing[next++]! } : step,
    );
  }
}

/** Gathers what the source gives without waiting long, so that a record never waits for one that takes time to make. */
async function* gathered<T>(source: AsyncIterable<T>): AsyncGenerator<T[]> {
  const items = source[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<T>> | undefined;
  try {
    for (;;) {
      const first = await (next ?? items.next());
      next = undefined;
      if (first.done === true) return;
      const batch = [first.value];
      while (batch.length < lookedAtOnce) {
        next = items.next();
        // It is awaited later; until then a failure must not count as unhandled.
        next.catch(() => undefined);
        const soon = await Promise.race([next, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
        if (soon === undefined) break;
        if (soon.done === true) {
          yield batch;
          return;
        }
        next = undefined;
        batch.push(soon.value);
      }
      yield batch;
    }
  } finally {
    await items.return?.();
  }
}

/**
 * Groups of consecutive steps of one input. A group has up to `size` records that are still there, made from the same
 * text unless texts may be mixed: the same whenever the same command is run, so that its answers are found in the journal.
 */
async function* grouped<F>(
  source: AsyncIterable<Settled<F>[]>,
  size: number,
  mixTexts: boolean,
): AsyncGenerator<Group<F>> {
  let group: Group<F> = { steps: [], asked: [] };
  const take = () => {
    const full = group;
    group = { steps: [], asked: [] };
    return full;
  };
  for await (const steps of source) {
    for (const step of steps) {
      const open = step.kind === "record" && step.passing.dropped === undefined && size > 0 ? step.passing : undefined;
      const [before] = group.asked;
      if (!mixTexts && open !== undefined && before !== undefined && before.candidate.text !== open.candidate.text)
        yield take();
      group.steps.push(step);
      if (open !== undefined) group.asked.push(open);
      const isOver = step.kind === "end" || step.kind === "failed";
      if (isOver || (size > 0 && group.asked.length >= size) || group.steps.length >= groupSteps) yield take();
    }
    // Without a model nothing is gained by waiting.
    if (size <= 1 && group.steps.length > 0) yield take();
  }
  if (group.steps.length > 0) yield take();
}
