/** Finds llama.cpp's own server. */
import type { ServerProgram } from "../facts.js";
import type { Notes } from "./notes.js";
import { findServer } from "./programs.js";
import type { System } from "./system.js";

/**
 * Never throws.
 * @param given the executable that the user named
 * @param timeoutMs for asking its version
 * @returns undefined where there is none
 */
export async function probeLlamaServer(
  system: System,
  given: string | undefined,
  notes: Notes,
  timeoutMs: number,
): Promise<ServerProgram | undefined> {
  const found = await findServer(
    system,
    { name: "llama-server", given, variable: "QUERN_LLAMA_SERVER", folders: [] },
    notes,
  );
  if (found === undefined) {
    notes.source("llamaServer", "none found by QUERN_LLAMA_SERVER or PATH");
    return undefined;
  }
  notes.source("llamaServer", `${found.from}: ${found.command}`);
  const ran = await system.run(found.command, ["--version"], { timeoutMs });
  const version = parseLlamaServerVersion(`${ran.stdout}\n${ran.stderr}`);
  if (version !== "") return { command: found.command, version };
  if (ran.ending === "done") {
    notes.problem(`the version of ${found.command} cannot be told`);
    return { command: found.command, version };
  }
  // What does not even tell its version will not serve: a library is missing, or it was built for another machine.
  const said = ran.stderr.trim().split("\n")[0]?.slice(0, 200) ?? "";
  notes.problem(`${found.command} does not start (${ran.detail})${said === "" ? "" : `: ${said}`}`);
  return undefined;
}

/**
 * @param text what `llama-server --version` prints
 * @returns `b6527` of a build by number, or a release as `0.5.0`; empty where there is neither
 */
export function parseLlamaServerVersion(text: string): string {
  const match = /^version: (\S+)/m.exec(text)?.[1];
  if (match === undefined) return "";
  return /^\d+$/.test(match) ? `b${match}` : match;
}
