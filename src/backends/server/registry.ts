/**
 * A record of the servers that run, so that what is left behind where both quern and its guard were killed is found and
 * ended by the next start. A process is told from another with the same number by when it started, and what a server
 * started in turn by a mark in its environment.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { processFacts, processNumbers } from "./process-table.js";
import { killGroup, markVariable } from "./server-process.js";

const processSchema = z.object({
  /** Above 1: the groups 0 and 1 are everybody's. */
  pid: z.number().int().min(2),
  /** Clock ticks since the machine started, from /proc; empty where there is none. */
  started: z.string(),
});
const recordSchema = z.object({
  owner: processSchema,
  guard: processSchema.optional(),
  server: processSchema,
  mark: z.string().min(8),
});
type ProcessRecord = z.output<typeof processSchema>;

const suffix = ".running.json";

export interface RunningServer {
  pid: number;
  guardPid: number | undefined;
  mark: string;
}

/** Notes a server of this process. */
export function rememberServer(folder: string, name: string, { pid, guardPid, mark }: RunningServer): void {
  const record: z.input<typeof recordSchema> = {
    owner: describe(process.pid),
    server: describe(pid),
    mark,
    ...(guardPid === undefined ? {} : { guard: describe(guardPid) }),
  };
  try {
    writeFileSync(fileOf(folder, name, pid), JSON.stringify(record), { mode: 0o600 });
  } catch {
    // Without the record the guard still ends the server.
  }
}

export function forgetServer(folder: string, name: string, server: number): void {
  try {
    rmSync(fileOf(folder, name, server), { force: true });
  } catch {
    // It names what is gone, and the next start finds that out.
  }
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
    if (record !== undefined && endMarked(record)) ended++;
    try {
      rmSync(file, { force: true });
    } catch {
      // The next start tries again.
    }
  }
  return ended;
}

/** @returns whether anything was left to end; nothing where the system does not tell one process from another */
function endMarked({ server, mark }: z.output<typeof recordSchema>): boolean {
  const isServer = server.started !== "" && lives(server);
  if (isServer) killGroup(server.pid);
  const rest = markedProcesses(mark);
  for (const pid of rest)
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went with the group.
    }
  return isServer || rest.length > 0;
}

/** Workers that outlived their server. */
function markedProcesses(mark: string): number[] {
  return (processNumbers() ?? []).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${markVariable}=${mark}`);
    } catch {
      return false;
    }
  });
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

/** Whether this very process runs. */
function lives({ pid, started }: ProcessRecord): boolean {
  if (started !== "") return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function describe(pid: number): ProcessRecord {
  return { pid, started: startOf(pid) };
}

function startOf(pid: number): string {
  const facts = processFacts(pid);
  return facts === undefined || facts.isGone ? "" : facts.started;
}
