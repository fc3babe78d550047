/** Files of records that cannot be used, and outputs that must not be lost. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, readLines } from "../support/documents.js";
import { quern } from "../support/command.js";
import { expectError } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

/** What stands in a folder of Hugging Face's, with its card and what trainers read. */
const hubFolder = [
  "README.md",
  "axolotl.yaml",
  "data-00000-of-00001.arrow",
  "dataset_info.json",
  "llama-factory",
  "state.json",
];

const good = { question: "When was the mill built?", answer: "In 1820." };
const noAnswer = { question: "Who is the miller?" };
const file = { summary: "A mill.", qa_pairs: [good, { question: "What does it grind?", answer: "Rye." }] };

const unusable: { what: string; content: unknown; reason: string }[] = [
  { what: "an object without records", content: {}, reason: "Unrecognized data format" },
  { what: "a summary", content: { summary: "A mill." }, reason: "Unrecognized data format" },
  { what: "a number", content: "5", reason: "Unrecognized data format" },
  { what: "an empty list", content: [], reason: "it is empty" },
  { what: "empty qa_pairs", content: { qa_pairs: [] }, reason: "it is empty" },
  { what: "a list of numbers", content: [1, 2], reason: "none is usable" },
  { what: "a list without answers", content: [noAnswer, noAnswer], reason: "answer" },
  { what: "answers that are numbers", content: [{ question: "How old?", answer: 200 }], reason: "answer" },
  { what: "turns of the user only", content: [{ messages: [{ role: "user", content: "Hm?" }] }], reason: "assistant" },
  { what: "what is not JSON", content: "question: answer\n", reason: "not JSON" },
  { what: "JSON that is cut short", content: '{"qa_pairs": [{"question": "W', reason: "not JSON" },
  { what: "an empty file", content: "", reason: "not JSON" },
];

describe("a file of records that cannot be used: exit 1, file and reason named, nothing written", () => {
  it.each(unusable)("$what, to save-as", async ({ content, reason }) => {
    const cwd = await folderWith({ "bad.json": content });
    expectError(await quern(["save-as", "bad.json"], { cwd }), 1, "bad.json", reason);
    expect(await namesIn(cwd, "data/final")).toEqual([]);
  });

  it.each(unusable)("$what, to curate", async ({ content, reason }) => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "bad.json": content });
    expectError(await quern(["curate", "bad.json", ...server.flags], { cwd }), 1, "bad.json", reason);
    expect(server.requests).toHaveLength(0);
    expect(await namesIn(cwd, "data/curated")).toEqual([]);
  });

  it.each(["json", "hf"])("empty qa_pairs, to save-as --storage %s", async (storage) => {
    const cwd = await folderWith({ "bad.json": { qa_pairs: [] } });
    expectError(await quern(["save-as", "bad.json", "--storage", storage], { cwd }), 1, "bad.json", "it is empty");
    expect(await namesIn(cwd, "data/final")).toEqual([]);
  });

  it("one that is not there", async () => {
    const cwd = await folderWith();
    expectError(await quern(["save-as", "gone.json"], { cwd }), 1, "gone.json: not found");
    expectError(await quern(["curate", "gone.json"], { cwd }), 1, "gone.json: not found");
    expect(await namesIn(cwd)).toEqual([]);
  });

  it("keeps what an earlier run wrote under the name", async () => {
    const cwd = await folderWith({ "bad.json": "{", "out.jsonl": "earlier\n" });
    expectError(await quern(["save-as", "bad.json", "-o", "out.jsonl"], { cwd }), 1, "bad.json");
    expect(await readFile(path.join(cwd, "out.jsonl"), "utf8")).toBe("earlier\n");
  });
});

describe("a file with some records that cannot be used", () => {
  const mixed = { qa_pairs: [good, noAnswer, "?", { question: "", answer: "x" }, file.qa_pairs[1]] };

  it("save-as: the others are saved, exit 3, how many and one reason told", async () => {
    const cwd = await folderWith({ "mixed.json": mixed });
    const { stderr, exitCode } = await quern(["save-as", "mixed.json"], { cwd });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/mixed\.json: 3 unusable records .*number 2: answer/);
    expect(await readLines(path.join(cwd, "data/final/mixed.jsonl"))).toEqual([good, file.qa_pairs[1]]);
  });

  it("curate: the others are rated, exit 3, and the unusable are kept aside with their reason", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "mixed.json": mixed });
    const { stderr, exitCode } = await quern(["curate", "mixed.json", ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(3);
    const curated = await readJson<{ qa_pairs: unknown[] }>(path.join(cwd, "data/curated/mixed_cleaned.json"));
    expect(curated.qa_pairs).toMatchObject([good, file.qa_pairs[1]!]);
    const dropped = await readLines<{ record: unknown; dropped: string }>(
      path.join(cwd, "data/curated/mixed_cleaned.dropped.jsonl"),
    );
    expect(dropped.map(({ record }) => record)).toEqual([noAnswer, "?", { question: "", answer: "x" }]);
    for (const { dropped: reason } of dropped) expect(reason).not.toBe("");
  });

  it("a directory with a bad and a good file: exit 3, the good one saved", async () => {
    const cwd = await folderWith({ "in/a-bad.json": "{", "in/b-good.json": file });
    expectError(await quern(["save-as", "in"], { cwd }), 3, "a-bad.json");
    expect(await readLines(path.join(cwd, "data/final/b-good.jsonl"))).toEqual(file.qa_pairs);
  });

  it("is told in lines that stay lines, whatever is in the file", async () => {
    const cwd = await folderWith({ "bad.json": "no\nJSON\n" });
    const { stderr } = await quern(["save-as", "bad.json"], { cwd });
    for (const line of stderr.trimEnd().split("\n"))
      expect(line).toMatch(/^(✗ bad\.json|1 of 1 failed| {2}✗ bad\.json)/);
  });
});

describe("what would destroy something is refused", () => {
  it.each([
    ["save-as", ["save-as", "pairs.json", "-o", "pairs.json"]],
    ["save-as by another name", ["save-as", "pairs.json", "-o", "./in/../pairs.json"]],
    ["curate", ["curate", "pairs.json", "-o", "pairs.json", "-t", "10"]],
  ])("%s onto its own input: exit 2, the input as it was", async (_, args) => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "pairs.json": file, "in/x.txt": "" });
    const result = await quern([...args, ...(args[0] === "curate" ? server.flags : [])], { cwd });
    expect(await readJson(path.join(cwd, "pairs.json"))).toEqual(file);
    expectError(result, 2, "pairs.json");
  });

  it("save-as --storage hf -o onto a folder of other things leaves them where they are", async () => {
    const cwd = await folderWith({
      "pairs.json": file,
      "work/precious.txt": "years of work",
      "work/deep/er.txt": "more",
    });
    await quern(["save-as", "pairs.json", "--storage", "hf", "-o", "work"], { cwd });
    expect(await readFile(path.join(cwd, "work/precious.txt"), "utf8")).toBe("years of work");
    expect(await readFile(path.join(cwd, "work/deep/er.txt"), "utf8")).toBe("more");
  });

  it("save-as --storage hf -o onto an earlier dataset replaces it", async () => {
    const cwd = await folderWith({ "pairs.json": file });
    for (let i = 0; i < 2; i++) {
      const { stderr, exitCode } = await quern(["save-as", "pairs.json", "--storage", "hf", "-o", "set"], { cwd });
      expect(exitCode, stderr).toBe(0);
    }
    expect(await namesIn(cwd, "set")).toEqual(hubFolder);
    expect(await namesIn(cwd)).toEqual(["pairs.json", "set"]);
  });

  it("two inputs with one output name: exit 2, both named, nothing written", async () => {
    const cwd = await folderWith({ "a/pairs.json": file, "b/pairs.json": file });
    const result = await quern(["save-as", "a/pairs.json", "b/pairs.json"], { cwd });
    expectError(result, 2, "a/pairs.json", "b/pairs.json", "data/final/pairs.jsonl");
    expect(await namesIn(cwd, "data/final")).toEqual([]);
  });
});
