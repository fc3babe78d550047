import type { Case } from "./cases.js";

export const arrays: Case[] = [
  {
    name: "items",
    schema: { type: "array", items: { type: "integer" } },
    accepts: [[], [1], [1, 2, 3]],
    rejects: [["a"], 1, {}],
  },
  { name: "any array", schema: { type: "array" }, accepts: [[], [1, "a", null]], rejects: [{}] },
  {
    name: "minItems and maxItems",
    schema: { type: "array", items: { const: 1 }, minItems: 2, maxItems: 3 },
    accepts: [
      [1, 1],
      [1, 1, 1],
    ],
    rejects: [[], [1], [1, 1, 1, 1]],
  },
  { name: "maxItems 0", schema: { type: "array", maxItems: 0 }, accepts: [[]], rejects: [[1]] },
  {
    name: "many items",
    schema: { type: "array", items: { const: 1 }, minItems: 2100 },
    accepts: [Array(2100).fill(1), Array(3000).fill(1)],
    rejects: [Array(2099).fill(1), []],
  },
  {
    name: "prefixItems",
    schema: { type: "array", prefixItems: [{ const: 1 }, { const: "b" }], minItems: 1 },
    accepts: [[1], [1, "b"]],
    rejects: [[], ["b"], [1, "b", 3]],
  },
  {
    name: "prefixItems and items",
    schema: { type: "array", prefixItems: [{ const: 1 }], items: { const: 2 }, maxItems: 3 },
    accepts: [[], [1], [1, 2, 2]],
    rejects: [[2], [1, 2, 2, 2], [1, 1]],
  },
  {
    name: "items false",
    schema: { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: false, minItems: 2 },
    accepts: [[1, 2]],
    rejects: [[1], [1, 2, 3]],
  },
  {
    name: "a long tuple",
    schema: { type: "array", prefixItems: Array.from({ length: 20 }, (_, n) => ({ const: n })), minItems: 3 },
    accepts: [[0, 1, 2], Array.from({ length: 20 }, (_, n) => n)],
    rejects: [[0, 1], Array.from({ length: 21 }, (_, n) => n)],
  },
  {
    name: "uniqueItems",
    schema: { type: "array", items: { enum: [1, 2] }, uniqueItems: true },
    accepts: [[], [1], [1, 2], [2, 1]],
    rejects: [[3], [1, 1], [1, 2, 1]],
  },
  {
    name: "uniqueItems with bounds",
    schema: { type: "array", items: { enum: ["a", "b", "c", "d"] }, uniqueItems: true, minItems: 2, maxItems: 3 },
    accepts: [
      ["d", "a"],
      ["c", "b", "a"],
    ],
    rejects: [["a"], ["a", "b", "a"], ["a", "b", "c", "d"]],
  },
  {
    name: "uniqueItems of flags",
    schema: { type: "array", items: { type: "boolean" }, uniqueItems: true, minItems: 2 },
    accepts: [
      [true, false],
      [false, true],
    ],
    rejects: [[true, true], [true]],
  },
  {
    name: "uniqueItems out of many",
    schema: {
      type: "array",
      items: { enum: Array.from({ length: 40 }, (_, n) => n) },
      uniqueItems: true,
      maxItems: 6,
    },
    accepts: [[1, 2, 3], []],
    rejects: [[40]],
    checked: ["/uniqueItems"],
  },
  {
    name: "more uniqueItems than there are",
    schema: { anyOf: [{ type: "array", items: { enum: [1, 2] }, uniqueItems: true, minItems: 3 }, { type: "null" }] },
    accepts: [null],
    rejects: [[1, 2]],
  },
  {
    name: "uniqueItems of any text",
    schema: { type: "array", items: { type: "string" }, uniqueItems: true },
    accepts: [["a", "b"]],
    rejects: [[1]],
    checked: ["/uniqueItems"],
  },
  {
    name: "contains",
    schema: { type: "array", items: { type: "integer" }, contains: { const: 1 }, maxItems: 4 },
    accepts: [[1], [2, 1], [1, 1, 1], [5, 6, 7, 1]],
    rejects: [[], [2], ["a", 1], [5, 6, 7, 8, 1]],
  },
  {
    name: "contains and a least number",
    schema: { type: "array", items: { enum: ["a", "b"] }, contains: { const: "b" }, minItems: 2, maxItems: 3 },
    accepts: [
      ["b", "a"],
      ["a", "a", "b"],
    ],
    rejects: [["b"], ["a", "a"], ["a", "a", "a"]],
  },
  {
    name: "contains what cannot be",
    schema: {
      anyOf: [{ type: "array", items: { type: "string" }, contains: { type: "null" }, maxItems: 2 }, { const: 1 }],
    },
    accepts: [1],
    rejects: [[], ["a"]],
  },
  {
    name: "contains without an end",
    schema: { type: "array", items: { type: "integer" }, contains: { const: 1 } },
    accepts: [[1]],
    rejects: [["a"]],
    checked: ["/contains"],
  },
  {
    name: "contains twice",
    schema: { type: "array", items: { type: "integer" }, contains: { const: 1 }, minContains: 2, maxItems: 5 },
    accepts: [[1, 2, 1]],
    rejects: [["a"]],
    checked: ["/contains"],
  },
];
