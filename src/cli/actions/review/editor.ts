/** The user's own editor, for texts that are better written there. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { InputError, messageOf } from "../../../errors.js";

/** @returns the command of the user's editor, as git reads it */
export function editorCommand(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return [env["VISUAL"], env["EDITOR"]].find((command) => command !== undefined && command.trim() !== "");
}

/**
 * Lets the user change a text in their editor.
 * @param command may have arguments: `code --wait`
 * @param extension tells the editor what the text is: `.json`
 * @returns the text as it was saved, without the line's end that editors add
 * @throws {InputError} when the editor cannot be started or ends with an error
 */
export async function editText(command: string, text: string, extension: string): Promise<string> {
  // A folder that nobody else can look into.
  const folder = await mkdtemp(path.join(os.tmpdir(), "quern-edit-"));
  const file = path.join(folder, `output${extension}`);
  try {
    await writeFile(file, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
    const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      const child =
        process.platform === "win32"
          ? spawn(`${command} "${file}"`, { shell: true, stdio: "inherit" })
          : spawn("/bin/sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit" });
      child.on("error", reject).on("close", (status, signal) => resolve(signal ?? status));
    });
    if (code !== 0)
      throw new InputError(`the editor "${command}" ended with ${code ?? "an error"}`, {
        remedy: "set $EDITOR to one that is installed",
      });
    const edited = (await readFile(file, "utf8")).replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
    return text.endsWith("\n") ? edited : edited.replace(/\n$/, "");
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`the editor "${command}" cannot be used: ${messageOf(error)}`, {
      remedy: "set $EDITOR to one that is installed",
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
