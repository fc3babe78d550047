/**
 * Checks values against JSON Schemas (draft 2020-12, formats asserted) with Ajv, and says in plain words what is wrong.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import type { JsonSchema } from "../../backends/backend.js";
import { ConfigError, messageOf } from "../../errors.js";

export type ValidationResult = { valid: true } | { valid: false; errors: string[] };

export type Validator = (value: unknown) => ValidationResult;

/** Compiling takes milliseconds; a run uses a few schemas, so a small cache is enough. */
const CACHE_SIZE = 64;

const MAX_ERRORS = 20;

const byIdentity = new WeakMap<object, Validator>();
const byText = new Map<string, Validator>();

/**
 * Compiles a schema into a function that checks values. The same schema, be it the same object or an equal one, is
 * compiled once. A schema must not be changed after it was given.
 * @param schema a JSON Schema, draft 2020-12; `definitions` is accepted beside `$defs`, `$schema` is ignored
 * @returns a function which returns `{ valid: true }`, or `{ valid: false }` with one line per error for people
 * @throws {ConfigError} when the schema itself is wrong: unknown keyword or format, bad value, missing `$ref`
 */
export function compileValidator(schema: JsonSchema): Validator {
  const known = typeof schema === "object" ? byIdentity.get(schema) : undefined;
  if (known) return known;
  const text = canonicalText(schema);
  let validator = byText.get(text);
  if (!validator) {
    validator = compile(schema);
    const oldest = byText.keys().next();
    if (byText.size >= CACHE_SIZE && !oldest.done) byText.delete(oldest.value);
  } else {
    byText.delete(text);
  }
  // Inserted last: the first of the map is then the one that was not used for longest.
  byText.set(text, validator);
  if (typeof schema === "object") byIdentity.set(schema, validator);
  return validator;
}

function compile(schema: JsonSchema): Validator {
  // One Ajv per schema: its registry of $id never forgets, and two schemas may use the same one.
  const ajv = new Ajv2020({
    strict: true,
    // Of Ajv's strictness only what catches mistakes: these three refuse schemas that are in order.
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowMatchingProperties: true,
    allErrors: true,
    logger: false,
    validateFormats: true,
  });
  addFormats.default(ajv);
  // Ajv resolves anchors, and yet its strict mode does not know their keyword.
  ajv.addKeyword("$anchor");
  let check: ValidateFunction;
  try {
    check = ajv.compile(withoutDialect(schema));
  } catch (error) {
    throw new ConfigError(`the schema cannot be used: ${messageOf(error)}`, {
      remedy: "correct the schema; JSON Schema draft 2020-12 is expected",
      cause: error,
    });
  }
  return (value) => {
    try {
      if (check(value)) return { valid: true };
    } catch (error) {
      // Values that are nested too deep, and some schemas with unevaluatedProperties that Ajv compiles wrongly.
      return { valid: false, errors: [`the value cannot be checked: ${messageOf(error)}`] };
    }
    const errors = [...new Set((check.errors ?? []).map(describe))];
    const shown = errors.slice(0, MAX_ERRORS);
    if (errors.length > shown.length) shown.push(`and ${errors.length - shown.length} more`);
    return { valid: false, errors: shown };
  };
}

/** `$schema` of another draft would make Ajv look for that draft's own schema; what differs is refused anyway. */
function withoutDialect(schema: JsonSchema): JsonSchema {
  if (typeof schema === "boolean") return schema;
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== "$schema"));
}

/** Ajv's messages leave out which value or name they speak of; this adds it. */
function describe(error: ErrorObject): string {
  const where = error.instancePath === "" ? "the value" : error.instancePath;
  const params = error.params as Record<string, unknown>;
  const message = error.message ?? `fails "${error.keyword}"`;
  switch (error.keyword) {
    case "additionalProperties":
      return `${where}: must NOT have the property "${String(params["additionalProperty"])}"`;
    case "unevaluatedProperties":
      return `${where}: must NOT have the property "${String(params["unevaluatedProperty"])}"`;
    case "propertyNames":
      return `${where}: the property name "${String(params["propertyName"])}" is not allowed`;
    case "enum":
      return `${where}: must be one of ${shorten(JSON.stringify(params["allowedValues"]))}`;
    case "const":
      return `${where}: must be ${shorten(JSON.stringify(params["allowedValue"]))}`;
    case "false schema":
      return `${where}: no value is allowed here`;
    default:
      return `${where}: ${message}`;
  }
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

/** JSON with sorted keys: equal schemas give equal text whatever the order they were written in. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
