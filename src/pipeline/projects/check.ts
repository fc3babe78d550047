/** Reads everything in a project, and says what is wrong with it. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { lineOf } from "../../errors.js";
import { readFeedback, readPrompts, readSplits } from "./children.js";
import { childFolders } from "./file.js";
import { listTasks, type ProjectFolder, type TaskFolder } from "./open.js";
import { checkRun, listRuns, runFileName, runsFolderOf } from "./runs.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { readDataGuide } from "./children.js";

export interface Problem {
  file: string;
  /** What is wrong. */
  text: string;
  /** The file cannot be read at all. */
  broken: boolean;
}

export interface CheckReport {
  problems: Problem[];
  tasks: number;
  runs: number;
}

/** @returns what is wrong with the tasks of a project, one after the other */
export async function checkProject(project: ProjectFolder): Promise<CheckReport> {
  const report: CheckReport = { problems: [], tasks: 0, runs: 0 };
  const tasks = await listTasks(project, (file, text) => report.problems.push({ file, text, broken: true }));
  for (const task of tasks) await checkInto(report, task);
  return report;
}

/** @returns what is wrong with a task and its dataset */
export async function checkTask(task: TaskFolder): Promise<CheckReport> {
  const report: CheckReport = { problems: [], tasks: 0, runs: 0 };
  await checkInto(report, task);
  return report;
}

async function checkInto(report: CheckReport, task: TaskFolder): Promise<void> {
  report.tasks++;
  const note = (file: string, text: string, broken = false) => report.problems.push({ file, text, broken });
  const onBroken = (file: string, text: string) => note(file, text, true);
  let usable = true;
  for (const which of ["input", "output"] as const) {
    const text = task.task[`${which}_json_schema`];
    if (text === null) continue;
    try {
      parseTaskSchema(text, which);
    } catch (error) {
      usable = false;
      note(task.file, lineOf(error));
    }
  }
  const ids = new Map<string, string>();
  for await (const stored of listRuns(task, { all: true, onBroken })) {
    report.runs++;
    const other = ids.get(stored.run.id);
    if (other !== undefined) note(stored.file, `it has the same id as ${other}`);
    ids.set(stored.run.id, stored.file);
    try {
      if (usable) checkRun(task, stored.run);
    } catch (error) {
      note(stored.file, lineOf(error));
    }
    await readFeedback(stored, onBroken);
  }
  await readPrompts(task, onBroken);
  await readDataGuide(task, onBroken);
  for (const split of await readSplits(task, onBroken)) {
    const missing = Object.values(split.split_contents)
      .flat()
      .filter((id) => !ids.has(id));
    if (missing.length > 0)
      note(
        path.join(task.folder, "dataset_splits"),
        `the split "${split.name}" names ${missing.length} runs that are not there`,
      );
  }
  await checkLeftovers(task, note);
}

/** Folders of runs without a run, which other programs may have left half-written. */
async function checkLeftovers(task: TaskFolder, note: (file: string, text: string) => void): Promise<void> {
  const folder = runsFolderOf(task);
  for (const name of await childFolders(folder)) {
    const file = path.join(folder, name, runFileName);
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    const others = await readdir(path.join(folder, name)).catch(() => []);
    note(
      path.join(folder, name),
      others.length === 0
        ? "the folder is empty; delete it"
        : `there is no ${runFileName} in it, only ${others.join(", ")}`,
    );
  }
}
