/** Free space on disks. */
import { statfs } from "node:fs/promises";
import path from "node:path";
import type { DiskFacts } from "../facts.js";
import type { Notes } from "./notes.js";
import { within } from "./run.js";

/**
 * Never throws; where it cannot be told, a problem is noted and 0 given.
 * @param folder need not exist: its nearest parent that does is looked at
 * @param fact the fact's name, as in `disk.models`
 */
export async function probeDisk(folder: string, fact: string, notes: Notes, timeoutMs: number): Promise<DiskFacts> {
  const absolute = path.resolve(folder);
  // A folder on a server that is gone never answers.
  const found = await within(nearest(absolute), timeoutMs);
  if (found === undefined) {
    notes.problem(`the free space of ${absolute} cannot be told`);
    return { folder: absolute, freeBytes: 0 };
  }
  notes.source(`${fact}.freeBytes`, `statfs ${found.at}`);
  return { folder: absolute, freeBytes: found.freeBytes };
}

async function nearest(folder: string): Promise<{ at: string; freeBytes: number } | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return { at, freeBytes: bavail * bsize };
    } catch {
      if (at === path.dirname(at)) return undefined;
    }
  }
}
