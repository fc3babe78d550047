import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { InputError, messageOf, UsageError } from "../../../errors.js";
import {
  checkTaskFields,
  completeRequirement,
  type KilnTask,
  listRuns,
  openTask,
  patchFile,
  readDataGuide,
  removeDataGuide,
  type TaskFolder,
  valueProblem,
  writeDataGuide,
} from "../../../pipeline/projects/index.js";
import { runReport } from "../../session.js";
import type { TaskEditFlags } from "../../task.js";
import { fieldsInFlags, fieldsInText, type WantedFields } from "./fields.js";
import { schemaProblems } from "./schemas.js";

export async function editAction(given: string, flags: TaskEditFlags): Promise<void> {
  await runReport("task edit", flags, {}, async ({ reporter }) => {
    const task = await openTask(given);
    const fields: WantedFields = await fieldsInFlags(flags);
    if (flags.requirement !== undefined || flags.removeRequirement !== undefined)
      fields.requirements = requirementsWith(task.task, fields.requirements ?? [], flags.removeRequirement ?? []);
    if (flags.editor === true) {
      if (Object.keys(fields).length > 0)
        throw new UsageError("--editor goes alone", { remedy: "leave the other flags out" });
      Object.assign(fields, await inEditor(task));
    }
    if (Object.keys(fields).length === 0)
      throw new UsageError("nothing is to be changed", { remedy: "see quern task edit --help" });
    checkTaskFields(fields);
    for (const problem of schemaProblems(fields)) reporter.warn(`warning: ${problem}`);
    await checkRuns(task, fields, flags.force === true);
    const { data_guide: guide, requirements, ...plain } = fields;
    const changed = Object.keys(fields);
    if (changed.some((key) => key !== "data_guide"))
      await patchFile<KilnTask>(task.file, (tree) => {
        Object.assign(tree, plain);
        if (requirements !== undefined) tree.requirements = requirements.map(completeRequirement);
      });
    if (guide !== undefined) await (guide.trim() === "" ? removeDataGuide(task) : writeDataGuide(task, guide));
    return { json: { task: task.file, changed }, lines: [`Changed ${changed.join(", ")} of ${task.file}`] };
  });
}

/** Those of the same name are replaced, the others stay as they are. */
function requirementsWith(
  task: KilnTask,
  added: NonNullable<WantedFields["requirements"]>,
  removed: readonly string[],
): NonNullable<WantedFields["requirements"]> {
  const left = task.requirements.filter(({ id, name }) => !removed.includes(id) && !removed.includes(name));
  const unknown = removed.find((one) => !task.requirements.some(({ id, name }) => one === id || one === name));
  if (unknown !== undefined)
    throw new UsageError(`there is no requirement "${unknown}"`, {
      remedy: `there are ${task.requirements.map(({ name }) => name).join(", ") || "none"}`,
    });
  const result: NonNullable<WantedFields["requirements"]>[number][] = [...left];
  for (const one of added) {
    const at = result.findIndex(({ name }) => name === one.name);
    if (at === -1) result.push(one);
    else result[at] = { ...result[at], ...one };
  }
  return result;
}

/** Kiln reads runs that do not comply, and refuses to save them again. */
async function checkRuns(task: TaskFolder, fields: WantedFields, force: boolean): Promise<void> {
  const schemas = (["input", "output"] as const).filter((which) => fields[`${which}_json_schema`] !== undefined);
  if (schemas.length === 0 || force) return;
  const next: TaskFolder = { ...task, task: { ...task.task } };
  for (const which of schemas) next.task[`${which}_json_schema`] = fields[`${which}_json_schema`] ?? null;
  let bad = 0;
  let first = "";
  for await (const { run } of listRuns(task, { withoutTrace: true })) {
    const output = run.repaired_output?.output ?? run.output.output;
    const problem = valueProblem(next, "input", run.input) ?? valueProblem(next, "output", output);
    if (problem === undefined) continue;
    bad++;
    if (first === "") first = `${run.id}: ${problem}`;
  }
  if (bad > 0)
    throw new InputError(`${bad} runs of the dataset do not comply with the new schema (${first})`, {
      remedy:
        "keep the schema, make another task, or change it all the same with --force; Kiln will refuse to save these runs",
    });
}

/** The task as a person edits it. */
async function inEditor(task: TaskFolder): Promise<WantedFields> {
  const editor = process.env["VISUAL"] ?? process.env["EDITOR"];
  if (editor === undefined || editor.trim() === "")
    throw new UsageError("no editor is set", { remedy: "set EDITOR, or use the other flags" });
  const { name, description, instruction, requirements, thinking_instruction } = task.task;
  const guide = await readDataGuide(task);
  const view = {
    name,
    description,
    instruction,
    requirements: requirements.map(({ name, description, instruction, priority, type }) => ({
      name,
      description,
      instruction,
      priority,
      type,
    })),
    input_schema: schemaOf(task.task.input_json_schema),
    output_schema: schemaOf(task.task.output_json_schema),
    thinking_instruction,
    data_guide: guide?.guide ?? null,
  };
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-edit-"));
  const file = path.join(folder, "task.yaml");
  try {
    const before = stringify(view, { lineWidth: 0 });
    await writeFile(file, before);
    const [program = "", ...args] = editor.split(/\s+/);
    await execa(program, [...args, file], { stdio: "inherit" }).catch((error: unknown) => {
      throw new InputError(`the editor ${editor} failed: ${messageOf(error).split("\n")[0] ?? ""}`, {
        remedy: "nothing was changed",
      });
    });
    const after = await readFile(file, "utf8");
    if (after === before) throw new UsageError("nothing was changed", { remedy: "save the file in the editor" });
    const fields = fieldsInText(after, "the edited task");
    const requirementsOf = fields.requirements?.map((one) => {
      const known = requirements.find((other) => other.name === one.name);
      return known === undefined ? one : { ...one, id: known.id };
    });
    return {
      ...fields,
      ...(requirementsOf === undefined ? {} : { requirements: requirementsOf }),
      data_guide: fields.data_guide ?? "",
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function schemaOf(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
