/** What stands at a path where a task or a project was looked for: an error that helps. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { childFolders, isFile, projectFile, taskFile } from "./file.js";

/** Folders looked into, and named. */
const mostLookedInto = 200;
const mostNamed = 8;

/**
 * @param what was looked for: `task`
 * @param files which are not there
 */
export async function nothingAt(given: string, what: string, files: string): Promise<InputError> {
  const found = await stat(given).catch(() => undefined);
  if (found === undefined)
    return new InputError(`there is no ${quotedPath(given)}`, {
      remedy: "check the path, or make one with quern task init",
    });
  if (!found.isDirectory()) return new InputError(`${given} is no ${what}`, { remedy: `give the folder of a ${what}` });
  const near = await nearby(given);
  return new InputError(`${given} is no ${what}: there is no ${files} in it`, {
    remedy:
      near.length === 0
        ? `give the folder of a ${what}, or make one with quern task init`
        : `give ${near.length === 1 ? "" : "one of "}${near.map(quotedPath).join(", ")}`,
  });
}

/** Projects and tasks within a folder, or above it. */
async function nearby(folder: string): Promise<string[]> {
  const within: string[] = [];
  for (const name of (await childFolders(folder).catch(() => [])).slice(0, mostLookedInto)) {
    const inner = path.join(folder, name);
    if ((await isFile(path.join(inner, projectFile))) || (await isFile(path.join(inner, taskFile)))) within.push(inner);
  }
  if (within.length > 0) return within.slice(0, mostNamed);
  for (let above = path.resolve(folder, ".."), i = 0; i < 4; above = path.dirname(above), i++)
    if ((await isFile(path.join(above, taskFile))) || (await isFile(path.join(above, projectFile)))) return [above];
  return [];
}

/** A path as a shell takes it. */
export function quotedPath(file: string): string {
  return /^[\w./@%+,-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}
