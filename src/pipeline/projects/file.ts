/** One `.kiln` file: read and checked, or written into a folder of its own. */
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { InputError, messageOf, OutputError } from "../../errors.js";
import { asideName, guarded, writeFileAtomic } from "../files/write.js";
import { baseProblem, currentUser, filledBase, timeIn } from "./base.js";
import { decodeKiln, formatKiln, parseKiln } from "./json.js";
import { firstIssue } from "./shape.js";
import type { KilnBase } from "./types.js";
import { workFolderOf } from "./work-folder.js";

export { patchFile, restoreFile } from "./patch.js";

export const projectFile = "project.kiln";
export const taskFile = "task.kiln";

export async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Why a file cannot be read, without its name. */
export function reasonOf(file: string, error: unknown): string {
  return messageOf(error).replace(`${file}: `, "").replace(`${file} cannot`, "it cannot");
}

/**
 * @param modelType what the file must say that it holds: `task`
 * @throws {InputError} naming the file and what is wrong with it
 */
export async function readKiln<T extends KilnBase>(file: string, modelType: string, schema: z.ZodType<T>): Promise<T> {
  const value = parseKiln(await readText(file), file);
  const parsed = schema.safeParse(value);
  const problem = baseProblem(value, modelType) ?? (parsed.success ? undefined : firstIssue(parsed.error));
  if (problem !== undefined || !parsed.success)
    throw new InputError(`${file}: ${problem ?? ""}`, { remedy: "correct the file, or delete it" });
  return withBase(parsed.data, file);
}

/** Fills what a file may lack, the same whenever it is read. */
function withBase<T extends KilnBase>(data: T, file: string): T {
  return {
    ...data,
    id: data.id === "" ? filledBase(file).id : data.id,
    created_at: data.created_at === "" ? filledBase(file).created_at : (timeIn(data.created_at) ?? data.created_at),
    created_by: data.created_by === "" ? currentUser() : data.created_by,
  };
}

/** @throws {InputError} when it cannot be read, or not as text */
export async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { remedy: "check the path", cause: error });
  }
  return decodeKiln(bytes, file);
}

/**
 * Writes a file and the folder it stands in. The folder appears with the file in it: whoever looks never finds it empty.
 * @param file in a folder that is not there yet
 * @throws {OutputError} when it is there, or cannot be written
 */
export async function writeInNewFolder(file: string, value: unknown): Promise<void> {
  const folder = path.dirname(file);
  // Kiln looks at every folder beside it, so what is not complete is made where it does not look.
  const aside = asideName(path.join(await workFolderOf(path.dirname(folder), "new"), path.basename(folder)));
  try {
    await guarded(file, async () => {
      await mkdir(aside, { recursive: true });
      await mkdir(path.dirname(folder), { recursive: true });
    });
    await writeFileAtomic(path.join(aside, path.basename(file)), formatKiln(value));
    await guarded(file, () => putFolder(aside, folder, path.basename(file)));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function putFolder(aside: string, folder: string, name: string): Promise<void> {
  try {
    await rename(aside, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "EPERM")
      throw new OutputError(`cannot write ${folder}: it is there already`, { remedy: "take another id", cause: error });
    if (code !== "EXDEV") throw error;
    // The folder of children leads to another disk: the file is renamed within it. Kiln passes over folders without one.
    const text = await readFile(path.join(aside, name), "utf8");
    await mkdir(folder);
    await writeFileAtomic(path.join(folder, name), text);
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Takes away the folder that a file stands in; nothing is done where it is not there.
 * @throws {OutputError}
 */
export async function removeFolderOf(file: string): Promise<void> {
  const folder = path.dirname(file);
  const aside = asideName(path.join(await workFolderOf(path.dirname(folder), "new"), path.basename(folder)));
  const moved = await rename(folder, aside).then(
    () => true,
    () => false,
  );
  await guarded(folder, () => rm(moved ? aside : folder, { recursive: true, force: true }));
}

/** Writes a file anew, whatever stood there. @throws {OutputError} */
export async function writeKiln(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, formatKiln(value));
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
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new InputError(`${folder} cannot be read: ${messageOf(error)}`, {
      remedy: "check its permissions",
      cause: error,
    });
  }
}
