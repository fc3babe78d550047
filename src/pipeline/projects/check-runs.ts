/** Looks through the runs of a task for what does not comply. */
import path from "node:path";
import { InputError } from "../../errors.js";
import { readFeedback } from "./children.js";
import type { Notes } from "./check.js";
import { childFiles, isFile, readText } from "./file.js";
import type { TaskFolder } from "./open.js";
import { runValueProblems, sentence } from "./run-check.js";
import { listRuns } from "./runs.js";

/** Runs between two words on how far it is. */
const progressEvery = 1000;

/** @returns the ids of the runs that can be read, and how many these are */
export async function checkRuns(task: TaskFolder, notes: Notes): Promise<{ ids: ReadonlySet<string>; runs: number }> {
  const { onProgress, signal } = notes;
  const fileOf = new Map<string, string>();
  const parents: [file: string, parent: string][] = [];
  let usable = true;
  let seen = 0;
  const options = { all: true, onBroken: notes.broken, ...(signal === undefined ? {} : { signal }) };
  for await (const stored of listRuns(task, options)) {
    const { file, run } = stored;
    if (++seen % progressEvery === 0) onProgress?.(seen);
    const other = fileOf.get(run.id);
    if (other !== undefined)
      notes.note(file, `it has the same id as ${other}`, "delete one, or change the id of the one that was copied");
    fileOf.set(run.id, file);
    if (run.parent_task_run_id !== null) parents.push([file, run.parent_task_run_id]);
    try {
      if (usable)
        for (const problem of runValueProblems(task, run))
          notes.note(file, sentence(problem), "correct or delete the run: Kiln will not save it again as it is");
    } catch (error) {
      // A schema that cannot be used is told with the task.
      if (!(error instanceof InputError)) throw error;
      usable = false;
    }
    await readFeedback(stored, notes.broken);
  }
  for (const [file, parent] of parents)
    if (!fileOf.has(parent))
      notes.note(file, `it follows the run ${parent}, which is not there`, "take that one back, or delete this one");
  await checkRunConfig(task, notes);
  return { ids: new Set(fileOf.keys()), runs: seen };
}

/** The settings that Kiln runs the task with by default are in a file of their own. */
async function checkRunConfig({ file, folder, task }: TaskFolder, { note }: Notes): Promise<void> {
  const id = task.default_run_config_id;
  if (id === null) return;
  for (const one of await childFiles(path.join(folder, "run_configs"), "task_run_config.kiln")) {
    if (!(await isFile(one))) continue;
    const text = await readText(one).catch(() => "");
    try {
      if ((JSON.parse(text) as { id?: unknown }).id === id) return;
    } catch {
      // Told where all files are read.
    }
  }
  note(file, `its default run config ${id} is not there`, "choose another in Kiln");
}
