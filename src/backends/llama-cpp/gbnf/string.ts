/**
 * Grammars of JSON strings: free ones, ones of bounded length, ones that match a pattern or format.
 */
import { charSet, charsOf } from "./charset.js";
import type { Regex } from "./regex.js";
import { regexExpr } from "./pattern.js";
import { alt, seq, text, type Expr, type Rules } from "./rules.js";

const hexDigit: Expr = { kind: "set", set: charSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]) };

/**
 * One character (code point) of a JSON string: itself, or one of the escapes of RFC 8259. `\u` escapes of surrogates
 * come in pairs only, since half of one is no character.
 */
export function anyStringChar(rules: Rules): Expr {
  const of = (characters: string): Expr => ({ kind: "set", set: charsOf(characters) });
  const hex = (count: number): Expr => ({ kind: "repeat", item: hexDigit, min: count, max: count });
  const escape = alt(
    of('"\\/bfnrt'),
    seq(text("u"), of("0123456789ABCEFabcef"), hex(3)),
    seq(text("u"), of("Dd"), of("01234567"), hex(2)),
    seq(text("u"), of("Dd"), of("89ABab"), hex(2), text("\\u"), of("Dd"), of("CDEFcdef"), hex(2)),
  );
  const raw: Expr = {
    kind: "set",
    set: charSet([0x20, 0x21], [0x23, 0x5b], [0x5d, 0xd7ff], [0xe000, 0x10ffff]),
  };
  return rules.add("char", alt(raw, seq(text("\\"), rules.add("escape", escape))));
}

/** Any string. */
export function anyString(rules: Rules): Expr {
  return boundedString(rules, 0, undefined);
}

/**
 * A string of `min` to `max` characters, counted in code points as JSON Schema does; an escape counts as one.
 * @param max undefined for no limit
 */
export function boundedString(rules: Rules, min: number, max: number | undefined): Expr {
  return rules.add("string", seq(text('"'), rules.repeat(anyStringChar(rules), min, max, "chars"), text('"')));
}

/** A string whose whole content matches a pattern. */
export function patternString(rules: Rules, regex: Regex): Expr {
  return rules.add("string", seq(text('"'), regexExpr(rules, regex), text('"')));
}
