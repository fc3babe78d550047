/**
 * Which types a value may have.
 */
import { findAll } from "./context.js";
import { isNumericFormat } from "./format.js";
import { familyOf, refuse } from "./keywords.js";
import { assertions, valueOf, type Part } from "./located.js";

export type TypeName = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

const all: readonly TypeName[] = ["object", "array", "string", "number", "boolean", "null"];

/**
 * The types that all parts allow. Where none names a type, the keywords tell: `properties` speaks of objects,
 * `minLength` of strings. The schema would allow any value of another type beside these; what is generated is a subset
 * of what it allows, and what its writer meant.
 */
export function allowedTypes(parts: readonly Part[]): Set<TypeName> {
  const named = findAll(parts, "type");
  if (named.length === 0) return impliedTypes(parts);
  let types: Set<TypeName> | undefined;
  for (const { value, part } of named) {
    const mine = typesOf(value, part);
    types = types ? common(types, mine) : mine;
  }
  return types!;
}

function impliedTypes(parts: readonly Part[]): Set<TypeName> {
  const types = new Set<TypeName>();
  for (const part of parts) {
    for (const keyword of assertions(part)) {
      const format = keyword === "format" ? valueOf(part, "format") : undefined;
      const family = typeof format === "string" && isNumericFormat(format) ? "number" : familyOf(keyword);
      if (family) types.add(family);
    }
  }
  return types.size > 0 ? types : new Set(all);
}

function typesOf(value: unknown, part: Part): Set<TypeName> {
  const types = new Set<TypeName>();
  for (const type of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (!isTypeName(type))
      throw refuse("type", part.pointer, `${JSON.stringify(type)} is no type`, "correct the schema");
    types.add(type);
  }
  if (types.has("number")) types.delete("integer");
  return types;
}

function isTypeName(value: unknown): value is TypeName {
  return value === "integer" || all.includes(value as TypeName);
}

function common(a: ReadonlySet<TypeName>, b: ReadonlySet<TypeName>): Set<TypeName> {
  const types = new Set<TypeName>([...a].filter((type) => b.has(type)));
  if ((a.has("number") && b.has("integer")) || (a.has("integer") && b.has("number"))) types.add("integer");
  return types;
}

/** Whether a value is of a type, as JSON Schema sees it: 1.0 is an integer. */
export function isOfType(value: unknown, type: TypeName): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return typeof value === type;
}
