import { existsSync } from "node:fs";

import {
  getLlama,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  type Llama,
  type LlamaContext,
  type LlamaModel,
} from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { compileValidator } from "../../../pipeline/schema/validate.js";
import type { JsonSchema } from "../../backend.js";
import { schemaToGbnf } from "./index.js";
import { cases } from "./testing/cases.js";
import { Matcher } from "./testing/matcher.js";

const MODEL = "models/quern-embedded.gguf";
const MAX_TOKENS = 300;

const generated: [string, JsonSchema][] = [
  [
    "pairs",
    {
      type: "array",
      minItems: 1,
      maxItems: 3,
      items: {
        type: "object",
        properties: {
          question: { type: "string", minLength: 5, maxLength: 60 },
          answer: { type: "string", maxLength: 40 },
        },
        required: ["question", "answer"],
        additionalProperties: false,
      },
    },
  ],
  [
    "optional",
    { type: "object", properties: { a: { type: "boolean" }, b: { type: "null" }, c: { enum: ["x", "é\n"] } } },
  ],
  ["integers", { type: "array", items: { type: "integer", minimum: -37, maximum: 1234 }, minItems: 5, maxItems: 9 }],
  [
    "numbers",
    { type: "array", items: { type: "number", minimum: -0.5, exclusiveMaximum: 10 }, minItems: 4, maxItems: 4 },
  ],
  ["free numbers", { type: "array", items: { type: "number" }, maxItems: 4 }],
  ["long string", { type: "string", minLength: 20, maxLength: 300 }],
  ["pattern", { type: "string", pattern: "^[A-Z][a-z]{2,8}( [a-z]{1,8}){1,4}[.?]$" }],
  ["pattern without end", { type: "string", pattern: "^a|[0-9]{2}" }],
  ["date-time", { type: "array", items: { type: "string", format: "date-time" }, minItems: 3, maxItems: 3 }],
  [
    "formats",
    {
      type: "array",
      prefixItems: ["date", "time", "uuid", "ipv4", "email"].map((format) => ({ type: "string", format })),
      minItems: 5,
    },
  ],
  [
    "tagged",
    {
      oneOf: ["a", "b"].map((kind) => ({
        type: "object",
        properties: { kind: { const: kind }, [kind]: { type: "integer" } },
        required: ["kind", kind],
      })),
    },
  ],
  [
    "anyOf",
    {
      type: "array",
      items: { anyOf: [{ type: "integer" }, { type: "string", maxLength: 5 }, { type: "null" }] },
      minItems: 3,
      maxItems: 6,
    },
  ],
  [
    "tree",
    {
      $defs: {
        node: {
          type: "object",
          properties: {
            v: { type: "integer", minimum: 0, maximum: 9 },
            kids: { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 },
          },
          required: ["v"],
        },
      },
      $ref: "#/$defs/node",
    },
  ],
  [
    "further properties",
    {
      type: "object",
      properties: { naïve: { const: 1 } },
      additionalProperties: { type: "boolean" },
      maxProperties: 4,
    },
  ],
  [
    "counted",
    {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 }, d: { const: 4 } },
      minProperties: 2,
      maxProperties: 3,
    },
  ],
  ["anything", { type: "array", items: {}, maxItems: 3 }],
];

describe.skipIf(!existsSync(MODEL))("llama.cpp", () => {
  let llama: Llama;
  let model: LlamaModel;
  let context: LlamaContext;

  beforeAll(async () => {
    llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error });
    model = await llama.loadModel({ modelPath: MODEL });
    context = await model.createContext({ contextSize: 1024 });
  }, 60_000);

  afterAll(async () => {
    await context.dispose();
    await model.dispose();
    await llama.dispose();
  });

  it.each(cases)("reads the grammar of $name", async ({ schema }) => {
    const grammar = await llama.createGrammar({ grammar: schemaToGbnf(schema).grammar });
    expect(new LlamaGrammarEvaluationState({ model, grammar })).toBeDefined();
  });

  it.each(generated)(
    "generates valid JSON: %s",
    async (_name, schema) => {
      const { grammar: text, checkedAfterwards } = schemaToGbnf(schema);
      expect(checkedAfterwards).toEqual([]);
      const grammar = await llama.createGrammar({ grammar: text });
      const matcher = new Matcher(text);
      const validate = compileValidator(schema);
      let complete = 0;
      for (const seed of [1, 2, 3]) {
        const answer = await generate(new LlamaGrammarEvaluationState({ model, grammar }), seed);
        if (!answer.complete) continue;
        complete++;
        expect([answer.text, validate(JSON.parse(answer.text))]).toEqual([answer.text, { valid: true }]);
        expect([answer.text, matcher.accepts(answer.text)]).toEqual([answer.text, true]);
      }
      // What has no bound may run on to the last token.
      if (!/tree|anything|further|free|without end/.test(_name)) expect(complete).toBeGreaterThan(0);
    },
    60_000,
  );

  async function generate(
    grammarEvaluationState: LlamaGrammarEvaluationState,
    seed: number,
  ): Promise<{ text: string; complete: boolean }> {
    const sequence = context.getSequence();
    try {
      const prompt = model.tokenize("Write JSON:\n");
      const tokens = [];
      for await (const token of sequence.evaluate(prompt, { temperature: 1.2, seed, grammarEvaluationState })) {
        tokens.push(token);
        if (tokens.length >= MAX_TOKENS) return { text: model.detokenize(tokens), complete: false };
      }
      // The end of generation itself is not among the tokens.
      return { text: model.detokenize(tokens), complete: true };
    } finally {
      void sequence.dispose();
    }
  }
});
