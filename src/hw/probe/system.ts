/** The machine as probes reach it. Tests put recorded files and outputs in its place. */
import { constants } from "node:fs";
import { access, readdir, readFile, realpath, stat } from "node:fs/promises";
import os from "node:os";
import { type Ran, runProgram, type RunSettings } from "./run.js";

export interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or undefined where it cannot be read. */
  readText(file: string): Promise<string | undefined>;
  /** The names in a folder; none where it cannot be read. */
  list(folder: string): Promise<string[]>;
  /** Whether it is a file that this process may start. */
  isExecutable(file: string): Promise<boolean>;
  /** The path with links resolved, or the path itself where that fails. */
  realPath(file: string): Promise<string>;
  /** Runs a program; never throws. */
  run(command: string, args: readonly string[], settings: RunSettings): Promise<Ran>;
  /** Logical cores of the affinity of this process. */
  availableParallelism(): number;
  /** Logical cores of the machine, and the name of the first. */
  logicalCores(): { count: number; model: string };
  /** Bytes, as the operating system tells Node. */
  memory(): { totalBytes: number; freeBytes: number };
}

/** @param env the environment to look in and to start programs with */
export function thisSystem(env: System["env"] = process.env): System {
  return {
    platform: process.platform,
    arch: process.arch,
    env,
    readText: (file) => readFile(file, "utf8").catch(() => undefined),
    list: (folder) => readdir(folder).catch(() => []),
    isExecutable,
    realPath: (file) => realpath(file).catch(() => file),
    run: (command, args, settings) => runProgram(command, args, env, settings),
    availableParallelism: () => os.availableParallelism(),
    logicalCores: () => {
      const cpus = os.cpus();
      return { count: cpus.length, model: cpus[0]?.model ?? "" };
    },
    memory: () => ({ totalBytes: os.totalmem(), freeBytes: os.freemem() }),
  };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
