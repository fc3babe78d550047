/** Folders of tests, and what is in them. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A new folder with files in it, removed after the file's tests; strings and bytes are written as they are. */
export async function folderWith(files: Readonly<Record<string, unknown>> = {}): Promise<string> {
  // Users have blanks in the names of their folders.
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern test "));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    const plain = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(file, plain ? content : JSON.stringify(content));
  }
  return folder;
}

/** The names in a folder, sorted; none where there is no folder. The folder of journals and locks is left out. */
export async function namesIn(...folder: string[]): Promise<string[]> {
  const names = await readdir(path.join(...folder)).catch((): string[] => []);
  return names.filter((name) => name !== ".quern").sort();
}
