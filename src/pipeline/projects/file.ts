/** One `.kiln` file: read and checked, written atomically, changed without touching anything else in it. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { InputError, messageOf } from "../../errors.js";
import { Lock } from "../files/lock.js";
import { asideName, ensureOutputFolder, guarded, workFolder, writeFileAtomic } from "../files/write.js";
import { formatVersion, newId } from "./base.js";
import { formatKiln, parseKiln } from "./json.js";
import type { KilnBase } from "./types.js";

/** Ids of files that have none, so that they stay the same while quern runs. */
const givenIds = new Map<string, string>();

/**
 * @param modelType what the file must say that it holds: `task`
 * @throws {InputError} naming the file and what is wrong with it
 */
export async function readKiln<T extends KilnBase>(file: string, modelType: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(file);
  if (text.startsWith("\uFEFF")) parseKiln(text, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    parseKiln(text, file);
  }
  const problem = baseProblem(value, modelType);
  if (problem !== undefined) throw new InputError(`${file}: ${problem}`, { remedy: "correct the file, or delete it" });
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ...parsed.data, id: parsed.data.id === "" ? idFor(file) : parsed.data.id };
  const [issue] = parsed.error.issues;
  throw new InputError(`${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "it is not what Kiln writes"}`, {
    remedy: "correct the file",
  });
}

export function idFor(file: string): string {
  const id = givenIds.get(file) ?? newId();
  givenIds.set(file, id);
  return id;
}

/** What Kiln would refuse of any file. */
export function baseProblem(value: unknown, modelType: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it holds no object";
  const { v = 1, id, model_type: type } = value as Record<string, unknown>;
  if (type === undefined) return 'it has no "model_type"';
  if (type !== modelType) return `it is a ${String(type)}, not a ${modelType}`;
  if (typeof v !== "number") return '"v" is no number';
  if (v > formatVersion) return `it is of version ${v}, and quern reads version ${formatVersion}`;
  if (id !== undefined && id !== null && typeof id !== "string") return '"id" is no text';
  return undefined;
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { remedy: "check the path", cause: error });
  }
}

/**
 * Writes a file and the folder it stands in. The folder appears with the file in it: whoever looks never finds it empty.
 * @param file in a folder that is not there yet
 * @throws {OutputError}
 */
export async function writeInNewFolder(file: string, value: unknown): Promise<void> {
  const folder = path.dirname(file);
  // Kiln looks at every folder beside it, so what is not complete is made where it does not look.
  const parent = path.join(path.dirname(folder), "..", workFolder, "new");
  const aside = asideName(path.join(parent, path.basename(folder)));
  try {
    // Takes away what runs that were killed have left there.
    if (!swept.has(parent)) await ensureOutputFolder(parent);
    swept.add(parent);
    await guarded(file, async () => {
      await mkdir(aside, { recursive: true });
      await mkdir(path.dirname(folder), { recursive: true });
    });
    await writeFileAtomic(path.join(aside, path.basename(file)), formatKiln(value));
    await guarded(file, () => rename(aside, folder));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

const swept = new Set<string>();

/** Writes a file anew, whatever stood there. @throws {OutputError} */
export function writeKiln(file: string, value: unknown): Promise<void> {
  return writeFileAtomic(file, formatKiln(value));
}

/**
 * Changes a file: what is not changed stays as it is, to the last digit and to keys that quern does not know.
 * Others that change it at the same time wait.
 * @param change alters the tree in place; numbers in it are objects that keep their notation, and may be replaced by
 *   plain ones
 * @returns the file as it is now, with plain numbers
 * @throws {InputError} {OutputError}
 */
export async function patchFile<T extends KilnBase>(
  file: string,
  change: (tree: T) => void | Promise<void>,
): Promise<T> {
  await using _lock = await lockFile(file);
  const tree = parseKiln(await readText(file), file) as T;
  await change(tree);
  const text = formatKiln(tree);
  await writeFileAtomic(file, text);
  return JSON.parse(text) as T;
}

/**
 * Puts back what a file held before it was changed. Others that change it at the same time wait.
 * @param expected what it must hold now
 * @throws {InputError} when it holds something else, since somebody has changed it meanwhile
 * @throws {OutputError} when it cannot be written
 */
export async function restoreFile(file: string, expected: string, before: string): Promise<void> {
  await using _lock = await lockFile(file);
  if ((await readText(file)) !== expected)
    throw new InputError(`${file} has been changed since`, { remedy: "look at it before you change it again" });
  await writeFileAtomic(file, before);
}

/** How long another change of the same file is waited for. */
const mostWaitMs = 5000;

async function lockFile(file: string): Promise<Lock> {
  const lock = path.join(
    path.dirname(file),
    "..",
    "..",
    workFolder,
    "locks",
    `${path.basename(path.dirname(file))}.lock`,
  );
  for (const started = Date.now(); ;) {
    try {
      return await Lock.take(lock, file);
    } catch (error) {
      if (Date.now() - started > mostWaitMs || !messageOf(error).startsWith("another run")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Folders that hold children of one kind, with the file of each; the same order on every machine. */
export async function childFiles(folder: string, file: string): Promise<string[]> {
  const names = await childFolders(folder);
  return names.map((name) => path.join(folder, name, file));
}

/** @returns names of folders within a folder, sorted; none where it is not there */
export async function childFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new InputError(`${folder} cannot be read: ${messageOf(error)}`, {
      remedy: "check its permissions",
      cause: error,
    });
  }
}
