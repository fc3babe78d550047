/** What a model is told of the form of inputs and outputs. Decoding keeps to the schema whatever is said here. */
import { isLosslessNumber, parse, stringify } from "lossless-json";
import type { Backend } from "../../../backends/backend.js";
import type { SchemaSide } from "../../schema/task-schema.js";

/** Values of a choice that are shown where all of them take too much. */
const shownValues = 8;
/** Most of a context that a schema may take. */
const mostShare = 1 / 3;

const lead: Record<SchemaSide, string> = {
  input: "Each input is JSON",
  output: "The output is JSON",
};

/**
 * @param json the schema as the task has it; null: plain text
 * @returns the schema on one line with a word on what it is for; empty for plain text
 */
export function schemaText(json: string | null, side: SchemaSide): string {
  if (json === null) return "";
  const schema = parsed(json);
  return `${lead[side]} that this JSON Schema allows:\n${schema === undefined ? json : textOf(schema)}`;
}

/**
 * The same, shortened where it would take more than a third of the context: long choices first, and if that is not
 * enough, all but the names of the fields.
 * @param warn told once where it is shortened
 */
export async function fittingSchemaText(
  backend: Pick<Backend, "countTokens" | "limits">,
  json: string | null,
  side: SchemaSide,
  warn: (line: string) => void,
): Promise<string> {
  const full = schemaText(json, side);
  const schema = json === null ? undefined : parsed(json);
  // A token is at least a byte.
  const most = backend.limits.contextTokens * mostShare;
  if (schema === undefined || Buffer.byteLength(full) <= most) return full;
  const shorter = `${lead[side]} of this form, shortened:\n${textOf(withFewValues(schema))}`;
  const fields = fieldsOf(schema);
  const shortest = fields === "" ? `${lead[side]}.` : `${lead[side]} with these fields: ${fields}`;
  const [tokens = 0, shorterTokens = 0, shortestTokens = 0] = await backend.countTokens([full, shorter, shortest]);
  if (tokens <= most) return full;
  warn(
    `the ${side} schema takes ${tokens} of the context's ${backend.limits.contextTokens} tokens: the prompt shows it shortened; answers keep to the whole all the same`,
  );
  if (shorterTokens <= most) return shorter;
  return shortestTokens <= most ? shortest : `${lead[side]}.`;
}

/** Undefined: no JSON. It is then shown as it stands; whoever uses the schema says what is wrong with it. */
function parsed(json: string): unknown {
  try {
    return parse(json.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}

/** JSON on one line, its numbers as they stand. */
function textOf(value: unknown): string {
  return stringify(value) ?? "";
}

function withFewValues(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withFewValues);
  if (!isPlain(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "enum" && Array.isArray(value) && value.length > shownValues
        ? [...(value.slice(0, shownValues) as unknown[]), `... and ${value.length - shownValues} more`]
        : withFewValues(value),
    ]),
  );
}

function fieldsOf(schema: unknown): string {
  const properties = isPlain(schema) ? schema["properties"] : undefined;
  return isPlain(properties) ? Object.keys(properties).join(", ") : "";
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}
