/** Finds server programs that are not on PATH alone. */
import path from "node:path";
import type { Notes } from "./notes.js";
import type { System } from "./system.js";
import { findProgram, variable } from "./which.js";

export interface ProgramSought {
  /** `vllm` */
  name: string;
  /** What the user named, if anything. */
  given: string | undefined;
  /** `QUERN_VLLM` */
  variable: string;
  /** Folders to look in before PATH. */
  folders: readonly string[];
}

export interface ProgramFound {
  /** Absolute path. */
  command: string;
  from: string;
}

/** What the user names and is not there is a problem, not a reason to take another. */
export async function findServer(
  system: System,
  sought: ProgramSought,
  notes: Notes,
): Promise<ProgramFound | undefined> {
  const fromVariable = variable(system, sought.variable);
  const named = sought.given ?? fromVariable;
  if (named !== undefined) {
    const from = sought.given === undefined ? sought.variable : "as configured";
    if (await system.isExecutable(named)) return { command: path.resolve(named), from };
    notes.problem(`${sought.name}: ${named} (${from}) is not a file that can be run`);
    return undefined;
  }
  for (const folder of sought.folders) {
    const command = path.join(folder, sought.name);
    if (await system.isExecutable(command)) return { command: path.resolve(command), from: folder };
  }
  const command = await findProgram(system, sought.name);
  return command === undefined ? undefined : { command, from: "PATH" };
}
