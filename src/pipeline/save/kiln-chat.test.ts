import { describe, expect, it } from "vitest";
import { recordIn } from "../records/read-shapes.js";
import type { StoredRecord } from "../records/read.js";
import { type ChatOptions, type ChatStrategy, defaultEncoding, encodeRecord } from "./format.js";
import { saveFormatNamed } from "./formats/index.js";

function record(raw: unknown): StoredRecord {
  const found = recordIn(raw);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const call = (id: string, text = '{"of": "mill"}') => ({
  id,
  type: "function",
  function: { name: "age", arguments: text },
});

/** A run, as `openRunRecords` gives it. */
const run = (answer = "200 years.", reasoning: string | undefined = "2020 - 1820"): StoredRecord => ({
  question: "How old? {thinking}",
  answer,
  ...(reasoning === "" ? {} : { reasoning }),
  thinkingPrompt: "Think of {input}.",
  turns: [
    { role: "system", content: "Be short." },
    { role: "user", content: "How old? {thinking}" },
    { role: "assistant", content: "", tool_calls: [call("c1"), call("c2")] as never },
    { role: "tool", content: "200", tool_call_id: "c1" },
    { role: "tool", content: "201", tool_call_id: "c2" },
    { role: "assistant", content: answer },
  ],
  raw: { messages: [], provenance: { run: "1" } },
});

function encode(
  format: string,
  one: StoredRecord,
  strategy: ChatStrategy = "final_only",
  chat: Partial<ChatOptions> = {},
) {
  const made = encodeRecord(saveFormatNamed(format), one, {
    ...defaultEncoding,
    chat: { ...defaultEncoding.chat, ...chat, strategy },
  });
  return "encoded" in made ? made.encoded : made.problem;
}

const system = { role: "system", content: "Be short." };
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const tools = [
  { role: "assistant", content: "", tool_calls: [call("c1"), call("c2")] },
  { role: "tool", content: "200", tool_call_id: "c1" },
  { role: "tool", content: "201", tool_call_id: "c2" },
];
const { finalRequest } = defaultEncoding.chat;

describe("strategies", () => {
  const asked = user("How old? {thinking}");
  it.each<[ChatStrategy, unknown[]]>([
    ["final_only", [system, asked, ...tools, assistant("200 years.")]],
    [
      "two_message_cot",
      [
        system,
        user("How old? {thinking}\n\n---\nThink of {input}."),
        ...tools,
        assistant("2020 - 1820"),
        user(finalRequest),
        assistant("200 years."),
      ],
    ],
    [
      "final_and_intermediate",
      [
        system,
        asked,
        { role: "system", content: "Think of {input}." },
        ...tools,
        assistant("2020 - 1820"),
        user(finalRequest),
        assistant("200 years."),
      ],
    ],
    [
      "final_and_intermediate_r1_compatible",
      [system, asked, ...tools, assistant("<think>\n2020 - 1820\n</think>\n\n200 years.")],
    ],
  ])("%s", (strategy, messages) => {
    expect(encode("openai_chat_jsonl", run(), strategy)).toEqual({ messages });
    expect(encode("huggingface_chat_template_jsonl", run(), strategy)).toEqual({ conversations: messages });
  });

  it("say what the user wants thought about, and leave a conversation in the input as it is", () => {
    const one = { ...run(), question: "a <conversation_history> b" };
    const encoded = encode("openai_chat_jsonl", one, "two_message_cot", { thinking: "Mine." });
    expect(encoded).toMatchObject({
      messages: [system, user("a <conversation_history> b\n\nMine."), {}, {}, {}, {}, {}, {}],
    });
  });

  it("that need thinking refuse records without it", () => {
    for (const strategy of [
      "two_message_cot",
      "final_and_intermediate",
      "final_and_intermediate_r1_compatible",
    ] as const)
      expect(encode("vertex_gemini", run("x", ""), strategy)).toBe(`it has no reasoning, which ${strategy} needs`);
  });

  it("of records that are no runs: reasoning in the answer is found, conversations are kept whole", () => {
    const within = record({ question: "How old?", answer: "<think>\nlong\n</think>\n\n200." });
    expect(encode("openai_chat_jsonl", within)).toEqual({
      messages: [{ role: "system", content: "You are a helpful assistant." }, user("How old?"), assistant("200.")],
    });
    const long = record({ messages: [user("a"), assistant("b"), user("c"), assistant("d")], tools: [1] });
    expect(encode("openai_chat_jsonl", long)).toMatchObject({
      messages: [{ role: "system" }, user("a"), assistant("b"), user("c"), assistant("d")],
      tools: [1],
    });
    expect(encode("openai_chat_jsonl", long, "two_message_cot")).toContain("several turns");
  });

  it("never divide the output of a run", () => {
    const text = "<think>\nabout tags\n</think>\n\nis HTML";
    expect(encode("openai_chat_jsonl", run(text, ""))).toMatchObject({
      messages: [{}, {}, {}, {}, {}, assistant(text)],
    });
  });
});

describe("answers that are objects", () => {
  it("are written anew on one line, or become calls", () => {
    const one = run('{\n "age":2e2, "é" : "\\u00e9" }');
    const text = '{"age": 200.0, "é": "é"}';
    expect(encode("openai_chat_json_schema_jsonl", one)).toEqual({
      messages: [system, user("How old? {thinking}"), ...tools, assistant(text)],
    });
    expect((encode("openai_chat_toolcall_jsonl", one) as { messages: unknown[] }).messages.at(-1)).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "task_response", arguments: text } }],
    });
    const last = (
      encode("huggingface_chat_template_toolcall_jsonl", one) as { conversations: unknown[] }
    ).conversations.at(-1);
    expect(last).toEqual({
      role: "assistant",
      tool_calls: [
        {
          type: "function",
          function: {
            name: "task_response",
            id: expect.stringMatching(/^[0-9a-f]{9}$/) as string,
            arguments: { age: 200, é: "é" },
          },
        },
      ],
    });
  });
  it.each(["openai_chat_json_schema_jsonl", "openai_chat_toolcall_jsonl", "huggingface_chat_template_toolcall_jsonl"])(
    "%s refuses others",
    (format) => {
      for (const answer of ["200 years.", "[1]", '"a"', "{"])
        expect(encode(format, run(answer))).toContain("no JSON object");
    },
  );
});

describe("vertex_gemini", () => {
  it("has calls as parts, and the tools' answers to them in one content", () => {
    expect(encode("vertex_gemini", run())).toEqual({
      systemInstruction: { role: "system", parts: [{ text: "Be short." }] },
      contents: [
        { role: "user", parts: [{ text: "How old? {thinking}" }] },
        {
          role: "model",
          parts: [
            { functionCall: { name: "age", args: { of: "mill" } } },
            { functionCall: { name: "age", args: { of: "mill" } } },
          ],
        },
        {
          parts: [
            { functionResponse: { name: "age", response: { content: "200" } } },
            { functionResponse: { name: "age", response: { content: "201" } } },
          ],
        },
        { role: "model", parts: [{ text: "200 years." }] },
      ],
    });
  });

  it("describes tools with types in capitals", () => {
    const described = {
      type: "function",
      function: {
        name: "age",
        description: "d",
        parameters: { type: "object", properties: { type: { type: "string" } } },
      },
    };
    const one = record({ messages: [user("q"), assistant("a")], tools: [described] });
    expect(encode("vertex_gemini", one)).toMatchObject({
      tools: [
        {
          functionDeclarations: [
            { name: "age", description: "d", parameters: { type: "OBJECT", properties: { type: { type: "STRING" } } } },
          ],
        },
      ],
    });
  });

  it("refuses what Vertex could not read", () => {
    const one = run();
    const turns = (calls: unknown) =>
      one.turns!.map((turn) => (turn.tool_calls === undefined ? turn : { ...turn, tool_calls: calls as never }));
    expect(encode("vertex_gemini", { ...one, turns: turns([call("c1", "[1]"), call("c2")]) })).toContain(
      "no JSON object",
    );
    expect(encode("vertex_gemini", { ...one, turns: turns([call("c1")]) })).toContain("a tool's answer to no call");
  });
});
