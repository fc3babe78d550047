/**
 * Regular expressions of schemas. Ajv compiles them as JavaScript does with the flag `u`; Kiln checks and applies them
 * with Python's `re`. What only one of them reads is put into words for both where that is possible.
 */
import { messageOf } from "../../errors.js";

export interface ReadablePattern {
  /** For `new RegExp(source, "u")`. */
  source: string;
}

export interface PatternProblem {
  text: string;
  remedy: string;
}

/** What a pattern consists of, as far as it matters here. */
const tokens = /\\[^]|\[\^?|\{\d+(?:,\d*)?\}|\(\?P?<(?![=!])(?:\w+>)?|[^]/gu;
/** Characters whose escape means themselves in Python, and is an error in JavaScript with the flag. */
const escapedForNothing = /^\\[^A-Za-z0-9^$\\.*+?()[\]{}|/]$/u;

/**
 * @param pattern as it stands in the schema
 * @returns the same for JavaScript; or what is wrong with it
 */
export function readablePattern(pattern: string): ReadablePattern | PatternProblem {
  const foreign = notPython(pattern);
  if (foreign !== undefined) return foreign;
  const source = compiles(pattern) === undefined ? pattern : fromPython(pattern);
  const problem = compiles(source);
  if (problem === undefined) return { source };
  return {
    text: `it is no regular expression: ${problem}`,
    remedy: "write one that JavaScript and Python both read: classes, groups, alternatives, quantifiers",
  };
}

function compiles(source: string): string | undefined {
  try {
    new RegExp(source, "u");
    return undefined;
  } catch (error) {
    return messageOf(error).replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, "");
  }
}

/** Words of JavaScript alone, because of which Kiln would not open the task. */
function notPython(pattern: string): PatternProblem | undefined {
  const problem = (what: string, remedy: string): PatternProblem => ({
    text: `${what} is not known to Python's regular expressions, by which Kiln checks`,
    remedy,
  });
  let inClass = false;
  for (const { 0: one, index } of pattern.matchAll(tokens)) {
    if (one === "\\p" || one === "\\P") return problem(`${one}{...}`, 'name the characters, such as "[A-Za-zÀ-ÿ]"');
    if (one === "\\c") return problem("\\c", 'write the character as "\\u0001"');
    if (one === "\\u" && pattern[index + 2] === "{") return problem("\\u{...}", "write the character itself");
    if (inClass) {
      if (one === "]") inClass = false;
      continue;
    }
    if (one === "\\k" || one.startsWith("(?<")) return problem("a named group", 'use a plain group "(...)"');
    if (one === "[" || one === "[^") {
      inClass = true;
      if (pattern[index + one.length] === "]")
        return problem(`${one}]`, 'write "[\\s\\S]" for any character, and "\\]" for the bracket');
    }
  }
  return undefined;
}

/** Escapes and braces that JavaScript takes without the flag only, and Python's words for ends and groups. */
function fromPython(pattern: string): string {
  let inClass = false;
  return pattern.replace(tokens, (one) => {
    if (inClass) {
      if (one === "]") inClass = false;
      if (one === "[^") return one;
      return escapedForNothing.test(one) && one !== "\\-" ? one.slice(1) : one;
    }
    if (one === "[" || one === "[^") inClass = true;
    if (one === "{" || one === "}" || one === "]") return `\\${one}`;
    if (one === "\\A") return "^";
    if (one === "\\Z") return "$";
    if (one.startsWith("(?P<")) return "(";
    return escapedForNothing.test(one) ? one.slice(1) : one;
  });
}

/**
 * What JavaScript and Python mean by these differs beyond ASCII and for a few control characters; these are characters
 * that both mean.
 */
const outside: Readonly<Record<string, string>> = {
  "\\s": "[ \\t\\n\\r]",
  "\\S": "[^\\s\\x1c-\\x1f\\x85]",
  "\\W": "[\\x00-/:-@[-^`{-\\x7f]",
};
const inNegatedClass: Readonly<Record<string, string>> = {
  "\\s": "\\s\\x1c-\\x1f\\x85",
  "\\w": "\\w\\x80-\u{10ffff}",
};
const inPlainClass: Readonly<Record<string, string>> = { "\\s": " \\t\\n\\r" };

let decimalDigits: string | undefined;

/**
 * Narrows a pattern to texts of which JavaScript and Python both say that they match, as far as its classes go.
 * @param source for `new RegExp(source, "u")`
 */
export function commonPattern(source: string): string {
  let within: Readonly<Record<string, string>> | undefined;
  let isNegated = false;
  let isMixed = false;
  return source.replace(/\\[^]|\[\^?|\]|[^]/gu, (one, at: number) => {
    if (within === undefined) {
      if (one.startsWith("[")) {
        isNegated = one === "[^";
        // "[\s\S]" and its like mean any character; taking one half narrower would not.
        isMixed = /\\[SDW]/.test(/^\[(?:\\[^]|[^\]\\])*\]/u.exec(source.slice(at))?.[0] ?? "");
        within = isNegated ? inNegatedClass : inPlainClass;
        return one;
      }
      return one === "\\D" ? `[^\\d${otherDigits()}]` : (outside[one] ?? one);
    }
    if (one === "]") {
      within = undefined;
      return one;
    }
    if (isMixed) return one;
    return isNegated && one === "\\d" ? `\\d${otherDigits()}` : (within[one] ?? one);
  });
}

/** Decimal digits of all scripts but ASCII, as ranges. */
function otherDigits(): string {
  if (decimalDigits !== undefined) return decimalDigits;
  const ranges: string[] = [];
  for (let code = 0x80; code <= 0x1ffff; code++) {
    if (!/\p{Nd}/u.test(String.fromCodePoint(code))) continue;
    const first = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(code + 1))) code++;
    // As themselves: servers' engines know fewer escapes.
    ranges.push(`${String.fromCodePoint(first)}-${String.fromCodePoint(code)}`);
  }
  return (decimalDigits = ranges.join(""));
}
