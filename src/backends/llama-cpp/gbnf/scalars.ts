/**
 * Strings and numbers: which of their keywords the grammar enforces, and which are left to be checked.
 */
import { checkAll, findAll, leastCount, mostCount, type Context } from "./context.js";
import { formatKind, formatPattern, integerFormats, isNumericFormat } from "./format.js";
import { numberValue, refuse, regExpOf, stringValue } from "./keywords.js";
import type { Part } from "./located.js";
import { multiplesOf } from "./multiples.js";
import { anyNumber, boundedInteger, boundedNumber, type Bound } from "./number.js";
import { isSpecific, parsePattern, type Pattern } from "./pattern.js";
import { withLength } from "./pattern-length.js";
import type { Expr } from "./rules.js";
import { boundedString, patternString } from "./string.js";

/** A string for which all parts hold: one pattern or format is enforced, or else the length. */
export function stringExpr(context: Context, parts: readonly Part[]): Expr {
  const min = leastCount(parts, "minLength");
  const max = mostCount(parts, "maxLength");
  const candidates = [...patternsOf(parts), ...formatsOf(context, parts)];
  const [best] = candidates.sort((a, b) => b.rank - a.rank);
  for (const { part, keyword } of candidates.filter((candidate) => candidate !== best || !best.pattern)) {
    context.check(part, keyword);
  }
  if (!best?.pattern) return boundedString(context.rules, min, max === Infinity ? undefined : max);
  const narrowed = withLength(best.pattern, min, max);
  if (!narrowed) {
    if (best.pattern.length[0] < min) checkAll(context, parts, "minLength");
    if (best.pattern.length[1] > max) checkAll(context, parts, "maxLength");
  }
  return patternString(context.rules, narrowed ?? best.pattern.regex);
}

/** A `pattern` or `format`, of which the one with the highest rank is enforced. */
interface Candidate {
  readonly part: Part;
  readonly keyword: "pattern" | "format";
  /** Undefined where no grammar can express it. */
  readonly pattern: Pattern | undefined;
  readonly rank: number;
}

/** Patterns that spell the string out go before formats, vague ones after: ".*x.*" says less than "date". */
function patternsOf(parts: readonly Part[]): Candidate[] {
  return findAll(parts, "pattern").map(({ value, part }) => {
    const source = stringValue(value, "pattern", part.pointer);
    regExpOf(source, "pattern", part.pointer);
    const pattern = parsePattern(source);
    return { part, keyword: "pattern", pattern, rank: !pattern ? 0 : isSpecific(pattern.regex) ? 3 : 1 };
  });
}

function formatsOf(context: Context, parts: readonly Part[]): Candidate[] {
  const found: Candidate[] = [];
  for (const { value, part } of findAll(parts, "format")) {
    const name = stringValue(value, "format", part.pointer);
    const kind = formatKind(name);
    if (kind === "unknown")
      throw refuse("format", part.pointer, `"${name}" is unknown`, "remove it or correct its name");
    // Patterns of addresses are looser than the format.
    const rank = name === "email" ? 4 : 2;
    if (kind === "enforced") found.push({ part, keyword: "format", pattern: formatPattern(name), rank });
    else if (kind === "checked" && !isNumericFormat(name)) context.check(part, "format");
  }
  return found;
}

/** A number or integer for which all parts hold. */
export function numberExpr(context: Context, parts: readonly Part[], integer: boolean): Expr {
  let low = tightest(parts, "minimum", "exclusiveMinimum", 1);
  let high = tightest(parts, "maximum", "exclusiveMaximum", -1);
  for (const { value, part } of findAll(parts, "format")) {
    const name = stringValue(value, "format", part.pointer);
    const bounds = integer ? integerFormats[name] : undefined;
    if (formatKind(name) === "unknown") {
      throw refuse("format", part.pointer, `"${name}" is unknown`, "remove it or correct its name");
    }
    if (bounds) {
      low = tighter(low, { value: bounds[0], exclusive: false }, 1);
      high = tighter(high, { value: bounds[1], exclusive: false }, -1);
    } else if (isNumericFormat(name) && formatKind(name) !== "meaningless") {
      context.check(part, "format");
    }
  }
  const steps = findAll(parts, "multipleOf")
    .map(({ value, part }) => ({ step: numberValue(value, "multipleOf", part.pointer, false), part }))
    .filter(({ step }) => !(integer && step === 1));
  const [first] = steps;
  const multiples = first && multiplesOf(context.rules, first.step, { low, high }, integer);
  for (const { part } of steps) {
    if (part !== first?.part || multiples?.exact !== true) context.check(part, "multipleOf");
  }
  if (multiples) return context.rules.add("multiple", multiples.expr);
  if (integer) return context.rules.add("integer", boundedInteger(low, high));
  if (!low && !high) return context.rules.add("number", anyNumber());
  const bounded = boundedNumber(low, high);
  if (bounded) return context.rules.add("number", bounded);
  checkAll(context, parts, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
  return context.rules.add("number", anyNumber());
}

/** The bound that leaves the least; `side` is 1 for lower ones and -1 for upper ones. */
function tightest(parts: readonly Part[], inclusive: string, exclusive: string, side: 1 | -1): Bound | undefined {
  let bound: Bound | undefined;
  for (const keyword of [inclusive, exclusive]) {
    for (const { value, part } of findAll(parts, keyword)) {
      const number = numberValue(value, keyword, part.pointer, false);
      bound = tighter(bound, { value: number, exclusive: keyword === exclusive }, side);
    }
  }
  return bound;
}

function tighter(a: Bound | undefined, b: Bound, side: 1 | -1): Bound {
  if (!a) return b;
  if (a.value === b.value) return a.exclusive ? a : b;
  return (a.value - b.value) * side > 0 ? a : b;
}
