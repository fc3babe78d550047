/** Turns the paths of a command line into inputs of a stage. */
import path from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { discover, type DiscoverOptions, type Found } from "../../pipeline/ingest/discover.js";
import { previewLines, previewOfFile } from "../preview.js";
import type { Reporter } from "../reporter.js";

/** Finds the inputs of all paths; the same file given twice counts once. */
export async function findInputs(
  paths: readonly string[],
  options: DiscoverOptions,
): Promise<{ found: Found; each: { path: string; found: Found }[] }> {
  const each = [];
  for (const given of paths) each.push({ path: given, found: await discover(given, options) });
  const seen = new Set<string>();
  const inputs = each
    .flatMap(({ found }) => found.inputs)
    .filter((input) => {
      const real = path.resolve(input);
      if (seen.has(real)) return false;
      seen.add(real);
      return true;
    });
  const found: Found = {
    isFolder: each.length > 1 || each[0]?.found.isFolder === true,
    inputs,
    others: each.flatMap((one) => one.found.others),
  };
  return { found, each };
}

/** @throws {InputError} when there is nothing to do: an empty folder is not a success */
export function requireInputs(paths: readonly string[], { inputs, others }: Found, kinds: string): void {
  if (inputs.length > 0) return;
  const left = others.length === 0 ? "" : ` (${others.length} other files)`;
  throw new InputError(`No supported files found in ${paths.join(", ")}${left}: expected ${kinds}`, {
    remedy: "check the path; directories within it are read with --recursive",
  });
}

export function showPreview(
  reporter: Reporter,
  each: readonly { path: string; found: Found }[],
  what: string,
  command: string,
): void {
  for (const { path: given, found } of each) {
    const run = command.replace("PATH", given);
    const lines = found.isFolder ? previewLines(given, found, what, run) : previewOfFile(given, what, run);
    for (const line of lines) reporter.preview(line);
  }
}

/**
 * Where the output for an input goes: `-o` names a file for a single input, unless it is a folder or looks like one.
 * @param nameOf the file's name, from the input's
 */
export function outputNaming(
  given: string | undefined,
  defaultFolder: string,
  found: Found,
  isFolder: boolean,
  nameOf: (input: string) => string,
): (input: string) => string {
  if (given === undefined) return uniqueNames(defaultFolder, nameOf);
  const namesFile = !found.isFolder && !isFolder && !/[/\\]$/.test(given) && path.extname(given) !== "";
  if (namesFile) return (input) => otherThan(input, given);
  return uniqueNames(given, nameOf);
}

/** An output must not be written over what it is made from. */
function otherThan(input: string, output: string): string {
  if (path.resolve(input) === path.resolve(output))
    throw new UsageError(`${output} is the input and would be written over`, { remedy: "give another name with -o" });
  return output;
}

/** Two inputs must not be written to one output. */
function uniqueNames(folder: string, nameOf: (input: string) => string): (input: string) => string {
  const owners = new Map<string, string>();
  return (input) => {
    const name = nameOf(input);
    const owner = owners.get(name.toLowerCase());
    if (owner !== undefined && owner !== input)
      throw new UsageError(`${owner} and ${input} would both be written to ${path.join(folder, name)}`, {
        remedy: "process their directories one by one, with different -o",
      });
    owners.set(name.toLowerCase(), input);
    return otherThan(input, path.join(folder, name));
  };
}
