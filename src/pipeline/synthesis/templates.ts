/**
 * Templates: what the model is told at each stage, for a purpose. Each is a file of YAML in `configs/templates`, and a
 * user's own file of the same shape does as well.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError, InputError, messageOf, UsageError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import type { KilnTask } from "../projects/index.js";
import { requirementsText } from "./task-prompt/task-text.js";
import { fillTemplate, placeholdersIn, unpairedIn } from "./template-text.js";
import { type Goal, goals, type Template, type TemplateTexts } from "./types.js";

const folder = fileURLToPath(new URL("../../../configs/templates", import.meta.url));
/** Longer texts leave no room for anything else. */
const mostCharacters = 20_000;
const text = z.string().max(mostCharacters, `a text is longer than ${mostCharacters} characters`).default("");

const fieldSchema = z.strictObject({
  required: z.boolean().default(false),
  description: z.string().default(""),
});

const templateSchema = z.strictObject({
  title: z.string().min(1),
  description: z.string().default(""),
  goals: z.array(z.enum(goals)).min(1),
  uncensored: z.boolean().default(false),
  fail_share: z.number().min(0).max(1).default(0.5),
  fields: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/, "a field's name has lower-case letters"), fieldSchema)
    .default({}),
  texts: z.strictObject({ topics: text, inputs: text, outputs_pass: text, outputs_fail: text, criterion: text }),
});

/** What the task gives to every template. */
const ofTask = ["requirements", "instruction"] as const;

/** A template as its file has it. */
export interface TemplateInfo extends z.output<typeof templateSchema> {
  name: string;
  /** The file. */
  file: string;
  /** The file's text. */
  source: string;
}

/** @returns the templates that come with quern, in the order of their names */
export async function listTemplates(): Promise<TemplateInfo[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return await Promise.all(files.map((file) => readTemplate(path.join(folder, file))));
}

/**
 * @param nameOrFile of a template that comes with quern, or a file of one's own
 * @throws {UsageError} for a name that is none, with the near one
 * @throws {ConfigError} for a file that is no template, naming the line or key
 */
export async function findTemplate(nameOrFile: string): Promise<TemplateInfo> {
  const isName = /^[a-z][a-z0-9-]*$/.test(nameOrFile);
  const shipped = path.join(folder, `${nameOrFile}.yaml`);
  if (isName && (await isFile(shipped))) return await readTemplate(shipped);
  if (await isFile(nameOrFile)) return await readTemplate(nameOrFile);
  const names = (await listTemplates()).map(({ name }) => name);
  const near = nearest(nameOrFile, names)[0];
  throw new UsageError(`there is no template "${nameOrFile}"`, {
    remedy: `${near === undefined ? "" : `did you mean ${near}? `}give the path of a file, or one of ${names.join(", ")}`,
  });
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readTemplate(file: string): Promise<TemplateInfo> {
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`the template ${file} cannot be read: ${messageOf(error)}`, { remedy: "check the path" });
  }
  const document = parseDocument(source);
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new ConfigError(`${file} is not YAML: ${problem.message.split("\n")[0] ?? ""}`, {
      remedy: "correct the line",
    });
  const parsed = templateSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(`${file} is no template: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, {
      remedy: "see docs/templates.md, or begin with quern templates copy",
    });
  }
  const known: readonly string[] = [...Object.keys(parsed.data.fields), ...ofTask];
  for (const [key, one] of Object.entries(parsed.data.texts)) {
    const unpaired = unpairedIn(one)[0];
    if (unpaired !== undefined)
      throw new ConfigError(`${file}: texts.${key}: ${unpaired} has no partner`, {
        remedy: "write {?name} ... {/name}",
      });
    const unknown = placeholdersIn(one).find((placeholder) => !known.includes(placeholder));
    if (unknown !== undefined)
      throw new ConfigError(`${file}: texts.${key}: there is no field {${unknown}}`, {
        remedy: `name it under fields; there are ${known.join(", ")}`,
      });
  }
  return { ...parsed.data, name: path.basename(file).replace(/\.ya?ml$/i, ""), file, source };
}

export interface TemplateRequest {
  goal: Goal;
  /** What the user gives for the template's fields. */
  values: Readonly<Record<string, string | readonly string[]>>;
  task: KilnTask;
  /** Texts in the place of the template's own. */
  overrides?: Partial<TemplateTexts> | undefined;
}

/**
 * Fills a template for a task.
 * @throws {UsageError} for a field that is missing or that it does not have, or a goal that it is not for
 * @throws {ConfigError} for a file that is no template
 */
export async function resolveTemplate(nameOrFile: string, request: TemplateRequest): Promise<Template> {
  const info = await findTemplate(nameOrFile);
  const { goal, task, overrides = {} } = request;
  if (!info.goals.includes(goal))
    throw new UsageError(`the template ${info.name} is for --goal ${info.goals.join(" or ")}, not ${goal}`, {
      remedy: "choose another template or goal",
    });
  const values: Record<string, string> = { instruction: task.instruction, requirements: requirementsText(task) };
  for (const [field, given] of Object.entries(request.values)) {
    if (!Object.hasOwn(info.fields, field)) {
      const names = Object.keys(info.fields);
      throw new UsageError(`the template ${info.name} has no field "${field}"`, {
        remedy: names.length === 0 ? "leave --field out" : `it has ${names.join(", ")}`,
      });
    }
    const list = typeof given === "string" ? [given] : given;
    values[field] = list.length === 1 ? list[0]! : list.map((one, i) => `(${i + 1}) ${one}`).join("\n");
  }
  for (const [field, { required, description }] of Object.entries(info.fields))
    if (required && (values[field] ?? "").trim() === "")
      throw new UsageError(`the template ${info.name} needs ${field}: ${description}`, {
        remedy: `give it with --field ${field}="..."`,
      });
  const fill = (key: keyof TemplateTexts) => fillTemplate(overrides[key] ?? info.texts[key], values);
  return {
    name: info.name,
    fail_share: info.fail_share,
    topics: fill("topics"),
    inputs: fill("inputs"),
    outputs_pass: fill("outputs_pass"),
    outputs_fail: fill("outputs_fail"),
    criterion: fill("criterion"),
  };
}
