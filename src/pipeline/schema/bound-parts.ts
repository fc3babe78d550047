/** What schemas speak of, and how to take parts out of them. */
import { numberIn } from "./bound-sizes.js";
import { listIn } from "./recursion.js";
import { fromEntries, isObject, type Raw } from "./walk.js";

const annotations: ReadonlySet<string> = new Set(
  "title description default examples $comment deprecated readOnly writeOnly $id $schema $anchor $defs definitions".split(
    " ",
  ),
);

export function saysNothing(schema: Raw): boolean {
  return Object.keys(schema).every((keyword) => annotations.has(keyword));
}

export function withoutDefinitions(schema: Raw): Raw {
  const left = ["$defs", "definitions", "$id", "$schema"];
  return fromEntries(Object.entries(schema).filter(([keyword]) => !left.includes(keyword)));
}

/** Whether more than one schema speaks of the value: a reference, branches, and what stands beside them. */
export function holdsTogether(schema: Raw): boolean {
  const groups = ["$ref", "anyOf", "oneOf", "dependentSchemas", "if"].filter((keyword) =>
    Object.hasOwn(schema, keyword),
  );
  const combined = new Set(["$ref", "anyOf", "oneOf", "allOf", "dependentSchemas", "if", "then", "else", "not"]);
  const hasOwn = Object.keys(schema).some((keyword) => !annotations.has(keyword) && !combined.has(keyword));
  return groups.length + listIn(schema, "allOf").length + (hasOwn ? 1 : 0) > 1;
}

const spoken: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "pattern"],
  array: ["items", "prefixItems", "minItems", "uniqueItems", "contains"],
  object: ["properties", "patternProperties", "additionalProperties", "required", "minProperties", "propertyNames"],
};

export function speaksOf(schema: Raw, type: "string" | "array" | "object"): boolean {
  const { type: given } = schema;
  if (given === undefined) return spoken[type]!.some((keyword) => Object.hasOwn(schema, keyword));
  return given === type || (Array.isArray(given) && given.includes(type));
}

export function isListed(schema: Raw): boolean {
  return Object.hasOwn(schema, "const") || Object.hasOwn(schema, "enum");
}

/** Whether a pattern says itself how long a text can be. */
export function ends(pattern: unknown): boolean {
  return typeof pattern === "string" && /^\^(?!.*\|).*\$$/s.test(pattern) && !/(?<!\\)[*+]|\{\d+,\}/.test(pattern);
}

/**
 * Leaves out what cannot be there, in words that every validator and every server knows.
 * @param gone the steps to it, joined by slashes
 * @returns undefined where nothing is left to choose
 */
export function withoutNever(schema: Raw, gone: ReadonlySet<string>, shared: boolean): Raw | undefined {
  if (gone.size === 0) return schema;
  const result: Record<string, unknown> = { ...schema };
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = listIn(schema, keyword).filter((_, n) => !gone.has(`${keyword}/${n}`));
    if (branches.length === listIn(schema, keyword).length) continue;
    if (branches.length === 0) return undefined;
    result[keyword] = branches;
  }
  const prefix = listIn(schema, "prefixItems");
  const cut = prefix.findIndex((_, n) => gone.has(`prefixItems/${n}`));
  const room = cut >= 0 ? cut : gone.has("items") ? prefix.length : Infinity;
  if (room < Infinity) {
    result["maxItems"] = Math.min(numberIn(schema, "maxItems") ?? Infinity, room);
    if (gone.has("items")) delete result["items"];
    if (cut === 0) delete result["prefixItems"];
    else if (cut > 0) result["prefixItems"] = prefix.slice(0, cut);
  }
  const { properties } = schema;
  if (isObject(properties)) {
    const names = Object.keys(properties).filter((name) => gone.has(`properties/${name}`));
    const mayClose =
      schema["additionalProperties"] === undefined && schema["patternProperties"] === undefined && !shared;
    if (names.length > 0 && (mayClose || (schema["additionalProperties"] === false && !schema["patternProperties"]))) {
      result["properties"] = fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
      result["additionalProperties"] = false;
    }
  }
  return result;
}
