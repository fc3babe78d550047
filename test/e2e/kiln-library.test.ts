/** Projects on disk, held against Kiln's own library: what quern writes, what it reads, and where the two draw lines. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as Library from "../../src/index.js";
import { quern, temporaryFolder } from "../support/command.js";
import { askKiln, hasKiln, openedByKiln, writtenByKiln } from "../support/kiln.js";
import { library } from "../support/library.js";

const {
  createProject,
  createTask,
  formatKiln,
  humanSource,
  listRuns,
  newOutput,
  newRating,
  newRun,
  openProject,
  listTasks,
  patchFile,
  readDataGuide,
  readFeedback,
  readPrompts,
  readSplits,
  runProblem,
  validName,
  nameProblem,
  writeDataGuide,
  writeFeedback,
  writePrompt,
  writeRun,
  writeSplit,
} = library;

type KilnRun = Library.KilnRun;
type KilnTask = Library.KilnTask;

const wild = 'Ünïcode 東京 📰 \u2028 \u0000\u007f \\ " / \n\t é\u0301 \ud800';

const synthetic: Library.KilnDataSource = {
  type: "synthetic",
  properties: {
    model_name: "model",
    model_provider: "llama-cpp",
    adapter_name: "quern",
    topic_path: "Sports>>>>>Football",
    prompt_id: "simple_prompt_builder",
    temperature: 0.000002,
    top_p: 1,
    seed: 4294967295,
    // A property of one's own that has the name of a float elsewhere.
    value: 7,
  },
  run_config_id: null,
  run_config: null,
};

async function filesIn(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !file.includes(`${path.sep}.quern${path.sep}`)) files.set(file, await readFile(file, "utf8"));
  }
  return files;
}

async function runsOf(task: Library.TaskFolder): Promise<Library.StoredRun[]> {
  const runs: Library.StoredRun[] = [];
  const broken: string[] = [];
  for await (const stored of listRuns(task, { all: true, onBroken: (_, reason) => broken.push(reason) }))
    runs.push(stored);
  expect(broken).toEqual([]);
  return runs;
}

/** A project with everything that quern writes. */
async function writtenByQuern(): Promise<string> {
  const folder = path.join(await temporaryFolder(), "project");
  const project = await createProject(folder, { name: "Café 한국어", description: wild });
  const task = await createTask(project, {
    name: "Headline Writer of very many words _ indeed",
    instruction: wild,
    description: "x",
    requirements: [
      { name: "Be Concise", instruction: "Under 10 words.", priority: 0 },
      { name: "Safe", instruction: wild, type: "pass_fail_critical", description: "y" },
    ],
    input_json_schema: '{"type": "array", "items": {"type": "string"}}',
    output_json_schema: '{"type":"object","properties":{"überschrift":{"type":"string"}},"required":["überschrift"]}',
    thinking_instruction: "Think.",
  });
  const output = JSON.stringify({ überschrift: "Café gewinnt" });
  const made = newRun({
    input: '["a", "é"]',
    input_source: synthetic,
    output,
    source: synthetic,
    tags: ["synthetic", "eval_data", "größe"],
    intermediate_outputs: { chain_of_thought: wild, reasoning: "" },
    usage: {
      input_tokens: 10,
      output_tokens: 5,
      total_tokens: 15,
      cost: 0.0000015,
      cached_tokens: 0,
      total_llm_latency_ms: 12,
    },
    trace: [
      { content: wild, role: "system" },
      { content: "[]", role: "user" },
      { role: "assistant", content: output, latency_ms: 3 },
    ],
  });
  const file = await writeRun(task, made);
  const [first, second] = task.task.requirements;
  await patchFile<KilnRun>(file, (tree) => {
    tree.output.rating = newRating("five_star", 4, {
      [first!.id]: { value: 5, type: "five_star" },
      [second!.id]: { value: -1, type: "pass_fail_critical" },
    });
  });
  const human = humanSource("Jürgen");
  const repaired = newRun({ input: "[]", input_source: human, output, source: human });
  const repairedFile = await writeRun(task, repaired);
  await patchFile<KilnRun>(repairedFile, (tree) => {
    tree.repair_instructions = "Shorter.";
    tree.repaired_output = newOutput(output, synthetic);
    tree.tags.push("repaired");
  });
  const imported: Library.KilnDataSource = {
    type: "file_import",
    properties: { file_name: "a.csv" },
    run_config_id: null,
    run_config: null,
  };
  await writeRun(task, newRun({ input: "[]", input_source: imported, output, source: imported }));
  await writeFeedback({ file, run: made }, wild);
  await writePrompt(task, { name: "Größe", prompt: wild, chain_of_thought_instructions: "Think." });
  await writeDataGuide(task, `# Inputs\n${wild}`);
  await writeDataGuide(task, "# Other inputs\n");
  await writeSplit(task, {
    name: "Split 1",
    splits: [
      { name: "train", description: null, percentage: 0.8 },
      { name: "val", description: "x", percentage: 0.2 },
    ],
    split_contents: { train: [made.id, repaired.id], val: [] },
    filter: "multi_filter::high_rating&tag::eval_data",
  });
  await createTask(project, { name: "Plain", instruction: "Say something." });
  await patchFile<KilnTask>(task.file, (tree) => {
    tree.instruction = "Write a headline.";
    tree.requirements.splice(0, 1);
  });
  return folder;
}

describe.runIf(hasKiln)("what quern writes", () => {
  it("is opened by Kiln's library in strict mode, and saved by it to the same bytes in the same folders", async () => {
    const folder = await writtenByQuern();
    const seen = await openedByKiln(folder);
    expect(seen.errors).toEqual([]);
    expect(seen.differences).toEqual([]);
    expect(seen.folders).toEqual([]);
    expect(seen.counts).toEqual({
      project: 1,
      task: 2,
      task_run: 3,
      feedback: 1,
      prompt: 1,
      data_guide: 1,
      dataset_split: 1,
    });
    const task = seen.tasks.find(({ name }) => name.startsWith("Headline"));
    expect(task).toMatchObject({
      runs: 3,
      high_quality: 1,
      repaired: 1,
      tags: ["eval_data", "größe", "repaired", "synthetic"],
      data_guide: "# Other inputs\n",
      missing_in_splits: 0,
    });
    expect((await quern(["task", "check", folder])).exitCode).toBe(0);
  });

  it.each(["UTC", "America/New_York", "Asia/Kolkata", "Europe/London"])(
    "has times as Kiln writes them in %s",
    async (zone) => {
      const cwd = await temporaryFolder();
      const args = [
        "task",
        "init",
        "p",
        "--name",
        "Café",
        "--instruction",
        "Write.",
        "--requirement",
        "Short: Ten words.",
      ];
      expect((await quern(args, { cwd, env: { TZ: zone } })).exitCode).toBe(0);
      const seen = await openedByKiln(path.join(cwd, "p"));
      expect([seen.errors, seen.differences, seen.folders]).toEqual([[], [], []]);
    },
  );
});

describe.runIf(hasKiln)("what Kiln's library writes", () => {
  it("is opened by quern, all of it", async () => {
    const folder = await writtenByKiln();
    const project = await openProject(folder);
    expect(project.project).toMatchObject({ name: "News Desk 新闻", description: "Ünïcode — 東京 📰" });
    const tasks = await listTasks(project, (file, reason) => expect.fail(`${file}: ${reason}`));
    const task = tasks.find((one) => one.task.name.startsWith("Headline"))!;
    expect(task.task.requirements.map(({ name, priority, type }) => [name, priority, type])).toEqual([
      ["Be Concise", 1, "five_star"],
      ["Safe", 2, "pass_fail_critical"],
    ]);
    const all = await runsOf(task);
    expect(all).toHaveLength(6);
    const dataset = [];
    for await (const { run } of listRuns(task)) dataset.push(run);
    expect(dataset.map(({ output }) => (JSON.parse(output.output) as { headline: string }).headline).sort()).toEqual([
      "Café wins — 東京 📰",
      "Custom",
      "Repaired",
      "Second turn",
    ]);
    const rated = all.find(({ run }) => run.tags.length > 0)!;
    expect(rated.run.tags).toEqual(["synthetic", "fine_tune_data", "ä,b"]);
    expect(Object.values(rated.run.output.rating!.requirement_ratings).map(({ value }) => value)).toEqual([5, -1, 1]);
    expect((await readFeedback(rated)).map(({ feedback }) => feedback).sort()).toEqual(["Good, but…", "Second"]);
    expect(await readPrompts(task)).toMatchObject([{ name: "My Prompt", prompt: "Write well." }]);
    expect((await readDataGuide(task))?.guide).toContain("Ä story");
    expect(await readSplits(task)).toMatchObject([
      { name: "My Split", splits: [{ percentage: 0.8 }, { percentage: 0.2 }] },
    ]);
    const { exitCode, stdout } = await quern(["task", "check", folder]);
    expect([exitCode, stdout]).toEqual([0, "2 tasks, 6 runs: all in order"]);
  });

  it("is changed in one place by one rating, and in none by what changes nothing", async () => {
    const folder = await writtenByKiln();
    const before = await filesIn(folder);
    for (const file of before.keys()) await patchFile(file, () => undefined);
    expect(await filesIn(folder)).toEqual(before);
    const tasks = await listTasks(await openProject(folder));
    const { file } = (await runsOf(tasks.find((one) => one.task.name.startsWith("Headline"))!)).find(
      ({ run }) => run.output.rating?.value === 4,
    )!;
    await patchFile<KilnRun>(file, ({ output }) => {
      output.rating!.value = 2;
    });
    const after = await filesIn(folder);
    expect(after.get(file)).toBe(before.get(file)!.replace('"value": 4.0', '"value": 2.0'));
    after.set(file, before.get(file)!);
    expect(after).toEqual(before);
    const seen = await openedByKiln(folder);
    expect([seen.errors, seen.differences]).toEqual([[], []]);
    expect(seen.tasks.find(({ name }) => name.startsWith("Headline"))?.high_quality).toBe(0);
  });

  it("is edited by the command in the keys that are named alone", async () => {
    const folder = await writtenByKiln();
    const task = (await listTasks(await openProject(folder))).find((one) => one.task.name === "Plain")!;
    const before = await filesIn(folder);
    const result = await quern(["task", "edit", task.folder, "--instruction", "Say it again."]);
    expect(result.exitCode).toBe(0);
    const changed = before.get(task.file)!.replace("Say something.", "Say it again.");
    expect(await filesIn(folder)).toEqual(new Map(before).set(task.file, changed));
  });
});

const odd = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom("_", " ", "__", "\t", "\n", ".", "é", "e\u0301", "한", "が", "ﬁ", "①", "新", "📰", "ſ", "Ω"),
      fc.constantFrom("\u00a0", "\u0085", "\u2028", "\u3000", "\ufeff", "\u007f", "\u001c", "\u180e"),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

/** Keys of a run, and values that belong there or nearly. */
const variants: Record<string, unknown[]> = {
  v: [0, 1, 2, "1", 1.5, true, null, []],
  id: ["", "x", 5, null],
  created_at: [
    "2026-02-29T00:00:00Z",
    "2024-02-29 00:00",
    "2026-11-20",
    "x",
    "2026-11-20T24:00:00Z",
    0,
    1.5,
    "17",
    null,
    true,
  ],
  created_by: ["", 5, null],
  input: ["", 5, null],
  tags: [[], ["a b"], [""], [5], "a", null, ["a\tb", "a\u00a0b", "a,b"], ["a", "a"]],
  repair_instructions: ["", "x", 5],
  intermediate_outputs: [{}, { a: "" }, { a: 5 }, { a: null }, [], "x"],
  usage: [{}, { cost: -1 }, { input_tokens: 1.5 }, { input_tokens: "5" }, { cost: "0.5", cached_tokens: null }, []],
  cumulative_usage: [{ output_tokens: -1 }, { total_tokens: 3 }, 5],
  parent_task_run_id: ["", "x", 5],
  eval_source: [{}, { source_type: "task_run", source_id: "" }, { source_type: "task_run", source_id: "1" }, "x"],
  model_type: ["task", null, 5],
  input_source: [
    null,
    [],
    {},
    { type: "human" },
    { type: "tool_call" },
    { type: "robot", properties: {} },
    { type: "human", properties: null },
    { type: "human", properties: { created_by: "a", file_name: "x" } },
    { type: "human", properties: { created_by: "a", prompt_id: "x" } },
    { type: "human", properties: { created_by: 5 } },
    { type: "human", properties: { created_by: "a", x: null } },
    { type: "human", properties: { created_by: "a", x: "" } },
    { type: "human", properties: { created_by: "a", x: true, y: 1.5 }, run_config_id: "" },
    { type: "human", properties: { created_by: "a" }, run_config_id: 5 },
    { type: "file_import", properties: { file_name: "x", model_name: "y" } },
  ],
};

const runConfig = {
  type: "kiln_agent",
  model_name: "m",
  model_provider_name: "ollama",
  prompt_id: "simple_prompt_builder",
  structured_output_mode: "json_schema",
};
const runConfigs = [
  {},
  "x",
  runConfig,
  { ...runConfig, type: "x" },
  { ...runConfig, model_provider_name: "vllm" },
  { ...runConfig, structured_output_mode: "x" },
  { ...runConfig, temperature: 3 },
  { ...runConfig, top_p: -0.1 },
  { ...runConfig, thinking_level: " " },
  { ...runConfig, tools_config: { tools: "x" } },
  ...["", "x", "id::", "id::1", "id::1::2", "task_run_config::1::2::3", "fine_tune_prompt::1::2::"].map(
    (prompt_id) => ({
      ...runConfig,
      prompt_id,
    }),
  ),
];
variants["input_source"]!.push(
  ...runConfigs.map((run_config) => ({ type: "human", properties: { created_by: "a" }, run_config })),
);

const ratings = [
  [],
  {},
  { value: 4.5 },
  { value: 6 },
  { value: "4" },
  { value: true },
  { value: [] },
  { type: null },
  { type: "x" },
  { type: "pass_fail", value: -1 },
  { type: "pass_fail_critical", value: -1 },
  { type: "custom", value: 77.5 },
  ...[null, [], { a: 3 }, { a: 9 }, { a: true }, { a: null }, { a: { value: 3 } }].map((requirement_ratings) => ({
    requirement_ratings,
  })),
  { requirement_ratings: { a: 3, b: { value: 3, type: "five_star" } } },
  { requirement_ratings: { b: { value: null, type: "custom" } } },
  { requirement_ratings: { b: { value: 0.5, type: "custom" } } },
  { id: 5 },
  { created_at: "x" },
];
const human = humanSource("me");
variants["output"] = [
  null,
  {},
  "x",
  { output: 5 },
  { output: "x", source: null, rating: null },
  { output: "x", id: 5 },
  { output: "x", v: 2 },
  { output: "x", v: "x" },
  ...ratings.map((rating) => ({ output: "x", source: human, rating })),
];
variants["trace"] = [
  {},
  [],
  ["x"],
  ...[
    { role: "x", content: "a" },
    { content: "a" },
    { role: "system" },
    { role: "system", content: null },
    { role: "developer", content: "a" },
    { role: "user", content: [] },
    { role: "user", content: 5 },
    { role: "assistant" },
    { role: "assistant", content: null, refusal: "x" },
    { role: "assistant", content: 5 },
    { role: "assistant", latency_ms: "x" },
    { role: "assistant", usage: { input_tokens: -1 } },
    { role: "assistant", reasoning_content: 5 },
    { role: "assistant", tool_calls: [{}] },
    { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "assistant", tool_calls: [{ id: "1", type: "custom", custom: { name: "f", input: "x" } }] },
    { role: "tool", content: "a" },
    { role: "tool", content: "a", tool_call_id: "1" },
    { role: "tool", content: null, tool_call_id: "1" },
    { role: "function", content: "a" },
    { role: "function", content: null, name: "f" },
    { role: "function", name: "f" },
  ].map((message) => [message]),
];

describe.runIf(hasKiln)("Kiln's rules", () => {
  it("for names are quern's", async () => {
    const names = [
      ...fc.sample(odd, { numRuns: 3000, seed: 1 }),
      ...["", "v1.0", "Café", "한국어", "がく", "新闻", "News 📰", "x".repeat(120), "x".repeat(121), "📰".repeat(120)],
      // Half surrogates cannot be asked about in JSON that is UTF-8.
    ].filter((name) => name.isWellFormed());
    const answers = await askKiln<{ valid: string; is_name: boolean; known: boolean }>(
      names.map((name) => ["name", name]),
    );
    let compared = 0;
    for (const [i, name] of names.entries()) {
      const { valid, is_name: isName, known } = answers[i]!;
      // Characters that are younger than Python's tables are taken apart by quern alone.
      if (!known) continue;
      compared++;
      expect([name, validName(name), nameProblem(name) === undefined]).toEqual([name, valid, isName]);
    }
    expect(compared).toBeGreaterThan(500);
  });

  it("for what is a run are quern's", async () => {
    const made = newRun({ input: "i", input_source: human, output: "o", source: human });
    const cases = Object.entries(variants).flatMap(([key, values]) =>
      values.map((value) => ({ ...made, [key]: value })),
    );
    cases.push(
      ...Object.keys(made).map(
        (key) => Object.fromEntries(Object.entries(made).filter(([one]) => one !== key)) as never,
      ),
    );
    const fixed = newOutput("x", human);
    for (const repaired_output of [fixed, { ...fixed, rating: newRating("five_star", 5) }, { output: 5 }])
      for (const repair_instructions of ["", "x", null])
        cases.push({ ...made, repaired_output, repair_instructions } as never);
    const texts = cases.map((one) => JSON.stringify(one));
    const answers = await askKiln<string | null>(texts.map((text) => ["load", "task_run", text]));
    const disagreed = texts.flatMap((text, i) => {
      const mine = runProblem(JSON.parse(text));
      return (mine === undefined) === (answers[i] === null) ? [] : [{ text, quern: mine, kiln: answers[i] }];
    });
    expect(disagreed).toEqual([]);
    expect(answers.filter((one) => one !== null).length).toBeGreaterThan(60);
    expect(answers.filter((one) => one === null).length).toBeGreaterThan(60);
  });

  it("for numbers are quern's", async () => {
    const numbers = [
      ...[
        0, 1, 4, 100, 0.1, 1e-4, 1e-5, 1.5e-5, 9.9e-6, 1e-6, 1e-7, 1e15, 1e16, 1.5e16, 1e17, 1e20, 1e21, 1e22, 5e-324,
      ],
      ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), { numRuns: 300, seed: 1 }),
      ...fc.sample(fc.double({ noNaN: true, min: 1e-9, max: 1 }), { numRuns: 300, seed: 2 }),
    ];
    const made = newRun({ input: "i", input_source: human, output: "o", source: human });
    const usage = { input_tokens: 1, output_tokens: null, total_tokens: null, cached_tokens: null };
    const texts = numbers.map((cost) =>
      formatKiln({ ...made, usage: { ...usage, cost, cached_tokens: null, total_llm_latency_ms: null } }),
    );
    // In Kiln's order of keys.
    const ordered = texts.map((text) => text.replace(/( {4}"cached_tokens": null,\n)( {4}"cost": [^\n]*\n)/, "$2$1"));
    const answers = await askKiln<string>(ordered.map((text) => ["save", "task_run", text]));
    expect(answers).toEqual(ordered);
  });
});

/** Starts a program that uses the built library. */
function program(text: string): string {
  const url = new URL("../../dist/index.js", import.meta.url).href;
  return `import * as q from ${JSON.stringify(url)};\n${text}`;
}

describe("projects under way", () => {
  it("hold no run without its file when quern is killed", async () => {
    const { spawn } = await import("node:child_process");
    const cwd = await temporaryFolder();
    const project = await createProject(path.join(cwd, "p"), { name: "P" });
    const task = await createTask(project, { name: "T", instruction: "x" });
    const script = path.join(cwd, "write.mjs");
    await writeFile(
      script,
      program(`const task = await q.openTask(process.argv[2]);
      const source = q.humanSource("me");
      process.stdout.write("go");
      for (;;) await Promise.all(Array.from({ length: 8 }, () =>
        q.writeRun(task, q.newRun({ input: "x".repeat(20000), input_source: source, output: "o", source }))));`),
    );
    for (let i = 0; i < 4; i++) {
      const child = spawn(process.execPath, [script, task.folder], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 50 + i * 70));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    const runs = await runsOf(task);
    expect(runs.length).toBeGreaterThan(0);
    expect(await readdir(path.join(task.folder, "runs"))).toHaveLength(runs.length);
    expect((await quern(["task", "check", path.join(cwd, "p")])).exitCode).toBe(0);
    if (hasKiln) expect((await openedByKiln(path.join(cwd, "p"))).counts["task_run"]).toBe(runs.length);
    // What was under way is taken away by the next run.
    const source = humanSource("me");
    await writeRun(task, newRun({ input: "i", input_source: source, output: "o", source }));
    expect(await readdir(path.join(task.folder, ".quern", "new"))).toEqual([]);
  });

  it("lose no change that two processes make to one file", async () => {
    const { execFile } = await import("node:child_process");
    const { promisify } = await import("node:util");
    const cwd = await temporaryFolder();
    const project = await createProject(path.join(cwd, "p"), { name: "P" });
    const task = await createTask(project, { name: "T", instruction: "x" });
    const source = humanSource("me");
    const file = await writeRun(task, newRun({ input: "i", input_source: source, output: "o", source }));
    const script = path.join(cwd, "patch.mjs");
    await writeFile(
      script,
      program(`for (let i = 0; i < 25; i++)
        await q.patchFile(process.argv[2], (tree) => { tree.tags.push(process.argv[3] + i); });`),
    );
    await Promise.all(["a", "b", "c"].map((name) => promisify(execFile)(process.execPath, [script, file, name])));
    const { tags } = JSON.parse(await readFile(file, "utf8")) as KilnRun;
    expect(tags).toHaveLength(75);
    expect(new Set(tags).size).toBe(75);
  });
});
