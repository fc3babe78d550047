import { describe, expect, it } from "vitest";

import { compileValidator } from "../../../pipeline/schema/validate.js";
import { RequestRefusedError, type JsonSchema } from "../../backend.js";
import { schemaToGbnf } from "./index.js";
import { dumps } from "./json.js";
import { cases } from "./testing/cases.js";
import { Matcher } from "./testing/matcher.js";
import { seeded } from "./testing/random.js";

const pairs = Array.from({ length: 8 }, (_, n) => ({ anyOf: [{ minimum: n }, { maximum: -n }] }));
const multiplied = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, { allOf: pairs }]));

describe("schemaToGbnf", () => {
  describe.each(cases)("$name", ({ schema, accepts, rejects, checked }) => {
    const { grammar, checkedAfterwards } = schemaToGbnf(schema);
    const matcher = new Matcher(grammar);
    const validate = compileValidator(schema);

    it("says what is left to be checked", () => {
      expect([...checkedAfterwards].sort()).toEqual([...(checked ?? [])].sort());
    });

    it("accepts and rejects", () => {
      for (const value of accepts) expect([dumps(value), matcher.accepts(dumps(value))]).toEqual([dumps(value), true]);
      for (const value of rejects) expect([dumps(value), matcher.accepts(dumps(value))]).toEqual([dumps(value), false]);
    });

    it("generates what is valid", () => {
      const random = seeded(7);
      for (let n = 0; n < 150; n++) {
        const text = matcher.generate(random);
        const result = validate(JSON.parse(text));
        if (checkedAfterwards.length === 0) expect([text, result]).toEqual([text, { valid: true }]);
        expect([text, matcher.accepts(text)]).toEqual([text, true]);
      }
    });

    it("is deterministic", () => {
      expect(schemaToGbnf(structuredClone(schema)).grammar).toBe(grammar);
    });
  });

  it("takes no white space but behind commas and colons", () => {
    const matcher = new Matcher(schemaToGbnf({}).grammar);
    for (const text of ["[1,2]", '{"a":1}', "[ ]", " 1", "1\n", "[1 , 2]", '{"a" : 1}', "{ }"]) {
      expect([text, matcher.accepts(text)]).toEqual([text, false]);
    }
  });

  it("takes escapes of whole characters only", () => {
    const matcher = new Matcher(schemaToGbnf({ type: "string", minLength: 1, maxLength: 1 }).grammar);
    for (const text of [
      '"\\u00e9"',
      '"\\uD83D\\uDE00"',
      '"\\/"',
      '"\\n"',
      '"\\ud7ff"',
      '"\\uE000"',
      '"😀"',
      '"\u007f"',
    ]) {
      expect([text, matcher.accepts(text)]).toEqual([text, true]);
    }
    for (const text of [
      '"\\uD83D"',
      '"\\uDE00"',
      '"\\uD83D\\n"',
      '"\n"',
      '"\\x41"',
      '"\\u12"',
      '""',
      '"ab"',
      '"\\n\\n"',
    ]) {
      expect([text, matcher.accepts(text)]).toEqual([text, false]);
    }
  });

  it("shares the rules of equal sub-schemas", () => {
    const text = { type: "string", minLength: 1, maxLength: 300 };
    const one = new Matcher(schemaToGbnf({ type: "object", properties: { a: text } }).grammar).size;
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, { ...text }]));
    const required = Object.keys(properties);
    expect(new Matcher(schemaToGbnf({ type: "object", properties, required }).grammar).size).toBe(one);
  });

  it("grows with the number of optional properties only", () => {
    const lengthOf = (count: number): number => {
      const properties = Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: "string" }]));
      return schemaToGbnf({ type: "object", properties }).grammar.length;
    };
    expect(lengthOf(200)).toBeLessThan(lengthOf(100) * 2.3);
  });

  it("names what to check where it stands", () => {
    const { checkedAfterwards } = schemaToGbnf({
      $defs: { id: { type: "string", pattern: "(?=a)" } },
      type: "object",
      properties: {
        "a/b": { $ref: "#/$defs/id" },
        list: { type: "array", items: { type: "string", format: "regex" } },
      },
    });
    expect(checkedAfterwards).toEqual(["/$defs/id/pattern", "/properties/list/items/format"]);
  });

  it.each<[string, JsonSchema, RegExp]>([
    ["unknown keywords", { type: "string", maxlength: 3 }, /keyword "maxlength" at its root.*unknown/],
    ["nested unknown keywords", { items: { colour: 1 } }, /keyword "colour" at "\/items"/],
    ["unknown formats", { type: "string", format: "colour" }, /"format".*"colour" is unknown/],
    ["$dynamicRef", { $dynamicRef: "#x" }, /\$dynamicRef/],
    ["remote references", { $ref: "https://example.org/x.json" }, /\$ref.*outside/],
    ["missing references", { $ref: "#/$defs/x" }, /\$ref.*does not exist/],
    ["anchors", { $ref: "#x" }, /\$ref.*JSON pointer/],
    ["lists of items", { items: [{ type: "string" }] }, /"items".*older draft/],
    ["unknown types", { type: "strin" }, /"type".*"strin"/],
    ["broken patterns", { type: "string", pattern: "(" }, /"pattern"/],
    ["wrong counts", { type: "string", minLength: -1 }, /"minLength"/],
    ["embedded schemas", { $defs: { x: { $id: "y", type: "string" } }, $ref: "#/$defs/x" }, /"\$id"/],
    ["false", false, /no finite value/],
    ["contradictions", { type: "integer", minimum: 3, maximum: 2 }, /no finite value/],
    ["no common type", { type: "integer", allOf: [{ type: "string" }] }, /no finite value/],
    ["an empty enum", { enum: [] }, /no finite value/],
    ["impossible required ones", { type: "object", properties: { a: false }, required: ["a"] }, /no finite value/],
    ["too few items", { type: "array", items: false, minItems: 1 }, /no finite value/],
    ["self reference", { $ref: "#" }, /\$ref.*back to itself/],
    ["self reference in anyOf", { anyOf: [{ $ref: "#" }, { type: "null" }] }, /\$ref.*back to itself/],
    [
      "endless recursion",
      { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] },
      /no finite value/,
    ],
    [
      "endless mutual recursion",
      { type: "array", items: { items: { $ref: "#" }, minItems: 1 }, minItems: 1 },
      /no finite/,
    ],
    ["what multiplies out", { type: "object", properties: multiplied }, /multiply out/],
  ])("refuses %s", (_name, schema, message) => {
    let thrown: unknown;
    try {
      schemaToGbnf(schema);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RequestRefusedError);
    expect((thrown as RequestRefusedError).message).toMatch(message);
    expect((thrown as RequestRefusedError).remedy).toBeTruthy();
  });
});
