/**
 * The suite of schemas, the whole way: a task with the schema for inputs and outputs, samples by the embedded model, and
 * all that is saved held against Ajv and, where it is installed, against Kiln's own library. And what is refused, by name.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, temporaryFolder } from "../support/command.js";
import { hasKiln, kilnScript } from "../support/kiln.js";
import { ajvFor, refused, suite } from "../support/schema-suite.js";

const samples = 3;

interface Run {
  input: string;
  output: { output: string };
}

async function init(cwd: string, name: string, schemas: { input?: string; output?: string }) {
  for (const [side, text] of Object.entries(schemas)) await writeFile(path.join(cwd, `${side}.json`), text);
  const flags = Object.keys(schemas).flatMap((side) => [`--${side}-schema`, `@${side}.json`]);
  return await quern(["task", "init", "--name", name, "--instruction", "Answer in kind.", ...flags, "--json"], { cwd });
}

describe.each(suite)("%s", (name, { schema }) => {
  it("is generated, saved and valid", async () => {
    const cwd = await temporaryFolder();
    const text = JSON.stringify(schema);
    const made = await init(cwd, name.replaceAll("-", " "), { input: text, output: text });
    expect([made.exitCode, made.stderr]).toEqual([0, expect.not.stringContaining("cannot be used")]);
    const task = path.dirname(path.join(cwd, (JSON.parse(made.stdout) as { task: string }).task));
    const generated = await quern(["generate", task, "--depth", "0", "-n", String(samples), "--model", "embedded"], {
      cwd,
    });
    // Some may be missing, and are then counted; what there is, is valid.
    expect([0, 3]).toContain(generated.exitCode);
    const ajv = ajvFor(schema);
    const names = await readdir(path.join(task, "runs"));
    expect([names.length > 0, generated.stderr]).toEqual([true, generated.stderr]);
    for (const folder of names) {
      const run = JSON.parse(await readFile(path.join(task, "runs", folder, "task_run.kiln"), "utf8")) as Run;
      for (const value of [run.input, run.output.output])
        expect([value, ajv(JSON.parse(value))]).toEqual([value, undefined]);
    }
    expect((await quern(["task", "check", task], { cwd })).exitCode).toBe(0);
    if (!hasKiln) return;
    const seen = JSON.parse(await kilnScript("kiln_check.py", path.resolve(task, "../.."))) as {
      errors: unknown[];
      counts: { task_run: number };
    };
    expect(seen.errors).toEqual([]);
    expect(seen.counts.task_run).toBe(names.length);
  });
});

describe.each(refused)("%s", (name, { side, by, keyword, schema, text = JSON.stringify(schema) }) => {
  it(`is refused by the ${by}, naming ${keyword}`, async () => {
    const cwd = await temporaryFolder();
    const made = await init(cwd, name.replaceAll("-", " "), { [side]: text });
    if (by === "task") {
      expect(made.exitCode).not.toBe(0);
      expect(made.stderr).toContain(keyword);
      expect(await readdir(cwd)).toEqual([`${side}.json`]);
      return;
    }
    // It is in order for Kiln: the task is made with a word about it, and a model in place refuses it before any work.
    expect(made.exitCode).toBe(0);
    expect(made.stderr).toContain(keyword);
    const task = path.dirname(path.join(cwd, (JSON.parse(made.stdout) as { task: string }).task));
    const generated = await quern(["generate", task, "--depth", "0", "-n", "1", "--model", "embedded"], { cwd });
    expect(generated.exitCode).not.toBe(0);
    expect(generated.stderr).toContain(keyword);
    await expect(readdir(path.join(task, "runs"))).rejects.toThrow();
  });
});
