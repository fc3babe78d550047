/** Files of templates: their shape, and reading one so that whatever is wrong with it is told with its line. */
import { open } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { decodeText, parseYaml } from "../../config/yaml-file.js";
import { ConfigError, InputError, messageOf, QuernError, UsageError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import { controlCharacterIn } from "./plain-text.js";
import { parseText, problemsOf } from "./template-text.js";
import { goals } from "./types.js";

/** Longer texts leave no room for anything else. */
export const mostTextCharacters = 20_000;
const mostFileBytes = 1 << 20;
const defaultFailShare = 0.5;

/** What the task gives to every template. */
export const ofTask = ["requirements", "instruction"] as const;

const word = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "expected lower-case letters, digits and underscores");
const label = z.string().max(500);
// A key with nothing after it is an empty text.
const text = z
  .string()
  .max(mostTextCharacters, `expected at most ${mostTextCharacters} characters`)
  .nullish()
  .transform((one) => one ?? "");

const fieldSchema = z
  .strictObject({
    required: z.boolean().default(false),
    /** Whether it may be given more than once. */
    several: z.boolean().default(false),
    description: label.default(""),
  })
  .nullable()
  .transform((one) => one ?? { required: false, several: false, description: "" });

const templateSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,63}$/u, "expected a short name of letters, digits and hyphens")
    .optional(),
  title: label.optional(),
  description: label.default(""),
  goals: z.array(z.enum(goals)).min(1),
  uncensored: z.boolean().default(false),
  fail_share: z.number().min(0).max(1).optional(),
  fields: z
    .record(word, fieldSchema)
    .nullish()
    .transform((one) => one ?? {}),
  texts: z.strictObject({ topics: text, inputs: text, outputs_pass: text, outputs_fail: text, criterion: text }),
});

type Parsed = z.output<typeof templateSchema>;

/** A template as its file has it. */
export interface TemplateInfo extends Parsed {
  name: string;
  title: string;
  fail_share: number;
  /** The file. */
  file: string;
  /** The file's text. */
  source: string;
}

/**
 * @param file in YAML
 * @throws {InputError} when it cannot be read
 * @throws {UsageError} when it is no template, naming lines and keys
 */
export async function readTemplate(file: string): Promise<TemplateInfo> {
  try {
    return parseTemplate(await readSource(file), file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.message, { remedy: error.remedy ?? "mend the file", cause: error });
  }
}

async function readSource(file: string): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const found = await handle.stat();
      if (!found.isFile())
        throw new InputError(`the template ${file} is no file`, { remedy: "give the path of a file" });
      if (found.size > mostFileBytes)
        throw new UsageError(`${file} is no template: it has ${found.size} bytes, and ${mostFileBytes} are possible`, {
          remedy: "see docs/templates.md",
        });
      return decodeText(await handle.readFile(), file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof QuernError) throw error;
    throw new InputError(`the template ${file} cannot be read: ${messageOf(error)}`, {
      remedy: "check the path",
      cause: error,
    });
  }
}

/**
 * @param source the file's text
 * @throws {UsageError} {ConfigError} when it is no template
 */
export function parseTemplate(source: string, file: string): TemplateInfo {
  const { value, lineOf } = parseYaml(source, file);
  const place = (key: string) => {
    const line = lineOf(key);
    return line === undefined ? "" : ` (line ${line})`;
  };
  const refused = (what: string, remedy = "see docs/templates.md, or begin with quern templates copy"): UsageError =>
    new UsageError(`${file} is no template: ${what}`, { remedy });
  // The schema would pass over it without a word.
  for (const key of ["__proto__", "fields.__proto__", "texts.__proto__"])
    if (hasOwnAt(value, key.split("."))) throw refused(`${key}${place(key)}: that name is not possible`);
  const parsed = templateSchema.safeParse(value);
  if (!parsed.success) {
    const all = parsed.error.issues.slice(0, 5).map((issue) => {
      const key = issue.path.map(String).join(".");
      return `${key === "" ? "" : `${key}${place(key)}: `}${readable(issue, lineOf)}`;
    });
    throw refused(all.join("; "));
  }
  const { fields, texts, fail_share } = parsed.data;
  const known = [...Object.keys(fields), ...ofTask];
  const used = new Set<string>();
  for (const [key, one] of Object.entries(texts)) {
    const bad = controlCharacterIn(one);
    if (bad !== undefined) throw refused(`texts.${key}${place(`texts.${key}`)} has the control character ${bad} in it`);
    const [problem] = problemsOf(one, known);
    if (problem !== undefined)
      throw refused(
        `texts.${key} (${lineWithin(source, lineOf(`texts.${key}`), problem.line)}): ${problem.message}`,
        problem.remedy,
      );
    for (const name of parseText(one).names) used.add(name);
  }
  for (const name of Object.keys(fields)) {
    const at = place(`fields.${name}`);
    if ((ofTask as readonly string[]).includes(name))
      throw refused(`fields.${name}${at}: {${name}} comes from the task`, "give the field another name");
    if (!used.has(name))
      throw refused(`fields.${name}${at}: no text has {${name}}`, "use it in a text, or leave it out");
  }
  const fails = texts.outputs_fail.trim() !== "";
  if (!fails && (fail_share ?? 0) > 0)
    throw refused(`fail_share${place("fail_share")} needs texts.outputs_fail`, "write it, or set fail_share: 0");
  const name = parsed.data.name ?? nameOfFile(file);
  return {
    ...parsed.data,
    name,
    title: parsed.data.title ?? name,
    fail_share: fail_share ?? (fails ? defaultFailShare : 0),
    file,
    source,
  };
}

/**
 * @param file where the copy is to be
 * @returns the text of a template, under the name of that file
 */
export function copyOf({ source }: TemplateInfo, file: string): string {
  const text = source.replace(/^\uFEFF/, "");
  const named = `name: ${JSON.stringify(nameOfFile(file))}`;
  return /^name:.*$/m.test(text) ? text.replace(/^name:.*$/m, () => named) : `${named}\n${text}`;
}

function hasOwnAt(value: unknown, [key, ...rest]: string[]): boolean {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key!)) return false;
  return rest.length === 0 || hasOwnAt((value as Record<string, unknown>)[key!], rest);
}

/** @returns the name of a template whose file says none */
export function nameOfFile(file: string): string {
  const stem = path
    .basename(file)
    .replace(/\.ya?ml$/i, "")
    .normalize("NFC");
  const name = stem.replace(/[^\p{L}\p{N} _.-]+/gu, "-").replace(/^[^\p{L}\p{N}]+/u, "");
  return Array.from(name).slice(0, 64).join("").trimEnd() || "template";
}

/** Where a line of a text stands in the file: a text after `|` begins in the next line. */
function lineWithin(source: string, keyLine: number | undefined, line: number): string {
  if (keyLine === undefined) return `line ${line} of it`;
  const isBlock = /:\s*\|[-+0-9]*\s*(?:#.*)?$/.test(source.split(/\r\n?|\n/)[keyLine - 1] ?? "");
  return isBlock || line === 1 ? `line ${isBlock ? keyLine + line : keyLine}` : `line ${keyLine}, line ${line} of it`;
}

function readable(issue: z.core.$ZodIssue, lineOf: (name: string) => number | undefined): string {
  if (issue.code === "unrecognized_keys") {
    const at = issue.path.map(String).join(".");
    const names = at === "" ? Object.keys(templateSchema.shape) : at === "texts" ? textNames : fieldKeys;
    return issue.keys
      .slice(0, 3)
      .map((key) => {
        const line = lineOf(at === "" ? key : `${at}.${key}`);
        const near = nearest(key, names)[0];
        return `there is no key "${key}"${line === undefined ? "" : ` (line ${line})`}${near === undefined ? "" : `, did you mean ${near}?`}`;
      })
      .join("; ");
  }
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  return issue.message
    .replace(/^(?:Invalid input|Invalid option|Too small|Too big): /, "")
    .replace(/, received undefined$/, ", but it is missing")
    .replace(/, received /, ", not ");
}

const textNames: readonly string[] = Object.keys(templateSchema.shape.texts.shape);
const fieldKeys: readonly string[] = ["required", "several", "description"];
