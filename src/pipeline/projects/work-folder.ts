/** The folder in a task or project that holds what is quern's own: locks, sessions, what is being written. */
import { access } from "node:fs/promises";
import path from "node:path";
import { ensureOutputFolder, workFolder, writeFileAtomic } from "../files/write.js";

const holders = ["task.kiln", "project.kiln"];
const ready = new Set<string>();

/**
 * Makes a folder in the work folder that belongs to a file of a project: that of the task or project it stands in. Git
 * does not see it, nor does Kiln.
 * @param file a `.kiln` file, or where it will be
 * @param kind what the folder is for: `locks`
 * @throws {OutputError}
 */
export async function workFolderOf(file: string, kind: string): Promise<string> {
  const folder = path.join(await holderOf(path.resolve(file)), workFolder);
  const inner = path.join(folder, kind);
  if (ready.has(inner)) return inner;
  // Takes away what runs that were killed have left there.
  await ensureOutputFolder(inner);
  const ignore = path.join(folder, ".gitignore");
  if (!(await exists(ignore))) await writeFileAtomic(ignore, "*\n");
  ready.add(inner);
  return inner;
}

/** The folder of the task or project that a file stands in; its own where there is none. */
async function holderOf(file: string): Promise<string> {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    for (const holder of holders) {
      if (await exists(path.join(folder, holder))) return folder;
    }
    if (folder === path.dirname(folder)) return path.dirname(file);
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
