/** Reads everything in a project or task, and says what is wrong with it. */
import path from "node:path";
import { InputError, lineOf } from "../../errors.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { readPrompts, storedDataGuides, storedSplits } from "./children.js";
import { checkFiles } from "./check-files.js";
import { checkRuns } from "./check-runs.js";
import { isFile, projectFile, reasonOf, taskFile } from "./file.js";
import { listTasks, openProject, openTask, type TaskFolder } from "./open.js";

export interface Problem {
  file: string;
  /** What is wrong. */
  text: string;
  /** What to do about it. */
  remedy: string;
  /** Whether the file cannot be read at all, by quern or by Kiln. */
  broken: boolean;
}

export interface CheckReport {
  problems: Problem[];
  /** Those that can be read. */
  tasks: TaskFolder[];
  /** Runs that can be read. */
  runs: number;
}

export interface CheckOptions {
  /** Told now and then how many runs have been looked at. */
  onProgress?: (runs: number) => void;
  signal?: AbortSignal;
}

/** What one check is given to tell what it finds. */
export interface Notes extends CheckOptions {
  note: (file: string, text: string, remedy: string) => void;
  broken: (file: string, text: string, remedy?: string) => void;
}

/**
 * @param given the folder of a project or task, or its file
 * @returns what is wrong, in the order of files
 * @throws {InputError} when there is neither
 */
export async function checkFolder(given: string, options: CheckOptions = {}): Promise<CheckReport> {
  const report: CheckReport = { problems: [], tasks: [], runs: 0 };
  const notes: Notes = {
    ...options,
    note: (file, text, remedy) => report.problems.push({ file, text, remedy, broken: false }),
    broken: (file, text, remedy = "correct the file, or take it back from a copy") =>
      report.problems.push({ file, text, remedy, broken: true }),
  };
  const folder = [projectFile, taskFile].includes(path.basename(given)) ? path.dirname(given) : given;
  if (await isFile(path.join(folder, projectFile))) await readProject(folder, report, notes);
  else if (await isFile(path.join(folder, taskFile))) {
    const task = await openTask(folder).catch((error: unknown) => reasonOf(path.join(folder, taskFile), error));
    if (typeof task === "string") notes.broken(path.join(folder, taskFile), task);
    else report.tasks.push(task);
  } else await openTask(given);
  for (const task of report.tasks) {
    checkTask(task, notes);
    report.runs += await checkDataset(task, notes);
  }
  await checkFiles(folder, notes);
  return report;
}

async function readProject(folder: string, report: CheckReport, notes: Notes): Promise<void> {
  const file = path.join(folder, projectFile);
  try {
    await openProject(folder);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    notes.broken(file, reasonOf(file, error));
  }
  // Only the folder is needed to find the tasks.
  const where = { file, folder } as Parameters<typeof listTasks>[0];
  report.tasks = await listTasks(where, notes.broken);
  const byId = new Map<string, string>();
  for (const task of report.tasks) {
    const other = byId.get(task.task.id);
    if (other !== undefined)
      notes.note(task.file, `it has the same id as ${other}`, "change the id of the one that was copied");
    byId.set(task.task.id, task.file);
  }
}

function checkTask({ file, task }: TaskFolder, { note }: Notes): void {
  if (task.instruction.trim() === "")
    note(file, "the task has no instruction", "say what the task is: quern task edit --instruction");
  for (const which of ["input", "output"] as const) {
    const text = task[`${which}_json_schema`];
    try {
      if (text !== null) parseTaskSchema(text, which);
    } catch (error) {
      note(file, lineOf(error), `correct it: quern task edit --${which}-schema`);
    }
  }
  for (const key of ["id", "name"] as const) {
    const values = task.requirements.map((one) => one[key]);
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice !== undefined) note(file, `two requirements have the ${key} "${twice}"`, `change the ${key} of one`);
  }
}

/** @returns how many runs can be read */
async function checkDataset(task: TaskFolder, notes: Notes): Promise<number> {
  const { ids, runs } = await checkRuns(task, notes);
  await readPrompts(task, notes.broken);
  const guides = await storedDataGuides(task, notes.broken);
  for (const { file } of guides.slice(1))
    notes.note(file, "the task has another data guide, and only one is used", "delete all but one");
  for (const { file, value } of await storedSplits(task, notes.broken)) {
    const listed = Object.values(value.split_contents).flat();
    const missing = listed.filter((id) => !ids.has(id)).length;
    if (missing > 0)
      notes.note(
        file,
        `it names ${missing} of ${listed.length} runs that are not there, and Kiln exports none of it`,
        "make the split anew, or take the runs back",
      );
    const unknown = Object.keys(value.split_contents).find((name) => !value.splits.some((one) => one.name === name));
    if (unknown !== undefined)
      notes.note(file, `it has runs in "${unknown}", which is none of its splits`, "correct it");
  }
  return runs;
}
