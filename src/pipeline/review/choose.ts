/** Which runs are meant, and what of them a review goes by. */
import { readFile } from "node:fs/promises";
import { InputError, messageOf, UsageError } from "../../errors.js";
import {
  isHighRated,
  type KilnRun,
  type KilnTask,
  listRuns,
  type OnBroken,
  readRun,
  type RunFilter,
  type StoredRun,
  type TaskFolder,
} from "../projects/index.js";
import { readRunText } from "../projects/runs.js";

/** Reads a run again. @throws {InputError} when it is gone or broken */
export async function readStored(file: string): Promise<StoredRun> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, {
      remedy: "it may have been deleted meanwhile",
      cause: error,
    });
  });
  const run = readRunText(text, file);
  if (typeof run === "string") throw new InputError(`${file}: ${run}`, { remedy: "correct the file" });
  return { file, run };
}

/** Whether a person has said all there is to say: rated as a whole, by each requirement, or repaired. */
export function isReviewed({ output, repaired_output: repaired }: KilnRun, task: KilnTask): boolean {
  if (repaired !== null || (output.rating?.value ?? null) !== null) return true;
  const each = output.rating?.requirement_ratings ?? {};
  return task.requirements.length > 0 && task.requirements.every(({ id }) => Object.hasOwn(each, id));
}

/** What a run's data says of it where it was made by quern; empty where it says nothing. */
export interface Facts {
  /** `Sports > Football`. */
  topic: string;
  /** What the output was meant to do: pass or fail. */
  label: string;
  /** What the judge found, and why. */
  verdict: string;
  verdictReason: string;
  /** The model that wrote the output, or the person. */
  by: string;
}

export function factsOf({ input_source: ofInput, output: { source } }: KilnRun): Facts {
  const text = (value: string | number | undefined) => (value === undefined ? "" : String(value));
  const { label, verdict, verdict_reason, model_name, created_by, file_name } = source?.properties ?? {};
  return {
    topic: text(ofInput?.properties["topic_path"]).split(">>>>>").join(" > "),
    label: text(label),
    verdict: text(verdict),
    verdictReason: text(verdict_reason),
    by: text(model_name ?? created_by ?? file_name),
  };
}

export interface Choice {
  /** All of which must match. */
  filters: readonly RunFilter[];
  /** Of these alone; undefined: of all. */
  ids?: readonly string[] | undefined;
}

export interface ChoiceOptions {
  /** Told of runs that cannot be read, and ids that there are none of. */
  onBroken?: OnBroken;
  signal?: AbortSignal | undefined;
}

/** Gives the runs that are meant, one by one. */
export async function* chosenRuns(
  task: TaskFolder,
  { filters, ids }: Choice,
  { onBroken, signal }: ChoiceOptions = {},
): AsyncGenerator<StoredRun, void, undefined> {
  const matches = ({ run }: StoredRun) => filters.every((filter) => filter.matches(run));
  if (ids === undefined) {
    const options = { withoutTrace: true, ...(onBroken && { onBroken }), ...(signal && { signal }) };
    for await (const stored of listRuns(task, options)) if (matches(stored)) yield stored;
    return;
  }
  for (const id of new Set(ids)) {
    signal?.throwIfAborted();
    let stored: StoredRun;
    try {
      stored = await readRun(task, id);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      onBroken?.(id, messageOf(error));
      continue;
    }
    if (matches(stored)) yield stored;
  }
}

/** What runs can be put in order by. */
export const orders = ["folder", "created", "rating", "topic", "length", "id"] as const;
export type Order = (typeof orders)[number];

/**
 * What a run is compared by. Those that are equal keep the order in which they are listed.
 * @returns a text or a number, the same kind for all runs of an order
 */
export function orderKey(order: Order, run: KilnRun): string | number {
  switch (order) {
    case "created":
      // Offsets differ where several people work on one task.
      return Date.parse(run.created_at) || 0;
    case "rating":
      return run.output.rating?.value ?? (isHighRated(run) ? 5 : -2);
    case "topic":
      return factsOf(run).topic;
    case "length":
      return run.output.output.length;
    case "id":
      return run.id;
    case "folder":
      return 0;
  }
}

/** @throws {UsageError} listing the orders that there are */
export function parseOrder(text: string): Order {
  const found = orders.find((order) => order === text);
  if (found === undefined)
    throw new UsageError(`runs cannot be sorted by "${text}"`, { remedy: `use ${orders.join(", ")}` });
  return found;
}

/** Sorts what has keys, stably. */
export function sortByKey<T extends { key: string | number }>(entries: T[], reverse: boolean): T[] {
  const sign = reverse ? -1 : 1;
  return entries.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0));
}
