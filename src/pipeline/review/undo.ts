/** Changes that can be taken back, as long as nobody has changed the same file since. */
import { readdir, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { asideName, ensureOutputFolder, guarded, workFolder } from "../files/write.js";
import { InputError } from "../../errors.js";
import { readText, restoreFile } from "../projects/file.js";
import type { StoredRun, TaskFolder } from "../projects/index.js";

/**
 * Takes a change back.
 * @throws {InputError} when the file has been changed since; it is left as it is
 */
export type Undo = () => Promise<void>;

export interface Recorded {
  stored: StoredRun;
  /** Undefined: nothing was changed. */
  undo: Undo | undefined;
}

/** @param change of the run's file, such as those of `change.ts` */
export async function recorded(
  stored: StoredRun,
  change: (stored: StoredRun) => Promise<StoredRun>,
): Promise<Recorded> {
  const { file } = stored;
  const before = await readText(file);
  const changed = await change(stored);
  const after = await readText(file);
  return { stored: changed, undo: before === after ? undefined : () => restoreFile(file, after, before) };
}

export interface TakenAway {
  undo: Undo;
  /** Where the run's folder is until it is forgotten. */
  folder: string;
}

/**
 * Deletes a run with all that stands in its folder, which stays aside until {@link forget}, or until quern is started
 * again after an end that gave it no time.
 * @throws {OutputError} when it cannot be moved
 */
export async function takeAway(task: TaskFolder, { file }: StoredRun): Promise<TakenAway> {
  const from = path.dirname(file);
  const aside = path.join(task.folder, workFolder, "deleted");
  await ensureOutputFolder(aside);
  const folder = asideName(path.join(aside, path.basename(from)));
  await guarded(from, () => rename(from, folder));
  const undo = async () => {
    if ((await readdir(from).catch(() => undefined)) !== undefined)
      throw new InputError(`${from} is there again`, { remedy: "look at it first" });
    await guarded(from, () => rename(folder, from));
  };
  return { undo, folder };
}

/** Deletes for good what was taken away. */
export async function forget(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  const [first] = folders;
  // Not empty where another review of the same task is at work.
  if (first !== undefined) await rmdir(path.dirname(first)).catch(() => undefined);
}
