/** The keywords of JSON Schema draft 2020-12, what their values look like, and how people misspell them. */
import { nearest } from "../../models/nearest.js";
import { isObject, type Raw } from "./walk.js";

/** What a keyword's value must be. */
type Shape =
  | "schema"
  | "schemas"
  | "schemas by name"
  | "count"
  | "number"
  | "positive number"
  | "text"
  | "names"
  | "names by name"
  | "flag"
  | "list"
  | "types"
  | "anything";

const shapes: Readonly<Record<string, Shape>> = {
  $schema: "text",
  $id: "text",
  $ref: "text",
  $anchor: "text",
  $dynamicRef: "text",
  $dynamicAnchor: "text",
  $vocabulary: "anything",
  $comment: "text",
  $defs: "schemas by name",
  definitions: "schemas by name",
  title: "text",
  description: "text",
  default: "anything",
  examples: "list",
  deprecated: "flag",
  readOnly: "flag",
  writeOnly: "flag",
  contentEncoding: "text",
  contentMediaType: "text",
  contentSchema: "schema",
  type: "types",
  const: "anything",
  enum: "list",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  if: "schema",
  then: "schema",
  else: "schema",
  properties: "schemas by name",
  patternProperties: "schemas by name",
  additionalProperties: "schema",
  propertyNames: "schema",
  unevaluatedProperties: "schema",
  required: "names",
  dependentRequired: "names by name",
  dependentSchemas: "schemas by name",
  minProperties: "count",
  maxProperties: "count",
  items: "schema",
  prefixItems: "schemas",
  contains: "schema",
  unevaluatedItems: "schema",
  minItems: "count",
  maxItems: "count",
  minContains: "count",
  maxContains: "count",
  uniqueItems: "flag",
  minLength: "count",
  maxLength: "count",
  pattern: "text",
  format: "text",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "positive number",
};

export const typeNames = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;

const otherTypes: Readonly<Record<string, string>> = {
  int: "integer",
  long: "integer",
  float: "number",
  double: "number",
  decimal: "number",
  str: "string",
  text: "string",
  bool: "boolean",
  dict: "object",
  map: "object",
  list: "array",
  tuple: "array",
  none: "null",
  nil: "null",
};

/** Words that other notations have for something; what to write instead. */
const elsewhere: Readonly<Record<string, string>> = {
  nullable: 'null is not allowed by it: write "type": [..., "null"]',
  dependencies: 'write "dependentRequired" or "dependentSchemas"',
  additionalItems: 'write "prefixItems" and "items"',
  divisibleBy: 'write "multipleOf"',
  extends: 'write "allOf"',
  id: 'write "$id"',
  $recursiveRef: 'write "$ref"',
  $recursiveAnchor: 'write "$ref"',
  example: 'write "examples": [...]',
  optional: 'properties are optional unless "required" of their object names them',
  discriminator: "alternatives are told apart by a property that is a constant in each",
};

export function isKeyword(word: string): boolean {
  return Object.hasOwn(shapes, word);
}

/** @returns what to write instead of a word that is no keyword, as far as it can be guessed */
export function hintFor(word: string): string | undefined {
  if (Object.hasOwn(elsewhere, word)) return elsewhere[word];
  const near = nearest(word, Object.keys(shapes))[0];
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

export interface ShapeProblem {
  /** What is wrong, to be read after the keyword and its place. */
  text: string;
  remedy: string;
}

/** @returns what is wrong with the value of a keyword, or undefined */
export function shapeProblem(keyword: string, value: unknown, around: Raw): ShapeProblem | undefined {
  switch (shapes[keyword]) {
    case "schema":
      if (keyword === "items" && Array.isArray(value))
        return problem("a list of schemas is of an older draft", 'name it "prefixItems", and "items" what follows');
      return schemaProblem(value);
    case "schemas":
      return Array.isArray(value) && value.length > 0
        ? undefined
        : problem("it must be a list of schemas, with at least one", `write "${keyword}": [{...}]`);
    case "schemas by name":
      return isObject(value)
        ? undefined
        : problem("it must be an object of schemas by name", `write "${keyword}": {"name": {"type": "string"}}`);
    case "count":
      return Number.isInteger(value) && (value as number) >= 0
        ? undefined
        : problem(`it must be a whole number from 0, not ${shown(value)}`, `write for example "${keyword}": 3`);
    case "number":
    case "positive number":
      return numberProblem(keyword, value, around);
    case "text":
      return typeof value === "string"
        ? undefined
        : problem(`it must be a text, not ${shown(value)}`, "put it in quotes");
    case "names":
      return namesProblem(keyword, value);
    case "names by name":
      if (!isObject(value)) return problem("it must be an object of lists of names", 'write {"name": ["other"]}');
      return Object.values(value)
        .map((names) => namesProblem(keyword, names))
        .find((found) => found !== undefined);
    case "flag":
      return typeof value === "boolean"
        ? undefined
        : problem(`it must be true or false, not ${shown(value)}`, `write "${keyword}": true`);
    case "list":
      return Array.isArray(value) ? undefined : problem("it must be a list", `write "${keyword}": [${shown(value)}]`);
    case "types":
      return typesProblem(value);
    default:
      return undefined;
  }
}

/** @returns what is wrong with what stands in place of a schema, or undefined where it is one */
export function schemaProblem(value: unknown): ShapeProblem | undefined {
  if (typeof value === "boolean" || isObject(value)) return undefined;
  const type = typeof value === "string" ? (typeOf(value) ?? otherTypes[value.toLowerCase()]) : undefined;
  return problem(
    `a schema is an object, or true or false, not ${shown(value)}`,
    `write ${type === undefined ? '{"type": ...}' : `{"type": "${type}"}`}`,
  );
}

function numberProblem(keyword: string, value: unknown, around: Raw): ShapeProblem | undefined {
  if (typeof value === "boolean" && keyword.startsWith("exclusive")) {
    const bound = around[keyword === "exclusiveMinimum" ? "minimum" : "maximum"];
    const number = typeof bound === "number" ? bound : "...";
    return problem("true and false are of an older draft", `write "${keyword}": ${number} instead of the other bound`);
  }
  if (typeof value !== "number" || !Number.isFinite(value))
    return problem(`it must be a number, not ${shown(value)}`, `write for example "${keyword}": 1`);
  return keyword === "multipleOf" && value <= 0
    ? problem(`it must be more than 0, not ${value}`, 'write for example "multipleOf": 5')
    : undefined;
}

function namesProblem(keyword: string, value: unknown): ShapeProblem | undefined {
  if (keyword === "required" && typeof value === "boolean")
    return problem("true and false are of an older draft", 'list the names in the object around it: "required": [...]');
  if (!Array.isArray(value) || value.some((name) => typeof name !== "string"))
    return problem("it must be a list of names", `write "${keyword}": ["name"]`);
  return new Set(value).size < value.length ? problem("a name stands in it twice", "name each once") : undefined;
}

function typesProblem(value: unknown): ShapeProblem | undefined {
  const types = Array.isArray(value) ? (value as unknown[]) : [value];
  if (types.length === 0) return problem("the list of types is empty", "name one, or leave it out");
  if (new Set(types).size < types.length) return problem("a type stands in it twice", "name each once");
  for (const type of types) {
    if (typeof type === "string" && typeOf(type) === type) continue;
    const instead = typeof type === "string" ? (typeOf(type) ?? otherTypes[type.toLowerCase()]) : undefined;
    if (type === "any") return problem('"any" is no type', 'leave "type" out: then any value may stand there');
    if (typeof type === "string" && ["date", "time", "date-time", "datetime", "email", "uuid", "uri"].includes(type))
      return problem(
        `"${type}" is no type`,
        `write "type": "string", "format": "${type === "datetime" ? "date-time" : type}"`,
      );
    if (type === "enum") return problem('"enum" is no type', 'write "enum": ["a", "b"] and no "type"');
    return problem(
      `${shown(type)} is no type`,
      instead === undefined ? `there are ${typeNames.join(", ")}` : `write "${instead}"`,
    );
  }
  return undefined;
}

function typeOf(name: string): string | undefined {
  return typeNames.find((type) => type === name.toLowerCase());
}

function problem(text: string, remedy: string): ShapeProblem {
  return { text, remedy };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60).toWellFormed()}…`;
}
