/** Projects in temporary folders, for tests. */
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  createProject,
  createTask,
  humanSource,
  type KilnRun,
  newRun,
  type RunFields,
  type TaskFields,
  type TaskFolder,
} from "../index.js";

/** A task in a project of its own. */
export async function taskFolder(fields: Partial<TaskFields> = {}): Promise<TaskFolder> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern test "));
  const project = await createProject(folder, { name: "News Desk" });
  return await createTask(project, { name: "Headline Writer", instruction: "Write a headline.", ...fields });
}

/** A run that a person made. */
export function run(fields: Partial<RunFields> = {}): KilnRun {
  const source = humanSource("me");
  return newRun({ input: "in", input_source: source, output: "out", source, ...fields });
}

/** Every file below a folder with what is in it, but those of quern's own. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !file.includes(".quern")) found[path.relative(folder, file)] = await readFile(file, "utf8");
  }
  return found;
}
