/** Runs of a task to files for trainers, held against the files of the real library. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createProject,
  createTask,
  humanSource,
  newOutput,
  newRating,
  newRun,
  readSplits,
  type RunFields,
  type TaskFolder,
  writePrompt,
  writeRun,
} from "../../src/pipeline/projects/index.js";
import { type CommandResult, quern } from "../support/command.js";
import { folderWith, namesIn } from "../support/folders.js";
import { hasKiln, kilnScript } from "../support/kiln.js";

type Line = Record<string, unknown>;

async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

const me = humanSource("me");
const add = (task: TaskFolder, fields: Partial<RunFields> & { input: string }) =>
  writeRun(task, newRun({ input_source: me, output: "out", source: me, ...fields }));

/** A project with one task of runs of every kind. */
async function millTask(cwd: string): Promise<TaskFolder> {
  const project = await createProject(path.join(cwd, "mills"), { name: "Mills" });
  const task = await createTask(project, {
    name: "About mills",
    instruction: "Answer about mills.",
    requirements: [{ name: "Short", instruction: "One sentence." }],
  });
  for (let i = 0; i < 40; i++)
    await add(task, {
      id: `1000000000${String(i).padStart(2, "0")}`,
      // Ten inputs are there twice.
      input: `What is part ${i < 20 ? i % 10 : i}? 東京`,
      output: `Part ${i}.`,
      tags: i % 4 === 0 ? ["quarter"] : [],
      ...(i % 2 === 0 ? { rating: newRating("five_star", (i % 5) + 1) } : {}),
      ...(i === 5 ? { intermediate_outputs: { chain_of_thought: "First the wheel." } } : {}),
    });
  const repaired = newRun({ id: "200000000000", input: "Repair me", input_source: me, output: "bad", source: me });
  repaired.repair_instructions = "say it well";
  repaired.repaired_output = newOutput("good", me);
  await writeRun(task, repaired);
  return task;
}

describe("a task's runs", () => {
  let cwd = "";
  let task: TaskFolder;
  const save = (...flags: string[]): Promise<CommandResult> => quern(["save-as", "mills", ...flags], { cwd });
  const savedLines = async (...flags: string[]) => {
    const { exitCode, stderr } = await save("-f", "jsonl", "-o", "lines.jsonl", ...flags);
    expect(exitCode, stderr).toBe(0);
    return await linesOf(path.join(cwd, "lines.jsonl"));
  };

  beforeAll(async () => {
    cwd = await folderWith();
    task = await millTask(cwd);
    await writePrompt(task, {
      name: "Plain words",
      prompt: "Use plain words.",
      chain_of_thought_instructions: "Think.",
    });
  });

  it.each([
    ["jsonl", "About_mills.jsonl"],
    ["alpaca", "About_mills_alpaca.json"],
    ["ft", "About_mills_ft.json"],
    ["chatml", "About_mills_chatml.json"],
    ["sharegpt", "About_mills_sharegpt.json"],
    ["openai", "About_mills_openai.jsonl"],
    ["openai_chat_jsonl", "About_mills_openai_chat.jsonl"],
    ["huggingface_chat_template_jsonl", "About_mills_huggingface_chat_template.jsonl"],
    ["vertex_gemini", "About_mills_vertex_gemini.jsonl"],
  ])("as %s", async (format, name) => {
    const { exitCode, stderr } = await save("-f", format, "-o", "final/");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("41 records saved");
    const text = await readFile(path.join(cwd, "final", name), "utf8");
    expect(text).toContain("Answer about mills.\\n\\nRequirements of the output:\\n1. Short: One sentence.");
    expect(text).toContain("What is part 0? 東京");
    expect(text).toContain("good");
    expect(text).not.toContain('"bad"');
  });

  it.each(["jsonl", "parquet", "hf", "lance"])("in the storage %s", async (storage) => {
    const { exitCode, stderr } = await save("-f", "ft", "--storage", storage, "-o", `stored-${storage}/`);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("41 records saved");
    const [name] = (await namesIn(cwd, `stored-${storage}`)).filter((one) => !one.endsWith(".provenance.jsonl"));
    expect(name).toContain("About_mills_ft");
  });

  it("with provenance: run, tags, rating, and no names of people", async () => {
    const [first] = await savedLines();
    expect(first!["provenance"]).toMatchObject({
      task: task.task.id,
      run: "100000000000",
      tags: ["quarter"],
      rating: 1,
      rating_type: "five_star",
    });
    expect(JSON.stringify(first)).not.toContain("created_by");
  });

  it("with the system text of a saved prompt, another, or none", async () => {
    const systemOf = ([line]: Line[]) => (line!["messages"] as { role: string; content: string }[])[0];
    expect(systemOf(await savedLines("--prompt", "Plain words"))).toEqual({
      role: "system",
      content: "Use plain words.",
    });
    expect(systemOf(await savedLines("--system", "Be kind."))).toEqual({ role: "system", content: "Be kind." });
    expect(systemOf(await savedLines("--prompt", "none"))?.role).toBe("user");
    await save("-f", "ft", "--prompt", "none", "-o", "none.json");
    expect(await readFile(path.join(cwd, "none.json"), "utf8")).not.toContain("system");
  });

  it.each([
    [["--filter", "tag::quarter"], 10],
    [["--filter", "rating>=4"], 8],
    [["--filter", "high_rating"], 9],
    [["--filter", "repaired"], 1],
    [["--filter", "unrated", "--filter", "text::PART 2"], 5],
    [["--filter", "multi_filter::tag::quarter&rating>=4"], 4],
    [["--filter", "thinking_model"], 1],
  ])("that match %j", async (flags, count) => {
    expect(await savedLines(...flags)).toHaveLength(count);
  });

  it("with reasoning where the format has a place for it, in tags or left out", async () => {
    const only = ["--filter", "thinking_model", "-f", "chatml", "-o", "thought.json"];
    const answers: unknown[] = [];
    for (const how of ["include", "think-tags", "drop"]) {
      await save(...only, "--reasoning", how);
      const [line] = await linesOf(path.join(cwd, "thought.json"));
      answers.push((line!["messages"] as { content: string }[]).at(-1)!.content);
    }
    expect(answers).toEqual([
      "Let me think through this step by step:\n\nFirst the wheel.\n\nSo the answer is: Part 5.",
      "<think>\nFirst the wheel.\n</think>\n\nPart 5.",
      "Part 5.",
    ]);
  });

  it("divided into splits that are exact, keep equal inputs together, and are kept in the task's folder", async () => {
    const flags = ["-f", "openai_chat_jsonl", "--split", "train=0.8,val=0.2", "-o", "divided"];
    const { exitCode, stderr, stdout } = await save(...flags, "--keep-split", "First tune");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('dataset split "First tune"');
    const [train, val] = await Promise.all(
      ["train", "val"].map((name) => linesOf(path.join(cwd, "divided", `${name}.jsonl`))),
    );
    expect([train!.length, val!.length]).toEqual([33, 8]);
    const inputs = (lines: Line[]) => lines.map((line) => (line["messages"] as { content: string }[])[1]!.content);
    expect(inputs(train!).filter((input) => inputs(val!).includes(input))).toEqual([]);
    const [kept] = await readSplits(task);
    expect(kept).toMatchObject({ name: "First tune", filter: "all" });
    expect(kept!.splits.map(({ name, percentage }) => [name, percentage])).toEqual([
      ["train", 0.8],
      ["val", 0.2],
    ]);
    expect(kept!.split_contents["train"]).toHaveLength(33);
    expect(kept!.split_contents["val"]).toHaveLength(8);
    const again = await save(...flags, "--keep-split", "First tune");
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('has a dataset split "First tune" already');
  });

  it("of which one is broken: the others are saved, and it is told", async () => {
    const other = await folderWith();
    const its = await millTask(other);
    const broken = path.join(its.folder, "runs", "100000000003", "task_run.kiln");
    await writeFile(broken, (await readFile(broken, "utf8")).slice(0, 200));
    const { exitCode, stderr } = await quern(["save-as", "mills", "-o", "a.jsonl"], { cwd: other });
    expect(exitCode).toBe(3);
    expect(stderr).toContain("40 records saved, 1 unusable records");
    expect(stderr).toContain(broken.slice(broken.indexOf("runs")));
  });

  it.each<[string, string[], RegExp]>([
    [
      "a filter that there is not",
      ["--filter", "hi_rating"],
      /there is no filter "hi_rating"; did you mean high_rating/,
    ],
    ["a prompt that there is not", ["--prompt", "Plain word"], /has no prompt "Plain word"; did you mean Plain words/],
    ["a prompt of examples", ["--prompt", "few-shot"], /few-shot is another for each input/],
    ["two system texts", ["--prompt", "none", "--system", "x"], /--system and --prompt/],
    ["a split that Kiln could not keep", ["--keep-split", "a/b"], /--keep-split a\/b: Kiln takes no/],
    [
      "a strategy in a format that has none",
      ["--strategy", "final_only"],
      /--strategy has no place in the format jsonl/,
    ],
    [
      "reasoning in one of Kiln's",
      ["-f", "vertex_gemini", "--reasoning", "drop"],
      /--reasoning has no place .*use --strategy/,
    ],
    [
      "think tags where objects are wanted",
      ["-f", "openai_chat_toolcall_jsonl", "--strategy", "final_and_intermediate_r1_compatible"],
      /takes objects of JSON alone/,
    ],
    ["an instruction to think that nobody reads", ["-f", "vertex_gemini", "--thinking", "x"], /says nothing of what/],
  ])("refuses %s before any work", async (_, flags, message) => {
    const before = await readdir(cwd);
    const { exitCode, stderr } = await save(...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(await readdir(cwd)).toEqual(before);
  });

  it("refuses what is of tasks where there is none", async () => {
    await writeFile(path.join(cwd, "pairs.jsonl"), '{"question":"q","answer":"a"}\n');
    const { exitCode, stderr } = await quern(["save-as", "pairs.jsonl", "--filter", "all"], { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--filter is of tasks");
    const both = await quern(["save-as", "pairs.jsonl", "mills"], { cwd });
    expect(both.exitCode).toBe(2);
  });

  it("says so when none match, or none fits the format", async () => {
    const none = await save("--filter", "tag::nothing");
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toContain('none of the 41 runs of the task "About mills" matches tag::nothing');
    const plain = await save("-f", "openai_chat_toolcall_jsonl");
    expect(plain.exitCode).toBe(1);
    expect(plain.stderr).toContain("its answer is no JSON object");
  });
});

describe.skipIf(!hasKiln)("Kiln's formats hold what the kiln-ai library writes", () => {
  const plainFormats = ["openai_chat_jsonl", "huggingface_chat_template_jsonl", "vertex_gemini"];
  const objectFormats = [
    ...plainFormats,
    "openai_chat_json_schema_jsonl",
    "openai_chat_toolcall_jsonl",
    "huggingface_chat_template_toolcall_jsonl",
  ];
  const thinking = ["two_message_cot", "final_and_intermediate"];
  const r1 = "final_and_intermediate_r1_compatible";
  let cwd = "";

  beforeAll(async () => {
    cwd = await folderWith();
    await kilnScript("kiln_export.py", "make", path.join(cwd, "mills"));
    const texts = JSON.parse(await kilnScript("kiln_export.py", "texts")) as Record<string, string>;
    await writeFile(path.join(cwd, "kiln.yaml"), JSON.stringify({ format: texts }));
  });

  /** Ids that the library draws are all that may differ. */
  const without = (line: unknown) =>
    JSON.stringify(line).replace(/("name":"task_response","id":)"[0-9a-f]{9}"/g, '$1"drawn"');

  it.each([
    ["Plain", plainFormats, ["final_only", ...thinking, r1]],
    ["Structured", objectFormats, ["final_only", ...thinking]],
    ["Talk", plainFormats, ["final_only"]],
  ])("of the task %s, line by line", async (name, formats, strategies) => {
    const [folder] = (await readdir(path.join(cwd, "mills", "tasks"))).filter((one) => one.endsWith(name));
    const task = path.join(cwd, "mills", "tasks", folder!);
    const { instruction } = JSON.parse(await readFile(path.join(task, "task.kiln"), "utf8")) as { instruction: string };
    const exports = formats.flatMap((format) =>
      strategies.map((strategy) => ({ format, strategy, file: path.join(cwd, `${name}-${format}-${strategy}`) })),
    );
    const kept = ["--keep-split", "All of them"];
    for (const [i, { format, strategy, file }] of exports.entries()) {
      const flags = ["-f", format, "--strategy", strategy, "--system", instruction, "-c", "kiln.yaml"];
      const asked = thinking.includes(strategy) ? ["--thinking", "Think, {input}."] : [];
      const { exitCode, stderr } = await quern(
        ["save-as", task, ...flags, ...asked, "-o", `${file}.quern.jsonl`, ...(i === 0 ? kept : [])],
        { cwd },
      );
      expect(exitCode, stderr).toBe(0);
    }
    await kilnScript(
      "kiln_export.py",
      "export",
      JSON.stringify({ task, split: "All of them", system: instruction, thinking: "Think, {input}.", exports }),
    );
    for (const { file } of exports) {
      const [ours, theirs] = await Promise.all([linesOf(`${file}.quern.jsonl`), linesOf(`${file}.all`)]);
      expect(ours.length, file).toBeGreaterThan(0);
      expect(ours.map(without), file).toEqual(theirs.map(without));
    }
  });
});
