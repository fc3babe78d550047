import { describe, expect, it } from "vitest";

import { ConfigError } from "../../errors.js";
import { compileValidator } from "./validate.js";

const pairs = {
  type: "array",
  minItems: 1,
  items: {
    type: "object",
    properties: { question: { type: "string", minLength: 1 }, kind: { enum: ["a", "b"] } },
    required: ["question"],
    additionalProperties: false,
  },
};

function errorsOf(schema: Parameters<typeof compileValidator>[0], value: unknown): string[] {
  const result = compileValidator(schema)(value);
  return result.valid ? [] : result.errors;
}

describe("compileValidator", () => {
  it("accepts what is valid", () => {
    expect(compileValidator(pairs)([{ question: "why?" }])).toEqual({ valid: true });
  });

  it("says where and what is wrong", () => {
    expect(errorsOf(pairs, [{ question: "" }])).toEqual(["/0/question: must NOT have fewer than 1 characters"]);
    expect(errorsOf(pairs, [{}])).toEqual(["/0: must have required property 'question'"]);
    expect(errorsOf(pairs, [{ question: "x", more: 1 }])).toEqual(['/0: must NOT have the property "more"']);
    expect(errorsOf(pairs, [{ question: "x", kind: "c" }])).toEqual(['/0/kind: must be one of ["a","b"]']);
    expect(errorsOf(pairs, "x")).toEqual(["the value: must be array"]);
    expect(errorsOf({ const: 3 }, 4)).toEqual(["the value: must be 3"]);
    expect(errorsOf(false, 4)).toEqual(["the value: no value is allowed here"]);
  });

  it("limits the number of errors", () => {
    const errors = errorsOf({ type: "array", items: { type: "string" } }, Array(50).fill(0));
    expect(errors).toHaveLength(21);
    expect(errors.at(-1)).toBe("and 30 more");
  });

  it("asserts formats and counts code points", () => {
    expect(errorsOf({ type: "string", format: "date" }, "2023-02-29")).toHaveLength(1);
    expect(errorsOf({ type: "string", format: "date" }, "2024-02-29")).toEqual([]);
    expect(errorsOf({ type: "string", maxLength: 1 }, "😀")).toEqual([]);
  });

  it("resolves definitions of both names, and ignores the dialect", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      definitions: { name: { type: "string" } },
      $defs: { age: { type: "integer" } },
      properties: { name: { $ref: "#/definitions/name" }, age: { $ref: "#/$defs/age" } },
    };
    expect(errorsOf(schema, { name: "x", age: 1 })).toEqual([]);
    expect(errorsOf(schema, { name: 1, age: "x" })).toHaveLength(2);
  });

  it.each([
    [{ type: "strin" }],
    [{ typo: 1 }],
    [{ type: "string", format: "colour" }],
    [{ $ref: "#/$defs/missing" }],
    [{ items: [{ type: "string" }] }],
    [{ type: "string", pattern: "(" }],
  ])("refuses %j", (schema) => {
    expect(() => compileValidator(schema)).toThrow(ConfigError);
  });

  it("compiles a schema once, by identity and by content", () => {
    const first = compileValidator({ type: "string", minLength: 2 });
    expect(compileValidator({ minLength: 2, type: "string" })).toBe(first);
    expect(compileValidator(pairs)).toBe(compileValidator(pairs));
  });

  it("forgets schemas that are not used", () => {
    const first = compileValidator({ type: "integer", minimum: -1 });
    for (let n = 0; n < 70; n++) compileValidator({ type: "integer", minimum: n });
    expect(compileValidator({ type: "integer", minimum: -1 })).not.toBe(first);
  });

  it("lets two schemas use the same $id", () => {
    expect(errorsOf({ $id: "urn:example:x", type: "string" }, "a")).toEqual([]);
    expect(errorsOf({ $id: "urn:example:x", type: "integer" }, "a")).toHaveLength(1);
  });
});
