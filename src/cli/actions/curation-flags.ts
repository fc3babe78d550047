/** The options of what is kept as a part of the configuration. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { curateSection } from "../../config/sections/curate.js";
import { InputError, messageOf, UsageError } from "../../errors.js";
import type { CurationOptions } from "../curation-options.js";

/**
 * @throws {UsageError} when there is no check of a name that was given
 * @throws {InputError} when the file of `--rubric` cannot be used
 */
export async function curationFlags({
  threshold,
  check = [],
  judge,
  decontaminate,
  personalData,
  rubric: rubricFile,
}: CurationOptions): Promise<{ curate: Record<string, unknown> }> {
  const known = Object.keys(curateSection.shape.checks.shape);
  const checks: Record<string, unknown> = {};
  for (const one of check) {
    const [given, action] = one.split("=") as [string, string];
    const name = given.replaceAll("-", "_");
    if (!known.includes(name))
      throw new UsageError(`--check ${one}: there is no check of this name`, {
        remedy: `use one of ${known.join(", ")}`,
      });
    checks[name] = { action };
  }
  if (personalData !== undefined) checks["personal_data"] = { action: personalData };
  if (judge === false) checks["judge"] = { action: "off" };
  const rubric = await readRubric(rubricFile);
  return {
    curate: {
      threshold,
      checks,
      ...(decontaminate === undefined ? {} : { contamination: { files: decontaminate } }),
      ...(rubric === undefined ? {} : { rubric }),
    },
  };
}

const rubricSchema = z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), z.string().min(1));

/**
 * @param file YAML or JSON: a table of names and what each means, or one with such a table under `rubric`
 * @throws {InputError} when it cannot be read or is no such table
 */
async function readRubric(file: string | undefined): Promise<Record<string, string> | undefined> {
  if (file === undefined) return undefined;
  const remedy = 'give a line for each criterion, such as "correctness: the answer is right"; names in lower case';
  let tree: unknown;
  try {
    tree = parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new InputError(`--rubric ${file} cannot be read: ${messageOf(error).split("\n")[0] ?? ""}`, {
      remedy,
      cause: error,
    });
  }
  const inner = z.object({ rubric: z.unknown() }).safeParse(tree);
  const table = inner.success && typeof inner.data.rubric === "object" ? inner.data.rubric : tree;
  const parsed = rubricSchema.safeParse(table);
  if (parsed.success && Object.keys(parsed.data).length > 0) return parsed.data;
  throw new InputError(`--rubric ${file} is not a table of criteria`, { remedy });
}
