/** What lies in the store and is no model yet, or no longer. */
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { isModelName } from "./manifest.js";
import { partialFolder, storeFolder } from "./store.js";

/** A pull that did not come to its end. */
export interface Unfinished {
  name: string;
  folder: string;
  /** Bytes that are there. */
  bytes: number;
}

/** Folders that a process makes for a moment, by the number of the process. */
const momentary = /\.(?:old|removed)-(\d+)$/;

/** Pulls that wait to be gone on with, by name. */
export async function listUnfinished(store = storeFolder()): Promise<Unfinished[]> {
  const parent = partialFolder(store);
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter(({ name }) => isModelName(name) && !momentary.test(name) && !name.endsWith(".import"));
  return Promise.all(
    folders
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const folder = path.join(parent, name);
        return { name, folder, bytes: await bytesBelow(folder) };
      }),
  );
}

/** Takes away what a process that was killed had set aside to delete. */
export async function sweep(store: string): Promise<void> {
  const parent = partialFolder(store);
  for (const name of await readdir(parent).catch((): string[] => [])) {
    const pid = momentary.exec(name)?.[1];
    if (pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid)))
      await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(path.join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
