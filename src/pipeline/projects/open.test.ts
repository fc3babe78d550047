import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../errors.js";
import { createProject, createTask, listTasks, openProject, openTask } from "./index.js";
import { filesIn, taskFolder } from "./testing/folders.js";

const told = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => lineOf(error),
  );

describe("createProject and createTask", () => {
  it("write files as Kiln does, in folders of its names", async () => {
    const task = await taskFolder({
      requirements: [{ name: "Be Concise", instruction: "Under 10 words." }],
      output_json_schema: '{"type": "object", "properties": {"headline": {"type": "string"}}}',
    });
    const files = await filesIn(task.project!.folder);
    const { id, created_at: at, created_by: by, requirements } = task.task;
    expect(Object.keys(files)).toEqual(["project.kiln", `tasks/${id} - Headline Writer/task.kiln`]);
    expect(id).toMatch(/^[1-9]\d{11}$/);
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|[+-]\d\d:\d\d)$/);
    expect(files[`tasks/${id} - Headline Writer/task.kiln`]).toBe(`{
  "v": 1,
  "id": "${id}",
  "created_at": "${at}",
  "created_by": "${by}",
  "name": "Headline Writer",
  "description": null,
  "instruction": "Write a headline.",
  "requirements": [
    {
      "id": "${requirements[0]!.id}",
      "name": "Be Concise",
      "description": null,
      "instruction": "Under 10 words.",
      "priority": 2,
      "type": "five_star"
    }
  ],
  "output_json_schema": "{\\"type\\": \\"object\\", \\"properties\\": {\\"headline\\": {\\"type\\": \\"string\\"}}}",
  "input_json_schema": null,
  "thinking_instruction": null,
  "default_run_config_id": null,
  "model_type": "task"
}`);
  });

  it("store accents apart, and refuse names that Kiln refuses before anything is written", async () => {
    const task = await taskFolder({ name: "Café" });
    expect(task.task.name).toBe("Cafe\u0301");
    expect(path.basename(task.folder)).toBe(`${task.task.id} - Cafe\u0301`);
    const folder = path.join(task.project!.folder, "new");
    expect(await told(createProject(folder, { name: "v1.0" }))).toMatch(/no \. in names; "v1 0" would do/);
    expect(await told(createTask(task.project!, { name: "a", instruction: " " }))).toMatch(/no instruction/);
    expect(await told(createTask(task.project!, { name: "a", instruction: "x", output_json_schema: "{}" }))).toMatch(
      /output schema must be of an object/,
    );
    expect(await told(openProject(folder))).toMatch(/there is no/);
    expect(await listTasks(task.project!)).toHaveLength(1);
  });

  it("do not write over a project", async () => {
    const task = await taskFolder();
    expect(await told(createProject(task.project!.folder, { name: "Other" }))).toMatch(/is a project already/);
  });
});

describe("openTask", () => {
  it("takes a task's folder or file, and a project with one task", async () => {
    const task = await taskFolder();
    for (const given of [task.folder, task.file, task.project!.folder, task.project!.file]) {
      const opened = await openTask(given);
      expect(opened.task).toEqual(task.task);
      expect(opened.project?.project.name).toBe("News Desk");
    }
  });

  it("names the tasks of a project with several, and those that cannot be read", async () => {
    const task = await taskFolder();
    const other = await createTask(task.project!, { name: "Other", instruction: "x" });
    expect(await told(openTask(task.project!.folder))).toContain(`has 2 tasks; give one of `);
    expect(await told(openTask(task.project!.folder))).toContain(other.folder);
    await writeFile(other.file, "{");
    expect(await told(openTask(task.project!.folder))).toMatch(/2 tasks, of which 1 cannot be read/);
  });

  it("says what is there in its place", async () => {
    const task = await taskFolder();
    const { folder } = task.project!;
    const empty = await mkdtemp(path.join(os.tmpdir(), "quern test "));
    await mkdir(path.join(task.folder, "runs", "1"), { recursive: true });
    expect(await told(openTask(path.join(empty, "nothing")))).toMatch(/^there is no .*nothing'?; check the path/);
    expect(await told(openTask(empty))).toMatch(/is no task: there is no task.kiln and no project.kiln in it; give/);
    expect(await told(openTask(path.dirname(task.folder)))).toContain(`give '${task.folder}'`);
    expect(await told(openTask(path.join(task.folder, "runs", "1")))).toContain(`give '${task.folder}'`);
    await writeFile(path.join(empty, "x.txt"), "");
    expect(await told(openTask(path.join(empty, "x.txt")))).toMatch(/is no task; give the folder of a task/);
    expect(await told(openProject(task.folder))).toContain(`give '${folder}'`);
  });

  it.each([
    ["it is empty", ""],
    ["it is not JSON", '{"v": 1,'],
    ["it holds no object", "[]"],
    ['it has no "model_type"', '{"name": "a", "instruction": "b"}'],
    ['its "model_type" is "project"', '{"name": "a", "instruction": "b", "model_type": "project"}'],
    ["it is of version 2", '{"v": 2, "name": "a", "instruction": "b", "model_type": "task"}'],
    ['"id" is no text', '{"id": 5, "name": "a", "instruction": "b", "model_type": "task"}'],
    ['"name"', '{"name": "a.b", "instruction": "b", "model_type": "task"}'],
    ['"instruction": it is empty', '{"name": "a", "instruction": "", "model_type": "task"}'],
    ["it begins with a byte order mark", '\uFEFF{"name": "a", "instruction": "b", "model_type": "task"}'],
    ["marks of a merge", '{\n<<<<<<< HEAD\n"v": 1}'],
  ])("says that %s", async (problem, text) => {
    const task = await taskFolder();
    await writeFile(task.file, text);
    expect(await told(openTask(task.folder))).toContain(`task.kiln: ${problem}`.replace(": marks", ": it has marks"));
  });

  it("fills what a file lacks, the same each time", async () => {
    const task = await taskFolder();
    await writeFile(
      task.file,
      '{"name": "a", "instruction": "b", "requirements": [{"name": "c", "instruction": "d"}], "model_type": "task"}',
    );
    const [first, second] = [await openTask(task.folder), await openTask(task.folder)];
    expect(first).toEqual(second);
    expect(first.task).toMatchObject({ v: 1, description: null, requirements: [{ priority: 2, type: "five_star" }] });
    for (const id of [first.task.id, first.task.requirements[0]?.id]) expect(id).toMatch(/^\d{12}$/);
    expect(first.task.created_at).not.toBe("");
    expect(await readFile(task.file, "utf8")).not.toContain('"id"');
  });
});
