import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../../test/support/folders.js";
import { addRun, person, taskWith } from "../../../test/support/task.js";
import { InputError, OutputError } from "../../errors.js";
import { listRuns, newOutput, runsFolderOf, type TaskFolder } from "../projects/index.js";
import { importFiles } from "./import.js";
import { lockOutput, silentObserver } from "./stage.js";

async function fileOf(lines: readonly unknown[], name = "a.jsonl"): Promise<string> {
  return path.join(await folderWith({ [name]: lines.map((line) => JSON.stringify(line)).join("\n") }), name);
}

async function inputsOf(task: TaskFolder): Promise<string[]> {
  const inputs: string[] = [];
  for await (const { run } of listRuns(task)) inputs.push(run.input);
  return inputs.sort();
}

describe("what is there already", () => {
  it("is told by input and output, and by the repaired output", async () => {
    const task = await taskWith();
    await addRun(task, { input: "a", output: "bad" }, (run) => {
      run.repair_instructions = "better";
      run.repaired_output = newOutput("good", person);
    });
    const rows = ["bad", "good", "new"].map((output) => ({ input: "a", output }));
    // Two texts that are the same once they are put together.
    const file = await fileOf([...rows, { input: "ab", output: "c" }, { input: "a", output: "bc" }]);
    expect((await importFiles([file], { task })).counts).toEqual({
      "runs imported": 3,
      "rows skipped that the task has already": 2,
    });
  });

  it("is the same whatever the order of keys where it is structured", async () => {
    const schema = JSON.stringify({ type: "object", properties: { a: { type: "number" }, b: {} } });
    const task = await taskWith({ input_json_schema: schema });
    await addRun(task, { input: '{"a": 1, "b": {"c": 2, "d": 3}}', output: "x" });
    const file = await fileOf([
      { input: { b: { d: 3, c: 2 }, a: 1 }, output: "x" },
      { input: '{"a":2}', output: "x" },
    ]);
    expect((await importFiles([file], { task })).counts["runs imported"]).toBe(1);
  });
});

it("several files are all looked at before any is taken in", async () => {
  const task = await taskWith();
  const good = await fileOf([{ input: "a", output: "b" }]);
  const bad = await fileOf([{ input: "c" }], "bad.jsonl");
  const warnings: string[] = [];
  const observer = { ...silentObserver, warn: (text: string) => warnings.push(text) };
  await expect(importFiles([good, bad], { task, observer })).rejects.toThrow(InputError);
  expect(warnings.join()).toContain(`${bad}: line 1: it has no "input" and "output"; it has "input"`);
  expect(await inputsOf(task)).toEqual([]);
  const result = await importFiles([good, bad, good], { task, observer, keepValid: true });
  expect(result).toMatchObject({ incomplete: 1, counts: { "runs imported": 1, "rows rejected": 1 } });
  expect(await inputsOf(task)).toEqual(["a"]);
});

it("two imports into one task at once are refused", async () => {
  const task = await taskWith();
  const file = await fileOf([{ input: "a", output: "b" }]);
  const lock = await lockOutput(runsFolderOf(task));
  await expect(importFiles([file], { task })).rejects.toThrow(OutputError);
  await lock[Symbol.asyncDispose]();
  await importFiles([file], { task });
  expect(await inputsOf(task)).toEqual(["a"]);
});

it("an abort while rows are looked at leaves nothing", async () => {
  const task = await taskWith();
  const file = await fileOf(Array.from({ length: 10 }, (_, i) => ({ input: i === 5 ? "" : `q${i}`, output: "a" })));
  const abort = new AbortController();
  abort.abort();
  await expect(importFiles([file], { task, keepValid: true, signal: abort.signal })).rejects.toThrow();
  expect(await inputsOf(task)).toEqual([]);
  expect(await readdir(path.dirname(file))).toEqual(["a.jsonl"]);
});

it("a name of a file says nothing of the folders that it is in", async () => {
  const task = await taskWith();
  const file = await fileOf([{ input: "a", output: "b" }], "my samples.jsonl");
  await importFiles([file], { task, session: 1700000000, tags: ["mine"] });
  for await (const { run } of listRuns(task)) {
    expect(run.output.source?.properties).toEqual({ file_name: "my samples.jsonl", row: 1 });
    expect(run.tags).toEqual(["imported", "imported_1700000000", "mine"]);
  }
});

it("an empty file, a folder and what is not there are told apart", async () => {
  const task = await taskWith();
  const folder = await folderWith({ "empty.csv": "" });
  await expect(importFiles([path.join(folder, "empty.csv")], { task })).rejects.toThrow("it is empty");
  await expect(importFiles([path.join(folder, "none.csv")], { task })).rejects.toThrow("not found");
  await writeFile(path.join(folder, "x"), "");
  await expect(importFiles([folder], { task, format: "csv" })).rejects.toThrow("is no file");
});
