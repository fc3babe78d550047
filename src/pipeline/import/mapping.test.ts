import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.js";
import { columnsProblem, parseMapping, sampleIn } from "./mapping.js";

describe("parseMapping", () => {
  it.each([
    [["input=question,output=answer"], { input: "question", output: "answer" }],
    [["input=a", "output=b"], { input: "a", output: "b" }],
    [["input=Question, in full,output = The answer"], { input: "Question, in full", output: "The answer" }],
    [["tags=x=y"], { tags: "x=y" }],
    [[], {}],
  ])("%j", (texts, expected) => {
    expect(parseMapping(texts)).toEqual(expected);
  });
  it.each([["question=input"], ["input"], ["input="], ["=a"], ["input=a,input=b"], [""]])("refuses %s", (text) => {
    expect(() => parseMapping([text])).toThrow(UsageError);
  });
});

describe("columnsProblem", () => {
  it.each([
    [["input", "output"], {}, undefined],
    [["q", "a"], {}, /no columns for input and output; its columns are "q", "a"/],
    [["q", "a"], { input: "q", output: "a" }, undefined],
    [["q", "output"], { input: "q" }, undefined],
    [["q", "a"], { input: "q", output: "b" }, /no column "b"/],
    [["question", "answer"], {}, undefined],
    [["question", "answer"], { input: "question" }, /no columns for/],
    [["input", "output"], { tags: "t" }, /no column "t"/],
    [["messages"], {}, undefined],
  ])("%j with %j", (columns, mapping, expected) => {
    const problem = columnsProblem(columns, mapping);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });
});

describe("sampleIn", () => {
  const user = (content: string) => ({ role: "user", content });
  const assistant = (content: string) => ({ role: "assistant", content });

  it.each<[string, unknown, object]>([
    ["columns", { input: "q", output: "a" }, { input: "q", output: "a", isPair: false, tags: [] }],
    ["values that are no texts", { input: { n: 1 }, output: [1] }, { input: { n: 1 }, output: [1] }],
    [
      "all that Kiln's tables have",
      { input: "q", output: "a", reasoning: "r", chain_of_thought: "c", tags: "x, y ,, z" },
      { reasoning: "r", chain_of_thought: "c", tags: ["x", "y", "z"] },
    ],
    ["a list of tags", { input: "q", output: "a", tags: ["x"] }, { tags: ["x"] }],
    [
      "a pair",
      { question: "q", answer: "a", reasoning: "r" },
      { input: "q", output: "a", reasoning: "r", isPair: true },
    ],
    ["alpaca", { instruction: "Do", input: "this", output: "a" }, { input: "Do\n\nthis", output: "a" }],
    ["messages", { messages: [user("q"), assistant("a")] }, { input: "q", output: "a" }],
    ["turns alone", [user("q"), assistant("a")], { input: "q", output: "a" }],
    [
      "sharegpt",
      {
        conversations: [
          { from: "human", value: "q" },
          { from: "gpt", value: "a" },
        ],
      },
      { input: "q", output: "a" },
    ],
    [
      "tags of a run that was saved",
      { messages: [user("q"), assistant("a")], provenance: { tags: ["x"] } },
      { tags: ["x"] },
    ],
  ])("%s", (_, value, expected) => {
    expect(sampleIn(value, {})).toMatchObject(expected);
  });

  it("keeps the conversation where there is more in it than the two", () => {
    const turns = [{ role: "system", content: "s" }, user("q"), assistant("a")];
    expect(sampleIn({ messages: turns }, {})).toMatchObject({ input: "q", turns });
    expect(sampleIn({ messages: turns.slice(1) }, {})).not.toHaveProperty("turns");
  });

  it("takes columns by their names, whatever those are", () => {
    const row = JSON.parse('{"__proto__": "q", "constructor": "a"}') as unknown;
    expect(sampleIn(row, { input: "__proto__", output: "constructor" })).toMatchObject({ input: "q", output: "a" });
    expect(sampleIn({ x: "q" }, { input: "x", output: "toString" })).toBe('it has no "toString"');
  });

  it.each<[string, unknown, string]>([
    ["no output", { input: "q", output: null }, 'it has no "output"'],
    ["a blank input", { input: " ", output: "a" }, '"input" is empty'],
    ["neither", { a: 1, b: 2 }, 'it has no "input" and "output"; it has "a", "b"'],
    ["nothing", {}, 'it has no "input" and "output"'],
    ["a text", "x", "it is no object"],
    ["null", null, "it is no object"],
    ["a bad tag", { input: "q", output: "a", tags: ["a b"] }, "has a space in it"],
    ["tags of another kind", { input: "q", output: "a", tags: 5 }, "neither a text"],
    ["reasoning of another kind", { input: "q", output: "a", reasoning: 5 }, '"reasoning" is no text'],
    ["several turns", { messages: [user("q"), assistant("a"), user("r"), assistant("b")] }, "several turns"],
    ["no answer", { messages: [user("q")] }, "without a user's and an assistant's turn"],
    ["an empty answer", { question: "q", answer: "" }, "answer"],
  ])("says why there is none: %s", (_, value, reason) => {
    expect(sampleIn(value, {})).toContain(reason);
  });
});
