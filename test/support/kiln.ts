/** The real kiln-ai library, where it is installed. */
import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { root } from "./command.js";

export const kilnPython = process.env["QUERN_TEST_KILN_PYTHON"] ?? path.join(root, ".venv-kiln", "bin", "python");
export const hasKiln = existsSync(kilnPython);

/** Runs one of the scripts in `test/python` with it. @returns what it prints */
export async function kilnScript(script: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(kilnPython, [path.join(root, "test", "python", script), ...args], {
    env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" },
  });
  return stdout;
}
