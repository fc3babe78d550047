/** What synthetic-data-kit's tests say of save-as, and what trainers expect of its files. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { readJson, readLines } from "../support/documents.js";
import { folderWith, namesIn } from "../support/folders.js";
import { longConversation, peerCurated, peerGenerated, peerPairs } from "../support/peer.js";

/** What stands in a folder of Hugging Face's, with its card and what trainers read. */
const hubFolder = [
  "README.md",
  "axolotl.yaml",
  "data-00000-of-00001.arrow",
  "dataset_info.json",
  "llama-factory",
  "state.json",
];

const [first, second] = peerPairs as [(typeof peerPairs)[0], (typeof peerPairs)[0]];

/** Converts a file and gives the folder it was written to. */
async function save(content: unknown, ...flags: string[]): Promise<string> {
  const cwd = await folderWith({ "in.json": content });
  const { stdout, stderr, exitCode } = await quern(["save-as", "in.json", ...flags], { cwd });
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/Converted to \w+ format/);
  return cwd;
}

const messages = (system: string) =>
  peerPairs.map(({ question, answer }) => ({
    messages: [
      { role: "system", content: system },
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ],
  }));

describe("exact shapes and names", () => {
  it("jsonl: the pairs as they are, one per line", async () => {
    const cwd = await save(peerGenerated, "-f", "jsonl");
    expect(await readFile(path.join(cwd, "data/final/in.jsonl"), "utf8")).toBe(
      `${JSON.stringify(first)}\n${JSON.stringify(second)}\n`,
    );
  });

  it("jsonl keeps further keys, such as ratings", async () => {
    const cwd = await save(peerCurated);
    expect(await readLines(path.join(cwd, "data/final/in.jsonl"))).toEqual(peerCurated.qa_pairs);
  });

  it("alpaca: an array of instruction, empty input and output, and nothing else", async () => {
    const cwd = await save(peerCurated, "-f", "alpaca");
    expect(await readJson(path.join(cwd, "data/final/in_alpaca.json"))).toEqual(
      peerPairs.map(({ question, answer }) => ({ instruction: question, input: "", output: answer })),
    );
  });

  it("ft: an array of messages", async () => {
    const cwd = await save(peerCurated, "-f", "ft");
    expect(await readJson(path.join(cwd, "data/final/in_ft.json"))).toEqual(messages("You are a helpful assistant."));
  });

  it("chatml: messages, one conversation per line, in a .json", async () => {
    const cwd = await save(peerCurated, "-f", "chatml");
    expect(await readLines(path.join(cwd, "data/final/in_chatml.json"))).toEqual(
      messages("You are a helpful AI assistant."),
    );
  });

  it("hf: a folder that says its columns, question and answer first", async () => {
    const cwd = await save(peerGenerated, "--storage", "hf");
    const folder = path.join(cwd, "data/final/in_jsonl_hf");
    expect(await namesIn(folder)).toEqual(hubFolder);
    const info = await readJson<{ features: object }>(path.join(folder, "dataset_info.json"));
    expect(Object.keys(info.features)).toEqual(["question", "answer"]);
    const table = tableFromIPC(await readFile(path.join(folder, "data-00000-of-00001.arrow")));
    expect(table.toArray().map((row) => ({ ...(row as object) }))).toEqual(peerPairs);
  });

  it("hf with -o, of a single file, and of records with different keys", async () => {
    const cwd = await save([first, { ...second, rating: 8 }], "--storage", "hf", "-o", "my set");
    const table = tableFromIPC(await readFile(path.join(cwd, "my set/data-00000-of-00001.arrow")));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(["question", "answer", "rating"]);
    expect(table.numRows).toBe(2);
  });
});

describe("-o", () => {
  it("takes a file without a directory", async () => {
    const cwd = await save(peerGenerated, "-o", "name.jsonl");
    expect(await readLines(path.join(cwd, "name.jsonl"))).toEqual(peerPairs);
  });

  it("takes a file in directories that are not there yet", async () => {
    const cwd = await save(peerGenerated, "-f", "alpaca", "-o", "new/deep/name.json");
    expect(await readJson(path.join(cwd, "new/deep/name.json"))).toHaveLength(2);
  });

  it("takes a directory, for one file and for many", async () => {
    const cwd = await folderWith({ "in/a.json": peerGenerated, "in/b.json": peerCurated });
    const one = await quern(["save-as", "in/a.json", "-o", "one/"], { cwd });
    const many = await quern(["save-as", "in", "-o", "many"], { cwd });
    expect([one.exitCode, many.exitCode]).toEqual([0, 0]);
    expect((await namesIn(cwd, "one")).filter((name) => !name.includes(".provenance."))).toEqual(["a.jsonl"]);
    const names = (await namesIn(cwd, "many")).filter((name) => !name.includes(".provenance."));
    expect(names).toEqual(["a.jsonl", "b.jsonl"]);
  });
});

describe("what is read", () => {
  it.each([
    ["a bare list", peerPairs],
    ["filtered_pairs", { filtered_pairs: peerPairs }],
    ["qa_pairs before conversations", { ...peerGenerated, conversations: [longConversation] }],
    ["JSON Lines", peerPairs.map((pair) => JSON.stringify(pair)).join("\n")],
    ["JSON with a byte order mark", `\ufeff${JSON.stringify(peerGenerated)}`],
  ])("%s", async (_, content) => {
    const cwd = await save(content);
    expect(await readLines(path.join(cwd, "data/final/in.jsonl"))).toEqual(peerPairs);
  });

  it.each([
    ["conversations", { conversations: [longConversation] }],
    ["a list of {conversations}, as cot-enhance writes", [{ conversations: longConversation }]],
    ["a list of {messages}", [{ messages: longConversation }]],
  ])("%s: all turns are kept, and the system text", async (_, content) => {
    const cwd = await save(content, "-f", "chatml");
    expect(await readLines(path.join(cwd, "data/final/in_chatml.json"))).toEqual([{ messages: longConversation }]);
  });

  it("a conversation of several turns, for alpaca: the first question with the answer to it", async () => {
    const cwd = await save({ conversations: [longConversation] }, "-f", "alpaca");
    expect(await readJson(path.join(cwd, "data/final/in_alpaca.json"))).toEqual([
      { instruction: "When was the mill built?", input: "", output: "In 1820." },
    ]);
  });

  it("chain of thought: the reasoning leads up to the answer", async () => {
    const example = { question: "How old is it?", reasoning: "Built in 1820; it is 2020.", answer: "200 years." };
    const cwd = await save({ summary: "", cot_examples: [example] }, "-f", "ft");
    const [one] = await readJson<{ messages: { content: string }[] }[]>(path.join(cwd, "data/final/in_ft.json"));
    expect(one?.messages.at(-1)?.content).toBe(
      "Let me think through this step by step:\n\nBuilt in 1820; it is 2020.\n\nSo the answer is: 200 years.",
    );
  });

  it("newlines, quotes and all scripts survive", async () => {
    const pair = { question: 'Was heißt "C:\\neu"?', answer: "Zeile 1\n\tZeile 2\n``` 日本語 🎉 \u2028 ```" };
    const cwd = await save([pair]);
    expect(await readLines(path.join(cwd, "data/final/in.jsonl"))).toEqual([pair]);
  });

  it("report_cleaned.json, as the peer's guide calls report_qa_pairs_cleaned.json, is found and told", async () => {
    const cwd = await folderWith({ "data/curated/report_qa_pairs_cleaned.json": peerCurated });
    const { stderr, exitCode } = await quern(["save-as", "data/curated/report_cleaned.json"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("report_qa_pairs_cleaned.json");
    expect(await namesIn(cwd, "data/final")).toContain("report_qa_pairs_cleaned.jsonl");
  });
});
