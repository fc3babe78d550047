/**
 * A small process between quern and a server that it starts. It runs in a session of its own, so it outlives a crash or
 * a `kill -9` of quern, and then ends the server with everything that the server started: nothing keeps a GPU's memory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { FromGuard, StartMessage, ToGuard } from "./guard-protocol.js";

let server: ChildProcess | undefined;
let graceMs = 10_000;
let ending = false;

function tell(message: FromGuard): void {
  if (process.connected) process.send!(message, () => undefined);
}

/** Signals the server's whole group: workers outlive their parent otherwise. */
function signalGroup(signal: NodeJS.Signals): boolean {
  const pid = server?.pid;
  if (pid === undefined) return false;
  try {
    if (process.platform === "win32") return server!.kill(signal);
    process.kill(-pid, signal);
    return true;
  } catch {
    // Nobody of the group is left.
    return false;
  }
}

function groupLives(): boolean {
  if (process.platform === "win32") return server?.exitCode === null && server.signalCode === null;
  try {
    process.kill(-server!.pid!, 0);
    return true;
  } catch {
    return false;
  }
}

function start({ command, args, env, graceMs: grace }: StartMessage): void {
  graceMs = grace;
  // Output goes straight to quern's pipes: nothing in between can hold it up.
  server = spawn(command, args, { env, detached: true, stdio: ["ignore", "inherit", "inherit"] });
  server.on("spawn", () => tell({ type: "started", pid: server!.pid! }));
  server.on("error", (error) => {
    tell({ type: "failed", message: error.message });
    setImmediate(() => process.exit(0));
  });
  server.on("exit", (code, signal) => {
    // What it leaves behind ends with it, and only then is it gone for quern.
    signalGroup("SIGKILL");
    tell({ type: "exited", code, signal });
    setTimeout(() => process.exit(0), 50);
  });
}

function end(): void {
  if (ending) return;
  ending = true;
  if (server === undefined || !signalGroup("SIGTERM")) process.exit(0);
  const deadline = Date.now() + graceMs;
  setInterval(() => {
    if (!groupLives()) process.exit(0);
    if (Date.now() > deadline) signalGroup("SIGKILL");
  }, 50);
}

process.on("message", (message: ToGuard) => {
  if (message.type === "start") start(message);
  else end();
});
// quern is gone, however it went.
process.on("disconnect", end);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
