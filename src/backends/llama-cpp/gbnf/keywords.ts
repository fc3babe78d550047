/**
 * What becomes of each keyword of JSON Schema, and typed access to their values.
 */
import { RequestRefusedError, type JsonSchema } from "../../backend.js";
import { messageOf } from "../../../errors.js";

export type SchemaObject = Readonly<Record<string, unknown>>;

/** Say nothing about which values are valid. */
const annotations = new Set(
  (
    "title description default examples $comment deprecated readOnly writeOnly $id $schema $defs definitions " +
    "$anchor $vocabulary contentEncoding contentMediaType contentSchema"
  ).split(" "),
);

const byType = {
  object: new Set(
    (
      "properties required additionalProperties minProperties maxProperties patternProperties propertyNames " +
      "dependentRequired dependentSchemas unevaluatedProperties"
    ).split(" "),
  ),
  array: new Set(
    "items prefixItems minItems maxItems uniqueItems contains minContains maxContains unevaluatedItems".split(" "),
  ),
  string: new Set("minLength maxLength pattern format".split(" ")),
  number: new Set("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" ")),
} as const;

const general = new Set("type const enum anyOf oneOf allOf $ref not if then else".split(" "));

/** Keywords that are known but cannot be enforced, and what to write instead. */
const refused: Readonly<Record<string, string>> = {
  $dynamicRef: 'use "$ref"',
  $dynamicAnchor: 'use "$ref" and "$defs"',
  $recursiveRef: 'use "$ref"',
  $recursiveAnchor: 'use "$ref" and "$defs"',
  dependencies: 'use "dependentRequired" or "dependentSchemas"',
  additionalItems: 'use "prefixItems" and "items"',
  nullable: 'use "type": [..., "null"]',
  id: 'use "$id"',
};

export type Family = keyof typeof byType;

/** The type that a keyword speaks of; undefined when it speaks of all. */
export function familyOf(keyword: string): Family | undefined {
  return (Object.keys(byType) as Family[]).find((family) => byType[family].has(keyword));
}

export function isAnnotation(keyword: string): boolean {
  return annotations.has(keyword);
}

/** The error for a keyword that cannot be enforced. */
export function refuse(
  keyword: string,
  pointer: string,
  why: string,
  remedy: string,
  cause?: unknown,
): RequestRefusedError {
  const where = pointer === "" ? "its root" : `"${pointer}"`;
  return new RequestRefusedError(`the schema's keyword "${keyword}" at ${where} cannot be enforced: ${why}`, {
    remedy,
    cause,
  });
}

/**
 * Makes sure that a sub-schema is one and that every keyword in it is known.
 * @throws {RequestRefusedError} naming the keyword
 */
export function checkKeywords(schema: unknown, pointer: string): JsonSchema {
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw new RequestRefusedError(`the schema at "${pointer}" is neither an object nor true or false`, {
      remedy: "correct the schema",
    });
  }
  for (const keyword of Object.keys(schema)) {
    const remedy = Object.hasOwn(refused, keyword) ? refused[keyword] : undefined;
    if (remedy !== undefined) throw refuse(keyword, pointer, "it is not supported", remedy);
    if (!annotations.has(keyword) && !general.has(keyword) && familyOf(keyword) === undefined) {
      throw refuse(keyword, pointer, "it is unknown", "remove it or correct its name");
    }
    if (keyword === "$id" && pointer !== "") {
      throw refuse(
        keyword,
        pointer,
        "schemas inside schemas are not supported",
        'remove it and refer to "#/$defs/..."',
      );
    }
  }
  return schema as SchemaObject;
}

/** A keyword's value as a number; `count` allows only 0, 1, 2 and so on. */
export function numberValue(value: unknown, keyword: string, pointer: string, count: boolean): number {
  if (typeof value === "number" && Number.isFinite(value) && (!count || (Number.isInteger(value) && value >= 0))) {
    return value;
  }
  throw refuse(
    keyword,
    pointer,
    count ? "it must be 0 or a positive integer" : "it must be a number",
    "correct the schema",
  );
}

export function stringValue(value: unknown, keyword: string, pointer: string): string {
  if (typeof value === "string") return value;
  throw refuse(keyword, pointer, "it must be a string", "correct the schema");
}

export function listValue(value: unknown, keyword: string, pointer: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const remedy = keyword === "type" || keyword === "required" ? "correct the schema" : "give a list of schemas";
  throw refuse(keyword, pointer, "it must be a list", remedy);
}

export function mapValue(value: unknown, keyword: string, pointer: string): SchemaObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as SchemaObject;
  throw refuse(keyword, pointer, "it must be an object", "correct the schema");
}

/** A pattern as Ajv compiles it, so that both mean the same. */
export function regExpOf(source: string, keyword: string, pointer: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    throw refuse(keyword, pointer, messageOf(error), "correct the pattern", error);
  }
}
