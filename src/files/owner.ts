/** Whose a lock file is: a process by its number and start time, so that one that is gone is told from one that runs. */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

export interface Owner {
  pid: number;
  /** When the process started, so that another process with the same number is not taken for it. */
  started: string;
}

/** This process. */
export async function ownerMe(): Promise<Owner> {
  return { pid: process.pid, started: (await startTime(process.pid)) ?? "" };
}

/**
 * Takes away a lock whose owner is gone, and no other: one that somebody has taken meanwhile stays.
 * @returns the owner where it runs; undefined where the lock may be free now
 */
export async function runningOwner(file: string): Promise<Owner | undefined> {
  const seen = await readFile(file, "utf8").catch(() => undefined);
  // Given back meanwhile.
  if (seen === undefined) return undefined;
  const owner = ownerIn(seen);
  if (owner !== undefined && (await isRunning(owner))) return owner;
  const aside = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}-${randomBytes(3).toString("hex")}.tmp`,
  );
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return undefined;
  // Two saw that the owner is gone, and the other one has the lock by now.
  if ((await readFile(aside, "utf8")) !== seen) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return undefined;
}

/** Whose a lock is; undefined where it says nothing. */
function ownerIn(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    return typeof owner.pid === "number" ? { pid: owner.pid, started: owner.started ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

export async function isRunning(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const started = await startTime(owner.pid);
  return started === undefined || owner.started === "" || started === owner.started;
}

/** Start time in clock ticks since boot (field 22 of /proc/PID/stat), where the system has it. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the command in parentheses and may hold anything.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
