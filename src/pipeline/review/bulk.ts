/** The same change to many runs. */
import { messageOf, QuernError } from "../../errors.js";
import { Gate } from "../engine/gate.js";
import { deleteRun, type StoredRun, type TaskFolder } from "../projects/index.js";
import { concernsOneInput } from "../stages/stage.js";
import { changeTags, checkTags, type TagWish } from "./change.js";
import { type Choice, type ChoiceOptions, chosenRuns } from "./choose.js";

export interface BulkResult {
  /** Runs that are meant. */
  matched: number;
  changed: number;
  /** Runs that were already as they are wanted. */
  unchanged: number;
  /** Runs that could not be read or changed, or that there are none of, and why. */
  failures: { input: string; error: string }[];
}

/** Files that are changed at once. */
const mostAtOnce = 8;

/**
 * Changes every run that is meant. One that cannot be changed does not keep the others from it.
 * @param change resolves to whether the run is another now
 * @throws {OutputError} when the disk cannot be written
 */
export async function changeAll(
  task: TaskFolder,
  choice: Choice,
  change: (stored: StoredRun) => Promise<boolean>,
  options: ChoiceOptions = {},
): Promise<BulkResult> {
  const result: BulkResult = { matched: 0, changed: 0, unchanged: 0, failures: [] };
  const fail = (input: string, error: string) => {
    result.failures.push({ input, error });
    options.onBroken?.(input, error);
  };
  const gate = new Gate(() => mostAtOnce);
  const pending = new Set<Promise<void>>();
  let ended: unknown;
  for await (const stored of chosenRuns(task, choice, { ...options, onBroken: fail })) {
    result.matched++;
    const done = gate
      .run(async () => {
        if (await change(stored)) result.changed++;
        else result.unchanged++;
      })
      .catch((error: unknown) => {
        if (error instanceof QuernError && concernsOneInput(error)) fail(stored.run.id, messageOf(error));
        else ended ??= error;
      })
      .finally(() => pending.delete(done));
    pending.add(done);
    if (pending.size >= 2 * mostAtOnce) await Promise.race(pending);
    if (ended !== undefined) break;
  }
  await Promise.all(pending);
  if (ended !== undefined) throw ended as Error;
  return result;
}

/**
 * Adds and removes tags of all runs that are meant.
 * @throws {UsageError} for a tag that Kiln refuses, before any run is changed
 */
export async function changeTagsOfAll(
  task: TaskFolder,
  choice: Choice,
  wish: TagWish,
  options: ChoiceOptions = {},
): Promise<BulkResult> {
  checkTags(wish);
  return await changeAll(task, choice, async (stored) => (await changeTags(stored, wish)) !== stored, options);
}

/** Deletes all runs that are meant. */
export async function deleteAll(task: TaskFolder, choice: Choice, options: ChoiceOptions = {}): Promise<BulkResult> {
  const remove = async (stored: StoredRun) => {
    await deleteRun(stored);
    return true;
  };
  return await changeAll(task, choice, remove, options);
}
