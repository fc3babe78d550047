/** A task with runs, in a folder of its own. */
import path from "node:path";
import {
  createProject,
  createTask,
  humanSource,
  type KilnDataSource,
  type KilnRun,
  newRun,
  readRun,
  type RunFields,
  type StoredRun,
  type TaskFields,
  type TaskFolder,
  writeRun,
} from "../../src/pipeline/projects/index.js";
import { folderWith } from "./folders.js";

export const person = humanSource("tester");

export const model: KilnDataSource = {
  type: "synthetic",
  properties: { model_name: "m", model_provider: "quern", adapter_name: "quern", label: "pass", temperature: 0.7 },
  run_config_id: null,
  run_config: null,
};

export async function taskWith(fields: Partial<TaskFields> = {}): Promise<TaskFolder> {
  const folder = await folderWith();
  const project = await createProject(path.join(folder, "project"), { name: "Project" });
  return await createTask(project, { name: "Headlines", instruction: "Write a headline.", ...fields });
}

export async function addRun(
  task: TaskFolder,
  fields: Partial<RunFields> = {},
  change: (run: KilnRun) => void = () => undefined,
): Promise<StoredRun> {
  const run = newRun({ input: "a cat sat", input_source: person, output: "Cat sits", source: model, ...fields });
  change(run);
  await writeRun(task, run);
  return await readRun(task, run.id);
}
