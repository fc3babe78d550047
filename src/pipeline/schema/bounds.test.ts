import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { JsonSchema } from "../../backends/backend.js";
import { schemaToGbnf } from "../../backends/llama-cpp/gbnf/index.js";
import { dumps } from "../../backends/llama-cpp/gbnf/json.js";
import { schemaWithExample } from "../../backends/llama-cpp/gbnf/testing/arbitrary.js";
import { cases } from "../../backends/llama-cpp/gbnf/testing/cases.js";
import { Matcher } from "../../backends/llama-cpp/gbnf/testing/matcher.js";
import { seeded } from "../../backends/llama-cpp/gbnf/testing/random.js";
import { boundSchema } from "./bounds.js";
import { patternLength } from "./bound-sizes.js";
import { embedSchema } from "./embed.js";
import { parseTaskSchema } from "./task-schema.js";
import { compileValidator } from "./validate.js";

const isValid = (schema: JsonSchema, value: unknown) => compileValidator(schema)(value).valid;

/** Whether a grammar generates only finitely many texts: no repetition without an end, no rule within itself. */
function isFinite(grammar: string): boolean {
  const rules = new Map(
    grammar
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ::= ") as [string, string]),
  );
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (name: string): boolean => {
    if (done.has(name)) return true;
    if (open.has(name)) return false;
    open.add(name);
    const bare = rules.get(name)!.replace(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]/gs, "_");
    if (/[*+]|\{\d+,\}/.test(bare)) return false;
    for (const [word] of bare.matchAll(/[A-Za-z][A-Za-z0-9-]*/g)) if (rules.has(word) && !visit(word)) return false;
    open.delete(name);
    done.add(name);
    return true;
  };
  return visit("root");
}

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["name"],
    },
  },
  $ref: "#/$defs/node",
};

describe("boundSchema", () => {
  it("gives strings, lists and maps an end", () => {
    const schema = {
      type: "object",
      properties: {
        text: { type: "string" },
        short: { type: "string", maxLength: 3 },
        code: { type: "string", pattern: "^[A-Z]{3}$" },
        id: { type: "string", format: "uuid" },
        list: { type: "array", items: { type: "string", minLength: 5000 } },
        pair: { type: "array", prefixItems: [{ type: "string" }, {}] },
        map: { type: "object", additionalProperties: { type: "integer" } },
        kind: { enum: ["a", "b"], type: "string" },
        free: { description: "anything" },
      },
      required: ["text"],
      additionalProperties: false,
    };
    const bounded = boundSchema(schema, 400) as typeof schema;
    const { text, short, code, id, list, map, kind, free } = bounded.properties;
    expect(text).toEqual({ type: "string", maxLength: expect.any(Number) as number });
    expect(short).toEqual(schema.properties.short);
    expect(code).toEqual(schema.properties.code);
    expect(id).toEqual(schema.properties.id);
    expect(list).toEqual({ type: "array", maxItems: 18, items: { type: "string", minLength: 5000, maxLength: 10000 } });
    expect(map).toMatchObject({ maxProperties: 10, propertyNames: { maxLength: 40 } });
    expect(kind).toEqual(schema.properties.kind);
    expect(free).toEqual({ description: "anything", $ref: "#/$defs/anything" });
    expect(bounded.required).toEqual(["text"]);
    expect(isFinite(schemaToGbnf(bounded).grammar)).toBe(true);
  });

  it("gives strings more room the more tokens there are and the fewer strings", () => {
    const longest = (schema: JsonSchema, tokens: number): number =>
      Number(/"maxLength":(\d+)/.exec(JSON.stringify(boundSchema(schema, tokens)))?.[1]);
    const of = (count: number) => ({
      type: "object",
      properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: "string" }])),
    });
    expect(longest(of(1), 100)).toBeGreaterThan(250);
    expect(longest(of(10), 1000)).toBeGreaterThan(200);
    expect(longest(of(10), 1000)).toBeLessThan(longest(of(2), 1000));
    expect(longest(of(100), 100)).toBe(40);
    expect(longest(of(1), 1_000_000)).toBe(8000);
  });

  it("lets a list that says how long it may be have no more items than fit, and no fewer than it must", () => {
    const line = { type: "object", properties: { price: { type: "number" }, discount: { type: "number" } } };
    const most = (tokens: number, more: object = {}) =>
      (boundSchema({ type: "array", items: line, maxItems: 50, ...more }, tokens) as { maxItems: number }).maxItems;
    expect(most(300)).toBeLessThan(most(600));
    expect(most(600)).toBeLessThan(50);
    expect(most(20_000)).toBe(50);
    expect(most(100, { minItems: 30 })).toBe(30);
    expect(most(1)).toBe(1);
  });

  it("ends recursion where a value can do without", () => {
    const bounded = boundSchema(tree, 500);
    const { grammar } = schemaToGbnf(bounded);
    expect(isFinite(grammar)).toBe(true);
    const deep = (n: number): unknown => ({ name: "x", ...(n === 0 ? {} : { children: [deep(n - 1)] }) });
    expect([0, 1, 2, 3].map((n) => isValid(bounded, deep(n)))).toEqual([true, true, false, false]);
    expect(new Matcher(grammar).accepts(dumps(deep(1)))).toBe(true);
    expect(
      isFinite(schemaToGbnf(embedSchema(bounded, "x", (items) => ({ type: "array", items, maxItems: 2 }))).grammar),
    ).toBe(true);
  });

  it.each<[string, JsonSchema]>([
    ["a list", { type: "object", properties: { v: { type: "integer" }, next: { $ref: "#" } }, required: ["v"] }],
    [
      "a list that ends with null",
      {
        type: "object",
        properties: { next: { anyOf: [{ $ref: "#" }, { type: "null" }] } },
        required: ["next"],
        additionalProperties: false,
      },
    ],
    [
      "an expression",
      {
        $defs: {
          sum: {
            type: "array",
            prefixItems: [{ const: "+" }, { $ref: "#/$defs/e" }, { $ref: "#/$defs/e" }],
            minItems: 3,
          },
          paren: {
            type: "object",
            properties: { e: { $ref: "#/$defs/e" } },
            required: ["e"],
            additionalProperties: false,
          },
          e: { anyOf: [{ $ref: "#/$defs/sum" }, { $ref: "#/$defs/paren" }, { type: "integer" }] },
        },
        $ref: "#/$defs/e",
      },
    ],
    [
      "a long way round",
      {
        $defs: Object.fromEntries(
          Array.from({ length: 8 }, (_, n) => [
            `s${n}`,
            n === 7
              ? { anyOf: [{ $ref: "#/$defs/s0" }, { const: "end" }] }
              : { type: "array", items: { $ref: `#/$defs/s${n + 1}` }, minItems: 1, maxItems: 1 },
          ]),
        ),
        $ref: "#/$defs/s0",
      },
    ],
    [
      "maps of maps",
      {
        type: "object",
        additionalProperties: { $ref: "#" },
        patternProperties: { "^x": { $ref: "#/$defs/n" } },
        $defs: { n: { $ref: "#" } },
      },
    ],
    [
      "properties by reference",
      { type: "object", properties: { a: { type: "object", properties: { b: { $ref: "#/properties/a" } } } } },
    ],
    ["a tuple", { type: "array", prefixItems: [{ type: "integer" }, { $ref: "#" }, { type: "string" }], items: false }],
    ["items that may be lists", { type: ["array", "string"], items: { $ref: "#" } }],
  ])("ends recursion: %s", (_name, schema) => {
    const bounded = boundSchema(schema, 300);
    const { grammar } = schemaToGbnf(bounded);
    expect(isFinite(grammar)).toBe(!_name.startsWith("maps"));
    const random = seeded(3);
    const matcher = new Matcher(grammar);
    for (let n = 0; n < 60; n++) {
      const value: unknown = JSON.parse(matcher.generate(random, 40 + n * 5));
      if (isValid(bounded, value)) expect([value, isValid(schema, value)]).toEqual([value, true]);
    }
  });

  it("leaves alone what would be less elsewhere", () => {
    const long = { type: "string", minLength: 1 };
    for (const schema of [
      { not: long },
      { if: long, then: { pattern: "^a" }, else: { type: "integer" } },
      { type: "array", contains: long, maxContains: 1 },
      { oneOf: [long, { type: "string", maxLength: 500 }] },
      { $defs: { long }, not: { $ref: "#/$defs/long" }, type: ["string", "null"] },
    ] as JsonSchema[]) {
      const bounded = boundSchema(schema, 10);
      for (const value of ["", "b".repeat(300), "a".repeat(300), ["b".repeat(300), "b".repeat(300)], null])
        if (isValid(bounded, value)) expect([schema, value, isValid(schema, value)]).toEqual([schema, value, true]);
    }
  });

  it("bounds what a tag tells apart, and what stands beside other schemas no more than they bear", () => {
    const tagged = {
      oneOf: ["a", "b"].map((kind) => ({
        type: "object",
        properties: { kind: { const: kind }, text: { type: "string" } },
        required: ["kind", "text"],
        additionalProperties: false,
      })),
    };
    expect(isFinite(schemaToGbnf(boundSchema(tagged, 100)).grammar)).toBe(true);
    const together = {
      allOf: [
        { type: "object", properties: { a: { type: "string" }, l: { type: "array" } }, required: ["a", "l"] },
        { properties: { a: { minLength: 900, pattern: "^x{900}" }, l: { minItems: 30 } } },
        { properties: { a: { enum: ["x".repeat(1000)] } } },
      ],
    };
    const value = { a: "x".repeat(1000), l: Array<number>(30).fill(1) };
    expect(compileValidator(boundSchema(together, 50))(value)).toEqual({ valid: true });
    expect(() => schemaToGbnf(boundSchema(together, 50))).not.toThrow();
  });

  it("reckons how long the matches of a pattern are at least", () => {
    const patterns = [
      "^a$",
      "^[a-z]{3}-\\d{4}$",
      "^(?:[0-9a-f]{4}){8}$",
      "^(?!\\.)x*y?(ab)?c+$",
      "a|bc",
      "^\\S+@\\S+$",
      "^.{0,40}$",
    ];
    expect(patterns.map(patternLength)).toEqual([1, 36, 32, 3, 3, 3, 0]);
  });

  it("narrows patterns to what Python reads alike", () => {
    const pattern = (source: string) =>
      (boundSchema({ type: "string", pattern: source }, 900) as { pattern: string }).pattern;
    expect(pattern("^\\S+$")).toBe("^[^\\s\\x1c-\\x1f\\x85]+$");
    expect(pattern("^[^\\s,]+\\s\\w$")).toBe("^[^\\s\\x1c-\\x1f\\x85,]+[ \\t\\n\\r]\\w$");
    expect(pattern("^[\\s\\S]*\\\\s$")).toBe("^[\\s\\S]*\\\\s$");
    const wide = ["a", "é", "٣", "\u0085", "\u001d", "\ufeff", " ", "\n", "-", "→"];
    for (const source of [
      "^\\s$",
      "^\\S$",
      "^\\d$",
      "^\\D$",
      "^\\w$",
      "^\\W$",
      "^[^\\s]$",
      "^[^\\d]$",
      "^[^\\w]$",
      "^[\\s]$",
      "^[^\\S]$",
    ]) {
      const narrow = new RegExp(pattern(source), "u");
      for (const char of wide)
        if (narrow.test(char)) expect([source, char, new RegExp(source, "u").test(char)]).toEqual([source, char, true]);
      expect([source, wide.some((char) => narrow.test(char))]).toEqual([source, source !== "^\\d$" || false]);
    }
    expect(new RegExp(pattern("^\\D$"), "u").test("٣")).toBe(false);
    expect(new RegExp(pattern("^\\W$"), "u").test("é")).toBe(false);
    expect(new RegExp(pattern("^\\S$"), "u").test("\u0085")).toBe(false);
  });

  it.each(cases)("bounds $name", ({ schema }) => {
    if (typeof schema === "boolean") return;
    const ready = /\(\?<|u\{/.test(JSON.stringify(schema)) ? schema : parseTaskSchema(JSON.stringify(schema), "input");
    const bounded = boundSchema(ready, 200);
    const matcher = new Matcher(schemaToGbnf(bounded).grammar);
    const random = seeded(11);
    for (let n = 0; n < 40; n++) {
      const value: unknown = JSON.parse(matcher.generate(random));
      if (isValid(bounded, value)) expect([value, isValid(ready, value)]).toEqual([value, true]);
    }
  });

  it("takes random schemas: examples stay valid, and what is generated is valid and ends", () => {
    fc.assert(
      fc.property(schemaWithExample, fc.integer(), ({ schema, example }, seed) => {
        const bounded = boundSchema(schema, 2000);
        if (!hasAnything(schema))
          expect([bounded, compileValidator(bounded)(example)]).toEqual([bounded, { valid: true }]);
        const { grammar } = schemaToGbnf(bounded);
        if (!hasOpenNames(schema) && !hasAnything(schema)) expect(isFinite(grammar)).toBe(true);
        const matcher = new Matcher(grammar);
        const random = seeded(seed);
        for (let n = 0; n < 10; n++) {
          const value: unknown = JSON.parse(matcher.generate(random));
          if (isValid(bounded, value)) expect([value, isValid(schema, value)]).toEqual([value, true]);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it("never allows what the schema forbids", () => {
    fc.assert(
      fc.property(
        wildSchema,
        fc.array(wildValue, { minLength: 10, maxLength: 20 }),
        fc.nat(60),
        (schema, values, tokens) => {
          let validate;
          try {
            validate = compileValidator(parseTaskSchema(JSON.stringify(schema), "input"));
          } catch {
            return;
          }
          const bounded = boundSchema(parseTaskSchema(JSON.stringify(schema), "input"), tokens);
          const narrow = compileValidator(bounded);
          for (const value of values)
            if (narrow(value).valid) expect([schema, value, validate(value)]).toEqual([schema, value, { valid: true }]);
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);
});

/** `{}` is narrowed to short values, and so are free-form objects: examples of them may be larger. */
function hasAnything(schema: unknown): boolean {
  return /\{\}|"additionalProperties":true/.test(JSON.stringify(schema));
}

function hasOpenNames(schema: unknown): boolean {
  return /"additionalProperties":(true|\{)/.test(JSON.stringify(schema));
}

const keys = ["a", "b", "c"];
const long = ["b".repeat(50), "a".repeat(9000)];

const { wildSchema } = fc.letrec<{ wildSchema: unknown }>((tie) => {
  const inner = tie("wildSchema");
  const keywords: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.oneof(
      fc.constantFrom("string", "array", "object"),
      fc.subarray(["string", "array", "object", "null"], { minLength: 1 }),
    ),
    minLength: fc.constantFrom(0, 1, 45),
    pattern: fc.constantFrom("a", "^b", "^\\S*$", "^[^a]+$"),
    items: inner,
    prefixItems: fc.array(inner, { minLength: 1, maxLength: 2 }),
    contains: inner,
    minItems: fc.nat(2),
    maxContains: fc.nat(2),
    properties: fc.dictionary(fc.constantFrom(...keys), inner, { maxKeys: 2 }),
    patternProperties: fc.dictionary(fc.constantFrom("^a", "b"), inner, { maxKeys: 1 }),
    additionalProperties: fc.oneof(fc.boolean(), inner),
    required: fc.subarray(keys, { maxLength: 1 }),
    propertyNames: inner,
    unevaluatedProperties: fc.oneof(fc.boolean(), inner),
    unevaluatedItems: fc.oneof(fc.boolean(), inner),
    dependentSchemas: fc.dictionary(fc.constantFrom(...keys), inner, { maxKeys: 1 }),
    allOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    anyOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    oneOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
    not: inner,
    if: inner,
    then: inner,
    else: inner,
    const: fc.constantFrom<unknown>("x", long[0], null, []),
    enum: fc.constant(["x", long[0], { a: long[0] }]),
    $ref: fc.constantFrom("#", "#/$defs/d", "#/$defs/e"),
  };
  const some = fc
    .uniqueArray(fc.constantFrom(...Object.keys(keywords)), { minLength: 1, maxLength: 3 })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, keywords[name]!]))));
  const withDefinitions = fc.tuple(some, some, some).map(([root, d, e]) => ({ ...root, $defs: { d, e } }));
  return {
    wildSchema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom<unknown>({}, true, { type: "string" }),
      some,
      withDefinitions,
    ),
  };
});

const { wildValue } = fc.letrec<{ wildValue: unknown }>((tie) => ({
  wildValue: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>("", "a", "x", null, 1, ...long),
    fc.array(tie("wildValue"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...keys, "abab"), tie("wildValue"), { maxKeys: 3 }),
  ),
}));
