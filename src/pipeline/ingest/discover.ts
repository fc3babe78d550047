/** Finds the inputs of a stage: a file, or what a folder holds. */
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { lanceExtension } from "./lance.js";
import { isAddress } from "./sources/index.js";

export interface Found {
  /** Whether the path is a folder to look into; a dataset's folder is not. */
  isFolder: boolean;
  /** In the order of their paths. */
  inputs: string[];
  /** Files that no stage of this kind reads. */
  others: string[];
}

export interface DiscoverOptions {
  /** Whether a file is an input, by its name. */
  accepts: (name: string) => boolean;
  /** Whether folders ending in `.lance` are inputs; they are never looked into. */
  datasets: boolean;
  recursive: boolean;
}

/**
 * @param given a file, a dataset's folder or a folder; slashes at the end do not matter
 * @throws {InputError} when there is nothing there
 */
export async function discover(given: string, options: DiscoverOptions): Promise<Found> {
  if (isAddress(given)) return { isFolder: false, inputs: [given], others: [] };
  const root = given.length > 1 ? given.replace(/[/\\]+$/, "") : given;
  const info = await stat(root).catch((error: unknown) => {
    const denied = (error as NodeJS.ErrnoException).code === "EACCES";
    throw new InputError(denied ? `${given}: reading it is not permitted` : `${given}: not found`, {
      remedy: denied ? "check its permissions" : "check the path",
      cause: error,
    });
  });
  if (!info.isDirectory() && root !== given)
    throw new InputError(`${given}: not a directory`, { remedy: "leave out the slash at the end" });
  if (!info.isDirectory() || root.endsWith(lanceExtension)) return { isFolder: false, inputs: [root], others: [] };
  const found: Found = { isFolder: true, inputs: [], others: [] };
  await walk(root, options, found, new Set());
  // Plain comparison: the same order on every machine.
  const byPath = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  found.inputs.sort(byPath);
  leaveOutCopies(found);
  found.others.sort(byPath);
  return found;
}

/** A text that ingest wrote beside a dataset is the same document once more. */
function leaveOutCopies(found: Found): void {
  const datasets = new Set(found.inputs.filter((input) => input.endsWith(lanceExtension)));
  const isCopy = (input: string) => {
    const { dir, name, ext } = path.parse(input);
    return (ext === ".txt" || ext === ".md") && datasets.has(path.join(dir, `${name}${lanceExtension}`));
  };
  found.others.push(...found.inputs.filter(isCopy));
  found.inputs = found.inputs.filter((input) => !isCopy(input));
}

async function walk(folder: string, options: DiscoverOptions, found: Found, visited: Set<string>): Promise<void> {
  // Links may lead in circles.
  const real = await realpath(folder);
  if (visited.has(real)) return;
  visited.add(real);
  const names = await readdir(folder).catch((error: unknown) => {
    throw new InputError(`${folder}: the folder cannot be read`, { remedy: "check its permissions", cause: error });
  });
  for (const name of names) {
    if (name.startsWith(".")) continue;
    const file = path.join(folder, name);
    const info = await stat(file).catch(() => undefined);
    if (info?.isDirectory() === true) {
      if (name.endsWith(lanceExtension)) {
        (options.datasets ? found.inputs : found.others).push(file);
      } else if (options.recursive) await walk(file, options, found, visited);
    } else if (options.accepts(name)) found.inputs.push(file);
    else found.others.push(file);
  }
}
