/** Whose a lock file is: a process by its number and start time, so that one that is gone is told from one that runs. */
import { readFile } from "node:fs/promises";

export interface Owner {
  pid: number;
  /** When the process started, so that another process with the same number is not taken for it. */
  started: string;
}

/** This process. */
export async function ownerMe(): Promise<Owner> {
  return { pid: process.pid, started: (await startTime(process.pid)) ?? "" };
}

/** Whose the lock file is; undefined where it is gone or says nothing. */
export async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(file, "utf8")) as Partial<Owner>;
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
