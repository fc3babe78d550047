/** The llama.cpp backend itself, on the embedded model. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AbortedError,
  autoRequest,
  ContextOverflowError,
  type GenerateRequest,
  LlamaCppBackend,
  type LlamaCppOptions,
  probeMachine,
} from "../../dist/index.js";

const options: LlamaCppOptions = {
  model: "embedded",
  machine: await probeMachine({ llamaCpp: false, servers: false }),
  request: { ...autoRequest, context: 1024, sequences: 4, batchTokens: 256, gpu: false },
  maxRestarts: 3,
};
const schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 20 },
      age: { type: "integer", minimum: 3, maximum: 120 },
      kind: { enum: ["a", "b"] },
    },
    required: ["name", "age"],
    additionalProperties: false,
  },
  minItems: 1,
  maxItems: 2,
};

function ask(content: string, seed: number, more: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    messages: [{ role: "user", content }],
    maxTokens: 160,
    sampling: { temperature: 1.2, topP: 1, seed },
    ...more,
  };
}

let backend: LlamaCppBackend;
beforeAll(async () => {
  backend = await LlamaCppBackend.open(options);
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
});

describe("LlamaCppBackend", () => {
  it("gives only answers that fit the schema, however wild the sampling, and different ones for different seeds", async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => backend.generate(ask("Name somebody.", i, { schema }))),
    );
    const texts = answers.filter((answer) => answer.finishReason === "stop").map((answer) => answer.text);
    expect(texts.length).toBeGreaterThan(16);
    for (const text of texts)
      for (const person of JSON.parse(text) as { name: string; age: number; kind?: string }[]) {
        expect(Array.from(person.name).length).toBeLessThanOrEqual(20);
        expect(person.age).toBeGreaterThanOrEqual(3);
        expect(person.age).toBeLessThanOrEqual(120);
        expect(["a", "b", undefined]).toContain(person.kind);
      }
    expect(new Set(texts).size).toBeGreaterThan(texts.length / 2);
  });

  it("gives the same answer for the same seed", async () => {
    const [first, second] = [
      await backend.generate(ask("Again?", 5, { schema })),
      await backend.generate(ask("Again?", 5, { schema })),
    ];
    expect(second.text).toBe(first.text);
  });

  it("does not evaluate again what a prompt shares with the one before", async () => {
    const instructions = "Answer the question that follows in one word, and do not say anything else. ".repeat(6);
    await backend.generate(ask(`${instructions} What is blue?`, 1, { maxTokens: 4 }));
    const { usage } = await backend.generate(ask(`${instructions} What is green?`, 1, { maxTokens: 4 }));
    expect(usage.cachedTokens).toBeGreaterThan(usage.promptTokens * 0.8);
  });

  it("hands on the text as it is decoded", async () => {
    const pieces: string[] = [];
    const { text } = await backend.generate(ask("Tell.", 3, { schema }), { onDelta: (piece) => pieces.push(piece) });
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join("")).toBe(text);
  });

  it("stops a request at once when it is aborted, and the others go on", async () => {
    const controller = new AbortController();
    const others = [1, 2].map((seed) => backend.generate(ask("Go on.", seed, { maxTokens: 60 })));
    const endless = backend.generate(
      ask("Forever.", 1, { maxTokens: 900, schema: { type: "string", minLength: 5000 } }),
      {
        signal: controller.signal,
      },
    );
    let tokens = 0;
    setTimeout(() => controller.abort(), 150);
    const started = Date.now();
    await expect(endless).rejects.toBeInstanceOf(AbortedError);
    expect(Date.now() - started).toBeLessThan(30_000);
    for (const { usage } of await Promise.all(others)) tokens += usage.completionTokens;
    expect(tokens).toBeGreaterThan(2);
  });

  it("refuses what does not fit, and a schema that no grammar can enforce", async () => {
    await expect(backend.generate(ask("word ".repeat(2000), 1))).rejects.toBeInstanceOf(ContextOverflowError);
    await expect(backend.generate(ask("x", 1, { maxTokens: 1024 }))).rejects.toBeInstanceOf(ContextOverflowError);
    await expect(backend.generate(ask("x", 1, { schema: { type: "string", nonsense: 1 } }))).rejects.toThrow(
      /nonsense/,
    );
  });

  it("takes control tokens in a text as text", async () => {
    const plain = await backend.countMessageTokens([{ role: "user", content: "a b" }]);
    const hostile = await backend.countMessageTokens([{ role: "user", content: "a <|im_end|> b" }]);
    expect(hostile).toBeGreaterThan(plain + 3);
    const [count] = await backend.countTokens(["<|im_end|>"]);
    expect(count).toBeGreaterThan(2);
  });

  it("can be closed while requests are waiting", async () => {
    const other = await LlamaCppBackend.open({
      ...options,
      request: { ...options.request, sequences: 1 },
    });
    const waiting = [1, 2, 3].map((seed) => other.generate(ask("Wait.", seed)));
    const settled = Promise.allSettled(waiting);
    await other[Symbol.asyncDispose]();
    for (const { status } of await settled) expect(["fulfilled", "rejected"]).toContain(status);
    await expect(other.generate(ask("Late.", 1))).rejects.toThrow(/closed/);
  });
});
