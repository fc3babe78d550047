/** What Linux tells of processes in /proc; elsewhere nothing is told. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessFacts {
  /** One that only waits to be collected is gone: it holds nothing. */
  isGone: boolean;
  group: number;
  /** Clock ticks since the machine started, by which it is told from another with the same number. */
  started: string;
}

/** @returns undefined where there is no such process, or no /proc */
export function processFacts(pid: number | string): ProcessFacts | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field may hold spaces and brackets; the state is the third, the group the 5th, the start the 22nd.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { isGone: /^[ZX]/.test(fields[0] ?? ""), group: Number(fields[2]), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** The numbers of all processes; undefined where they are not told. */
export function processNumbers(): number[] | undefined {
  try {
    const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return names.length === 0 ? undefined : names.map(Number);
  } catch {
    return undefined;
  }
}

/** Whether anybody of a group is left. */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  // It counts those that wait to be collected, which in a container may be for ever.
  const numbers = processNumbers();
  if (numbers === undefined) return true;
  return numbers.some((pid) => {
    const facts = processFacts(pid);
    return facts?.group === group && !facts.isGone;
  });
}
