/**
 * Reads the regular part of ECMAScript regular expressions (as JSON Schema uses them: with the `u` flag) into a tree.
 */
import { anyChar, charSet, charsOf, complement, intersect, LAST_CODE_POINT, union, type CharSet } from "./charset.js";

export type Regex =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "seq"; readonly items: readonly Regex[] }
  | { readonly kind: "alt"; readonly items: readonly Regex[] }
  | { readonly kind: "repeat"; readonly item: Regex; readonly min: number; readonly max: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

const digitChars = charsOf("0123456789");
const wordChars = charSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
/** WhiteSpace and LineTerminator of ECMA-262. */
const spaceChars = union(
  charSet([0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a]),
  charSet([0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]),
);
const lineEnds = charSet([0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]);

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };

/** Thrown inside the parser at what no grammar can express: look-around, back references and the like. */
class Unsupported extends Error {}

/**
 * Parses a pattern.
 * @param source a pattern that `new RegExp(source, "u")` accepts
 * @returns undefined when the pattern uses look-around, word boundaries, back references, Unicode properties or flags
 */
export function parseRegex(source: string): Regex | undefined {
  const parser = new Parser(Array.from(source));
  try {
    return parser.alternatives();
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

class Parser {
  #at = 0;

  constructor(private readonly chars: readonly string[]) {}

  alternatives(): Regex {
    const items = [this.#sequence()];
    while (this.#take("|")) items.push(this.#sequence());
    return items.length === 1 ? items[0]! : { kind: "alt", items };
  }

  #sequence(): Regex {
    const items: Regex[] = [];
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek()) {
      items.push(this.#quantified(this.#atom()));
    }
    return items.length === 1 ? items[0]! : { kind: "seq", items };
  }

  #quantified(item: Regex): Regex {
    const [min, max] = this.#quantifier() ?? [];
    if (min === undefined || max === undefined) return item;
    // Lazy or greedy makes no difference to which texts match.
    this.#take("?");
    return { kind: "repeat", item, min, max };
  }

  #quantifier(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    if (!this.#take("{")) return undefined;
    let inside = "";
    while (!this.#take("}")) inside += this.#next();
    const [min, max = inside.includes(",") ? "" : min] = inside.split(",");
    return [Number(min), max === "" ? Infinity : Number(max)];
  }

  #atom(): Regex {
    const char = this.#next();
    switch (char) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "set", set: intersect(anyChar, complement(lineEnds)) };
      case "[":
        return { kind: "set", set: this.#charClass() };
      case "(":
        return this.#group();
      case "\\":
        return { kind: "set", set: intersect(this.#escape(false), anyChar) };
      default:
        return { kind: "set", set: charsOf(char) };
    }
  }

  #group(): Regex {
    if (this.#take("?")) {
      if (this.#take("<")) {
        if (this.#peek() === "=" || this.#peek() === "!") throw new Unsupported("look-behind");
        while (!this.#take(">")) this.#next();
      } else if (!this.#take(":")) {
        throw new Unsupported("look-ahead or flags");
      }
    }
    const inner = this.alternatives();
    this.#take(")");
    return inner;
  }

  #charClass(): CharSet {
    const negated = this.#take("^");
    const parts: CharSet[] = [];
    while (!this.#take("]")) {
      const low = this.#classMember();
      const isRange = this.#peek() === "-" && this.chars[this.#at + 1] !== "]";
      if (!isRange) {
        parts.push(low);
        continue;
      }
      this.#next();
      const high = this.#classMember();
      // With the u flag both ends are single characters.
      parts.push(charSet([low[0]![0], high[0]![1]]));
    }
    const set = union(...parts);
    return intersect(negated ? complement(set) : set, anyChar);
  }

  #classMember(): CharSet {
    const char = this.#next();
    return char === "\\" ? this.#escape(true) : charsOf(char);
  }

  #escape(inClass: boolean): CharSet {
    const char = this.#next();
    const shorthand = { d: digitChars, w: wordChars, s: spaceChars }[char.toLowerCase()];
    if (shorthand) return char === char.toLowerCase() ? shorthand : complement(shorthand);
    const control = controls[char];
    if (control !== undefined) return charSet([control, control]);
    if (char === "b" && inClass) return charsOf("\b");
    if (char === "c") return this.#codePoint(this.#next().charCodeAt(0) % 32);
    if (char === "x") return this.#codePoint(this.#hex(2));
    if (char === "u") return this.#codePoint(this.#unicode());
    if (/[\^$\\.*+?()[\]{}|/-]/.test(char)) return charsOf(char);
    throw new Unsupported(`\\${char}`);
  }

  #codePoint(code: number): CharSet {
    return code <= LAST_CODE_POINT ? charSet([code, code]) : [];
  }

  #unicode(): number {
    if (this.#take("{")) {
      let digits = "";
      while (!this.#take("}")) digits += this.#next();
      return parseInt(digits, 16);
    }
    const lead = this.#hex(4);
    const isPair = lead >= 0xd800 && lead <= 0xdbff && this.#peek() === "\\" && this.chars[this.#at + 1] === "u";
    if (!isPair) return lead;
    const before = this.#at;
    this.#at += 2;
    const trail = this.#peek() === "{" ? 0 : this.#hex(4);
    if (trail >= 0xdc00 && trail <= 0xdfff) return (lead - 0xd800) * 0x400 + (trail - 0xdc00) + 0x10000;
    this.#at = before;
    return lead;
  }

  #hex(length: number): number {
    let digits = "";
    for (let n = 0; n < length; n++) digits += this.#next();
    return parseInt(digits, 16);
  }

  #peek(): string | undefined {
    return this.chars[this.#at];
  }

  #next(): string {
    const char = this.chars[this.#at++];
    if (char === undefined) throw new Unsupported("unexpected end");
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }
}
