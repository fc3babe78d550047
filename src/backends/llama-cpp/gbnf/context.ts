/**
 * What the compilation of one schema shares: its rules, its notes on what is checked later, and the way back to the
 * compiler for sub-schemas.
 */
import type { JsonSchema } from "../../backend.js";
import { numberValue } from "./keywords.js";
import { valueOf, type Located, type Part } from "./located.js";
import type { Expr, Rules } from "./rules.js";

export interface Context {
  readonly root: JsonSchema;
  readonly rules: Rules;
  /** The grammar of a value for which all the sub-schemas hold. */
  readonly compile: (conjunction: readonly Located[], hint: string) => Expr;
  /** Notes that a keyword is to be checked after decoding. */
  readonly check: (part: Part, keyword: string) => void;
  /** Whether a finished value is valid for a sub-schema. */
  readonly accepts: (part: Located, value: unknown) => boolean;
}

/** A keyword's value and the part that has it. */
export interface Found<T> {
  readonly value: T;
  readonly part: Part;
}

/** All values of a keyword among the parts. */
export function findAll(parts: readonly Part[], keyword: string): Found<unknown>[] {
  return parts.map((part) => ({ value: valueOf(part, keyword), part })).filter(({ value }) => value !== undefined);
}

/** Notes a keyword as checked later, wherever a part has it. */
export function checkAll(context: Context, parts: readonly Part[], ...keywords: readonly string[]): void {
  for (const keyword of keywords) {
    for (const { part } of findAll(parts, keyword)) context.check(part, keyword);
  }
}

/** The greatest of the parts' lower limits of a count, 0 when there is none. */
export function leastCount(parts: readonly Part[], keyword: string): number {
  return Math.max(
    0,
    ...findAll(parts, keyword).map(({ value, part }) => numberValue(value, keyword, part.pointer, true)),
  );
}

/** The least of the parts' upper limits of a count, Infinity when there is none. */
export function mostCount(parts: readonly Part[], keyword: string): number {
  return Math.min(
    ...findAll(parts, keyword).map(({ value, part }) => numberValue(value, keyword, part.pointer, true)),
    Infinity,
  );
}
