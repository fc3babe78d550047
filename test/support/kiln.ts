/** The real kiln-ai library, where it is installed. */
import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { root, temporaryFolder } from "./command.js";

export const kilnPython = process.env["QUERN_TEST_KILN_PYTHON"] ?? path.join(root, ".venv-kiln", "bin", "python");

/** Whether the library is there; says loudly where it is not. */
export const hasKiln = existsSync(kilnPython);
if (!hasKiln)
  console.warn(
    "LOUD: Kiln's library is absent, so what it makes of projects is not tested. Run test/python/install-kiln.sh",
  );

/** Runs one of the scripts in `test/python` with it. @returns what it prints */
export async function kilnScript(script: string, ...args: readonly string[]): Promise<string> {
  return await call(script, args);
}

async function call(script: string, args: readonly string[], input?: string): Promise<string> {
  // Settings of whoever runs the tests must not change what they see.
  const settings = { HOME: await temporaryFolder(), KILN_USER_ID: "demo" };
  const { stdout } = await execa(kilnPython, [path.join(root, "test/python", script), ...args], {
    env: { ...settings, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore", PYTHONUTF8: "1" },
    ...(input === undefined ? {} : { input }),
    maxBuffer: 1 << 28,
  });
  return stdout;
}

export interface KilnView {
  project: string;
  counts: Record<string, number>;
  errors: { file: string; error: string }[];
  /** Files that Kiln would save in another way. */
  differences: { file: string; diff: string[] }[];
  /** Folders that Kiln would call otherwise. */
  folders: { file: string; kiln: string }[];
  tasks: {
    name: string;
    runs: number;
    all_runs: number;
    high_quality: number;
    repaired: number;
    tags: string[];
    data_guide: string | null;
    missing_in_splits: number;
  }[];
}

/** Opens a project with Kiln's library in strict mode, and validates everything in it. */
export async function openedByKiln(folder: string): Promise<KilnView> {
  return JSON.parse(await call("kiln_check.py", [folder])) as KilnView;
}

/** Makes a project with all kinds of things in it by Kiln's library. */
export async function writtenByKiln(): Promise<string> {
  const folder = path.join(await temporaryFolder(), "project");
  await call("kiln_write.py", [folder]);
  return folder;
}

/** Asks Kiln's library; see test/python/kiln_facts.py for what can be asked. */
export async function askKiln<T>(questions: readonly (readonly string[])[]): Promise<T[]> {
  return JSON.parse(await call("kiln_facts.py", [], JSON.stringify(questions))) as T[];
}
