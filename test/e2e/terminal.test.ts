/** What a person sees who watches: a bar that leaves no line out. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { main, temporaryFolder } from "../support/command.js";
import { writeConfig, writeDocuments } from "../support/documents.js";

const present = spawnSync("script", ["--version"]).status === 0;
if (!present) console.warn("NOT TESTED: output on a terminal: there is no program `script`");

/** Runs the command on a terminal of its own; gives what came out, escapes taken away. */
function onTerminal(cwd: string, ...args: string[]): string {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  const { stdout } = spawnSync("script", ["-qec", `stty cols 160; ${command}`, "/dev/null"], { cwd, encoding: "utf8" });
  // eslint-disable-next-line no-control-regex
  return stdout.replace(/\u001B\[[0-9;?]*[A-Za-z]/g, "");
}

describe.runIf(present)("on a terminal", () => {
  it("draws a bar while the model works, and prints every line of the result", async () => {
    const cwd = await temporaryFolder();
    await writeConfig(cwd);
    await writeDocuments(path.join(cwd, "docs"), 2, 3);
    const out = onTerminal(cwd, "-c", "config.yaml", "run", "docs", "-n", "2", "-t", "1", "--show", "1");
    expect(out).toMatch(/run [█░]+ \d+% \| \d+\/\d+ requests, \d\/2 documents \| \d+ tokens\/s \| \S+ left/);
    expect(out).toMatch(/Dataset of 4 records saved to data\/final\/docs.jsonl/);
    expect(out).toContain('{"question":');
    expect(out).toMatch(/run: 2 documents, .*4 records saved/);
    expect(out).toMatch(/model: \d+ requests/);
  });

  it("prints results of commands that need no bar", async () => {
    const cwd = await temporaryFolder();
    await writeFile(path.join(cwd, "x.json"), JSON.stringify([{ question: "Q?", answer: "A." }]));
    const out = onTerminal(cwd, "save-as", "x.json");
    expect(out).toContain("Converted to jsonl format and saved to data/final/x.jsonl");
    expect(out).toContain("save-as: 1 records saved");
  });
});
