/** Bounds for what a schema leaves open, so that an answer comes to its end within its tokens. */
import type { JsonSchema } from "../../backends/backend.js";
import { mapSchemas } from "./walk.js";

/** A text in JSON: more characters than this for each token only a text of very common words has. */
const charactersPerToken = 4;
const fewestCharacters = 40;
const mostCharacters = 8000;
const mostItems = 12;
/** Keywords beside which a bound could contradict what is meant. */
const settled = ["const", "enum", "$ref", "format"];

/**
 * Adds `maxLength` to strings and `maxItems` to arrays that have none. What is valid for the result is valid for the
 * schema itself.
 * @param tokens of a whole value; a string may have as many characters as fit them, shared with the others beside it
 */
export function boundSchema(schema: JsonSchema, tokens: number): JsonSchema {
  const strings = countStrings(schema);
  const share = Math.floor((tokens * charactersPerToken) / Math.max(1, strings));
  const longest = Math.max(fewestCharacters, Math.min(mostCharacters, share));
  return mapSchemas(schema, (one) => {
    if (settled.some((keyword) => Object.hasOwn(one, keyword))) return one;
    let bounded = one;
    if (
      speaksOf(one, "string", ["minLength", "pattern"]) &&
      one["maxLength"] === undefined &&
      one["pattern"] === undefined
    )
      bounded = { ...bounded, maxLength: Math.max(longest, numberOf(one["minLength"])) };
    if (
      speaksOf(one, "array", ["items", "minItems"]) &&
      one["maxItems"] === undefined &&
      one["prefixItems"] === undefined
    )
      bounded = { ...bounded, maxItems: Math.max(mostItems, numberOf(one["minItems"])) };
    return bounded;
  });
}

function speaksOf(schema: Readonly<Record<string, unknown>>, type: string, keywords: readonly string[]): boolean {
  const { type: given } = schema;
  if (given === undefined) return keywords.some((keyword) => Object.hasOwn(schema, keyword));
  return given === type || (Array.isArray(given) && given.includes(type));
}

function countStrings(schema: JsonSchema): number {
  let count = 0;
  mapSchemas(schema, (one) => {
    if (speaksOf(one, "string", ["minLength"]) && one["enum"] === undefined && one["const"] === undefined) count++;
    return one;
  });
  return count;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
