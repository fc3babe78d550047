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
    accepts: [[1, 2]],
    rejects: [[3]],
    checked: ["/uniqueItems"],
  },
  {
    name: "contains",
    schema: { type: "array", items: { type: "integer" }, contains: { const: 1 }, minContains: 2 },
    accepts: [[1, 2, 1]],
    rejects: [["a"]],
    checked: ["/contains"],
  },
];
