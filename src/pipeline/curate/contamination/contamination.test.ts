import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBenchmark } from "./benchmark.js";
import { BenchmarkIndex } from "./index.js";

async function all(file: string) {
  const items = [];
  for await (const item of readBenchmark(file)) items.push(item);
  return items;
}

const question =
  "Natalia sold clips to forty eight of her friends in April and then she sold half as many clips in May how many in all";

describe("an item", () => {
  const index = new BenchmarkIndex(13);
  index.add("gsm.jsonl", 7, [question, "Why is the sky blue?"], ["42"]);
  index.add("gsm.jsonl", 8, ["Who am I?"], ["The sky scatters short waves of light more than the long ones."]);

  it("is found whole, within other words, and in part", () => {
    expect(index.find([question, "72"])).toMatchObject({ share: 1, entry: { number: 7, part: "question" } });
    expect(index.find([`Please tell me: ${question.toUpperCase()}?!`, ""]).share).toBe(1);
    const half = question.split(" ").slice(0, 18).join(" ");
    expect(index.find([half, ""]).share).toBeGreaterThan(0.4);
    expect(index.find([half, ""]).share).toBeLessThan(0.7);
  });

  it("is found when shorter than a run", () => {
    expect(index.find(["So why is the sky blue today?", "x"])).toMatchObject({ share: 1, entry: { number: 7 } });
    expect(index.find(["Who am I?", "x"])).toMatchObject({ share: 1, entry: { number: 8 } });
    expect(index.find(["She asked who am I and left the room.", "x"]).share).toBe(0);
  });

  it("is found by its answer, unless that is short", () => {
    expect(index.find(["Why blue?", "The sky scatters short waves of light more than the long ones."])).toMatchObject({
      share: 1,
      entry: { part: "answer" },
    });
    expect(index.find(["What is six times seven?", "42"]).share).toBe(0);
  });

  it("is not found in other words", () => {
    expect(index.find(["How many clips were sold in April and May by Natalia?", "72"]).share).toBe(0);
  });
});

describe("benchmarks", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "quern-benchmark-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    [
      "list.json",
      JSON.stringify([
        { question: "Q one?", answer: "A one" },
        { question: "Q two?", answer: "A two" },
      ]),
    ],
    ["lines.jsonl", '{"prompt":"Q one?","completion":"A one"}\n{"prompt":"Q two?","completion":"A two"}\n'],
    ["table.csv", "question,answer\nQ one?,A one\nQ two?,A two\n"],
    ["semicolons.csv", "question;answer\nQ one?;A one\nQ two?;A two\n"],
    ["table.tsv", "question\tanswer\nQ one?\tA one\nQ two?\tA two\n"],
    [
      "squad.json",
      JSON.stringify({
        version: "1.1",
        data: [
          {
            title: "T",
            paragraphs: [
              {
                context: "C",
                qas: [
                  { question: "Q one?", answers: [{ text: "A one" }] },
                  { question: "Q two?", answers: [{ text: "A two" }] },
                ],
              },
            ],
          },
        ],
      }),
    ],
  ])("%s", async (name, content) => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    const items = [];
    for await (const item of readBenchmark(file)) items.push(item);
    expect(items).toMatchObject([
      { number: 1, questions: ["Q one?"], answers: ["A one"] },
      { number: 2, questions: ["Q two?"], answers: ["A two"] },
    ]);
  });

  it("of plain text have an item a line", async () => {
    const file = path.join(folder, "plain.txt");
    await writeFile(file, "First question?\n\nSecond question?\n");
    const items = [];
    for await (const item of readBenchmark(file)) items.push(item);
    expect(items.map(({ questions }) => questions)).toEqual([["First question?"], ["Second question?"]]);
  });

  it.each([
    ["gone.json", undefined, /not found/],
    ["broken.json", '{"a": [1,', /cannot be read/],
    ["broken.jsonl", '{"question": "x"}\nnonsense\n', /line 2/],
    ["empty.txt", "\n\n", /no text/],
  ])("%s is refused with what is wrong", async (name, content, message) => {
    const file = path.join(folder, name);
    if (content !== undefined) await writeFile(file, content);
    await expect(all(file)).rejects.toThrow(message);
  });
});
