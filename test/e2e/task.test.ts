/** quern task init, show, edit and check, as a user would call them. */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, temporaryFolder } from "../support/command.js";
import { library } from "../support/library.js";

const { humanSource, newRating, newRun, openTask, writeRun } = library;

const yaml = `name: Headline Writer
instruction: Write a headline for the news story.
requirements:
  - Short: At most ten words.
  - Kind [0, pass_fail]: Never blame the reader.
  - { name: Plain, instruction: No jargon., priority: 3 }
output_schema:
  type: object
  properties: { headline: { type: string } }
data_guide: Stories of local newspapers, 50 to 300 words.
`;

async function made(text = yaml): Promise<{ cwd: string; project: string; folder: string; file: string }> {
  const cwd = await temporaryFolder();
  const { exitCode, stderr, stdout } = await quern(["task", "init", "-f", "-", "--json"], { cwd, input: text });
  expect(exitCode, stderr).toBe(0);
  const { task, folder } = JSON.parse(stdout) as { task: string; folder: string };
  return {
    cwd,
    project: path.join(cwd, folder),
    folder: path.dirname(path.join(cwd, task)),
    file: path.join(cwd, task),
  };
}

const taskIn = async (file: string) => JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;

async function addRun(folder: string, output: string, tags: string[] = [], stars?: number): Promise<string> {
  const source = humanSource("me");
  const rating = stars === undefined ? null : newRating("five_star", stars);
  return await writeRun(
    await openTask(folder),
    newRun({ input: "a story", input_source: source, output, source, tags, rating }),
  );
}

describe("quern task init", () => {
  it("makes a task of ten lines of YAML from stdin, and says what to do next", async () => {
    const cwd = await temporaryFolder();
    const { exitCode, stdout } = await quern(["task", "init", "-f", "-"], { cwd, input: yaml });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Made the task "Headline Writer" in headline-writer\/tasks\/\d{12} - Headline Writer\nNext: quern generate headline-writer /,
    );
    const task = await openTask(path.join(cwd, "headline-writer"));
    expect(task.task).toMatchObject({
      name: "Headline Writer",
      description: null,
      output_json_schema: '{"type":"object","properties":{"headline":{"type":"string"}}}',
      input_json_schema: null,
    });
    expect(
      task.task.requirements.map(({ name, instruction, priority, type }) => [name, instruction, priority, type]),
    ).toEqual([
      ["Short", "At most ten words.", 2, "five_star"],
      ["Kind", "Never blame the reader.", 0, "pass_fail"],
      ["Plain", "No jargon.", 3, "five_star"],
    ]);
    expect(task.project?.project.name).toBe("Headline Writer");
  });

  it("takes Markdown, with keys before it or with its heading as the name", async () => {
    const cwd = await temporaryFolder();
    const front =
      "---\r\nname: One\r\nrequirements:\r\n  - Short: Ten words.\r\n---\r\n\r\nWrite.\r\n\r\n---\r\nMore.\r\n";
    await writeFile(path.join(cwd, "one.md"), `\uFEFF${front}`);
    await writeFile(path.join(cwd, "two.md"), "# Zwei: groß\n\nSchreibe.\n\n## Mehr\n");
    await writeFile(path.join(cwd, "three.md"), "# Zwei groß\n\nSchreibe.\n\n## Mehr\n");
    expect((await quern(["task", "init", "-f", "one.md"], { cwd })).exitCode).toBe(0);
    expect((await openTask(path.join(cwd, "one"))).task).toMatchObject({
      name: "One",
      instruction: "Write.\n\n---\nMore.",
    });
    const refused = await quern(["task", "init", "-f", "two.md"], { cwd });
    expect(refused.stderr).toMatch(/no : in names; "Zwei groß" would do/);
    expect((await quern(["task", "init", "-f", "three.md"], { cwd })).exitCode).toBe(0);
    expect((await openTask(path.join(cwd, "zwei-groß"))).task.instruction).toBe("Schreibe.\n\n## Mehr");
  });

  it("takes flags, and files that they name, over what the file says", async () => {
    const cwd = await temporaryFolder();
    await writeFile(path.join(cwd, "t.yaml"), yaml);
    await writeFile(path.join(cwd, "instruction.md"), "Write.\nMore.\n");
    await writeFile(path.join(cwd, "in.json"), '{"type": "array",\n "items": {"type": "string"}}');
    const flags = [
      "-f",
      "t.yaml",
      "--name",
      "Café",
      "--instruction-file",
      "instruction.md",
      "--input-schema",
      "in.json",
    ];
    const more = ["--output-schema", "", "--description", "note", "--thinking-instruction", "Think.", "--project", "P"];
    const { exitCode, stderr } = await quern(["task", "init", "x y", ...flags, ...more], { cwd });
    expect(exitCode, stderr).toBe(0);
    const task = await openTask(path.join(cwd, "x y"));
    expect(task.project?.project.name).toBe("P");
    expect(task.task).toMatchObject({
      name: "Cafe\u0301",
      instruction: "Write.\nMore.",
      description: "note",
      thinking_instruction: "Think.",
      output_json_schema: null,
      input_json_schema: '{"type": "array",\n "items": {"type": "string"}}',
    });
  });

  it("adds a task to a project, and writes over none", async () => {
    const { cwd, project } = await made();
    const again = await quern(["task", "init", "-f", "-"], { cwd, input: yaml });
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(/has a task "Headline Writer" already/)]);
    const other = await quern(["task", "init", "headline-writer", "--name", "Other", "--instruction", "x"], { cwd });
    expect(other.stdout).toMatch(
      /^Added the task "Other" in headline-writer\/tasks\/.*\nNext: quern generate 'headline-writer\/tasks\//,
    );
    expect(await readdir(path.join(project, "tasks"))).toHaveLength(2);
    await mkdir(path.join(cwd, "third"));
    await writeFile(path.join(cwd, "third", "notes.txt"), "");
    const full = await quern(["task", "init", "--name", "Third", "--instruction", "x"], { cwd });
    expect([full.exitCode, full.stderr]).toEqual([
      1,
      expect.stringMatching(/third is there already, and is no project/),
    ]);
    expect((await quern(["task", "init", "third", "--name", "Third", "--instruction", "x"], { cwd })).exitCode).toBe(0);
    const within = await quern(
      [
        "task",
        "init",
        path.join("headline-writer", "tasks", (await readdir(path.join(project, "tasks")))[0]!),
        "--name",
        "N",
        "--instruction",
        "x",
      ],
      { cwd },
    );
    expect([within.exitCode, within.stderr]).toEqual([
      2,
      expect.stringMatching(/is a task; change it with quern task edit/),
    ]);
  });

  it.each<[string, string[], string, number, RegExp]>([
    ["no name", ["--instruction", "x"], "", 2, /the task has no name/],
    ["no instruction", ["--name", "A"], "", 2, /the task has no instruction/],
    ["blank instruction", ["--name", "A", "--instruction", " \n"], "", 2, /no instruction/],
    ["name", ["--name", "v1.0", "--instruction", "x"], "", 2, /no \. in names; "v1 0" would do/],
    [
      "requirement",
      ["--name", "A", "--instruction", "x", "--requirement", "Short"],
      "",
      2,
      /not a name and an instruction/,
    ],
    [
      "type",
      ["--name", "A", "--instruction", "x", "--requirement", "S [9]: x"],
      "",
      2,
      /9 is neither a priority nor a type/,
    ],
    [
      "long requirement",
      ["--name", "A", "--instruction", "x", "--requirement", `${"x".repeat(33)}: y`],
      "",
      2,
      /33 characters, and 32/,
    ],
    [
      "two of one name",
      ["--name", "A", "--instruction", "x", "--requirement", "S: x", "--requirement", "S: y"],
      "",
      2,
      /two requirements "S"/,
    ],
    ["schema", ["--name", "A", "--instruction", "x", "--output-schema", '{"type": "array"}'], "", 1, /output schema/],
    ["schema that is no JSON", ["--name", "A", "--instruction", "x", "--input-schema", "{"], "", 1, /input schema/],
    [
      "schema file",
      ["--name", "A", "--instruction", "x", "--input-schema", "nothing.json"],
      "",
      1,
      /--input-schema: nothing.json cannot be read/,
    ],
    [
      "both instructions",
      ["--name", "A", "--instruction", "x", "--instruction-file", "y"],
      "",
      2,
      /exclude each other/,
    ],
    ["no file", ["-f", "nothing.yaml"], "", 1, /--file: nothing.yaml cannot be read/],
    ["broken YAML", ["-f", "-"], "name: [", 2, /stdin is not valid YAML/],
    ["no keys", ["-f", "-"], "just a text", 2, /describes no task/],
    [
      "unknown key",
      ["-f", "-"],
      "name: A\ninstruction: x\nrequirement: y\n",
      2,
      /stdin, line 3: requirement: there is no such key; there are name, instruction/,
    ],
    [
      "wrong requirement",
      ["-f", "-"],
      "name: A\ninstruction: x\nrequirements:\n  - Short\n",
      2,
      /line \d: requirements.0: the requirement "Short"/,
    ],
    [
      "wrong priority",
      ["-f", "-"],
      "name: A\ninstruction: x\nrequirements:\n  - {name: B, instruction: y, priority: 7}\n",
      2,
      /a priority is 0 to 3/,
    ],
    [
      "wrong schema",
      ["-f", "-"],
      "name: A\ninstruction: x\noutput_schema: [1]\n",
      2,
      /line 3: output_schema: it is no JSON Schema/,
    ],
    ["nothing", ["-f", "-"], "", 2, /no name/],
  ])("refuses %s and makes nothing", async (_, args, input, code, message) => {
    const cwd = await temporaryFolder();
    const { exitCode, stderr } = await quern(["task", "init", ...args], { cwd, input });
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(stderr).not.toContain("unexpected");
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe("quern task show", () => {
  it("tells what a task is and what there is of it", async () => {
    const { cwd, folder } = await made();
    await addRun(folder, '{"headline": "a"}', ["synthetic", "x"], 5);
    await addRun(folder, '{"headline": "b"}', ["synthetic"], 1);
    const { stdout, exitCode } = await quern(["task", "show", "headline-writer"], { cwd });
    expect(exitCode).toBe(0);
    for (const line of [
      "Headline Writer (project Headline Writer)",
      "- Kind [0, pass_fail]: Never blame the reader.",
      "Inputs: plain text",
      "Data guide: Stories of local newspapers, 50 to 300 words.",
      "2 runs; 1 rated high or repaired (0), which few-shot prompts can show",
      "  tags: synthetic 2, x 1",
      "  sources: human 2",
      "  ratings: 1 star 1, 5 stars 1",
    ])
      expect(stdout.split("\n")).toContain(line);
    const json = JSON.parse((await quern(["task", "show", "--json"], { cwd: folder })).stdout) as object;
    expect(json).toMatchObject({ name: "Headline Writer", runs: 2, good: 1, tags: { synthetic: 2, x: 1 }, broken: [] });
  });

  it("tells of files that cannot be read, and of all the others", async () => {
    const { cwd, folder } = await made();
    const file = await addRun(folder, '{"headline": "a"}');
    await addRun(folder, '{"headline": "b"}');
    await writeFile(file, '{"v": 1');
    const { stdout, exitCode } = await quern(["task", "show", "headline-writer"], { cwd });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^1 run; /m);
    expect(stdout).toMatch(/✗ .*task_run.kiln: it is not JSON/);
  });

  it("says where there is no task, and what there is", async () => {
    const { cwd } = await made();
    const { stderr, exitCode } = await quern(["task", "show"], { cwd });
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/\. is no task: .*give headline-writer/)]);
  });
});

describe("quern task edit", () => {
  it("changes what is named and nothing else", async () => {
    const { cwd, file } = await made();
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace('"priority": 3', '"priority": 3,\n      "color": 1.50'));
    const args = [
      "--instruction",
      "Write it.",
      "--add-requirement",
      "Short [1]: Five words.",
      "--remove-requirement",
      "Kind",
    ];
    const { exitCode, stdout } = await quern(["task", "edit", "headline-writer", ...args], { cwd });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^Changed instruction, requirements of headline-writer/),
    ]);
    const after = await readFile(file, "utf8");
    expect(after).toContain('"color": 1.50');
    const task = await taskIn(file);
    expect(task).toMatchObject({
      name: "Headline Writer",
      instruction: "Write it.",
      requirements: [
        { name: "Short", instruction: "Five words.", priority: 1, type: "five_star" },
        { name: "Plain", instruction: "No jargon.", priority: 3 },
      ],
    });
    const ids = (text: string) => [...text.matchAll(/"id": "(\d+)"/g)].map(([, id]) => id);
    expect(ids(after)).toEqual([ids(before)[0], ids(before)[1], ids(before)[3]]);
    const same = await quern(["task", "edit", "headline-writer", "--instruction", "Write it."], { cwd });
    expect([same.exitCode, same.stdout]).toEqual([0, expect.stringMatching(/^Nothing is to be changed/)]);
    expect(await readFile(file, "utf8")).toBe(after);
  });

  it("sets and takes away the data guide and what else may be absent", async () => {
    const { cwd, folder, file } = await made();
    const guides = () => readdir(path.join(folder, "data_guides")).catch(() => []);
    await quern(["task", "edit", "headline-writer", "--data-guide", "@-", "--description", "x"], {
      cwd,
      input: "# New\n",
    });
    const [id] = await guides();
    expect(await readFile(path.join(folder, "data_guides", id!, "data_guide.kiln"), "utf8")).toContain(
      '"guide": "# New"',
    );
    const gone = await quern(
      ["task", "edit", "headline-writer", "--data-guide", "", "--description", "", "--output-schema", ""],
      { cwd },
    );
    expect(gone.exitCode).toBe(0);
    expect(await guides()).toEqual([]);
    expect(await taskIn(file)).toMatchObject({ description: null, output_json_schema: null });
  });

  it("holds all runs against a new schema first", async () => {
    const { cwd, folder, file } = await made();
    await addRun(folder, '{"headline": "a"}');
    await addRun(folder, '{"headline": "b"}');
    const before = await readFile(file, "utf8");
    const schema = '{"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}';
    const refused = await quern(["task", "edit", folder, "--output-schema", schema], { cwd });
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/2 of 2 runs .* do not comply .*title.*--force: Kiln still lists/),
    ]);
    expect(await readFile(file, "utf8")).toBe(before);
    const forced = await quern(["task", "edit", folder, "--output-schema", schema, "--force"], { cwd });
    expect([forced.exitCode, forced.stderr]).toEqual([0, expect.stringMatching(/warning: 2 of 2 runs/)]);
    expect(await taskIn(file)).toMatchObject({ output_json_schema: schema });
    const check = await quern(["task", "check", folder], { cwd });
    expect(check.exitCode).toBe(1);
    expect(check.stdout.match(/✗ .*the output does not comply/g)).toHaveLength(2);
    const looser = '{"type": "object", "properties": {}}';
    expect((await quern(["task", "edit", folder, "--output-schema", looser], { cwd })).exitCode).toBe(0);
  });

  it("opens an editor, and keeps what was written there when it cannot be used", async () => {
    const { cwd, folder, file } = await made();
    const editor = path.join(cwd, "editor.sh");
    const edit = async (script: string) => {
      await writeFile(editor, `#!/bin/sh\n${script}\n`);
      await chmod(editor, 0o755);
      return await quern(["task", "edit", folder, "--editor"], { cwd, env: { EDITOR: editor, VISUAL: "" } });
    };
    const before = await readFile(file, "utf8");
    expect((await edit("true")).stdout).toMatch(/^Nothing is to be changed/);
    expect((await edit("exit 3")).stderr).toMatch(/ended with 3/);
    expect(await readFile(file, "utf8")).toBe(before);
    expect((await edit("sed -i 's/At most ten/At most five/' \"$1\"")).stdout).toMatch(/^Changed requirements of/);
    expect(await readFile(file, "utf8")).toBe(before.replace("At most ten", "At most five"));
    const bad = await edit("echo 'colour: red' >> \"$1\"");
    expect(bad.exitCode).toBe(1);
    const kept = /quern task edit -f (\S+\.yaml)/.exec(bad.stderr)![1]!;
    const text = await readFile(kept, "utf8");
    expect(text).toContain("colour: red");
    await writeFile(kept, text.replace("colour: red", "").replace("At most five", "At most six"));
    expect((await quern(["task", "edit", folder, "-f", kept], { cwd })).stdout).toMatch(/^Changed requirements of/);
    await rm(kept);
    expect(
      (await quern(["task", "edit", folder, "--editor"], { cwd, env: { EDITOR: "", VISUAL: "" } })).stderr,
    ).toMatch(/no editor is set/);
  });

  it.each<[string, string[], RegExp]>([
    ["nothing", [], /nothing is to be changed/],
    ["a name that Kiln refuses", ["--name", "a/b"], /no \/ in names/],
    ["an empty instruction", ["--instruction", ""], /no instruction/],
    ["an unknown requirement", ["--remove-requirement", "X"], /no requirement "X"; there are Short, Kind, Plain/],
    ["editor and flags", ["--editor", "--name", "X"], /--editor goes alone/],
  ])("refuses %s", async (_, args, message) => {
    const { cwd, file } = await made();
    const before = await readFile(file, "utf8");
    const { exitCode, stderr } = await quern(["task", "edit", "headline-writer", ...args], { cwd });
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(await readFile(file, "utf8")).toBe(before);
  });
});

describe("quern task check", () => {
  it("finds what is wrong in every file, one line each, with what to do", async () => {
    const { cwd, project, folder, file } = await made();
    expect(await quern(["task", "check", "headline-writer"], { cwd })).toMatchObject({
      exitCode: 0,
      stdout: "1 task, 0 runs: all in order",
    });
    const good = await addRun(folder, '{"headline": "a"}');
    const text = await readFile(good, "utf8");
    const put = async (name: string, content: string) => {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    };
    await put("runs/copy/task_run.kiln", text);
    await put("runs/cut/task_run.kiln", text.slice(0, 100));
    await put("runs/wrong/task_run.kiln", text.replace(/"id": "\d+"/, '"id": "7"').replace('\\"a\\"', "5"));
    await put(
      "runs/orphan/task_run.kiln",
      text.replace(/"id": "\d+"/, '"id": "8"').replace('"parent_task_run_id": null', '"parent_task_run_id": "nobody"'),
    );
    await mkdir(path.join(folder, "runs", "empty"));
    await put("runs/copy/task_run.kiln.orig", "");
    await put(
      "run_configs/1/task_run_config.kiln",
      '{"model_type": "task_run_config", "name": "a", "run_config_properties": {"model_provider_name": "vllm", "model_name": "m"}}',
    );
    await put("evals/1/eval.kiln", '{"model_type": "eval", "v": 9}');
    const split = {
      name: "s",
      splits: [{ name: "all", percentage: 1 }],
      split_contents: { all: ["1", "2"], other: [] },
      model_type: "dataset_split",
    };
    await put("dataset_splits/1/dataset_split.kiln", JSON.stringify(split));
    await put("prompts/1/prompt.kiln", '{"name": "a.b", "prompt": "x", "model_type": "prompt"}');
    await put("data_guides/zz/data_guide.kiln", '{"guide": "x", "model_type": "data_guide"}');
    await put("runs/8/feedback/1/feedback.kiln", "{}");
    await writeFile(
      file,
      (await readFile(file, "utf8")).replace('"default_run_config_id": null', '"default_run_config_id": "5"'),
    );
    await mkdir(path.join(project, "tasks", "other"));
    await writeFile(path.join(project, "tasks", "other", "task.kiln"), '{"model_type": "task"}');
    const { exitCode, stdout } = await quern(["task", "check", "headline-writer"], { cwd });
    expect(exitCode).toBe(3);
    for (const line of [
      /other\/task.kiln: "name" is missing; correct the file/,
      /(copy|\d{12})\/task_run.kiln: it has the same id as .*; delete one/,
      /cut\/task_run.kiln: it is not JSON.*; correct the file/,
      /orphan\/task_run.kiln: it follows the run nobody, which is not there/,
      /wrong\/task_run.kiln: the output does not comply with the task.s output schema: .*must be string/,
      /runs\/empty: it is empty; delete it/,
      /runs\/8: there is no task_run.kiln in it, only feedback/,
      /task_run.kiln.orig: another program has left it here/,
      /task_run_config.kiln: "run_config_properties.model_provider_name" is "vllm"/,
      /eval.kiln: it is of version 9/,
      /dataset_split.kiln: it names 2 of 2 runs that are not there/,
      /dataset_split.kiln: it has runs in "other"/,
      /prompt.kiln: "name": Kiln takes no \. in names/,
      /data_guide.kiln: the task has another data guide/,
      /task.kiln: its default run config 5 is not there/,
    ])
      expect(stdout).toMatch(line);
    expect(stdout).toMatch(/1 task, 4 runs: \d+ problems, \d of them files that cannot be read$/);
    const json = JSON.parse((await quern(["task", "check", "headline-writer", "--json"], { cwd })).stdout) as {
      problems: object[];
    };
    expect(json.problems[0]).toHaveProperty("remedy");
  });

  it("says where there is nothing to check", async () => {
    const cwd = await temporaryFolder();
    expect(await quern(["task", "check"], { cwd })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is no task/) as string,
    });
  });
});
