import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../errors.js";
import { mostLevels, mostRecordBytes } from "./read-bytes.js";
import { isRecordFile, openRecords, readRecords, readSourceOf, type StoredRecord } from "./read.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern read "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function fileOf(content: unknown, extension = ".json"): Promise<string> {
  const file = path.join(folder, `${files++}${extension}`);
  const isPlain = typeof content === "string" || content instanceof Uint8Array;
  await writeFile(file, isPlain ? content : JSON.stringify(content));
  return file;
}

async function read(content: unknown, extension?: string) {
  return readRecords(await fileOf(content, extension));
}

async function refused(content: unknown, extension?: string): Promise<string> {
  const error: unknown = await read(content, extension).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
}

const pairs = [
  { question: "When was the mill built?", answer: "In 1820." },
  { question: 'Was it "new" in [1820]? {yes, no}', answer: "Yes \\ no.\nÄ 你好 🙂" },
];
const questions = (records: readonly StoredRecord[]) => records.map(({ question }) => question);
const chat = [
  { role: "system", content: "You are a miller." },
  { role: "user", content: "When?" },
  { role: "assistant", content: "In 1820." },
  { role: "user", content: "What does it grind?" },
  { role: "assistant", content: "Rye." },
];

describe("shapes of files", () => {
  it.each([
    ["qa_pairs", { summary: "s", qa_pairs: pairs }, "qa_pairs", { summary: "s" }],
    ["filtered_pairs", { filtered_pairs: pairs }, "qa_pairs", {}],
    [
      "qa_pairs, whatever else is there and wherever it stands",
      { conversations: [chat], filtered_pairs: [], source: { x: 1 }, qa_pairs: pairs, metrics: { total: 2 }, z: [1] },
      "qa_pairs",
      { source: { x: 1 }, z: [1] },
    ],
    ["a bare list", pairs, "qa_pairs", {}],
  ])("%s", async (_, content, kind, rest) => {
    const stored = await read(content);
    expect(stored).toMatchObject({ kind, unusable: [] });
    expect(stored.rest).toEqual(rest);
    expect(stored.records.map(({ raw }) => raw)).toEqual(pairs);
  });

  it("cot_examples, in an object, a list and lines", async () => {
    const example = { question: "How old?", reasoning: "2020 - 1820.", answer: "200 years." };
    for (const content of [{ cot_examples: [example], conversations: [chat] }, [example], JSON.stringify(example)]) {
      const { kind, records } = await read(content);
      expect({ kind, records }).toEqual({ kind: "cot_examples", records: [{ ...example, raw: example }] });
    }
  });

  it.each([
    ["conversations", { conversations: [chat] }],
    ["one conversation in an object", { conversations: chat }],
    ["one object with messages", { messages: chat }],
    ["a list of lists", [chat]],
    ["a list of {conversations}", [{ conversations: chat }]],
    ["a list of {messages}", [{ messages: chat }]],
    [
      "ShareGPT, with its system text inside and beside",
      [
        {
          system: chat[0]!.content,
          conversations: chat
            .slice(1)
            .map(({ role, content }) => ({ from: role === "user" ? "human" : "gpt", value: content })),
        },
      ],
    ],
    [
      "messages of parts",
      [{ messages: chat.map(({ role, content }) => ({ role, content: [{ type: "text", text: content }] })) }],
    ],
  ])("%s", async (_, content) => {
    const { kind, records, unusable } = await read(content);
    expect(unusable).toEqual([]);
    expect(kind).toBe("conversations");
    expect(records).toMatchObject([{ question: "When?", answer: "In 1820.", turns: chat }]);
  });

  it("JSON Lines of each of them, with blank lines, CRLF and a byte order mark", async () => {
    const mixed = [pairs[0], { messages: chat }, chat, { instruction: "Say", input: "hi", output: "hi" }];
    const text = `\ufeff${mixed.map((one) => JSON.stringify(one)).join("\r\n\r\n")}\r\n`;
    const { records, unusable } = await read(text, ".jsonl");
    expect(unusable).toEqual([]);
    expect(questions(records)).toEqual([pairs[0]!.question, "When?", "When?", "Say\n\nhi"]);
  });

  it("Alpaca, with the system text and history that some trainers add", async () => {
    const { records } = await read([
      { instruction: "Translate", input: "Mühle", output: "mill" },
      { instruction: "And?", input: "", output: "flour", system: "Short.", history: [["Hi", "Hello"]] },
    ]);
    expect(records[0]).toMatchObject({ question: "Translate\n\nMühle", answer: "mill" });
    expect(records[0]!.turns).toBeUndefined();
    expect(records[1]!.turns!.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "system: Short.",
      "user: Hi",
      "assistant: Hello",
      "user: And?",
      "assistant: flour",
    ]);
  });

  it("calls of tools in both shapes become one", async () => {
    const call = { id: "call_1", type: "function", function: { name: "age", arguments: '{"of":"mill"}' } };
    const openai = [
      { role: "user", content: "How old?" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "200" },
      { role: "assistant", content: "200 years." },
    ];
    const shareGpt = [
      { from: "human", value: "How old?" },
      { from: "function_call", value: '{"name": "age", "arguments": {"of":"mill"}}' },
      { from: "observation", value: "200" },
      { from: "gpt", value: "200 years." },
    ];
    const { records } = await read([{ messages: openai }, { conversations: shareGpt }]);
    expect(records[0]!.turns).toEqual(openai.map((turn) => ({ ...turn, content: turn.content ?? "" })));
    expect(records[1]!.turns).toEqual(records[0]!.turns);
    expect(records[0]!.answer).toBe("200 years.");
  });

  it("says which document the records are of", async () => {
    expect(
      await readSourceOf(await fileOf({ qa_pairs: pairs, source: { document: "a.txt", hash: "00", chunks: [] } })),
    ).toEqual({ source: "a.txt", hash: "00" });
    expect(await readSourceOf(await fileOf({ qa_pairs: pairs }))).toBeUndefined();
    expect(await readSourceOf(await fileOf("{"))).toBeUndefined();
    expect(await readSourceOf(path.join(folder, "gone.json"))).toBeUndefined();
  });

  it("names what it passes over", async () => {
    const file = await fileOf({ cot_examples: [{ ...pairs[0], reasoning: "r" }], qa_pairs: pairs, conversations: [] });
    expect((await openRecords(file)).passedOver).toEqual(["cot_examples"]);
    expect((await openRecords(file, { rest: false })).rest).toEqual({});
  });

  it("gives the records as often as they are asked for", async () => {
    const opened = await openRecords(await fileOf(pairs));
    for (let i = 0; i < 2; i++) {
      const seen = [];
      for await (const one of opened.records()) seen.push(one);
      expect(seen).toHaveLength(2);
    }
  });
});

describe("what is broken", () => {
  it("one line of JSON Lines: told by its number, the others are read", async () => {
    const [first, second] = pairs.map((pair) => JSON.stringify(pair));
    for (const [broken, reason] of [
      ['{"question": "W', "line 2: not JSON"],
      ["\0\0\0", "line 2: not JSON"],
      ["{} {}", "line 2: not JSON"],
      ["no", "line 2: not JSON"],
    ]) {
      const { records, unusable } = await read(`${first}\n${broken}\n${second}\n`);
      expect(questions(records)).toEqual(questions(pairs as unknown as StoredRecord[]));
      expect(unusable).toMatchObject([{ index: 1 }]);
      expect(unusable[0]!.reason).toContain(reason);
    }
  });

  it("the first line, and a last line that is cut off", async () => {
    const line = JSON.stringify(pairs[0]);
    for (const [text, where] of [
      [`{"question": "W\n${line}\n${line}`, 0],
      [`${line}\n${line}\n{"questi`, 2],
    ] as const) {
      for (const extension of [".json", ".jsonl"]) {
        const { records, unusable } = await read(text, extension);
        expect(records).toHaveLength(2);
        expect(unusable).toMatchObject([
          { index: where, reason: expect.stringContaining(`line ${where + 1}`) as string },
        ]);
      }
    }
  });

  it("JSON that is cut off: where, and after how many records", async () => {
    const whole = JSON.stringify({ summary: "", qa_pairs: [...pairs, ...pairs] }, null, 2);
    const message = await refused(whole.slice(0, whole.length - 30));
    expect(message).toMatch(
      /is not JSON: it is cut off at its end, in line \d+, after 3 complete records of "qa_pairs"/,
    );
    expect(await refused(JSON.stringify(pairs).slice(0, -1))).toContain("after 2 complete records");
    for (let length = 1; length < whole.length; length += 7) await refused(whole.slice(0, length));
  });

  it.each([
    ["a comma too few", `[${JSON.stringify(pairs[0])}\n${JSON.stringify(pairs[1])}]`, "line 2"],
    ["a comma too many", `[${JSON.stringify(pairs[0])},\n]`, "line 2"],
    ["a colon too few", '{"qa_pairs" []}', '":" expected in line 1'],
    ["something behind it", `{\n"qa_pairs": []}\n]`, "line 3"],
    ["a string with a line break", `[{"question": "a\nb", "answer": "c"}]`, "line 1"],
    ["words", "question: answer\n", "not JSON"],
    ["nothing", "", "not JSON: it is empty"],
    ["blanks", " \n\n ", "not JSON: it is empty"],
    ["UTF-16", Buffer.from("\ufeff[]", "utf16le"), "UTF-16"],
    ["zeros", Buffer.alloc(10_000), "not JSON"],
  ])("%s", async (_, content, reason) => {
    expect(await refused(content)).toContain(reason);
  });

  it("a record within a list that is no JSON, or no UTF-8: the others are read", async () => {
    const bad = Buffer.concat([
      Buffer.from('[{"question": "\xff'),
      Buffer.from([0xff]),
      Buffer.from(`", "answer": "x"}, {"a": undefined},\n${JSON.stringify(pairs[0])}]`),
    ]);
    const { records, unusable } = await read(bad);
    expect(records).toHaveLength(1);
    expect(unusable.map(({ reason }) => reason)).toEqual([
      "line 1: not UTF-8",
      expect.stringMatching(/^line 1: not JSON: /),
    ]);
  });

  it.each([
    ["a number", 5],
    ["a summary", { summary: "A mill." }],
    ["nothing in an object", {}],
    ["null", null],
    ["a list that is none", { qa_pairs: "none" }],
  ])("%s is of another shape", async (_, content) => {
    expect(await refused(content)).toContain("Unrecognized data format");
  });

  it.each([
    ["no records", [], "it is empty"],
    ["no records in an object", { qa_pairs: [], conversations: [chat] }, "it is empty"],
    ["numbers", [1, 2], "none is usable"],
    ["answers that are numbers", [{ question: "How old?", answer: 200 }], "answer"],
    ["turns of the user only", [{ messages: [{ role: "user", content: "Hm?" }] }], "assistant"],
    ["a role nobody knows", [{ messages: [{ role: "judge", content: "Hm?" }] }], 'turn 1: unknown role "judge"'],
    ["pictures", [{ messages: [{ role: "user", content: [{ type: "image_url" }] }] }], "not text (image_url)"],
  ])("%s", async (_, content, reason) => {
    expect(await refused(content)).toContain(reason);
  });

  it("is not there, or a folder", async () => {
    await expect(readRecords(path.join(folder, "gone.json"))).rejects.toThrow("gone.json: not found");
    await expect(readRecords(folder)).rejects.toThrow("cannot be read");
  });
});

describe("what is huge or hostile", () => {
  it("keys that are the names of methods, and equal keys, of which the last counts", async () => {
    const { records, rest } = await read(
      '{"qa_pairs": [], "__proto__": {"x": 1}, "constructor": 2, "qa_pairs": [{"question": "a", "question": "b", "answer": "c", "__proto__": {"polluted": true}}]}',
    );
    expect(records).toMatchObject([{ question: "b" }]);
    expect(Object.keys(rest)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("a record nested deeper than anything that reads it goes", async () => {
    const deep = `{"question": "q", "answer": "a", "x": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    for (const text of [`[${deep}, ${JSON.stringify(pairs[0])}]`, `${JSON.stringify(pairs[0])}\n${deep}\n`]) {
      const { records, unusable } = await read(text);
      expect(records).toHaveLength(1);
      expect(unusable[0]!.reason).toContain(`more than ${mostLevels}`);
    }
  });

  it("a line of hundreds of megabytes is not held", async () => {
    const file = path.join(folder, "huge.jsonl");
    const handle = await open(file, "w");
    await handle.write(`${JSON.stringify(pairs[0])}\n{"question": "`);
    const piece = Buffer.alloc(16 * 1024 * 1024, "x");
    for (let i = 0; i < 31; i++) await handle.write(piece);
    await handle.write(`", "answer": "b"}\n${JSON.stringify(pairs[1])}\n`);
    await handle.close();
    let most = 0;
    const opened = await openRecords(file);
    const seen = [];
    for await (const one of opened.records()) {
      seen.push(one);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    await rm(file);
    expect(seen).toHaveLength(3);
    expect(seen[1]).toMatchObject({
      unusable: { index: 1, reason: expect.stringContaining("bytes, more than") as string },
    });
    expect(most).toBeLessThan(4 * mostRecordBytes);
  });

  it("any JSON that is a list of pairs is read as the runtime reads it, however it is laid out", async () => {
    const pair = fc.record(
      {
        question: fc.string({ minLength: 1, unit: "binary" }),
        answer: fc.string({ minLength: 1 }),
        extra: fc.jsonValue({ maxDepth: 4 }),
      },
      { requiredKeys: ["question", "answer"] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(pair, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, 1, "\t"),
        fc.boolean(),
        async (list, space, wrap) => {
          // Half surrogates cannot be written as UTF-8; JSON writes them as escapes.
          const value = wrap ? { before: list, qa_pairs: list, after: { list } } : list;
          const stored = await read(JSON.stringify(value, null, space));
          expect(stored.records.map(({ raw }) => raw)).toEqual(JSON.parse(JSON.stringify(list)));
          const lines = await read(list.map((one) => JSON.stringify(one)).join("\n"), ".jsonl");
          expect(lines.records.map(({ raw }) => raw)).toEqual(JSON.parse(JSON.stringify(list)));
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  it("values that reach over the pieces in which a file is read", async () => {
    const long = Array.from({ length: 40 }, (_, i) => ({
      question: `${"ü".repeat(i * 9973)}"${i}`,
      answer: "\\".repeat(i * 1111 + 1),
    }));
    const { records } = await read({ source: { chunks: ["x".repeat(600_000)] }, qa_pairs: long });
    expect(records.map(({ raw }) => raw)).toEqual(long);
  });
});

it("tells files of records by their names", () => {
  for (const name of ["a.json", "a.jsonl", "a_qa_pairs_cleaned.json", "A.JSONL"]) expect(isRecordFile(name)).toBe(true);
  for (const name of [
    "a.report.json",
    "a_summary.json",
    "a.dropped.jsonl",
    "a.provenance.jsonl",
    "dataset_info.json",
    "a.txt",
  ])
    expect(isRecordFile(name)).toBe(false);
});
