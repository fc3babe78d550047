/** Samples of files into a task, as a user does it; the real library opens what comes of it. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createProject,
  createTask,
  listRuns,
  type KilnRun,
  type TaskFolder,
} from "../../src/pipeline/projects/index.js";
import { type CommandResult, quern, root, start } from "../support/command.js";
import { folderWith } from "../support/folders.js";
import { hasKiln, kilnScript } from "../support/kiln.js";

if (!hasKiln)
  console.warn(
    "LOUD: the kiln-ai library is absent, so it does not open what import writes. Run test/python/install-kiln.sh",
  );

const textSchema = (name: string) =>
  JSON.stringify({ type: "object", properties: { [name]: { type: "string", minLength: 2 } }, required: [name] });
const numberSchema = JSON.stringify({
  type: "object",
  properties: { n: { type: "integer" }, of: { type: "string" } },
  required: ["n"],
});

let cwd = "";
let task: TaskFolder;

async function taskIn(folder: string, schemas: { input_json_schema?: string; output_json_schema?: string } = {}) {
  const project = await createProject(path.join(folder, "mills"), { name: "Mills" });
  return await createTask(project, { name: "About mills", instruction: "Answer.", ...schemas });
}

async function runs(of: TaskFolder = task): Promise<KilnRun[]> {
  const list: KilnRun[] = [];
  for await (const { run } of listRuns(of)) list.push(run);
  return list.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

const run = (...args: string[]): Promise<CommandResult> => quern(["import", ...args, "--task", "mills"], { cwd });

/** What the library reads, with everything validated. */
async function openedByKiln(of: TaskFolder): Promise<KilnRun[]> {
  return (JSON.parse(await kilnScript("kiln_export.py", "runs", of.folder)) as { runs: KilnRun[] }).runs;
}

beforeEach(async () => {
  cwd = await folderWith();
  task = await taskIn(cwd);
});

describe("a table", () => {
  it("becomes runs, with tags, thoughts and where they came from, that Kiln opens", async () => {
    await writeFile(
      path.join(cwd, "s.csv"),
      'input,output,reasoning,chain_of_thought,tags\nHow old?,"200, about",2020 - 1820,first,"a_tag, b_tag"\nWhere? 東京,Là.,,,\n',
    );
    const { exitCode, stderr, stdout } = await run("s.csv", "--tag", "mine");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("2 runs imported");
    const [first, second] = await runs();
    const session = first!.tags.find((tag) => /^imported_\d{10}$/.test(tag))!;
    expect(first).toMatchObject({
      input: "How old?",
      input_source: { type: "file_import", properties: { file_name: "s.csv", row: 2 } },
      output: { output: "200, about", source: { type: "file_import", properties: { file_name: "s.csv", row: 2 } } },
      intermediate_outputs: { reasoning: "2020 - 1820", chain_of_thought: "first" },
      tags: ["imported", session, "a_tag", "b_tag", "mine"],
    });
    expect(second).toMatchObject({
      input: "Where? 東京",
      intermediate_outputs: null,
      tags: ["imported", session, "mine"],
    });
    expect(stdout).toContain(session);
    if (hasKiln) expect(await openedByKiln(task)).toHaveLength(2);
  });

  it("with a row that does not comply: nothing is taken in, and file and row are named", async () => {
    await writeFile(path.join(cwd, "s.csv"), "input,output,tags\na,b,\nc,,\ne,f,bad tag\n");
    const { exitCode, stderr } = await run("s.csv");
    expect(exitCode).toBe(1);
    expect(stderr).toContain('s.csv: row 3: "output" is empty');
    expect(stderr).toContain('s.csv: row 4: the tag "bad tag" has a space in it');
    expect(stderr).toContain("2 of 3 rows do not comply, so none was taken in");
    expect(await runs()).toEqual([]);
    expect(await readdir(cwd)).toEqual(["mills", "s.csv"]);
  });

  it("of which the valid rows are kept: the others are put aside, and can be imported once they are corrected", async () => {
    await writeFile(path.join(cwd, "s.csv"), "input,output\na,b\nc,\nd,e,f\n");
    const { exitCode, stderr } = await run("s.csv", "--keep-valid");
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toContain("1 runs imported, 2 rows rejected");
    const aside = path.join(cwd, "s.csv.rejected.jsonl");
    const lines = (await readFile(aside, "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { input: "c", output: "", rejected: { file: "s.csv", row: 3, reason: '"output" is empty' } },
      {
        text: '["d","e","f"]',
        rejected: { file: "s.csv", row: 4, reason: expect.stringContaining("3 cells") as string },
      },
    ]);
    await writeFile(aside, lines[0]!.replace('"output":""', '"output":"now there"'));
    const again = await run("s.csv.rejected.jsonl");
    expect(again.exitCode, again.stderr).toBe(0);
    expect((await runs()).map(({ output }) => output.output)).toEqual(["b", "now there"]);
  });

  it("without columns for input and output says which there are", async () => {
    await writeFile(path.join(cwd, "s.csv"), "q,a\nx,y\n");
    const { exitCode, stderr } = await run("s.csv");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      's.csv: there are no columns for input and output; its columns are "q", "a"; name them with --map',
    );
    const mapped = await run("s.csv", "--map", "input=q,output=a");
    expect(mapped.exitCode, mapped.stderr).toBe(0);
    expect((await runs())[0]).toMatchObject({ input: "x", output: { output: "y" } });
  });
});

describe("many rows", () => {
  const lines = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({ input: `question ${from + i}`, output: `answer ${from + i}` }),
    ).join("\n");

  it("get tags in exact shares, and never come in twice", async () => {
    await writeFile(path.join(cwd, "a.jsonl"), `${lines(101)}\n${lines(10)}\n`);
    const { exitCode, stderr } = await run("a.jsonl", "--split", "train=80,test=20");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("101 runs imported, 10 rows skipped that the task has already");
    const all = await runs();
    expect(all.filter(({ tags }) => tags.includes("train"))).toHaveLength(81);
    expect(all.filter(({ tags }) => tags.includes("test"))).toHaveLength(20);
    await writeFile(path.join(cwd, "b.jsonl"), lines(5, 99));
    const more = await run("a.jsonl", "b.jsonl");
    expect(more.stderr).toContain("3 runs imported, 113 rows skipped that the task has already");
    expect(more.exitCode).toBe(0);
  });

  it("that were cut off go on where they were", async () => {
    await writeFile(path.join(cwd, "a.jsonl"), lines(3000));
    const child = start(["import", "a.jsonl", "--task", "mills"], { cwd });
    const folder = path.join(task.folder, "runs");
    for (let i = 0; i < 1000; i++) {
      const { length } = await readdir(folder).catch(() => []);
      if (length > 20) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill("SIGKILL");
    await child;
    const before = (await runs()).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(3000);
    const { exitCode, stderr } = await run("a.jsonl");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(`${3000 - before} runs imported, ${before} rows skipped`);
    const inputs = new Set((await runs()).map(({ input }) => input));
    expect(inputs.size).toBe(3000);
    if (hasKiln) expect(await openedByKiln(task)).toHaveLength(3000);
  });

  it("are only counted by --preview", async () => {
    await writeFile(path.join(cwd, "a.jsonl"), `${lines(3)}\n{"input": 1}\n`);
    const { exitCode, stderr } = await run("a.jsonl", "--preview");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("3 runs would be imported, 1 rows rejected");
    expect(await runs()).toEqual([]);
  });
});

describe("other files", () => {
  it("Parquet, with columns mapped", async () => {
    const file = path.join(root, "test/fixtures/parquet/zstd.parquet");
    const { exitCode, stderr } = await run(file, "--map", "input=question,output=answer");
    expect(exitCode, stderr).toBe(0);
    const all = await runs();
    expect(all).toHaveLength(25);
    expect(all[0]).toMatchObject({
      input: "What is 0? 東京 é",
      output: { output: "It is 0.", source: { properties: { file_name: "zstd.parquet", row: 1 } } },
      tags: expect.arrayContaining(["a", "t0"]) as string[],
    });
    expect(stderr).toContain('columns that are not taken in: "n", "big", "when", "bytes", "f"');
  });

  it("what save-as wrote, in every format that holds texts", async () => {
    await writeFile(path.join(cwd, "s.csv"), 'input,output,tags\nHow old?,200,kept\n"Where?\n",There,\n');
    await run("s.csv");
    for (const format of ["jsonl", "alpaca", "ft", "chatml", "sharegpt", "openai", "openai_chat_jsonl"]) {
      const { exitCode, stderr } = await quern(["save-as", "mills", "-f", format, "-o", `out/${format}.json`], { cwd });
      expect(exitCode, stderr).toBe(0);
      const again = await run(`out/${format}.json`);
      expect(again.stderr, format).toContain("0 runs imported, 2 rows skipped that the task has already");
    }
    const other = await folderWith();
    const its = await taskIn(other);
    const { exitCode, stderr } = await quern(["import", path.join(cwd, "out/jsonl.json"), "--task", "mills"], {
      cwd: other,
    });
    expect(exitCode, stderr).toBe(0);
    const first = (await runs(its)).find(({ input }) => input === "How old?");
    expect(first!.tags).toContain("kept");
    expect(first!.trace).toEqual([
      { role: "system", content: "Answer." },
      { role: "user", content: "How old?" },
      { role: "assistant", content: "200" },
    ]);
    if (hasKiln) expect(await openedByKiln(its)).toHaveLength(2);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ["nothing.json", "", /nothing\.json: it is empty/],
    [
      "cut.json",
      '[{"input": "a", "output": "b"}, {"inp',
      /cut\.json is not JSON: it is cut off at its end, in line 1, after 1 complete/,
    ],
    ["words.json", '"words"', /words\.json: it holds no objects/],
    ["x.docx", "x", /x\.docx: what it is cannot be told by its name/],
    ["binary.csv", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 9, 0xff]), /binary\.csv: it holds binary data/],
    ["header.csv", "input,output\n", /header\.csv: there are no rows/],
    [
      "turns.json",
      JSON.stringify([
        { messages: [1, 2, 3, 4].map((i) => ({ role: i % 2 === 1 ? "user" : "assistant", content: "x" })) },
      ]),
      /record 1 \(line 1\): it is a conversation of several turns/,
    ],
  ])("%s is refused", async (name, content, message) => {
    await writeFile(path.join(cwd, name), content);
    const { exitCode, stderr } = await run(name);
    expect([1, 2]).toContain(exitCode);
    expect(stderr).toMatch(message);
    expect(await runs()).toEqual([]);
  });

  it.each<[string, string[], RegExp]>([
    ["a tag with a space", ["--tag", "a b"], /the tag "a b" has a space in it/],
    ["a share that is none", ["--split", "a=x"], /the share of the tag a/],
    ["a mapping of nothing", ["--map", "question=input"], /names no field and its column/],
  ])("%s is refused before any work", async (_, flags, message) => {
    const { exitCode, stderr } = await run("is-not-there.csv", ...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("a task with schemas", () => {
  it("takes in what complies with them alone", async () => {
    const other = await folderWith({
      "s.jsonl": [
        '{"input": {"n": 1, "of": "é"}, "output": {"answer": "yes"}}',
        '{"input": "{\\"n\\": 2}", "output": "{\\"answer\\": \\"no\\"}"}',
        '{"input": {"n": "x"}, "output": {"answer": "yes"}}',
        '{"input": {"n": 1}, "output": "yes"}',
      ].join("\n"),
    });
    const its = await taskIn(other, { input_json_schema: numberSchema, output_json_schema: textSchema("answer") });
    const { exitCode, stderr } = await quern(["import", "s.jsonl", "--task", "mills", "--keep-valid"], { cwd: other });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(
      "s.jsonl: line 3: the input does not comply with the task's input schema: /n: must be integer",
    );
    expect(stderr).toContain(
      "s.jsonl: line 4: the output does not comply with the task's output schema: it is not JSON",
    );
    expect((await runs(its)).map(({ input, output }) => [input, output.output])).toEqual([
      ['{"n": 1, "of": "é"}', '{"answer": "yes"}'],
      ['{"n": 2}', '{"answer": "no"}'],
    ]);
    if (hasKiln) expect(await openedByKiln(its)).toHaveLength(2);
  });
});

describe("pairs that were made of documents", () => {
  const provenance = {
    document: "docs/mill.md",
    hash: "ab".repeat(32),
    chunk: 3,
    span: [10, 250],
    page: 2,
    heading: "The wheel",
    model: "qwen",
    prompt: "qa_generation@12",
    seed: 77,
  };
  const curated = {
    summary: "About a mill.",
    qa_pairs: [
      {
        question: "How old is it?",
        answer: "200 years.",
        rating: 8.5,
        rating_reason: "clear",
        question_type: "how",
        provenance,
      },
      {
        question: "Who built it?",
        answer: "Nobody knows.",
        reasoning: "No text says.",
        provenance: { ...provenance, chunk: 4 },
      },
    ],
    conversations: [],
  };

  it("keep document, place, model and rating, and the reasoning", async () => {
    await writeFile(path.join(cwd, "mill_qa_pairs_cleaned.json"), JSON.stringify(curated));
    const { exitCode, stderr } = await run("mill_qa_pairs_cleaned.json", "--tag", "handbook");
    expect(exitCode, stderr).toBe(0);
    const [first, second] = await runs();
    const properties = {
      model_name: "qwen",
      model_provider: "quern",
      adapter_name: "quern_create",
      document: "docs/mill.md",
      document_hash: "ab".repeat(32),
      chunk: 3,
      span_start: 10,
      span_end: 250,
      page: 2,
      heading: "The wheel",
      prompt: "qa_generation@12",
      seed: 77,
      question_type: "how",
      judge_rating: 8.5,
      judge_reason: "clear",
    };
    expect(first).toMatchObject({
      input: "How old is it?",
      input_source: { type: "synthetic", properties },
      output: { output: "200 years.", source: { type: "synthetic", properties }, rating: null },
    });
    expect(first!.tags.filter((tag) => !tag.startsWith("imported_"))).toEqual(["synthetic", "qna", "handbook"]);
    expect(second!.intermediate_outputs).toEqual({ reasoning: "No text says." });
    if (hasKiln) expect(await openedByKiln(task)).toHaveLength(2);
    // And out again: with the document, by which they are divided.
    await quern(["save-as", "mills", "-o", "out.jsonl"], { cwd });
    const saved = (await readFile(path.join(cwd, "out.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as KilnRun);
    expect(saved.find((line) => JSON.stringify(line).includes("How old"))).toMatchObject({
      provenance: {
        document: "docs/mill.md",
        hash: "ab".repeat(32),
        chunk: 3,
        span: [10, 250],
        page: 2,
        heading: "The wheel",
        judge_rating: 8.5,
      },
    });
  });

  it("are put into the one property of a task's schemas, which is told", async () => {
    const other = await folderWith({ "pairs.json": curated });
    const its = await taskIn(other, {
      input_json_schema: textSchema("query"),
      output_json_schema: textSchema("reply"),
    });
    const { exitCode, stderr } = await quern(["import", "pairs.json", "--task", "mills"], { cwd: other });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("the texts of pairs are put into the only property of the task's input schema");
    expect((await runs(its)).map(({ input, output }) => [input, output.output])).toEqual([
      ['{"query": "How old is it?"}', '{"reply": "200 years."}'],
      ['{"query": "Who built it?"}', '{"reply": "Nobody knows."}'],
    ]);
    if (hasKiln) expect(await openedByKiln(its)).toHaveLength(2);
  });

  it("are refused with the reason where a schema has room for more", async () => {
    const other = await folderWith({ "pairs.json": curated });
    await taskIn(other, { input_json_schema: numberSchema });
    const { exitCode, stderr } = await quern(["import", "pairs.json", "--task", "mills"], { cwd: other });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("record 1 (line 1): the task's input is structured, and a pair has one text for it");
  });

  it("of a document, by the embedded model", async () => {
    await writeFile(
      path.join(cwd, "mill.md"),
      `# The mill\n\n${"The mill of Anger is 200 years old. It was built by Ada Stone. Its wheel is of oak. ".repeat(4)}`,
    );
    const created = await quern(["create", "mill.md", "-n", "3", "-o", "made"], { cwd });
    expect(created.exitCode, created.stderr).toBe(0);
    const { exitCode, stderr } = await run("made/mill_qa_pairs.json");
    expect(exitCode, stderr).toBe(0);
    const all = await runs();
    expect(all.length).toBeGreaterThan(0);
    for (const one of all)
      expect(one.output.source).toMatchObject({ type: "synthetic", properties: { document: "mill.md" } });
    if (hasKiln) expect(await openedByKiln(task)).toHaveLength(all.length);
  });
});
