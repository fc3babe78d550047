/**
 * Objects: the declared properties in their order, optional ones present or not, then further ones where allowed.
 */
import { checkAll, findAll, leastCount, mostCount, type Context } from "./context.js";
import { otherKey } from "./keys.js";
import { listValue, mapValue, regExpOf, stringValue } from "./keywords.js";
import { listedValues } from "./literals.js";
import { below, child, expand, located, valueOf, type Located, type Part } from "./located.js";
import { choicesOf } from "./dependencies.js";
import { membersExpr, type Member } from "./members.js";
import { alt, isNever, never, seq, text, type Expr } from "./rules.js";
import { parsePattern } from "./pattern.js";
import { dumps } from "./json.js";
import { patternString } from "./string.js";

/**
 * An object for which all parts hold. Where `properties` or `patternProperties` are given and `additionalProperties`
 * is absent, only properties of these are generated: a subset of what the schema allows, and what its writer meant.
 */
export function objectExpr(context: Context, parts: readonly Part[], hint: string): Expr {
  const required = requiredNames(parts);
  const listed = listedNames(context, parts);
  const needs = dependenciesOf(parts);
  const names = new Set([...declaredNames(parts), ...required, ...(listed ?? [])]);
  // A set goes on to what is added while it is gone through.
  for (const name of names) for (const other of needs.get(name) ?? []) names.add(other);
  const members: (Member & { readonly name: string })[] = [];
  for (const name of names) {
    const schemas = schemasOf(parts, name);
    const allowed = findAll(parts, "propertyNames").every(({ part }) =>
      context.accepts(child(part, "propertyNames"), name),
    );
    const value = allowed ? context.compile(schemas, `${hint}-${name}`) : never;
    if (!isNever(value)) {
      members.push({ name, expr: seq(text(`${dumps(name)}: `), value), required: required.has(name) });
    } else if (required.has(name)) {
      return never;
    }
  }
  const extra = listed ? undefined : extraMember(context, parts, [...names], hint);
  checkAll(context, parts, "dependentSchemas");
  for (const { value, part } of findAll(parts, "unevaluatedProperties")) {
    if (value !== true) context.check(part, "unevaluatedProperties");
  }

  const least = leastCount(parts, "minProperties");
  const most = mostCount(parts, "maxProperties");
  // A property that is not declared may be one that needs others, and they may be there or not.
  const chosen = extra && [...needs.keys()].some((name) => !names.has(name)) ? undefined : choicesOf(members, needs);
  if (!chosen) checkAll(context, parts, "dependentRequired");
  const all = (chosen ?? [members]).map((some, n) =>
    membersExpr(context.rules, { members: some, extra, least, most, hint: n === 0 ? hint : `${hint}-${n + 1}` }),
  );
  if (all.some((one) => one.uncheckedLeast)) checkAll(context, parts, "minProperties");
  if (all.some((one) => one.uncheckedMost)) checkAll(context, parts, "maxProperties");
  return seq(text("{"), alt(...all.map(({ expr }) => expr)), text("}"));
}

/** Names that a property needs beside itself, of all parts together. */
function dependenciesOf(parts: readonly Part[]): Map<string, Set<string>> {
  const needs = new Map<string, Set<string>>();
  for (const { value, part } of findAll(parts, "dependentRequired")) {
    for (const [name, others] of Object.entries(mapValue(value, "dependentRequired", part.pointer))) {
      const known = needs.get(name) ?? new Set<string>();
      for (const other of listValue(others, "dependentRequired", part.pointer))
        known.add(stringValue(other, "dependentRequired", part.pointer));
      needs.set(name, known);
    }
  }
  return needs;
}

function requiredNames(parts: readonly Part[]): Set<string> {
  return new Set(
    findAll(parts, "required").flatMap(({ value, part }) =>
      listValue(value, "required", part.pointer).map((name) => stringValue(name, "required", part.pointer)),
    ),
  );
}

function declaredNames(parts: readonly Part[]): string[] {
  return findAll(parts, "properties").flatMap(({ value, part }) =>
    Object.keys(mapValue(value, "properties", part.pointer)),
  );
}

/** The names that `propertyNames` lists, if it does: these and no others may be there, each like a declared one. */
function listedNames(context: Context, parts: readonly Part[]): string[] | undefined {
  for (const { part } of findAll(parts, "propertyNames")) {
    const values = listedValues(expand(context.root, [child(part, "propertyNames")]) ?? []);
    if (values)
      return [...values].map((value) => JSON.parse(value) as unknown).filter((name) => typeof name === "string");
  }
  return undefined;
}

/** The sub-schemas that hold for a property's value, as each part sees its name. */
function schemasOf(parts: readonly Part[], name: string): Located[] {
  return parts.flatMap((part) => {
    const properties = valueOf(part, "properties");
    const own: Located[] = [];
    if (properties !== undefined && Object.hasOwn(mapValue(properties, "properties", part.pointer), name)) {
      own.push(child(part, "properties", name));
    }
    for (const pattern of patternsOf(part)) {
      if (regExpOf(pattern, "patternProperties", part.pointer).test(name)) {
        own.push(child(part, "patternProperties", pattern));
      }
    }
    const hasOther = valueOf(part, "additionalProperties") !== undefined;
    return own.length > 0 || !hasOther ? own : [child(part, "additionalProperties")];
  });
}

function patternsOf(part: Part): string[] {
  const patterns = valueOf(part, "patternProperties");
  return patterns === undefined ? [] : Object.keys(mapValue(patterns, "patternProperties", part.pointer));
}

/** One property that is not declared, undefined where none is generated. */
function extraMember(
  context: Context,
  parts: readonly Part[],
  names: readonly string[],
  hint: string,
): Expr | undefined {
  const additional = findAll(parts, "additionalProperties");
  const patterned = parts.flatMap((part) => patternsOf(part).map((pattern) => ({ part, pattern })));
  const closed =
    additional.some(({ value }) => value === false) ||
    findAll(parts, "unevaluatedProperties").some(({ value }) => value === false);
  const isOpen = additional.length > 0 || (patterned.length === 0 && findAll(parts, "properties").length === 0);
  if (patterned.length > 0) return patternMember(context, parts, { names, patterned, open: isOpen && !closed, hint });
  if (closed || !isOpen) return undefined;
  const value = context.compile(
    additional.map(({ part }) => child(part, "additionalProperties")),
    `${hint}-other`,
  );
  return isNever(value) ? undefined : seq(freeKey(context, parts, names), text(": "), value);
}

/** The name of a further property: other than the declared ones, and as `propertyNames` asks. */
function freeKey(context: Context, parts: readonly Part[], names: readonly string[]): Expr {
  const rules = findAll(parts, "propertyNames").map(({ part }) => child(part, "propertyNames"));
  if (rules.length === 0) return otherKey(context.rules, names);
  // A name of the wanted form could be a declared one again, with a value of the wrong form.
  if (names.length > 0) checkAll(context, parts, "properties", "minProperties");
  return context.compile([...rules, { ...located({ type: "string" }, ""), pointer: below("", "(name)") }], "key");
}

interface PatternShape {
  readonly names: readonly string[];
  readonly patterned: readonly { readonly part: Part; readonly pattern: string }[];
  readonly open: boolean;
  readonly hint: string;
}

function patternMember(context: Context, parts: readonly Part[], shape: PatternShape): Expr | undefined {
  const { names, patterned, hint } = shape;
  const choices: Expr[] = [];
  let exact = patterned.length === 1 && parts.length === 1 && !shape.open;
  for (const { part, pattern } of patterned) {
    const source = regExpOf(pattern, "patternProperties", part.pointer);
    const value = context.compile([child(part, "patternProperties", pattern)], `${hint}-pattern`);
    const regex = parsePattern(pattern);
    if (!regex) exact = false;
    if (names.some((name) => source.test(name))) exact = false;
    const key = regex ? patternString(context.rules, regex.regex) : otherKey(context.rules, names);
    choices.push(seq(key, text(": "), value));
  }
  if (shape.open) {
    const additional = findAll(parts, "additionalProperties").map(({ part }) => child(part, "additionalProperties"));
    choices.push(seq(otherKey(context.rules, names), text(": "), context.compile(additional, `${hint}-other`)));
  }
  if (!exact) checkAll(context, parts, "patternProperties", "additionalProperties", "properties", "minProperties");
  checkAll(context, parts, "propertyNames");
  const possible = choices.filter((choice) => !isNever(choice));
  return possible.length === 0 ? undefined : { kind: "alt", items: possible };
}
