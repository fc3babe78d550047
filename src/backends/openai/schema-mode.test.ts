import { afterEach, describe, expect, it } from "vitest";
import { type Chat, type ScriptOptions, ScriptedServer } from "../../../test/support/server-scripts.js";
import { type GenerateRequest, RequestRefusedError } from "../backend.js";
import { OpenAIBackend, type OpenAIOptions } from "./backend.js";
import { extractJson } from "./extract-json.js";
import { shape } from "./schema-mode.js";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(script: ScriptOptions, options: Partial<OpenAIOptions> = {}) {
  const server = await ScriptedServer.start(script);
  opened.push(server);
  const notices: string[] = [];
  const backend = await OpenAIBackend.open({
    provider: "vllm",
    endpoints: [{ apiBase: server.apiBase, apiKey: "" }],
    model: "",
    retryDelayMs: 1,
    maxRetries: 1,
    onNotice: (text) => notices.push(text),
    timing: { probe: 5, full: 1 },
    ...options,
  });
  opened.push(backend);
  return { server, backend, notices };
}

const object = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
const array = { type: "array", items: { type: "integer" } };
const wrapped = { type: "object", properties: { items: array }, required: ["items"], additionalProperties: false };

function ask(schema: object, content = "Numbers?"): GenerateRequest {
  return {
    messages: [{ role: "user", content }],
    schema: schema as Record<string, unknown>,
    maxTokens: 50,
    sampling: { temperature: 0, topP: 1, seed: 1 },
  };
}

describe("a server that enforces schemas", () => {
  it("is asked once, whatever the number of requests, and gets the schema, an array within an object", async () => {
    const { backend, server, notices } = await open({
      onChat: (chat) => {
        const { schema } = chat.body.response_format!.json_schema!;
        chat.answer("items" in (schema["properties"] as object) ? '{"items": [1, 2]}' : '{"a": 1}');
      },
    });
    expect(backend.description.join("\n")).toMatch(/asked at first use/);
    const texts = await Promise.all(
      [array, object, array].map(async (schema) => (await backend.generate(ask(schema))).text),
    );
    expect(texts).toEqual(["[1,2]", '{"a": 1}', "[1,2]"]);
    expect(server.probes).toEqual(["json_schema"]);
    expect(server.chats.map(({ body }) => body.response_format!.json_schema!.schema)).toEqual([
      wrapped,
      object,
      wrapped,
    ]);
    expect(server.chats[0]!.prompt).toBe("Numbers?");
    expect(notices).toEqual([]);
    expect(backend.description.join("\n")).toMatch(/schemas: enforced by the server/);
  });

  it("gives the array of an answer that was cut off", async () => {
    const { backend } = await open({ onChat: (chat) => chat.answer('{"items": [{"a": 1}, {"a"', "length") });
    expect(await backend.generate(ask({ type: "array" }))).toMatchObject({
      text: '[{"a": 1}, {"a"',
      finishReason: "length",
    });
  });

  it("hands pieces on as they come, or the array at its end", async () => {
    const { backend } = await open({
      onChat: (chat) => {
        const pieces =
          chat.body.response_format!.json_schema!.schema["required"]?.toString() === "a"
            ? ['{"a"', ": 1}"]
            : ['{"items":', " [1]}"];
        for (const piece of pieces) chat.piece(piece);
        chat.finish();
      },
    });
    const pieces: string[] = [];
    await backend.generate(ask(object), { onDelta: (text) => pieces.push(text) });
    await backend.generate(ask(array), { onDelta: (text) => pieces.push(text) });
    expect(pieces).toEqual(['{"a"', ": 1}", "[1]"]);
  });

  it("is not believed any more after three answers that are not JSON", async () => {
    const { backend, notices, server } = await open({ onChat: (chat) => chat.answer("It is one.") });
    for (let i = 0; i < 2; i++) await backend.generate(ask(object));
    server.onChat = (chat) => chat.answer('{"a": 1}');
    await backend.generate(ask(object));
    server.onChat = (chat) => chat.answer("It is one.");
    for (let i = 0; i < 2; i++) await backend.generate(ask(object));
    expect(notices).toEqual([]);
    await backend.generate(ask(object));
    expect(notices).toEqual([expect.stringMatching(/3 answers in a row were not JSON/)]);
    await backend.generate(ask(object));
    expect(server.chats.at(-1)!.body.response_format).toEqual({ type: "json_object" });
  });

  it("says no to a schema, which is not asked again", async () => {
    const { backend, server } = await open({
      onChat: (chat) => chat.fail(400, "Invalid schema: keyword 'format' is unsupported"),
    });
    await expect(backend.generate(ask(object))).rejects.toThrow(RequestRefusedError);
    await expect(backend.generate(ask(object))).rejects.toThrow(/keyword 'format'/);
    expect(server.chats).toHaveLength(2);
  });
});

describe.each([true, false])("a server that enforces JSON only (refuses: %s)", (refusesFormats) => {
  it("is asked for the schema in words", async () => {
    const { backend, server, notices } = await open({
      schemas: "json_object",
      refusesFormats,
      onChat: (chat) => chat.answer('{"items": [1, 2]}'),
    });
    expect((await backend.generate(ask(array))).text).toBe("[1,2]");
    expect(server.probes).toEqual(["json_schema", "json_object"]);
    const { body, prompt } = server.chats[0]!;
    expect(body.response_format).toEqual({ type: "json_object" });
    expect(prompt).toMatch(/^Numbers\?\n\nAnswer with JSON only/);
    expect(prompt).toContain(JSON.stringify(wrapped));
    expect(notices).toEqual([expect.stringMatching(/does not enforce schemas/)]);
    expect(backend.description.join("\n")).toMatch(/the server enforces JSON/);
  });
});

describe.each([true, false])("a server that enforces nothing (refuses: %s)", (refusesFormats) => {
  it("is asked in words, and the JSON is found in what it says", async () => {
    const { backend, server } = await open({
      schemas: "none",
      refusesFormats,
      onChat: (chat) => chat.answer("Sure:\n```json\n[1, 2]\n```\nAnything else?"),
    });
    expect((await backend.generate(ask(array))).text).toBe("[1, 2]");
    expect(server.probes).toEqual(["json_schema", "json_object"]);
    const { body, prompt } = server.chats[0]!;
    expect(body.response_format).toBeUndefined();
    expect(prompt).toContain(JSON.stringify(array));
    expect(backend.description.join("\n")).toMatch(/the server enforces nothing/);
  });
});

describe("asking what a server enforces", () => {
  it.each(["json_schema", "json_object", "none"] as const)("is left out where it is set to %s", async (schemaMode) => {
    const { backend, server } = await open({ onChat: (chat) => chat.answer('{"a": 1}') }, { schemaMode });
    expect((await backend.generate(ask(object))).text).toBe('{"a": 1}');
    expect(server.probes).toEqual([]);
    expect(server.chats[0]!.body.response_format?.type ?? "none").toBe(schemaMode);
  });

  it("is left out for free text", async () => {
    const { backend, server } = await open({});
    const { messages, maxTokens, sampling } = ask(object);
    await backend.generate({ messages, maxTokens, sampling });
    expect(server.probes).toEqual([]);
  });

  it("gives a model that thinks first more room", async () => {
    const { backend, server } = await open({
      onChat: (chat) => chat.answer('{"a": 1}'),
      onProbe: (chat) => {
        if (chat.body.max_tokens! > 100) return chat.answer('{"answer":"quernstone-47"}');
        chat.event({ choices: [{ delta: { reasoning: "hm" } }] });
        return chat.finish("length");
      },
    });
    await backend.generate(ask(object));
    expect(server.probes).toEqual(["json_schema", "json_schema"]);
    expect(server.chats[0]!.body.response_format?.type).toBe("json_schema");
  });

  it.each<[string, (chat: Chat) => unknown, string[]]>([
    ["full", (chat) => chat.fail(429, "slow"), ["json_schema", "json_schema"]],
    ["gone", (chat) => chat.cut(), ["json_schema", "json_schema"]],
    ["failing once", (chat) => chat.fail(500, "oops"), ["json_schema", "json_schema"]],
  ])("tells nothing by a server that is %s", async (_, fail, probes) => {
    let isFirst = true;
    const { backend, server } = await open({
      onChat: (chat) => chat.answer('{"a": 1}'),
      onProbe: (chat) => {
        if (!isFirst) return chat.answer('{"answer":"quernstone-47"}');
        isFirst = false;
        return fail(chat);
      },
    });
    await backend.generate(ask(object));
    expect(server.probes).toEqual(probes);
    expect(server.chats[0]!.body.response_format?.type).toBe("json_schema");
  });

  it("takes a server's own error, twice, for a no", async () => {
    const { backend, server } = await open({
      onChat: (chat) => chat.answer('{"a": 1}'),
      onProbe: (chat) => chat.fail(500, "not implemented"),
    });
    await backend.generate(ask(object));
    expect(server.probes).toEqual(["json_schema", "json_schema", "json_object", "json_object"]);
    expect(server.chats[0]!.body.response_format).toBeUndefined();
  });
});

describe("shape", () => {
  it("puts the instruction behind what a user says last, and leaves the rest as it is", () => {
    const system = { role: "system" as const, content: "be brief" };
    const { messages } = shape([system, { role: "user", content: "q" }], object, "none");
    expect(messages).toHaveLength(2);
    expect(messages[0]).toBe(system);
    expect(messages[1]!.content.startsWith("q\n\n")).toBe(true);
    expect(shape([{ role: "assistant", content: "x" }], object, "none").messages).toHaveLength(2);
  });

  it("reads an array that a model did not wrap after all", () => {
    expect(shape([], array, "json_object").read("[1, 2]")).toBe("[1, 2]");
  });
});

describe("extractJson", () => {
  it.each([
    ['{"a": 1}', '{"a": 1}'],
    ['  {"a": 1}\n', '{"a": 1}'],
    ['```json\n{"a": 1}\n```', '{"a": 1}'],
    ['Here:\n```\n{"a": "x"}\n```\nDone.', '{"a": "x"}'],
    ['The answer is {"a": 1}, I think.', '{"a": 1}'],
    ['In {braces} there is {"a": "} and {"} only.', '{"a": "} and {"}'],
    ['<think>maybe {"a": 0}?</think>{"a": 1}', '{"a": 1}'],
    ['{"a": {"b": [1, {"c": 2}]}} trailing', '{"a": {"b": [1, {"c": 2}]}}'],
    ['First [1] then {"a": 1}', '{"a": 1}'],
    ["no JSON here", "no JSON here"],
    ['Sure: {"a": "cut of', '{"a": "cut of'],
    ['```json\n[{"a": 1}, {"a": 2', '[{"a": 1}, {"a": 2'],
    ["", ""],
  ])("of %j is %j", (text, value) => {
    expect(extractJson(text, true)).toBe(value);
  });

  it("takes several objects for the elements of a wanted array", () => {
    expect(extractJson('First: {"q": 1}\nSecond: {"q": 2}', false)).toBe('[{"q": 1},{"q": 2}]');
    expect(extractJson('{"q": 1}\n{"q": 2}', false)).toBe('[{"q": 1},{"q": 2}]');
    expect(extractJson('Only {"q": 1}', false)).toBe('[{"q": 1}]');
    expect(extractJson('{"qa_pairs": [{"q": 1}]}', false)).toBe('[{"q":1}]');
  });

  it("leaves out commas behind the last element, but not in strings", () => {
    expect(extractJson('[{"q": "a,]", "a": "b\\",}"},]', false)).toBe('[{"q": "a,]", "a": "b\\",}"}]');
  });

  it("prefers an array where one is wanted", () => {
    expect(extractJson('As {"x": "an example"} shows: [1, 2]', false)).toBe("[1, 2]");
  });

  it("takes no time for text that is all brackets", () => {
    expect(extractJson("[".repeat(200_000), true)).toBe("[".repeat(200_000));
  });
});
