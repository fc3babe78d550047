/** Starts the built command as a user would. */
import { mkdtempSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const main = path.join(root, "dist", "cli", "main.js");

/** Models, kept settings and servers of whoever runs the tests must not change what they see. */
const home = mkdtempSync(path.join(os.tmpdir(), "quern-test-home-"));
const hermetic = { QUERN_MODELS: path.join(home, "models"), QUERN_STATE: path.join(home, "state") };

export interface CommandOptions {
  /** A fresh temporary folder where absent. */
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
  timeoutMs?: number;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
  signal: string | undefined;
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), "quern-test-"));
}

/** Starts the command and gives the running process. */
export function start(args: readonly string[], options: CommandOptions = {}) {
  const { cwd, env = {}, input, timeoutMs = 240_000 } = options;
  return execa(process.execPath, [main, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { NO_COLOR: "1", ...hermetic, ...env },
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    reject: false,
    timeout: timeoutMs,
  });
}

/** Runs the command to its end. */
export async function quern(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const cwd = options.cwd ?? (await temporaryFolder());
  const { stdout, stderr, exitCode, signal } = await start(args, { ...options, cwd });
  return { stdout, stderr, exitCode, signal };
}
