import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { JsonSchema } from "../../backends/backend.js";
import { schemaToGbnf } from "../../backends/llama-cpp/gbnf/index.js";
import { dumps } from "../../backends/llama-cpp/gbnf/json.js";
import { schemaWithExample } from "../../backends/llama-cpp/gbnf/testing/arbitrary.js";
import { cases } from "../../backends/llama-cpp/gbnf/testing/cases.js";
import { Matcher } from "../../backends/llama-cpp/gbnf/testing/matcher.js";
import { embedSchema } from "./embed.js";
import { compileValidator } from "./validate.js";

const inX = (schema: JsonSchema, name = "item") =>
  embedSchema(schema, name, (x) => ({ type: "object", properties: { x }, required: ["x"] }));

/** Both validators and the grammar say of `{x: value}` what they say of the value. */
function expectSame(schema: JsonSchema, values: readonly unknown[]): void {
  const embedded = inX(schema);
  const [plain, wrapped] = [compileValidator(schema), compileValidator(embedded)];
  const [own, around] = [schemaToGbnf(schema), schemaToGbnf(embedded)];
  const [inner, outer] = [new Matcher(own.grammar), new Matcher(around.grammar)];
  for (const value of values) {
    const text = dumps(value);
    expect([text, wrapped({ x: value }).valid]).toEqual([text, plain(value).valid]);
    expect([text, outer.accepts(`{"x": ${text}}`)]).toEqual([text, inner.accepts(text)]);
  }
  expect(around.checkedAfterwards.length).toBe(own.checkedAfterwards.length);
}

const strangeNames = ["a/b", "~", "~1", "50% #1", "é?", "[0]", 'q"', "鍵", "😀 key"];

describe("embedSchema", () => {
  it("leaves the meaning of random schemas as it is", () => {
    fc.assert(
      fc.property(schemaWithExample, fc.array(fc.jsonValue(), { maxLength: 4 }), ({ schema, example }, others) => {
        expectSame(schema, [example, ...others.map((value) => JSON.parse(JSON.stringify(value)) as unknown)]);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it.each(cases)("leaves the meaning of $name as it is", ({ schema, accepts, rejects }) => {
    expectSame(schema, [...accepts, ...rejects]);
  });

  it.each(strangeNames)("follows references to and from %s", (name) => {
    const step = encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
    const schema = {
      $defs: { [name]: { type: "integer" } },
      type: "object",
      properties: {
        [name]: { $ref: `#/$defs/${step}` },
        same: { $ref: `#/properties/${step}` },
        more: { type: "array", items: { $ref: "#" } },
      },
      required: [name],
      additionalProperties: false,
    };
    expectSame(schema, [{ [name]: 1 }, { [name]: "x" }, { [name]: 1, same: 2 }, { [name]: 1, same: "x" }]);
    expectSame(schema, [
      { [name]: 1, more: [{ [name]: 2, more: [] }] },
      { [name]: 1, more: [{ [name]: "x" }] },
    ]);
    const embedded = embedSchema(schema, name, (items) => ({ type: "array", items }));
    expect(compileValidator(embedded)([{ [name]: 1, same: 1 }])).toEqual({ valid: true });
    expect(compileValidator(embedded)([{ [name]: 1, same: "x" }]).valid).toBe(false);
    expect(new Matcher(schemaToGbnf(embedded).grammar).accepts(`[${dumps({ [name]: 1, same: 1 })}]`)).toBe(true);
  });

  it("resolves references by the address of the schema, which is left out", () => {
    const $id = "https://example.org/schemas/item.json";
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id,
      definitions: { n: { type: "integer" } },
      type: "array",
      prefixItems: [{ $ref: `${$id}#/definitions/n` }, { $ref: "#/definitions/n" }],
      items: { $ref: `${$id}#` },
    };
    const embedded = inX(schema);
    expect(JSON.stringify(embedded)).not.toContain("example.org");
    expectSame(schema, [[1, 2, [3]], [1, "x"], ["x"], [1, 2, [3, 4, []]], [1, 2, 3]]);
    const relative = { $id, $defs: { n: { type: "integer" } }, $ref: "item.json#/$defs/n" };
    expect(compileValidator(inX(relative))({ x: 1 }).valid).toBe(true);
    expect(compileValidator(inX(relative))({ x: "1" }).valid).toBe(false);
  });

  it("leaves alone what only looks like a reference", () => {
    const data = { $ref: "#/$defs/a" };
    const schema = {
      $defs: { a: { type: "integer" }, $ref: { type: "boolean" } },
      type: "object",
      properties: {
        $ref: { $ref: "#/$defs/$ref" },
        const: { const: data },
        enum: { enum: [data, 1] },
        items: { type: "string", default: data, examples: [data] } as JsonSchema,
      },
      required: ["$ref"],
    };
    const values = [{ $ref: true }, { $ref: 1 }, { $ref: true, const: data }, { $ref: true, const: 1 }];
    expectSame(schema, [...values, { $ref: true, enum: data }, { $ref: true, items: "x" }]);
    const { $defs } = embeddedOf(schema);
    expect($defs.item).toMatchObject({
      properties: {
        $ref: { $ref: "#/$defs/item/$defs/$ref" },
        const: schema.properties.const,
        enum: schema.properties.enum,
        items: schema.properties.items,
      },
    });
  });

  it("follows references into what no keyword speaks of", () => {
    const schema = {
      examples: [{ type: "array", items: { $ref: "#/$defs/n" } }, { $ref: "#/nowhere" }],
      $defs: { n: { type: "integer" } },
      $ref: "#/examples/0",
    };
    expectSame(schema, [[1], ["x"], 1]);
    expect((embeddedOf(schema).$defs.item as typeof schema).examples[1]).toEqual({ $ref: "#/nowhere" });
  });

  it("keeps anchors, and schemas with an address of their own", () => {
    const anchored = { $defs: { n: { $anchor: "n", type: "integer" } }, type: "array", items: { $ref: "#n" } };
    const inner = { $id: "https://example.org/n", $defs: { a: { type: "integer" } }, allOf: [{ $ref: "#/$defs/a" }] };
    const bundled = { $defs: { n: inner, top: { type: "null" } }, items: { $ref: "https://example.org/n" } };
    const relative = {
      $id: "https://example.org/all",
      $defs: { n: { ...inner, $id: "n" } },
      prefixItems: [{ $ref: "#/$defs/n" }],
      items: { $ref: "n" },
    };
    for (const schema of [anchored, bundled, relative])
      for (const value of [[1, 2], [], [1, "x"], ["x"]])
        expect([value, compileValidator(inX(schema))({ x: value })]).toEqual([
          value,
          compileValidator(schema)(value).valid ? { valid: true } : expect.objectContaining({ valid: false }),
        ]);
  });

  it("takes schemas that are true or false, wrappers with definitions, and changes nothing that it is given", () => {
    expect(compileValidator(inX(true))({ x: 1 }).valid).toBe(true);
    expect(compileValidator(inX(false))({ x: 1 }).valid).toBe(false);
    const item = { type: "array", items: { $ref: "#" } };
    const before = JSON.stringify(item);
    const both = embedSchema(item, "b", (b) => ({
      $defs: { a: { type: "integer" } },
      type: "object",
      properties: { a: { $ref: "#/$defs/a" }, b, c: b },
    }));
    expect(JSON.stringify(item)).toBe(before);
    expect(compileValidator(both)({ a: 1, b: [], c: [[]] }).valid).toBe(true);
    expect(compileValidator(both)({ a: "1" }).valid).toBe(false);
    expect(compileValidator(both)({ c: [1] }).valid).toBe(false);
  });

  it("can be done twice", () => {
    const list = {
      type: "object",
      properties: { head: { type: "integer" }, tail: { $ref: "#" } },
      required: ["head"],
    };
    const twice = inX(embedSchema(list, "list", (items) => ({ type: "array", items })));
    expect(compileValidator(twice)({ x: [{ head: 1, tail: { head: 2 } }] }).valid).toBe(true);
    expect(compileValidator(twice)({ x: [{ head: 1, tail: { head: "2" } }] }).valid).toBe(false);
  });

  it("keeps a property called __proto__", () => {
    const schema = JSON.parse('{"properties": {"__proto__": {"$ref": "#/$defs/n"}}, "$defs": {"n": {}}}') as JsonSchema;
    expect(JSON.stringify(inX(schema))).toContain('"__proto__":{"$ref":"#/$defs/item/$defs/n"}');
  });
});

function embeddedOf(schema: JsonSchema): { $defs: { item: unknown } } {
  return inX(schema) as { $defs: { item: unknown } };
}
