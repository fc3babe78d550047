/**
 * A record of the servers that run, so that what a power cut of both quern and its guard left behind is found and ended
 * by the next start. A process is told from another with the same number by when it started.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { killGroup } from "./server-process.js";

const recordSchema = z.object({
  owner: z.number(),
  guard: z.number().optional(),
  server: z.number(),
  /** Clock ticks since the machine started, from /proc; empty where there is none. */
  started: z.string(),
});

const suffix = ".running.json";

/** Notes a server of this process. */
export function rememberServer(folder: string, name: string, server: number, guard: number | undefined): void {
  const record = { owner: process.pid, guard, server, started: startOf(server) };
  try {
    writeFileSync(fileOf(folder, name, server), JSON.stringify(record), { mode: 0o600 });
  } catch {
    // Without the record the guard still ends the server.
  }
}

export function forgetServer(folder: string, name: string, server: number): void {
  rmSync(fileOf(folder, name, server), { force: true });
}

/**
 * Ends servers whose quern and guard are gone.
 * @returns how many were ended
 */
export function endOrphans(folder: string): number {
  let ended = 0;
  for (const name of list(folder)) {
    const file = path.join(folder, name);
    const record = read(file);
    if (record !== undefined && (lives(record.owner) || (record.guard !== undefined && lives(record.guard)))) continue;
    if (record !== undefined && record.started !== "" && startOf(record.server) === record.started) {
      killGroup(record.server);
      ended++;
    }
    rmSync(file, { force: true });
  }
  return ended;
}

function fileOf(folder: string, name: string, server: number): string {
  return path.join(folder, `${name}.${server}${suffix}`);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(suffix));
  } catch {
    return [];
  }
}

function read(file: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The 22nd field of /proc/PID/stat; the second may hold spaces and brackets. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
