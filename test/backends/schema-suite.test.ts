/**
 * The suite of schemas on the embedded model, whose words are near to random: as lists of inputs and as outputs after some
 * reasoning, each several times. What the engine accepts is valid, and hardly anything has to be asked again.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  autoRequest,
  boundSchema,
  embedSchema,
  Engine,
  type JsonSchema,
  LlamaCppBackend,
  MemoryAnswers,
  parseTaskSchema,
  probeMachine,
  RequestRefusedError,
} from "../../dist/index.js";
import { ajvFor, refused, suite } from "../support/schema-suite.js";

const answerTokens = 600;
const seeds = 4;
const itemsEach = 2;

let backend: LlamaCppBackend;
beforeAll(async () => {
  backend = await LlamaCppBackend.open({
    model: "embedded",
    machine: await probeMachine({ llamaCpp: false, servers: false }),
    request: { ...autoRequest, context: 1024, sequences: 8, batchTokens: 256, gpu: false },
    maxRestarts: 3,
  });
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
});

const figures: string[] = [];
afterAll(() => {
  if (process.env["QUERN_TEST_FIGURES"] !== undefined) console.log(figures.join("\n"));
});

const listOf = (items: JsonSchema) => ({ type: "array", items, minItems: 1, maxItems: itemsEach });
const thoughtAbout = (output: JsonSchema) => ({
  type: "object",
  properties: { reasoning: { type: "string", minLength: 1, maxLength: answerTokens }, output },
  required: ["reasoning", "output"],
  additionalProperties: false,
});

describe.each(suite)("%s", (name, { schema }) => {
  const item = parseTaskSchema(JSON.stringify(schema), "output");
  const ajv = ajvFor(schema);
  const optional = optionalNames(schema);

  it.each([
    ["a list of inputs", embedSchema(boundSchema(item, answerTokens / itemsEach), "input", listOf)],
    ["an output after reasoning", embedSchema(boundSchema(item, answerTokens / 2), "output", thoughtAbout)],
  ])("%s", async (kind, wrapped) => {
    const engine = new Engine(backend, { concurrency: 8, retries: 3, seed: 1 });
    const answers = new MemoryAnswers();
    backend.checkSchema(wrapped);
    const outcomes = await Promise.all(
      Array.from({ length: seeds }, (_, n) =>
        engine.run(() => ({
          messages: [{ role: "user" as const, content: `Write ${name} as JSON.` }],
          schema: wrapped,
          maxTokens: answerTokens,
          temperature: 0.9,
          topP: 1,
          seedKey: `${name} ${n}`,
          accept: (answer) => (Array.isArray(answer) ? answer : [(answer as { output: unknown }).output]) as unknown[],
          answers,
        })),
      ),
    );
    const values = outcomes.flatMap((outcome) => (outcome.ok ? outcome.value : []));
    for (const value of values) expect([value, ajv(value)]).toEqual([value, undefined]);
    const { stats } = engine;
    figures.push(
      `${name} | ${kind} | ${stats.requests} requests | ${stats.failed} of ${seeds} failed | ${JSON.stringify(stats.retries)} | ` +
        `${Math.round(stats.completionTokens / stats.requests)} tokens | ${presence(values, optional)}`,
    );
    expect(stats.failed).toBeLessThan(seeds);
  });
});

it.each(refused.filter(([, { by }]) => by === "model"))("%s is refused before anything is asked", (_name, one) => {
  const item = parseTaskSchema(JSON.stringify(one.schema), one.side);
  let thrown: unknown;
  try {
    backend.checkSchema(embedSchema(boundSchema(item, answerTokens), "output", thoughtAbout));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(RequestRefusedError);
  expect(`${(thrown as Error).message} ${(thrown as RequestRefusedError).remedy ?? ""}`).toContain(one.keyword);
});

function optionalNames(schema: Record<string, unknown>): string[] {
  const required = (schema["required"] ?? []) as string[];
  return Object.keys(schema["properties"] ?? {}).filter((name) => !required.includes(name));
}

function presence(values: readonly unknown[], names: readonly string[]): string {
  const there = (name: string): number => values.filter((value) => Object.hasOwn(value as object, name)).length;
  return names.map((name) => `${name} ${there(name)}/${values.length}`).join(", ");
}
