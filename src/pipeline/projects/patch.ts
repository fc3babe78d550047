/** Changes a `.kiln` file without touching anything else in it, and without losing what others write meanwhile. */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf, OutputError } from "../../errors.js";
import { Lock } from "../files/lock.js";
import { writeFileAtomic } from "../files/write.js";
import { baseProblem } from "./base.js";
import { decodeKiln, parseKiln } from "./json.js";
import { editJson } from "./json-edit.js";
import { shapeProblem } from "./shape.js";
import type { KilnBase } from "./types.js";
import { workFolderOf } from "./work-folder.js";

/** How often a change is made anew because another program, which knows nothing of locks, has changed the file. */
const mostAttempts = 5;
/** How long another change of the same file is waited for. */
const mostWaitMs = 10_000;

/**
 * Changes a file: what is not changed stays as it is, to the last digit and to keys that quern does not know; what is
 * not changed at all is not written. Others that change it at the same time wait.
 * @param change alters the tree in place; called again where another program has changed the file meanwhile
 * @returns the tree as it is now
 * @throws {InputError} when the file cannot be read, or Kiln could not read it after the change
 * @throws {OutputError} when it cannot be written
 */
export async function patchFile<T extends KilnBase>(
  file: string,
  change: (tree: T) => void | Promise<void>,
): Promise<T> {
  const target = await real(file);
  return await inTurn(target, async () => {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const bytes = await bytesOf(target, file);
      const text = decodeKiln(bytes, file);
      const before = parseKiln(text, file) as T;
      const problem = shapeProblem(before);
      if (problem !== undefined)
        throw new InputError(`${file}: ${problem}`, { remedy: "correct the file before it is changed" });
      const tree = JSON.parse(text) as T;
      await change(tree);
      const changed = edited(file, text, before, tree);
      if (changed === text) return tree;
      // A rename puts away whatever stands there, so it is looked at once more just before.
      const isStill = async () => (await bytesOf(target, file)).equals(bytes);
      if (await writeFileAtomic(target, changed, isStill)) return JSON.parse(changed) as T;
    }
    throw new OutputError(`${file} keeps being changed by another program`, { remedy: "try again when it is done" });
  });
}

function edited(file: string, text: string, before: KilnBase, tree: KilnBase): string {
  let changed: string;
  try {
    changed = editJson(text, before, tree);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`${file}: ${messageOf(error)}`, { remedy: "correct the file before it is changed" });
  }
  const after: unknown = JSON.parse(changed);
  const problem = baseProblem(after, before.model_type) ?? shapeProblem(after);
  if (problem !== undefined)
    throw new InputError(`${file} is not changed: Kiln could not read it any more: ${problem}`, {
      remedy: "correct what it is changed to",
    });
  return changed;
}

/**
 * Puts back what a file held before it was changed. Others that change it at the same time wait.
 * @param expected what it must hold now
 * @throws {InputError} when it holds something else, since somebody has changed it meanwhile
 * @throws {OutputError} when it cannot be written
 */
export async function restoreFile(file: string, expected: string, before: string): Promise<void> {
  const target = await real(file);
  await inTurn(target, async () => {
    const isStill = async () => (await bytesOf(target, file)).equals(Buffer.from(expected));
    if (!(await writeFileAtomic(target, before, isStill)))
      throw new InputError(`${file} has been changed since`, { remedy: "look at it before you change it again" });
  });
}

/** A link stays one, and the file that it leads to is changed. */
async function real(file: string): Promise<string> {
  return await realpath(file).catch(() => path.resolve(file));
}

async function bytesOf(target: string, shownAs: string): Promise<Buffer> {
  try {
    return await readFile(target);
  } catch (error) {
    throw new InputError(`${shownAs} cannot be read: ${messageOf(error)}`, { remedy: "check the path", cause: error });
  }
}

/** Changes of this process to a file, one after the other. */
const turns = new Map<string, Promise<unknown>>();

async function inTurn<T>(file: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(file) ?? Promise.resolve();
  const mine = before
    .catch(() => undefined)
    .then(async () => {
      const lock = await lockOf(file);
      try {
        return await work();
      } finally {
        await lock[Symbol.asyncDispose]();
      }
    });
  turns.set(file, mine);
  try {
    return await mine;
  } finally {
    if (turns.get(file) === mine) turns.delete(file);
  }
}

async function lockOf(file: string): Promise<Lock> {
  const folder = await workFolderOf(file, "locks");
  const name = createHash("sha256").update(path.relative(folder, file)).digest("hex").slice(0, 16);
  for (const started = Date.now(); ;) {
    try {
      return await Lock.take(path.join(folder, `${name}.lock`), file);
    } catch (error) {
      if (!/^another run|keeps coming back/.test(messageOf(error))) throw error;
      if (Date.now() - started > mostWaitMs)
        throw new OutputError(`${file} is being changed by another run of quern`, {
          remedy: "try again when it is done",
        });
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    }
  }
}
