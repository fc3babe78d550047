/**
 * Sets of Unicode code points, and how each of them is spelled inside a JSON string.
 */
import { alt, oneOf, seq, text, type Expr } from "./rules.js";

/** Inclusive ranges of code points, ascending, not touching each other. */
export type CharSet = readonly (readonly [number, number])[];

export const LAST_CODE_POINT = 0x10ffff;

/** Every code point that text can hold: surrogates alone are no characters. */
export const anyChar: CharSet = [
  [0, 0xd7ff],
  [0xe000, LAST_CODE_POINT],
];

/** What RFC 8259 lets stand unescaped in a string. */
const unescaped: CharSet = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0xd7ff],
  [0xe000, LAST_CODE_POINT],
];

/** The escapes of RFC 8259 with a letter of their own; `/` needs none. */
const letters: readonly (readonly [number, string])[] = [
  [0x22, '"'],
  [0x5c, "\\"],
  [0x08, "b"],
  [0x0c, "f"],
  [0x0a, "n"],
  [0x0d, "r"],
  [0x09, "t"],
];

/** The set of single characters and ranges, given in any order. */
export function charSet(...ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else if (low <= high) merged.push([low, high]);
  }
  return merged;
}

export function charsOf(characters: string): CharSet {
  return charSet(...Array.from(characters, (char) => [char.codePointAt(0)!, char.codePointAt(0)!] as const));
}

export function union(...sets: readonly CharSet[]): CharSet {
  return charSet(...sets.flat());
}

export function complement(set: CharSet): CharSet {
  const ranges: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) ranges.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST_CODE_POINT) ranges.push([next, LAST_CODE_POINT]);
  return ranges;
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  return complement(union(complement(a), complement(b)));
}

export function contains(set: CharSet, codePoint: number): boolean {
  return set.some(([low, high]) => low <= codePoint && codePoint <= high);
}

/**
 * The characters of a set as they are spelled in a JSON string: as themselves where RFC 8259 allows it, else with the
 * shortest escape. Each character has exactly one spelling, so texts that differ are strings that differ.
 */
export function spelled(set: CharSet): Expr {
  const escapes: Expr[] = [];
  const byLetter = letters.filter(([code]) => contains(set, code)).map(([, letter]) => letter);
  if (byLetter.length > 0) escapes.push(oneOf(charsOf(byLetter.join(""))));
  for (const high of [0, 1]) {
    const digits = [...Array(16).keys()].filter((low) => {
      const code = high * 16 + low;
      return contains(set, code) && !letters.some(([other]) => other === code);
    });
    if (digits.length === 0) continue;
    const hex = charsOf(digits.map((digit) => digit.toString(16)).join(""));
    escapes.push(seq(text(`u00${high}`), oneOf(hex)));
  }
  const raw = intersect(set, unescaped);
  return alt(
    ...(raw.length > 0 ? [oneOf(raw)] : []),
    ...(escapes.length > 0 ? [seq(text("\\"), alt(...escapes))] : []),
  );
}
