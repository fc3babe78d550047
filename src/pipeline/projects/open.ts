/** Finds and makes projects and tasks. */
import path from "node:path";
import { InputError, OutputError, UsageError } from "../../errors.js";
import { filledBase, newBase, newId } from "./base.js";
import { childFiles, isFile, projectFile, readKiln, reasonOf, taskFile, writeInNewFolder, writeKiln } from "./file.js";
import { nothingAt, quotedPath } from "./look.js";
import { folderName, mostShortNameCharacters, nameProblem, storedName } from "./names.js";
import { projectSchema, taskSchema } from "./schemas.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import type { KilnProject, KilnRequirement, KilnTask } from "./types.js";

export interface ProjectFolder {
  file: string;
  folder: string;
  project: KilnProject;
}

export interface TaskFolder {
  file: string;
  folder: string;
  task: KilnTask;
  /** The project that it stands in; undefined where there is none that can be read. */
  project: ProjectFolder | undefined;
}

/** Told of a file that cannot be read, and why. */
export type OnBroken = (file: string, reason: string) => void;

/**
 * @param given a project's folder or its file
 * @throws {InputError} when there is none, naming what is there
 */
export async function openProject(given: string): Promise<ProjectFolder> {
  const file = path.basename(given) === projectFile ? given : path.join(given, projectFile);
  if (!(await isFile(file))) throw await nothingAt(given, "project", projectFile);
  return { file, folder: path.dirname(file), project: await readKiln(file, "project", projectSchema) };
}

/**
 * @param given a task's folder, its file, or a project that has exactly one task
 * @throws {InputError} naming the tasks that there are, or what is there in their place
 */
export async function openTask(given: string): Promise<TaskFolder> {
  const named = path.basename(given);
  const file = named === taskFile ? given : path.join(given, taskFile);
  if (named !== projectFile && (await isFile(file))) {
    const folder = path.dirname(file);
    const project = await openProject(path.join(folder, "..", "..")).catch(() => undefined);
    return { file, folder, task: await readTask(file), project };
  }
  if (named !== projectFile && !(await isFile(path.join(given, projectFile))))
    throw await nothingAt(given, "task", `${taskFile} and no ${projectFile}`);
  const project = await openProject(given);
  const broken: string[] = [];
  const tasks = await listTasks(project, (one, reason) => broken.push(`${one}: ${reason}`));
  const [only] = tasks;
  if (only !== undefined && tasks.length === 1 && broken.length === 0) return only;
  if (tasks.length + broken.length === 0)
    throw new InputError(`the project ${given} has no task`, { remedy: "make one with quern task init" });
  if (only === undefined)
    throw new InputError(`no task of ${given} can be read: ${broken.join("; ")}`, { remedy: "correct the files" });
  const cannot = broken.length === 0 ? "" : `, of which ${broken.length} cannot be read`;
  throw new InputError(`the project ${given} has ${tasks.length + broken.length} tasks${cannot}`, {
    remedy: `give one of ${tasks.map(({ folder }) => quotedPath(folder)).join(", ")}`,
  });
}

async function readTask(file: string): Promise<KilnTask> {
  const task = await readKiln(file, "task", taskSchema);
  return {
    ...task,
    requirements: task.requirements.map((one) => ({
      ...one,
      id: one.id === "" ? filledBase(`${file}#${one.name}`).id : one.id,
    })),
  };
}

/** @returns the tasks of a project that can be read, in the order of their folders */
export async function listTasks(project: ProjectFolder, onBroken: OnBroken = () => undefined): Promise<TaskFolder[]> {
  const tasks: TaskFolder[] = [];
  for (const file of await childFiles(path.join(project.folder, "tasks"), taskFile)) {
    try {
      if (await isFile(file)) tasks.push({ file, folder: path.dirname(file), task: await readTask(file), project });
    } catch (error) {
      onBroken(file, reasonOf(file, error));
    }
  }
  return tasks;
}

/**
 * @param folder where the project is made; made if need be
 * @throws {UsageError} for a name that Kiln refuses
 * @throws {OutputError} when there is one already, or it cannot be written
 */
export async function createProject(
  folder: string,
  fields: { name: string; description?: string | null },
): Promise<ProjectFolder> {
  const name = checkedName("project", fields.name);
  const file = path.join(folder, projectFile);
  if (await isFile(file)) throw new OutputError(`${folder} is a project already`, { remedy: "choose another folder" });
  const { v, id, created_at, created_by } = newBase();
  const project: KilnProject = {
    v,
    id,
    created_at,
    created_by,
    name,
    description: fields.description ?? null,
    model_type: "project",
  };
  await writeKiln(file, project);
  return { file, folder, project };
}

export interface TaskFields {
  name: string;
  instruction: string;
  description?: string | null;
  requirements?: readonly (Pick<KilnRequirement, "name" | "instruction"> & Partial<KilnRequirement>)[];
  /** JSON Schemas as text. */
  input_json_schema?: string | null;
  output_json_schema?: string | null;
  thinking_instruction?: string | null;
}

/**
 * @throws {UsageError} for names, an instruction or schemas that Kiln refuses, saying which
 * @throws {OutputError} when it cannot be written
 */
export async function createTask(project: ProjectFolder, fields: TaskFields): Promise<TaskFolder> {
  checkTaskFields(fields);
  const name = storedName(fields.name);
  const { v, id, created_at, created_by } = newBase();
  const task: KilnTask = {
    v,
    id,
    created_at,
    created_by,
    name,
    description: fields.description ?? null,
    instruction: fields.instruction,
    requirements: (fields.requirements ?? []).map(completeRequirement),
    output_json_schema: fields.output_json_schema ?? null,
    input_json_schema: fields.input_json_schema ?? null,
    thinking_instruction: fields.thinking_instruction ?? null,
    default_run_config_id: null,
    model_type: "task",
  };
  const folder = path.join(project.folder, "tasks", folderName(id, name));
  const file = path.join(folder, taskFile);
  await writeInNewFolder(file, task);
  return { file, folder, task, project };
}

/** @returns a requirement with all its keys, in Kiln's order */
export function completeRequirement(
  given: Pick<KilnRequirement, "name" | "instruction"> & Partial<KilnRequirement>,
): KilnRequirement {
  const { id = newId(), name, description = null, instruction, priority = 2, type = "five_star" } = given;
  return { id, name: storedName(name), description, instruction, priority, type };
}

/** @throws {UsageError} for what Kiln refuses */
export function checkTaskFields(fields: Partial<TaskFields>): void {
  if (fields.name !== undefined) checkedName("task", fields.name);
  if (fields.instruction?.trim() === "")
    throw new UsageError("the task has no instruction", {
      remedy: "say what the task is with --instruction, as you would tell it to a model",
    });
  const names = new Set<string>();
  for (const { name, instruction, priority } of fields.requirements ?? []) {
    const problem = nameProblem(storedName(name), mostShortNameCharacters);
    if (problem !== undefined) throw new UsageError(`requirement "${name}": ${problem}`);
    if (instruction.trim() === "") throw new UsageError(`the requirement "${name}" says nothing`);
    if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 3))
      throw new UsageError(`requirement "${name}": the priority is a whole number from 0 to 3`);
    if (names.has(name)) throw new UsageError(`there are two requirements "${name}"`);
    names.add(name);
  }
  for (const which of ["input", "output"] as const) {
    const text = fields[`${which}_json_schema`];
    if (typeof text === "string") parseTaskSchema(text, which);
  }
}

/**
 * @param what has the name, for messages
 * @returns the name as it is stored
 * @throws {UsageError} for a name that Kiln refuses
 */
export function checkedName(what: string, name: string): string {
  const stored = storedName(name);
  const problem = nameProblem(stored);
  if (problem !== undefined) throw new UsageError(`the ${what}'s name cannot be used: ${problem}`);
  return stored;
}
