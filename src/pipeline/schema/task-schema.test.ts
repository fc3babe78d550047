import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { JsonSchema } from "../../backends/backend.js";
import { schemaToGbnf } from "../../backends/llama-cpp/gbnf/index.js";
import { schemaWithExample } from "../../backends/llama-cpp/gbnf/testing/arbitrary.js";
import { cases } from "../../backends/llama-cpp/gbnf/testing/cases.js";
import { InputError } from "../../errors.js";
import { checkTaskSchema, parseTaskSchema } from "./task-schema.js";
import { compileValidator } from "./validate.js";

const input = (schema: unknown) => checkTaskSchema(JSON.stringify(schema), "input");
const object = (properties: unknown, more: object = {}) => ({ type: "object", properties, ...more });
const isValid = (schema: JsonSchema, value: unknown) => compileValidator(schema)(value).valid;

function refused(text: string, side: "input" | "output" = "input"): InputError {
  try {
    checkTaskSchema(text, side);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error(`not refused: ${text}`);
}

describe("parseTaskSchema", () => {
  it("gives the schema, the same one for the same text", () => {
    const text = '{"type": "object", "properties": {"a": {"type": "string"}}}';
    expect(parseTaskSchema(text, "output")).toEqual(JSON.parse(text));
    expect(parseTaskSchema(text, "output")).toBe(parseTaskSchema(text, "output"));
    expect(checkTaskSchema(text, "output").notes).toEqual([]);
    expect(parseTaskSchema('{"type": "array", "items": {"type": "integer"}}', "input")).toBeDefined();
    expect(parseTaskSchema("{}", "input")).toEqual({});
  });

  it.each<[string, RegExp, RegExp]>([
    ["", /the output schema is empty/, /give a JSON Schema/],
    ["{", /is not JSON/, /give a JSON Schema/],
    ["\uFEFF{}", /byte order mark/, /without one/],
    ["[]", /it is a list, not an object/, /give/],
    ["true", /it is true, not an object/, /give/],
    ["null", /it is null/, /give/],
    ['{"type": "array", "items": {}}', /its "type" is "array"/, /put what it describes into a property/],
    ['{"type": ["object", "null"], "properties": {}}', /its "type" is \["object","null"\]/, /property/],
    ['{"properties": {}}', /it has no "type"/, /property/],
    ['{"type": "object"}', /it has no "properties"/, /list them/],
  ])("refuses %s as output", (text, message, remedy) => {
    const error = refused(text, "output");
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
  });

  it("refuses what is too large or too deep", () => {
    expect(refused(`{"enum": ["${"x".repeat(4_000_000)}"]}`).message).toMatch(/4000014 characters/);
    const deep = `${'{"items": '.repeat(120)}{}${"}".repeat(120)}`;
    expect(refused(deep).message).toMatch(/nested more than 100 deep/);
    expect(refused(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toBeInstanceOf(InputError);
    expect(refused(`{"const": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`).remedy).toMatch(/\$defs/);
  });

  it.each<[unknown, RegExp, RegExp]>([
    [object({ a: { type: "int" } }), /"type" at "\/properties\/a": "int" is no type/, /write "integer"/],
    [object({ a: { type: "String" } }), /"String" is no type/, /write "string"/],
    [object({ a: { type: "any" } }), /"any" is no type/, /leave "type" out/],
    [object({ a: { type: "date" } }), /"date" is no type/, /"format": "date"/],
    [object({ a: { type: "enum" } }), /"enum" is no type/, /write "enum"/],
    [object({ a: { type: "thing" } }), /"thing" is no type/, /there are object/],
    [{ type: [] }, /list of types is empty/, /leave it out/],
    [{ type: ["string", "string"] }, /twice/, /once/],
    [object({ a: "string" }), /"properties" at its root: at "\/properties\/a" a schema is/, /\{"type": "string"\}/],
    [object(["a"]), /"properties" at its root: it must be an object/, /"properties": \{/],
    [
      object({ a: { type: "string", required: true } }),
      /"required" at "\/properties\/a": .*older draft/,
      /list the names/,
    ],
    [object({}, { required: "a" }), /"required" at its root: it must be a list/, /"required": \["name"\]/],
    [object({}, { required: ["a", "a"] }), /twice/, /once/],
    [{ items: [{ type: "string" }] }, /"items" at its root: a list.*older draft/, /prefixItems/],
    [{ exclusiveMinimum: true, minimum: 5 }, /"exclusiveMinimum".*older draft/, /"exclusiveMinimum": 5/],
    [{ minLength: "3" }, /"minLength".*whole number from 0, not "3"/, /"minLength": 3/],
    [{ maxItems: -1 }, /"maxItems".*not -1/, /./],
    [{ multipleOf: 0 }, /"multipleOf".*more than 0/, /./],
    [{ minimum: "1" }, /"minimum".*a number, not "1"/, /./],
    [{ enum: "a" }, /"enum".*a list/, /"enum": \["a"\]/],
    [{ anyOf: [] }, /"anyOf".*at least one/, /./],
    [{ allOf: {} }, /"allOf".*list of schemas/, /./],
    [{ uniqueItems: "yes" }, /"uniqueItems".*true or false/, /true/],
    [{ title: 3 }, /"title".*a text/, /quotes/],
    [{ dependentRequired: { a: "b" } }, /"dependentRequired".*list of names/, /./],
    [{ $anchor: "1x" }, /"\$anchor".*pattern/, /correct/],
    [{ pattern: "(" }, /"pattern" at its root: it is no regular expression/, /classes/],
    [{ pattern: "^\\p{L}+$" }, /"pattern".*\\p\{.*Python/, /name the characters/],
    [{ pattern: "(?<year>\\d+)" }, /"pattern".*named group/, /plain group/],
    [{ patternProperties: { "[": {} } }, /"patternProperties"/, /./],
    [{ properties: JSON.parse('{"__proto__": {}}') as unknown }, /"properties".*__proto__/, /another name/],
    [{ $ref: "#/$defs/x", $defs: { y: {} } }, /"\$ref" at its root: "#\/\$defs\/x" does not exist/, /has y/],
    [{ items: { $ref: "#x" } }, /"\$ref" at "\/items".*does not exist/, /\$defs/],
    [{ $ref: "https://example.org/a.json" }, /"\$ref".*outside.*nothing is fetched/, /copy it/],
    [{ $ref: "#/title", title: "x" }, /"\$ref".*no schema/, /\$defs/],
    [{ $ref: "#" }, /"\$ref".*leads back/, /circle/],
    [{ anyOf: [{ $ref: "#/$defs/a" }], $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } } }, /leads back/, /./],
  ])("refuses %j", (schema, message, remedy) => {
    const error = refused(JSON.stringify(schema));
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^the input schema/);
    expect(error.remedy).toMatch(remedy);
  });

  it.each<[unknown, RegExp]>([
    [
      { type: "integer", minimum: 5, maximum: 3 },
      /at its root, there is no integer between "minimum" 5 and "maximum" 3/,
    ],
    [{ type: "integer", exclusiveMinimum: 2, maximum: 2.5 }, /no integer/],
    [{ type: "number", exclusiveMinimum: 2, maximum: 2 }, /nothing between/],
    [{ type: "number", multipleOf: 5, minimum: 6, maximum: 9 }, /no multiple of 5/],
    [{ type: "string", minLength: 5, maxLength: 4 }, /"minLength" 5 is more than "maxLength" 4/],
    [
      object({ a: { type: "string", minLength: 5, maxLength: 4 } }, { required: ["a"] }),
      /at "\/properties\/a", "minLength"/,
    ],
    [object({ a: false }, { required: ["a"] }), /"\/properties\/a", it is false/],
    [object({}, { required: ["a"], additionalProperties: false }), /"required" names "a"/],
    [object({ a: {}, b: {} }, { required: ["a", "b"], maxProperties: 1 }), /"maxProperties" allows 1/],
    [object({ a: {} }, { minProperties: 2, additionalProperties: false }), /"minProperties" asks for 2/],
    [{ enum: [] }, /"enum" is empty/],
    [{ enum: ["a", "b"], type: "integer" }, /"enum" has no value of "type" integer/],
    [{ const: 1.5, type: "integer" }, /"const" has no value/],
    [{ type: "array", items: { type: "string", minLength: 2, maxLength: 1 }, minItems: 1 }, /"\/items", "minLength"/],
    [{ type: "array", prefixItems: [{}, false], minItems: 2 }, /prefixItems\/1", it is false/],
    [{ contains: {}, minContains: 3, maxContains: 2 }, /"minContains" 3/],
    [{ anyOf: [false, { enum: [] }] }, /it is false/],
    [{ allOf: [{}, { not: {} }] }, /"\/allOf\/1", "not" forbids/],
    [object({ next: { $ref: "#" } }, { required: ["next"] }), /without an end/],
    [{ $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/a" }, minItems: 1 } } }, /without an end/],
  ])("tells that nothing satisfies %j", (schema, message) => {
    const error = refused(JSON.stringify(schema));
    expect(error.message).toMatch(/^no value satisfies the input schema/);
    expect(error.message).toMatch(message);
    // What the grammar cannot tell is checked of every answer, in vain.
    let unchecked = 0;
    try {
      unchecked = schemaToGbnf(schema as JsonSchema).checkedAfterwards.length === 0 ? 1 : 0;
    } catch {
      // It tells the same.
    }
    expect(unchecked).toBe(0);
  });

  it("notes what can never be there, and says nothing of what is false on purpose", () => {
    const never = { type: "integer", minimum: 3, maximum: 2 };
    expect(input(object({ a: never, b: { type: "string" }, c: false })).notes).toEqual([
      'nothing can ever stand at "/properties/a": there is no integer between "minimum" 3 and "maximum" 2',
    ]);
    expect(input({ anyOf: [never, { type: "null" }] }).notes).toHaveLength(1);
    expect(input(object({ child: { $ref: "#" }, list: { type: "array", items: { $ref: "#" } } })).notes).toEqual([]);
    expect(input({ not: { enum: [] }, if: false, then: {} }).notes).toEqual([]);
  });

  it("leaves out what is no keyword, and tells it by name", () => {
    const { schema, notes } = input(
      object({
        name: { type: "string", maxlength: 5, "x-order": 1 },
        size: { type: "integer", "x-order": 2, nullable: true },
        properties: { type: "string", minLength: 1, example: "a" },
      }),
    );
    expect(schema).toEqual(
      object({
        name: { type: "string" },
        size: { type: "integer" },
        properties: { type: "string", minLength: 1 },
      }),
    );
    expect(notes).toEqual([
      '"maxlength" at "/properties/name" is no keyword of JSON Schema and is left out; did you mean "maxLength"?',
      '"x-order" at "/properties/name" and 1 other places is no keyword of JSON Schema and is left out',
      expect.stringMatching(/^"nullable" .*write "type": \[\.\.\., "null"\]/),
      expect.stringMatching(/^"example" .*"examples"/),
    ]);
    expect(isValid(schema, { size: null })).toBe(false);
  });

  it("leaves out formats that are not known, dialects, and what means nothing without another", () => {
    const { schema, notes } = input({
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "string",
      format: "phone",
      then: { minLength: 3 },
      minContains: 2,
      allOf: [{ if: { minLength: 2 } }, { contains: {}, minContains: 0 }],
    });
    expect(schema).toEqual({ type: "string", allOf: [{}, {}] });
    expect(notes).toEqual(['the format "phone" at its root is not known and is left out']);
  });

  it("does not touch data and names that look like keywords", () => {
    const schema = object(
      { format: { const: { format: "phone", nullable: 1 } }, nullable: { enum: [{ $ref: "#/x" }] } },
      { default: { colour: 1 }, examples: [{ colour: 1 }] },
    );
    expect(input(schema)).toEqual({ schema, notes: [] });
  });

  it("follows references into what is left out, to themselves too", () => {
    const { schema, notes } = input({
      components: {
        schemas: {
          "a/b": object({ next: { $ref: "#/components/schemas/a~1b" }, n: { $ref: "#/components/n" } }),
        },
        n: { type: "integer", "x-a": 1 },
      },
      $defs: { n: { type: "string" } },
      $ref: "#/components/schemas/a~1b",
    });
    expect(notes[0]).toMatch(/^"components" at its root/);
    expect(isValid(schema, { next: { next: { n: 1 } } })).toBe(true);
    expect(isValid(schema, { next: { next: { n: "1" } } })).toBe(false);
    expect(() => schemaToGbnf(schema)).not.toThrow();
  });

  it("turns anchors into pointers", () => {
    const { schema } = input({ $defs: { "ä b": { $anchor: "n", type: "integer" } }, items: { $ref: "#n" } });
    expect(isValid(schema, [1])).toBe(true);
    expect(isValid(schema, ["x"])).toBe(false);
    expect(() => schemaToGbnf(schema)).not.toThrow();
  });

  it("reads patterns that Python reads", () => {
    const pattern = (source: string) =>
      (input({ type: "string", pattern: source }).schema as { pattern: string }).pattern;
    expect(pattern("^\\d{3}\\-\\d{4}\\_[\\w\\-\\@]+$")).toBe("^\\d{3}-\\d{4}_[\\w\\-@]+$");
    expect(pattern("\\A(?P<year>\\d{4})\\Z")).toBe("^(\\d{4})$");
    expect(pattern("^{[a-z]}]$")).toBe("^\\{[a-z]\\}\\]$");
    expect(pattern("^a\\/b{2,3}$")).toBe("^a\\/b{2,3}$");
    const { schema } = input({ patternProperties: { "^a\\-": { type: "integer" } }, additionalProperties: false });
    expect(isValid(schema, { "a-b": 1 })).toBe(true);
  });

  it("takes documents within the document, and dynamic references", () => {
    const bundled = {
      $defs: { n: { $id: "https://example.org/n", type: "integer" } },
      items: { $ref: "https://example.org/n" },
    };
    expect(isValid(input(bundled).schema, [1])).toBe(true);
    expect(isValid(input(bundled).schema, ["x"])).toBe(false);
    const dynamic = { $defs: { n: { $dynamicAnchor: "n", type: "integer" } }, items: { $dynamicRef: "#n" } };
    expect(isValid(input(dynamic).schema, ["x"])).toBe(false);
    expect(
      isValid(
        input({ $dynamicAnchor: "t", $ref: "#/$defs/a", $defs: { a: { items: { $dynamicRef: "#t" } } } }).schema,
        [[1], 2],
      ),
    ).toBe(true);
    const both = input({
      $defs: { a: { minimum: 1 }, b: { maximum: 3 } },
      $ref: "#/$defs/a",
      $dynamicRef: "#/$defs/b",
    });
    expect([0, 2, 4].map((value) => isValid(both.schema, value))).toEqual([false, true, false]);
  });

  it.each(cases)("takes $name as it is", ({ schema }) => {
    if (typeof schema === "boolean") return;
    const text = JSON.stringify(schema);
    // Named groups and \u{...} are JavaScript's alone.
    if (/\(\?<[a-z]|\\u\{/.test(text)) expect(refused(text).message).toMatch(/Python/);
    else {
      const kept = JSON.parse(text) as Record<string, unknown>;
      delete kept["$schema"];
      expect(input(schema).schema).toEqual(kept);
    }
  });

  it("takes random schemas, and what it gives means the same", () => {
    fc.assert(
      fc.property(schemaWithExample, fc.jsonValue(), ({ schema, example }, other) => {
        const { schema: ready } = input(schema);
        expect(isValid(ready, example)).toBe(true);
        expect(isValid(ready, other)).toBe(isValid(schema, other));
      }),
      { numRuns: 100 },
    );
  });

  it("refuses or takes any JSON, and never fails otherwise", () => {
    const words = [
      "type",
      "properties",
      "$ref",
      "items",
      "enum",
      "required",
      "pattern",
      "minimum",
      "anyOf",
      "string",
      "#",
    ];
    const key = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 }));
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>("string", "object", "#", "#/properties/a", 1, -1, true, null, "("),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(key, tie("json"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom("input" as const, "output" as const), (value, side) => {
        try {
          checkTaskSchema(JSON.stringify(value), side);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).remedy).toBeTruthy();
        }
      }),
      { numRuns: 1500 },
    );
  });
});
