/**
 * Templates: what the model is told at each stage, for a purpose. Each is a file of YAML in `configs/templates`, and a
 * user's own file of the same shape does as well.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import type { KilnTask } from "../projects/index.js";
import { checkText } from "./plain-text.js";
import { requirementsText } from "./task-prompt/task-text.js";
import { mostTextCharacters, nameOfFile, ofTask, readTemplate, type TemplateInfo } from "./template-file.js";
import { fillText, parseText, problemsOf } from "./template-text.js";
import type { Goal, Template, TemplateTexts } from "./types.js";

export type { TemplateInfo } from "./template-file.js";

const folder = fileURLToPath(new URL("../../../configs/templates", import.meta.url));
/** Of a text with its values; far more than a small model reads. */
const mostFilledCharacters = 60_000;

/** @returns the templates that come with quern, in the order of their names */
export async function listTemplates(): Promise<TemplateInfo[]> {
  return await Promise.all((await shippedNames()).map((name) => readTemplate(shippedFile(name))));
}

/** @returns the names of the templates that come with quern */
export async function shippedNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files.flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? []).sort();
}

const shippedFile = (name: string): string => path.join(folder, `${name}.yaml`);

/**
 * @param nameOrFile of a template that comes with quern, or a file of one's own; a file that bears the name of one that
 *   comes with quern is called by its file's name instead, for it may say something else
 * @throws {UsageError} for a name that is none, with the near one, and for a file that is no template, naming the line
 * @throws {InputError} for a file that cannot be read
 */
export async function findTemplate(nameOrFile: string): Promise<TemplateInfo> {
  const names = await shippedNames();
  if (names.includes(nameOrFile)) return await readTemplate(shippedFile(nameOrFile));
  if (await isThere(nameOrFile)) {
    const info = await readTemplate(nameOrFile);
    return names.includes(info.name) ? { ...info, name: nameOfFile(nameOrFile) } : info;
  }
  const shown = JSON.stringify(nameOrFile.length > 200 ? `${nameOrFile.slice(0, 200)}…` : nameOrFile);
  const near = nearest(nameOrFile.slice(0, 200), names)[0];
  throw new UsageError(
    /[/\\]|\.ya?ml$/i.test(nameOrFile) ? `there is no file ${shown}` : `there is no template ${shown}`,
    {
      remedy: `${near === undefined ? "" : `did you mean ${near}? `}give the path of a file, or one of ${names.join(", ")}`,
    },
  );
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

export interface TemplateRequest {
  goal: Goal;
  /** What the user gives for the template's fields. */
  values: Readonly<Record<string, string | readonly string[]>>;
  task: Pick<KilnTask, "instruction" | "requirements">;
  /** Texts in the place of the template's own; they may have the same placeholders. */
  overrides?: Partial<TemplateTexts> | undefined;
}

/**
 * Fills a template for a task.
 * @throws {UsageError} for a name or file that is no template, a goal that it is not for, a field that is missing, that it
 *   does not have or that it takes only once, and texts that cannot be used or are too long
 * @throws {InputError} for a file that cannot be read
 */
export async function resolveTemplate(nameOrFile: string, request: TemplateRequest): Promise<Template> {
  const info = await findTemplate(nameOrFile);
  const { goal } = request;
  if (!info.goals.includes(goal))
    throw new UsageError(`the template ${info.name} is for --goal ${info.goals.join(" or ")}, not ${goal}`, {
      remedy: "choose another template or goal",
    });
  const values = valuesFor(info, request);
  const texts = { ...info.texts, ...checkedOverrides(info, request.overrides ?? {}) };
  const fill = (key: keyof TemplateTexts): string => {
    const filled = fillText(parseText(texts[key]), values);
    if (filled.length <= mostFilledCharacters) return filled;
    throw new UsageError(
      `texts.${key} of the template ${info.name} has ${filled.length} characters with its fields filled in, and ${mostFilledCharacters} are possible`,
      { remedy: "give fewer or shorter examples" },
    );
  };
  const outputs_fail = fill("outputs_fail");
  return {
    name: info.name,
    fail_share: outputs_fail === "" ? 0 : info.fail_share,
    topics: fill("topics"),
    inputs: fill("inputs"),
    outputs_pass: fill("outputs_pass"),
    outputs_fail,
    criterion: fill("criterion"),
  };
}

/** What stands for each placeholder. */
function valuesFor(info: TemplateInfo, { values: given, task }: TemplateRequest): Map<string, string> {
  const values = new Map([
    ["instruction", task.instruction],
    ["requirements", requirementsText(task)],
  ]);
  const fields = new Map(Object.entries(info.fields));
  for (const [name, one] of Object.entries(given)) {
    const field = fields.get(name);
    if (field === undefined) {
      const names = [...fields.keys()];
      const near = nearest(name, names)[0];
      throw new UsageError(`the template ${info.name} has no field ${JSON.stringify(name)}`, {
        remedy:
          names.length === 0
            ? "leave --field out; it has none"
            : `${near === undefined ? "" : `did you mean ${near}? `}it has ${names.join(", ")}`,
      });
    }
    const list = (typeof one === "string" ? [one] : one).map((text) => text.replace(/\r\n?/g, "\n").trim());
    for (const text of list) checkText(`the field ${name}`, text, mostTextCharacters);
    const filled = list.filter((text) => text !== "");
    if (filled.length > 1 && !field.several)
      throw new UsageError(`the field ${name} of the template ${info.name} is given ${filled.length} times`, {
        remedy: `give one --field ${name}="..."`,
      });
    values.set(name, filled.length === 1 ? filled[0]! : filled.map((text, i) => `(${i + 1}) ${text}`).join("\n"));
  }
  const missing = [...fields].filter(([name, { required }]) => required && (values.get(name) ?? "") === "");
  if (missing.length > 0)
    throw new UsageError(
      `the template ${info.name} needs ${missing.map(([name, { description }]) => (description === "" ? name : `${name} (${description})`)).join(" and ")}`,
      { remedy: `give ${missing.map(([name]) => `--field ${name}="..."`).join(" ")}` },
    );
  return values;
}

function checkedOverrides(info: TemplateInfo, overrides: Partial<TemplateTexts>): Partial<TemplateTexts> {
  const known = [...Object.keys(info.fields), ...ofTask];
  const checked: Partial<TemplateTexts> = {};
  for (const key of Object.keys(info.texts) as (keyof TemplateTexts)[]) {
    const text = overrides[key];
    if (text === undefined) continue;
    checkText(`the text ${key}`, text, mostTextCharacters);
    const [problem] = problemsOf(text, known);
    if (problem !== undefined)
      throw new UsageError(`the text ${key}, line ${problem.line}: ${problem.message}`, { remedy: problem.remedy });
    checked[key] = text;
  }
  return checked;
}
