import type { Case } from "./cases.js";

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["value"],
    },
  },
  $ref: "#/$defs/node",
};

export const combined: Case[] = [
  {
    name: "anyOf",
    schema: { anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }, false] },
    accepts: [1, "a"],
    rejects: ["ab", null],
  },
  {
    name: "anyOf beside others",
    schema: {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 } },
      anyOf: [{ required: ["a"] }, { required: ["b"] }],
    },
    accepts: [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    rejects: [{}],
  },
  {
    name: "oneOf of other types",
    schema: { oneOf: [{ type: "integer" }, { type: "null" }] },
    accepts: [1, null],
    rejects: ["a"],
  },
  {
    name: "oneOf of constants",
    schema: { oneOf: [{ const: "a", title: "A" }, { enum: ["b", "c"] }] },
    accepts: ["a", "b", "c"],
    rejects: ["d"],
  },
  {
    name: "enum of objects with references",
    schema: {
      $defs: { "50% #1/~é": { type: "integer" } },
      type: "object",
      properties: {
        "a#%b/~": {
          enum: [{ n: 1 }, { n: "x" }],
          type: "object",
          properties: { n: { $ref: "#/$defs/50%25%20%231~1~0%C3%A9" } },
        },
      },
    },
    accepts: [{}, { "a#%b/~": { n: 1 } }],
    rejects: [{ "a#%b/~": { n: "x" } }],
  },
  {
    name: "oneOf with a tag",
    schema: {
      oneOf: ["a", "b"].map((kind) => ({
        type: "object",
        properties: { kind: { const: kind }, [kind]: { type: "integer" } },
        required: ["kind", kind],
      })),
    },
    accepts: [
      { kind: "a", a: 1 },
      { kind: "b", b: 2 },
    ],
    rejects: [{ kind: "a", b: 1 }, { kind: "c" }],
  },
  {
    name: "oneOf that may overlap",
    schema: {
      oneOf: [
        { type: "integer", multipleOf: 2 },
        { type: "integer", minimum: 5 },
      ],
    },
    accepts: [2, 7],
    rejects: ["a"],
    checked: ["/oneOf"],
  },
  {
    name: "allOf",
    schema: {
      allOf: [
        { type: "object", properties: { a: { type: "integer", minimum: 3 } }, required: ["a"] },
        { type: "object", properties: { b: { const: 2 }, a: { maximum: 5 } } },
      ],
    },
    accepts: [{ a: 3 }, { a: 5, b: 2 }],
    rejects: [{ a: 2 }, { a: 6 }, { b: 2 }],
  },
  {
    name: "allOf with a closed part",
    schema: {
      type: "object",
      allOf: [{ properties: { a: { const: 1 } }, additionalProperties: false }, { properties: { b: { const: 2 } } }],
    },
    accepts: [{}, { a: 1 }],
    rejects: [{ b: 2 }, { a: 1, b: 2 }],
  },
  {
    name: "$ref with siblings",
    schema: { $defs: { name: { type: "string", minLength: 1 } }, $ref: "#/$defs/name", maxLength: 2 },
    accepts: ["a", "ab"],
    rejects: ["", "abc"],
  },
  {
    name: "$ref to definitions and pointers",
    schema: {
      definitions: { "a/b~": { type: "integer" } },
      type: "object",
      properties: { x: { $ref: "#/definitions/a~1b~0" }, y: { $ref: "#/properties/x" } },
    },
    accepts: [{ x: 1, y: 2 }],
    rejects: [{ x: "a" }, { y: "a" }],
  },
  {
    name: "recursion",
    schema: tree,
    accepts: [{ value: 1 }, { value: 1, children: [{ value: 2, children: [] }, { value: 3 }] }],
    rejects: [{}, { value: 1, children: [1] }],
  },
  {
    name: "recursion to the root",
    schema: { type: "array", items: { $ref: "#" }, maxItems: 2 },
    accepts: [[], [[]], [[], [[]]]],
    rejects: [[1], [[], [], []]],
  },
  {
    name: "recursion that cannot end is left out",
    schema: {
      $defs: { endless: { type: "object", properties: { next: { $ref: "#/$defs/endless" } }, required: ["next"] } },
      type: "object",
      properties: { a: { const: 1 }, b: { $ref: "#/$defs/endless" } },
    },
    accepts: [{}, { a: 1 }],
    rejects: [{ b: {} }],
  },
  {
    name: "not, if, then, else",
    schema: { type: "integer", not: { const: 1 }, if: { minimum: 5 }, then: { maximum: 9 }, else: { minimum: 0 } },
    accepts: [1, 2],
    rejects: ["a"],
    checked: ["/not", "/if"],
  },
  {
    name: "if, then, else by the value of a property",
    schema: {
      type: "object",
      properties: { kind: { enum: ["a", "b", "c"] }, a: { const: 1 }, other: { const: 2 } },
      if: { properties: { kind: { const: "a" } }, required: ["kind"] },
      then: { required: ["a"] },
      else: { required: ["other"], properties: { a: false } },
    },
    accepts: [{ kind: "a", a: 1 }, { kind: "a", a: 1, other: 2 }, { kind: "b", other: 2 }, { other: 2 }],
    rejects: [{ kind: "a" }, { kind: "b" }, {}, { kind: "c", a: 1, other: 2 }, { a: 1 }],
  },
  {
    name: "if that holds for what is absent",
    schema: {
      type: "object",
      properties: { on: { type: "boolean" }, level: { const: 3 } },
      if: { properties: { on: { const: true } } },
      then: { required: ["level"] },
    },
    accepts: [{ level: 3 }, { on: true, level: 3 }, { on: false }, { on: false, level: 3 }],
    rejects: [{}, { on: true }],
  },
  {
    name: "if a property is there",
    schema: {
      type: "object",
      properties: { card: { type: "null" }, address: { const: 1 } },
      if: { required: ["card"] },
      then: { required: ["address"] },
    },
    accepts: [{}, { address: 1 }, { card: null, address: 1 }],
    rejects: [{ card: null }],
  },
  {
    name: "several conditions",
    schema: {
      type: "object",
      properties: { kind: { enum: [1, 2, 3] }, a: { const: 1 }, b: { const: 2 } },
      required: ["kind"],
      allOf: [
        { if: { properties: { kind: { const: 1 } } }, then: { required: ["a"] } },
        {
          if: { properties: { kind: { enum: [1, 2] } } },
          then: { required: ["b"] },
          else: { properties: { b: false } },
        },
      ],
    },
    accepts: [{ kind: 1, a: 1, b: 2 }, { kind: 2, b: 2 }, { kind: 2, a: 1, b: 2 }, { kind: 3 }, { kind: 3, a: 1 }],
    rejects: [{ kind: 1, a: 1 }, { kind: 1, b: 2 }, { kind: 3, b: 2 }, {}],
  },
  {
    name: "if of another kind",
    schema: {
      type: "object",
      properties: { n: { type: "integer" } },
      if: { properties: { n: { minimum: 3 } } },
      then: { required: ["n"] },
    },
    accepts: [{ n: 4 }],
    rejects: [1],
    checked: ["/if"],
  },
  {
    name: "if beside constants",
    schema: {
      type: "object",
      properties: { k: { enum: ["x", "y"] }, v: {} },
      required: ["k"],
      if: { properties: { k: { const: "x" } } },
      then: { anyOf: [{ const: { k: "x", v: 1 } }, { enum: [{ k: "x" }, { k: "y" }] }] },
    },
    accepts: [{ k: "x", v: 1 }, { k: "x" }, { k: "y" }, { k: "y", v: 2 }],
    rejects: [{ k: "x", v: 2 }],
  },
  {
    name: "annotations",
    schema: {
      $id: "https://example.org/x",
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $comment: "c",
      title: "t",
      description: "d",
      default: 1,
      examples: [2],
      deprecated: false,
      readOnly: true,
      writeOnly: false,
      type: "integer",
    },
    accepts: [1],
    rejects: ["a"],
  },
];
