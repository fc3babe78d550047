/**
 * Values that a schema lists: `const` and `enum`.
 */
import { findAll, type Context } from "./context.js";
import { dumps } from "./json.js";
import { listValue } from "./keywords.js";
import { assertions, valueOf, type Part } from "./located.js";
import { alt, text, type Expr } from "./rules.js";
import { allowedTypes, isOfType } from "./types.js";

const simple = new Set(["const", "enum", "type"]);

/**
 * The listed values that are valid for all parts, with all their keywords: nothing is left to be checked.
 * @returns undefined when the parts list no values
 */
export function literals(context: Context, parts: readonly Part[]): Expr | undefined {
  const lists = [
    ...findAll(parts, "const").map(({ value }) => [value]),
    ...findAll(parts, "enum").map(({ value, part }) => listValue(value, "enum", part.pointer)),
  ];
  if (lists.length === 0) return undefined;
  const [first, ...others] = lists.map((values) => new Map(values.map((value) => [identity(value), value])));
  const values = [...first!].filter(([id]) => others.every((list) => list.has(id))).map(([, value]) => value);
  const types = findAll(parts, "type").length > 0 ? allowedTypes(parts) : undefined;
  const complex = parts.filter((part) => assertions(part).some((keyword) => !simple.has(keyword)));
  const valid = values.filter(
    (value) =>
      (!types || [...types].some((type) => isOfType(value, type))) &&
      complex.every((part) => context.accepts(part, value)),
  );
  return alt(...valid.map((value) => text(dumps(value))));
}

/** What the parts allow as listed values, by identity; undefined when they list none. */
export function listedValues(parts: readonly Part[]): Set<string> | undefined {
  for (const part of parts) {
    const several = valueOf(part, "enum");
    const only = valueOf(part, "const");
    if (only !== undefined) return new Set([identity(only)]);
    if (Array.isArray(several)) return new Set(several.map(identity));
  }
  return undefined;
}

/** Equal for values that JSON Schema holds for equal, whatever the order of their keys. */
function identity(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
