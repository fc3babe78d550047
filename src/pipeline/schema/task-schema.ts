/** The schemas of a task's inputs and outputs, from the text that its file holds. */
import type { JsonSchema } from "../../backends/backend.js";
import { ConfigError, InputError, messageOf } from "../../errors.js";
import { compileValidator } from "./validate.js";

const parsed = new Map<string, JsonSchema>();
const mostParsed = 64;

/**
 * @param text of a JSON Schema, draft 2020-12
 * @param which Kiln takes any schema for inputs, and for outputs only objects with properties
 * @returns the schema, the same one for the same text
 * @throws {InputError} saying where it is wrong
 */
export function parseTaskSchema(text: string, which: "input" | "output"): JsonSchema {
  const key = `${which}\n${text}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const schema = parse(text, which);
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(key, schema);
  return schema;
}

function parse(text: string, which: "input" | "output"): JsonSchema {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new InputError(`the ${which} schema is not JSON: ${messageOf(error)}`, {
      remedy: 'give a JSON Schema, such as {"type": "object", "properties": {"title": {"type": "string"}}}',
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`the ${which} schema is no JSON Schema: it is no object`, {
      remedy: 'give one such as {"type": "object", "properties": {...}}',
    });
  const { type, properties } = value as Record<string, unknown>;
  if (which === "output" && (type !== "object" || typeof properties !== "object" || properties === null))
    throw new InputError('the output schema must have "type": "object" and "properties"', {
      remedy: 'put what it describes into a property, such as {"type": "object", "properties": {"result": ...}}',
    });
  try {
    compileValidator(value as JsonSchema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new InputError(`the ${which} schema: ${messageOf(error)}`, {
      remedy: "correct it; docs/schemas.md lists the keywords",
      cause: error,
    });
  }
  return value as JsonSchema;
}
