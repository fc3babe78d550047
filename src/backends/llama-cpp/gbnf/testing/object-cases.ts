import type { Case } from "./cases.js";

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name"],
};

export const objects: Case[] = [
  {
    name: "properties",
    schema: person,
    accepts: [{ name: "x" }, { name: "x", age: 3 }],
    rejects: [{}, { age: 3 }, { age: 3, name: "x" }, { name: "x", age: -1 }, { name: "x", other: 1 }],
  },
  {
    name: "optional properties",
    schema: { type: "object", properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } } },
    accepts: [{}, { a: 1 }, { b: 2 }, { c: 3 }, { a: 1, b: 2 }, { a: 1, c: 3 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }],
    rejects: [{ b: 2, a: 1 }, { a: 2 }, { d: 1 }],
  },
  {
    name: "required in the middle",
    schema: { type: "object", properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } }, required: ["b"] },
    accepts: [{ b: 2 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }],
    rejects: [{}, { a: 1 }, { a: 1, c: 3 }],
  },
  {
    name: "required but not declared",
    schema: { type: "object", properties: { a: { const: 1 } }, required: ["z"] },
    accepts: [{ z: 1 }, { a: 1, z: [null] }],
    rejects: [{ a: 1 }, {}],
  },
  {
    name: "names with special characters",
    schema: { type: "object", properties: { 'q"\\': { const: 1 }, "ü😀\n": { const: 2 }, "": { const: 3 } } },
    accepts: [{ 'q"\\': 1, "ü😀\n": 2, "": 3 }, { "": 3 }],
    rejects: [{ q: 1 }],
  },
  { name: "any object", schema: { type: "object" }, accepts: [{}, { a: 1, b: { c: [] } }], rejects: [[], 1] },
  {
    name: "additionalProperties true",
    schema: { type: "object", properties: { a: { const: 1 } }, additionalProperties: true },
    accepts: [{}, { a: 1 }, { b: "x" }, { a: 1, b: [1], aa: 2, "": 0 }],
    rejects: [{ a: 2 }, { b: 1, a: 1 }],
  },
  {
    name: "additionalProperties as a schema",
    schema: {
      type: "object",
      properties: { name: { const: 1 }, 'n"': { const: 2 } },
      additionalProperties: { type: "null" },
    },
    accepts: [
      { name: 1, nam: null, names: null, n: null },
      { 'n"': 2, "n'": null },
    ],
    rejects: [{ name: null }, { x: 1 }, { 'n"': null }],
  },
  {
    name: "required as additional",
    schema: { type: "object", required: ["z"], additionalProperties: { type: "integer" } },
    accepts: [{ z: 1 }, { z: 1, y: 2 }],
    rejects: [{ z: "x" }, { y: 2 }],
  },
  {
    name: "minProperties and maxProperties",
    schema: { type: "object", properties: { a: {}, b: {}, c: {} }, minProperties: 1, maxProperties: 2 },
    accepts: [{ a: 1 }, { b: 1, c: 1 }, { a: 1, c: 1 }],
    rejects: [{}, { a: 1, b: 1, c: 1 }],
  },
  {
    name: "maxProperties with further ones",
    schema: {
      type: "object",
      properties: { a: { const: 1 } },
      additionalProperties: { type: "null" },
      maxProperties: 2,
    },
    accepts: [{}, { a: 1, b: null }, { b: null, c: null }],
    rejects: [
      { a: 1, b: null, c: null },
      { b: null, c: null, d: null },
    ],
  },
  {
    name: "minProperties with further ones",
    schema: { type: "object", additionalProperties: { type: "null" }, minProperties: 2 },
    accepts: [{ b: null, c: null }],
    rejects: [{}, { a: null }],
    checked: ["/minProperties"],
  },
  {
    name: "minProperties with one further",
    schema: {
      type: "object",
      properties: { a: { const: 1 } },
      required: ["a"],
      additionalProperties: { type: "null" },
      minProperties: 2,
    },
    accepts: [{ a: 1, b: null }],
    rejects: [{ a: 1 }],
  },
  {
    name: "patternProperties alone",
    schema: { type: "object", patternProperties: { "^x-": { type: "integer" } }, additionalProperties: false },
    accepts: [{}, { "x-a": 1, "x-": 2 }],
    rejects: [{ a: 1 }, { "x-a": "s" }],
  },
  {
    name: "patternProperties for declared ones",
    schema: {
      type: "object",
      properties: { ab: { minimum: 3 } },
      patternProperties: { "^a": { type: "integer" } },
      required: ["ab"],
    },
    accepts: [{ ab: 3 }],
    rejects: [{ ab: 2 }, { ab: 3.5 }],
    checked: ["/patternProperties", "/properties"],
  },
  {
    name: "propertyNames",
    schema: { type: "object", propertyNames: { pattern: "^[a-z]+$" }, additionalProperties: { type: "integer" } },
    accepts: [{}, { abc: 1 }],
    rejects: [{ A: 1 }],
  },
  {
    name: "propertyNames that lists names",
    schema: {
      type: "object",
      propertyNames: { type: "string", enum: ["a", "b"] },
      additionalProperties: { type: "integer" },
      required: ["b"],
    },
    accepts: [{ b: 1 }, { b: 1, a: 2 }],
    rejects: [{}, { a: 1 }, { b: 1, c: 2 }, { b: "x" }],
  },
  {
    name: "propertyNames beside declared ones",
    schema: {
      type: "object",
      properties: { a: { const: 1 }, toolong: { const: 1 } },
      propertyNames: { maxLength: 3 },
      additionalProperties: { type: "null" },
    },
    accepts: [{}, { a: 1 }, { b: null }],
    rejects: [{ toolong: 1 }, { four: null }],
    checked: ["/properties"],
  },
  {
    name: "dependentRequired",
    schema: { type: "object", properties: { a: {}, b: {} }, dependentRequired: { a: ["b"] } },
    accepts: [{}, { b: 1 }, { a: 1, b: 1 }],
    rejects: [1, { a: 1 }],
  },
  {
    name: "dependentRequired in a row",
    schema: {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 }, d: { const: 4 } },
      required: ["d"],
      dependentRequired: { a: ["b"], b: ["c"], d: ["c"] },
    },
    accepts: [
      { c: 3, d: 4 },
      { b: 2, c: 3, d: 4 },
      { a: 1, b: 2, c: 3, d: 4 },
    ],
    rejects: [{ d: 4 }, { a: 1, c: 3, d: 4 }],
  },
  {
    name: "dependentRequired of what is not declared or forbidden",
    schema: {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 }, c: false },
      dependentRequired: { a: ["z"], b: ["c"], y: ["a"] },
    },
    accepts: [{}, { a: 1, z: null }],
    rejects: [{ a: 1 }, { b: 2 }],
  },
  {
    name: "dependentRequired of further properties",
    schema: {
      type: "object",
      properties: { a: { const: 1 } },
      additionalProperties: { type: "null" },
      dependentRequired: { z: ["a"] },
    },
    accepts: [{}, { a: 1, z: null }],
    rejects: [{ a: 2 }],
    checked: ["/dependentRequired"],
  },
  {
    name: "dependentRequired and a number of properties",
    schema: {
      type: "object",
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
      dependentRequired: { a: ["b"] },
      minProperties: 1,
      maxProperties: 2,
    },
    accepts: [{ b: 2 }, { c: 3 }, { a: 1, b: 2 }, { b: 2, c: 3 }],
    rejects: [{}, { a: 1 }, { a: 1, c: 3 }, { a: 1, b: 2, c: 3 }],
  },
  {
    name: "unevaluatedProperties",
    schema: { type: "object", allOf: [{ properties: { a: { type: "null" } } }], unevaluatedProperties: false },
    accepts: [{}, { a: null }],
    rejects: [{ b: 1 }],
    checked: ["/unevaluatedProperties"],
  },
  {
    name: "a property that must not be",
    schema: { type: "object", properties: { a: false, b: { const: 1 } } },
    accepts: [{}, { b: 1 }],
    rejects: [{ a: 1 }],
  },
  {
    name: "type from the keywords",
    schema: { properties: { a: { const: 1 } } },
    accepts: [{}, { a: 1 }],
    rejects: [1, "x"],
  },
];
