/**
 * `anyOf` and `oneOf`: one alternative per branch, each together with everything that stands beside them.
 */
import { findAll, type Context, type Found } from "./context.js";
import { listValue } from "./keywords.js";
import { listedValues } from "./literals.js";
import { branch, expand, valueOf, without, type Part } from "./located.js";
import { alt, type Expr } from "./rules.js";
import { allowedTypes, type TypeName } from "./types.js";

/** Several of these keywords beside each other multiply; those beyond this many alternatives are checked later. */
const MAX_ALTERNATIVES = 256;

/**
 * The alternatives of the first `anyOf` or `oneOf` among the parts; further ones follow inside of them.
 * @returns undefined when there is none
 */
export function alternatives(context: Context, parts: readonly Part[], hint: string): Expr | undefined {
  const groups = (["anyOf", "oneOf"] as const).flatMap((keyword) =>
    findAll(parts, keyword).map((found) => ({ ...found, keyword })),
  );
  if (groups.length === 0) return undefined;
  let product = 1;
  let open: readonly Part[] = parts;
  let chosen: (Found<unknown> & { keyword: "anyOf" | "oneOf" }) | undefined;
  for (const group of groups) {
    const size = listValue(group.value, group.keyword, group.part.pointer).length;
    if (chosen && product * size > MAX_ALTERNATIVES) {
      context.check(group.part, group.keyword);
      open = open.map((part) => (part.pointer === group.part.pointer ? without(part, group.keyword) : part));
      continue;
    }
    chosen ??= group;
    product *= size;
  }
  const { part, keyword, value } = chosen!;
  const count = listValue(value, keyword, part.pointer).length;
  const branches = Array.from({ length: count }, (_, n) => branch(part, keyword, n));
  if (keyword === "oneOf" && !areDisjoint(branches.map((one) => expand(context.root, [one])))) {
    context.check(part, keyword);
  }
  const rest = open.map((other) => (other.pointer === part.pointer ? without(other, keyword) : other));
  return alt(...branches.map((one, n) => context.compile([...rest, one], `${hint}-${n + 1}`)));
}

/** Whether no value can be valid for two branches, as far as types and required constants tell. */
function areDisjoint(branches: readonly (readonly Part[] | undefined)[]): boolean {
  const possible = branches.filter((parts) => parts !== undefined);
  return possible.every((a, n) =>
    possible.slice(n + 1).every((b) => noCommonType(a, b) || noCommonValue(a, b) || hasOtherTag(a, b)),
  );
}

function noCommonType(a: readonly Part[], b: readonly Part[]): boolean {
  if (findAll(a, "type").length === 0 || findAll(b, "type").length === 0) return false;
  const others = [...allowedTypes(b)].map(widest);
  return [...allowedTypes(a)].map(widest).every((type) => !others.includes(type));
}

function noCommonValue(a: readonly Part[], b: readonly Part[]): boolean {
  const [values, others] = [listedValues(a), listedValues(b)];
  return values !== undefined && others !== undefined && [...values].every((value) => !others.has(value));
}

function widest(type: TypeName): TypeName {
  return type === "integer" ? "number" : type;
}

/** Whether both require a property that is a constant, and another one in each. */
function hasOtherTag(a: readonly Part[], b: readonly Part[]): boolean {
  const isObject = (parts: readonly Part[]): boolean => findAll(parts, "type").some(({ value }) => value === "object");
  if (!isObject(a) || !isObject(b)) return false;
  const others = tags(b);
  return [...tags(a)].some(([name, values]) => {
    const theirs = others.get(name);
    return theirs !== undefined && values.every((value) => !theirs.includes(value));
  });
}

/** The required properties that are strings of a fixed choice. */
function tags(parts: readonly Part[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const required = findAll(parts, "required").flatMap(({ value }) =>
    Array.isArray(value) ? (value as unknown[]) : [],
  );
  for (const part of parts) {
    for (const [name, schema] of Object.entries(valueOf(part, "properties") ?? {})) {
      if (!required.includes(name) || typeof schema !== "object" || schema === null) continue;
      const { const: only, enum: several } = schema as { const?: unknown; enum?: unknown };
      const values: unknown = only === undefined ? several : [only];
      if (Array.isArray(values) && values.every((value) => typeof value === "string")) found.set(name, values);
    }
  }
  return found;
}
