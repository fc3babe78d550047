/** A machine made of recorded files and outputs, for tests of probes. */
import path from "node:path";
import type { Ran } from "../probe/run.js";
import type { System } from "../probe/system.js";

export interface FakeMachine {
  platform?: NodeJS.Platform;
  arch?: string;
  env?: Record<string, string>;
  /** Texts by path. */
  files?: Record<string, string>;
  /** Programs by path: what each prints for its arguments, or how it ends otherwise. */
  programs?: Record<string, (args: readonly string[]) => string | Partial<Ran>>;
  logicalCores?: number;
  availableParallelism?: number;
  totalBytes?: number;
  freeBytes?: number;
}

export function fakeSystem(machine: FakeMachine): System & { ran: string[][] } {
  const { platform = "linux", files = {}, programs = {}, logicalCores = 8 } = machine;
  const names = [...Object.keys(files), ...Object.keys(programs)];
  const ran: string[][] = [];
  return {
    ran,
    platform,
    arch: machine.arch ?? "x64",
    env: machine.env ?? { PATH: "/usr/bin:/bin" },
    readText: (file) => Promise.resolve(files[path.posix.normalize(file)]),
    list: (folder) => {
      const prefix = `${path.posix.normalize(folder)}/`;
      const below = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
      return Promise.resolve([...new Set(below.map((name) => name.split("/")[0]!))]);
    },
    isExecutable: (file) => Promise.resolve(file in programs),
    realPath: (file) => Promise.resolve(file),
    run: (command, args) => {
      ran.push([command, ...args]);
      const absent: Ran = { ending: "absent", stdout: "", stderr: "", detail: `spawn ${command} ENOENT` };
      const answer = programs[command]?.(args) ?? absent;
      const ending: Ran = { ending: "done", stdout: "", stderr: "", detail: "exit code 0" };
      return Promise.resolve(typeof answer === "string" ? { ...ending, stdout: answer } : { ...ending, ...answer });
    },
    availableParallelism: () => machine.availableParallelism ?? logicalCores,
    logicalCores: () => ({ count: logicalCores, model: "a processor" }),
    memory: () => ({
      totalBytes: machine.totalBytes ?? 16 * 1024 ** 3,
      freeBytes: machine.freeBytes ?? 8 * 1024 ** 3,
    }),
  };
}
