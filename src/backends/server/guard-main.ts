/**
 * A small process between quern and a server that it starts. It runs in a session of its own, so it outlives a crash or
 * a `kill -9` of quern, and then ends the server with everything that the server started: nothing keeps a GPU's memory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "../../errors.js";
import type { FromGuard, StartMessage, ToGuard } from "./guard-protocol.js";
import { groupLives } from "./process-table.js";

const lookMs = 25;
/** After SIGKILL, which only a process that waits for a broken disk or driver outlives. */
const mostKillMs = 5_000;

let server: ChildProcess | undefined;
let graceMs = 10_000;
let isEnding = false;

/** Resolves when quern has it, or is gone. */
function tell(message: FromGuard): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, () => resolve());
    else resolve();
  });
}

/** Signals the server's whole group: workers outlive their parent otherwise. */
function signalGroup(signal: NodeJS.Signals): boolean {
  const pid = server?.pid;
  if (pid === undefined) return false;
  try {
    if (process.platform === "win32") return server!.kill(signal);
    return process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
    return false;
  }
}

function isLeft(): boolean {
  const pid = server?.pid;
  if (pid === undefined) return false;
  return process.platform === "win32" ? server!.exitCode === null && server!.signalCode === null : groupLives(pid);
}

/** @returns whether nobody of the group was left before `ms` were over */
async function groupEnds(ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isLeft()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return true;
}

async function killGroup(): Promise<void> {
  if (signalGroup("SIGKILL")) await groupEnds(mostKillMs);
}

function start({ command, args, env, graceMs: grace }: StartMessage): void {
  graceMs = grace;
  const fail = (error: unknown) => void tell({ type: "failed", message: messageOf(error) }).then(() => process.exit(0));
  try {
    // Output goes straight to quern's pipes: nothing in between can hold it up.
    server = spawn(command, args, { env, detached: true, windowsHide: true, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    fail(error);
    return;
  }
  server.on("spawn", () => void tell({ type: "started", pid: server!.pid! }));
  server.on("error", fail);
  server.on("exit", (code, signal) => {
    // What it leaves behind ends with it, and only then is it gone for quern.
    void killGroup()
      .then(() => tell({ type: "exited", code, signal }))
      .then(() => process.exit(0));
  });
}

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  if (signalGroup("SIGTERM") && !(await groupEnds(graceMs))) await killGroup();
  process.exit(0);
}

process.on("message", (message: ToGuard) => {
  if (message.type === "start") start(message);
  else void end();
});
// quern is gone, however it went.
process.on("disconnect", () => void end());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());
