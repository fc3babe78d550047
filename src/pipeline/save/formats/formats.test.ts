import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordIn, type StoredRecord } from "../../records/read-shapes.js";
import { defaultEncoding, type EncodeOptions } from "../format.js";
import { saveFormatNamed, saveFormats } from "./index.js";

function record(raw: unknown): StoredRecord {
  const read = recordIn(raw);
  if (typeof read === "string") throw new Error(read);
  return read;
}

function encode(format: string, raw: unknown, options: Partial<EncodeOptions> = {}) {
  return saveFormatNamed(format).encode(record(raw), { ...defaultEncoding, ...options });
}

const pair = { question: "What is synthetic data?", answer: "Data made by a model." };
const thought = { question: "How old?", reasoning: "2020 - 1820.", answer: "200 years." };
const call = { id: "c1", type: "function", function: { name: "age", arguments: '{"of":"mill"}' } };
const tools = [{ type: "function", function: { name: "age", parameters: { type: "object" } } }];
const withTools = {
  messages: [
    { role: "user", content: "How old?" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "c1", content: "200" },
    { role: "assistant", content: "200 years." },
  ],
  tools,
};

describe("the peer's shapes, under the names of its tests", () => {
  it("test_to_jsonl: the pair as it is, with further keys", () => {
    expect(encode("jsonl", { ...pair, rating: 8 })).toEqual({ ...pair, rating: 8 });
  });
  it("test_to_alpaca: instruction, empty input, output", () => {
    expect(encode("alpaca", pair)).toEqual({ instruction: pair.question, input: "", output: pair.answer });
  });
  it.each([
    ["test_to_fine_tuning", "ft", "You are a helpful assistant."],
    ["test_to_chatml", "chatml", "You are a helpful AI assistant."],
  ])("%s: messages of system, user, assistant", (_, format, system) => {
    expect(encode(format, pair)).toEqual({
      messages: [
        { role: "system", content: system },
        { role: "user", content: pair.question },
        { role: "assistant", content: pair.answer },
      ],
    });
  });
  it("test_save_as_unknown_format: named, with those there are", () => {
    expect(() => saveFormatNamed("csv")).toThrow('Unknown format type "csv"');
  });
});

describe("sharegpt", () => {
  it("human and gpt, without a system text of its own", () => {
    expect(encode("sharegpt", pair)).toEqual({
      conversations: [
        { from: "human", value: pair.question },
        { from: "gpt", value: pair.answer },
      ],
    });
    expect(encode("sharegpt", pair, { system: "Be short." })["conversations"]).toHaveLength(3);
  });
  it("calls of tools as function_call and observation", () => {
    expect(encode("sharegpt", withTools)).toEqual({
      conversations: [
        { from: "human", value: "How old?" },
        { from: "function_call", value: '{"name":"age","arguments":{"of":"mill"}}' },
        { from: "observation", value: "200" },
        { from: "gpt", value: "200 years." },
      ],
      tools: JSON.stringify(tools),
    });
  });
});

describe("openai", () => {
  const problemOf = (raw: unknown, options: Partial<EncodeOptions> = {}) =>
    saveFormatNamed("openai").problem!(encode("openai", raw, options));
  const user = { role: "user", content: "Hi" };
  const assistant = { role: "assistant", content: "Hello" };

  it("keeps nothing but what the rules allow", () => {
    const encoded = encode("openai", { ...withTools, provenance: {}, rating: 8 }, { system: "" });
    expect(encoded).toEqual({
      messages: withTools.messages.map(({ content, ...turn }) => (content === null ? turn : { ...turn, content })),
      tools,
    });
    expect(problemOf({ ...withTools })).toBeUndefined();
    expect(problemOf(pair)).toBeUndefined();
  });
  it.each([
    ["the last message is the user's", { messages: [user, assistant, user] }, "last message"],
    ["a second system text", { messages: [user, { role: "system", content: "x" }, assistant] }, "not the first"],
    ["an empty message", { messages: [user, { role: "user", content: "" }, assistant] }, "empty message"],
    ["a weight of the user", { messages: [{ ...user, weight: 1 }, assistant] }, "weight"],
    ["nothing to train on", { messages: [user, { ...assistant, weight: 0 }] }, "weight 0"],
    ["a name with blanks", { messages: [{ ...user, name: "a b" }, assistant] }, "name"],
    [
      "an answer to no call",
      { messages: [user, { role: "tool", content: "1", tool_call_id: "x" }, assistant] },
      "no call",
    ],
    ["calls without tools", { messages: withTools.messages }, "without their descriptions"],
  ])("refuses: %s", (_, raw, reason) => {
    expect(problemOf(raw)).toContain(reason);
  });
});

describe("the system text", () => {
  const own = { messages: [{ role: "system", content: "You are a miller." }, ...withTools.messages] };
  it.each(["ft", "chatml", "openai", "sharegpt"])("%s: chosen, none, and a conversation's own", (format) => {
    const first = (raw: unknown, system: string) => {
      const encoded = encode(format, raw, { system });
      const turns = (encoded["messages"] ?? encoded["conversations"]) as Record<string, string>[];
      return [turns[0]!["role"] ?? turns[0]!["from"], turns[0]!["content"] ?? turns[0]!["value"]];
    };
    expect(first(pair, "Be short.")).toEqual(["system", "Be short."]);
    expect(first(pair, "")[1]).toBe(pair.question);
    expect(first(own, "Be short.")).toEqual(["system", "You are a miller."]);
  });
  it("alpaca has the key that trainers read it from, only where it was chosen", () => {
    expect(encode("alpaca", pair, { system: "Be short." })["system"]).toBe("Be short.");
    expect(encode("alpaca", pair)).not.toHaveProperty("system");
  });
});

describe("reasoning", () => {
  const said = (raw: unknown, reasoning: EncodeOptions["reasoning"]) =>
    (encode("ft", raw, { reasoning })["messages"] as { content: string }[]).at(-1)!.content;
  const lead = "Let me think through this step by step:\n\n2020 - 1820.\n\nSo the answer is: 200 years.";
  const tags = "<think>\n2020 - 1820.\n</think>\n\n200 years.";

  it.each([
    ["a record that has it apart", thought],
    [
      "a conversation that has it apart",
      {
        messages: [
          { role: "user", content: "How old?" },
          { role: "assistant", content: "200 years.", reasoning_content: "2020 - 1820." },
        ],
      },
    ],
    [
      "a conversation that has it in its answer",
      [
        { role: "user", content: "How old?" },
        { role: "assistant", content: lead },
      ],
    ],
  ])("of %s: included, in tags, left out", (_, raw) => {
    expect(["include", "think-tags", "drop"].map((mode) => said(raw, mode as EncodeOptions["reasoning"]))).toEqual([
      lead,
      tags,
      "200 years.",
    ]);
  });
  it("in think tags already: they stay, or go", () => {
    const raw = [
      { role: "user", content: "How old?" },
      { role: "assistant", content: tags },
    ];
    expect([said(raw, "include"), said(raw, "think-tags"), said(raw, "drop")]).toEqual([tags, tags, "200 years."]);
  });
  it("jsonl keeps it in its own key, or in the answer, or not", () => {
    expect(encode("jsonl", thought)).toEqual(thought);
    expect(encode("jsonl", thought, { reasoning: "think-tags" })).toEqual({ question: "How old?", answer: tags });
    expect(encode("jsonl", { ...thought, rating: 8 }, { reasoning: "drop" })).toEqual({
      question: "How old?",
      answer: "200 years.",
      rating: 8,
    });
  });
});

describe("without metadata", () => {
  it("jsonl has the text and nothing else", () => {
    const off = { metadata: false };
    expect(encode("jsonl", { ...pair, rating: 8, provenance: {} }, off)).toEqual(pair);
    expect(encode("jsonl", { ...thought, rating: 8 }, off)).toEqual(thought);
    expect(
      encode("jsonl", { id: 1, messages: withTools.messages.slice(0, 1).concat(withTools.messages.slice(3)) }, off),
    ).toEqual({
      messages: [withTools.messages[0], withTools.messages[3]],
    });
  });
});

it("whatever is saved in any format is read again as the same question and answer", () => {
  // The others take no plain texts, or have them where no reader of records looks.
  const plain = saveFormats.filter(({ shape, needsObjects }) => shape !== "other" && needsObjects !== true);
  const text = fc.string({ minLength: 1, unit: "binary" });
  fc.assert(
    fc.property(text, text, fc.constantFrom(...plain), (question, answer, format) => {
      const read = record(JSON.parse(JSON.stringify(format.encode(record({ question, answer }), defaultEncoding))));
      expect([read.question, read.answer]).toEqual([question, answer]);
    }),
    { seed: 3, numRuns: 300 },
  );
});
