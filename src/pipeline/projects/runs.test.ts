import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../errors.js";
import {
  checkRun,
  deleteRun,
  humanSource,
  type KilnRun,
  listRuns,
  type ListOptions,
  newOutput,
  readRun,
  type TaskFolder,
  writeRun,
} from "./index.js";
import { formatKiln } from "./json.js";
import { readRunText } from "./runs.js";
import { filesIn, run, taskFolder } from "./testing/folders.js";

async function listed(task: TaskFolder, options: ListOptions = {}): Promise<KilnRun[]> {
  const runs: KilnRun[] = [];
  for await (const stored of listRuns(task, options)) runs.push(stored.run);
  return runs;
}

const put = async (task: TaskFolder, folder: string, content: string | Uint8Array) => {
  await mkdir(path.join(task.folder, "runs", folder), { recursive: true });
  await writeFile(path.join(task.folder, "runs", folder, "task_run.kiln"), content);
};

const told = (work: () => unknown) => {
  try {
    work();
    return "";
  } catch (error) {
    return lineOf(error);
  }
};

describe("writeRun", () => {
  it("adds one file and changes no other", async () => {
    const task = await taskFolder();
    await writeRun(task, run());
    const before = await filesIn(task.project!.folder);
    const file = await writeRun(task, run({ input: "é東😀" }));
    const after = await filesIn(task.project!.folder);
    const name = path.relative(task.project!.folder, file);
    expect(Object.keys(after).filter((one) => !(one in before))).toEqual([name]);
    for (const [one, text] of Object.entries(before)) expect(after[one]).toBe(text);
    expect(after[name]).toContain("é東😀");
    expect(after[name]).toMatch(/"path": null,[\s\S]*"model_type": "task_run"\n\}$/);
  });

  it("never shows a folder without its file", async () => {
    const task = await taskFolder();
    const runs = path.join(task.folder, "runs");
    let isWriting = true;
    const looking = (async () => {
      let looks = 0;
      while (isWriting) {
        for (const name of await readdir(runs).catch((): string[] => [])) {
          expect(name).toMatch(/^\d{12}$/);
          expect(await readdir(path.join(runs, name))).toEqual(["task_run.kiln"]);
        }
        looks++;
      }
      return looks;
    })();
    await Promise.all(Array.from({ length: 60 }, () => writeRun(task, run())));
    isWriting = false;
    expect(await looking).toBeGreaterThan(0);
    expect(await readdir(runs)).toHaveLength(60);
    expect(await readdir(path.join(task.folder, ".quern", "new"))).toEqual([]);
  });

  it("does not write over a run, nor out of its folder", async () => {
    const task = await taskFolder();
    const made = run();
    await writeRun(task, made);
    await expect(writeRun(task, { ...made, input: "other" })).rejects.toThrow(/is there already/);
    expect((await readRun(task, made.id)).run.input).toBe("in");
    for (const id of ["../x", "..", "a/b", "", "a\u0000"])
      await expect(writeRun(task, run({ id }))).rejects.toThrow(/does not comply/);
  });
});

describe("checkRun", () => {
  it("holds input, output and repair against the task's schemas", async () => {
    const schema = '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}';
    const task = await taskFolder({ input_json_schema: '{"type": "array"}', output_json_schema: schema });
    const good = run({ input: "[1]", output: '{"a": 1}' });
    checkRun(task, good);
    expect(told(() => checkRun(task, { ...good, input: "{}" }))).toMatch(/the input does not comply.*array; correct/);
    expect(told(() => checkRun(task, { ...good, input: "x" }))).toMatch(/it is not JSON/);
    expect(told(() => checkRun(task, run({ input: "[1]", output: '{"a": "1"}' })))).toMatch(/the output.*integer/);
    const repaired = { ...good, repair_instructions: "x", repaired_output: newOutput("{}", humanSource("me")) };
    expect(told(() => checkRun(task, repaired))).toMatch(/the repaired output.*required property 'a'/);
  });

  it("lets an output wait for tools", async () => {
    const task = await taskFolder({ output_json_schema: '{"type": "object", "properties": {}}' });
    const call = { id: "1", type: "function", function: { name: "search", arguments: "{}" } };
    const trace = [{ role: "assistant" as const, content: null, tool_calls: [call] }];
    checkRun(task, run({ output: "", trace }));
    expect(told(() => checkRun(task, run({ output: "" })))).toMatch(/not JSON/);
  });

  it.each<[RegExp, Partial<KilnRun>]>([
    [/a space in it/, { tags: ["a b"] }],
    [/no input_source/, { input_source: null }],
    [/no source/, { output: newOutput("x", null) }],
    [/come together/, { repair_instructions: "x" }],
    [/is human and has no "created_by"/, { input_source: { ...humanSource("x"), properties: {} } }],
    [
      /properties.topic" is empty/,
      { input_source: { ...humanSource("x"), properties: { created_by: "a", topic: "" } } },
    ],
  ])("refuses with %s", async (message, change) => {
    const task = await taskFolder();
    expect(told(() => checkRun(task, { ...run(), ...change }))).toMatch(message);
  });
});

describe("listRuns", () => {
  it("gives runs in the order of their folders, whatever those are called, and passes over what is none", async () => {
    const task = await taskFolder();
    const runs = path.join(task.folder, "runs");
    await put(task, "b weird folder", formatKiln(run({ id: "1" })));
    await put(task, "a", formatKiln(run({ id: "2" })));
    await mkdir(path.join(runs, "empty"));
    await writeFile(path.join(runs, ".DS_Store"), "");
    await put(task, "aside", formatKiln(run({ id: "3" })));
    await rename(path.join(runs, "aside"), path.join(task.folder, "aside"));
    await symlink(path.join(task.folder, "aside"), path.join(runs, "c"));
    expect((await listed(task)).map(({ id }) => id)).toEqual(["2", "1", "3"]);
  });

  it("has no runs where there is no folder", async () => {
    expect(await listed(await taskFolder())).toEqual([]);
  });

  it("tells of broken runs, with the reason, and gives the others", async () => {
    const task = await taskFolder();
    const good = formatKiln(run());
    const cases: Record<string, string | Uint8Array> = {
      "byte order mark": `\uFEFF${good}`,
      "not UTF-8": Buffer.from(good.replace('"in"', '"\u00ff"'), "latin1"),
      "not JSON": good.slice(0, 200),
      empty: "",
      "marks of a merge": good.replace('  "tags"', '<<<<<<< HEAD\n  "tags"'),
      'no "model_type"': good.replaceAll(/,\n *"model_type": "[a-z_]+"/g, ""),
      "is of version 2": good.replace('"v": 1', '"v": 2'),
      '"id" is no text': good.replace(/"id": "\d+"/, '"id": 5'),
      '"created_at" is no time': good.replace(/"created_at": "[^"]+"/, '"created_at": "yesterday"'),
      "a space in it": good.replace('"tags": []', '"tags": ["a b"]'),
      "come together": good.replace('"repair_instructions": null', '"repair_instructions": "x"'),
      '"output" is missing': good.replace('"output": {', '"was": {'),
      'type" is "robot"': good.replace('"type": "human"', '"type": "robot"'),
      'the role "robot"': good.replace('"trace": null', '"trace": [{"role": "robot", "content": "x"}]'),
      "it holds no object": "[]",
    };
    for (const [i, content] of Object.values(cases).entries())
      await put(task, `r${String(i).padStart(2, "0")}`, content);
    await put(task, "z", good);
    await mkdir(path.join(task.folder, "runs", "y", "task_run.kiln"), { recursive: true });
    const reasons: string[] = [];
    const runs = await listed(task, {
      onBroken: (file, reason) => reasons.push(`${path.basename(path.dirname(file))} ${reason}`),
    });
    expect(runs).toHaveLength(1);
    expect(reasons).toHaveLength(Object.keys(cases).length + 1);
    for (const [i, problem] of Object.keys(cases).entries()) expect(reasons[i]).toContain(problem);
    expect(reasons.at(-1)).toMatch(/^y it cannot be read/);
  });

  it("leaves out what evaluations made and turns that others follow, unless all are wanted", async () => {
    const task = await taskFolder();
    const [first, second, third] = [run({ input: "1" }), run({ input: "2" }), run({ input: "3" })];
    await writeRun(task, first);
    await writeRun(task, { ...second, parent_task_run_id: first.id });
    await writeRun(task, { ...third, eval_source: { source_type: "task_run", source_id: "1" } });
    // Formatted by another program, and with an id that has to be unescaped.
    await put(task, "x", JSON.stringify({ ...run({ input: "4" }), id: "ä/\n" }));
    await put(task, "y", JSON.stringify({ ...run({ input: "5" }), parent_task_run_id: "ä/\n" }));
    expect((await listed(task)).map(({ input }) => input).sort()).toEqual(["2", "5"]);
    expect(await listed(task, { all: true })).toHaveLength(5);
  });

  it("reads files larger than what is set aside for them", async () => {
    const task = await taskFolder();
    const long = "x".repeat(9_000_000);
    await writeRun(task, run({ input: long, id: "1" }));
    await writeRun(task, run({ input: "short", id: "2" }));
    for (const all of [true, false])
      expect((await listed(task, { all })).map(({ input }) => input.length)).toEqual([9_000_000, 5]);
  });

  it("can leave out traces, and nothing else", () => {
    const trace = [
      { content: 'a ],\n  "parent_task_run_id": "x" \n', role: "system" as const },
      { role: "assistant" as const, content: "b" },
    ];
    const made = run({ trace, output: '\n  "trace": [\n' });
    for (const text of [formatKiln(made), JSON.stringify(made)]) {
      const read = readRunText(text, "x", true);
      expect(typeof read === "string" ? read : { ...read, trace: null }).toEqual({ ...made, trace: null });
    }
    expect(readRunText(formatKiln(made), "x", true)).toMatchObject({ trace: null });
    expect(readRunText(formatKiln(made), "x")).toEqual(made);
  });

  it("stops when it is told to", async () => {
    const task = await taskFolder();
    for (let i = 0; i < 3; i++) await writeRun(task, run());
    await expect(listed(task, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it("fills what files lack, the same each time", async () => {
    const task = await taskFolder();
    await put(
      task,
      "x",
      '{"input": "a", "output": {"output": "b", "rating": {"requirement_ratings": {"1": 3}}}, "model_type": "task_run"}',
    );
    const [[first], [second]] = [await listed(task), await listed(task)];
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      v: 1,
      tags: [],
      trace: null,
      input_source: null,
      output: {
        path: null,
        source: null,
        rating: { type: "five_star", value: null, requirement_ratings: { "1": { value: 3, type: "five_star" } } },
      },
    });
    expect(first?.id).toMatch(/^\d{12}$/);
    expect(first?.output.id).not.toBe(first?.id);
  });

  it("is not brought down by anything in a file", () => {
    const made = run({ tags: ["a"], trace: [{ content: "x", role: "user" }] });
    const keys = Object.keys(made) as (keyof KilnRun)[];
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }), (key, value) => {
        const text = JSON.stringify({ ...made, [key]: value });
        const read = readRunText(text, "x");
        if (typeof read !== "string") expect(readRunText(formatKiln(read), "x")).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("readRun", () => {
  it("finds a run by its id or the beginning of it, in whatever folder", async () => {
    const task = await taskFolder();
    const made = run({ id: "123456789012" });
    await put(task, "elsewhere", formatKiln(made));
    await writeRun(task, run({ id: "999956789012" }));
    expect((await readRun(task, "123456789012")).run).toEqual(made);
    expect((await readRun(task, "1234")).run).toEqual(made);
    expect((await readRun(task, "999956789012")).file).toContain("999956789012");
    await writeRun(task, run({ id: "123400000000" }));
    await expect(readRun(task, "1234")).rejects.toThrow(/2 runs .* begin with 1234/);
    await expect(readRun(task, "77")).rejects.toThrow(/there is no run 77/);
    await expect(readRun(task, "../../project")).rejects.toThrow(/there is no run/);
    await put(task, "555555555555", "{");
    await expect(readRun(task, "555555555555")).rejects.toThrow(/not JSON/);
  });
});

describe("deleteRun", () => {
  it("takes the folder away, once", async () => {
    const task = await taskFolder();
    const file = await writeRun(task, run());
    const other = await writeRun(task, run());
    await deleteRun({ file, run: run() });
    await deleteRun({ file, run: run() });
    expect(await readdir(path.join(task.folder, "runs"))).toEqual([path.basename(path.dirname(other))]);
    expect(await readdir(path.join(task.folder, ".quern", "new"))).toEqual([]);
    expect(await readFile(other, "utf8")).toContain("task_run");
  });
});
