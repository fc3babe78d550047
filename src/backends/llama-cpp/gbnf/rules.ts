/**
 * Grammar expressions, the rules that they form, and their text in GBNF, the notation of llama.cpp's grammars.
 */
import type { CharSet } from "./charset.js";

export type Expr =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "seq"; readonly items: readonly Expr[] }
  | { readonly kind: "alt"; readonly items: readonly Expr[] }
  | { readonly kind: "repeat"; readonly item: Expr; readonly min: number; readonly max: number | undefined }
  | { readonly kind: "rule"; readonly name: string };

/** Matches the empty text only. */
export const empty: Expr = { kind: "seq", items: [] };

/** Matches nothing at all. */
export const never: Expr = { kind: "alt", items: [] };

export function isNever(expr: Expr): boolean {
  return (expr.kind === "alt" && expr.items.length === 0) || (expr.kind === "set" && expr.set.length === 0);
}

export function isEmpty(expr: Expr): boolean {
  return (expr.kind === "seq" && expr.items.length === 0) || (expr.kind === "text" && expr.text === "");
}

export function text(value: string): Expr {
  return value === "" ? empty : { kind: "text", text: value };
}

/** One character of a set. */
export function oneOf(set: CharSet): Expr {
  const only = set.length === 1 && set[0]![0] === set[0]![1] ? set[0]![0] : undefined;
  return only === undefined ? { kind: "set", set } : text(String.fromCodePoint(only));
}

export function seq(...parts: readonly Expr[]): Expr {
  const items: Expr[] = [];
  for (const part of parts.flatMap((expr) => (expr.kind === "seq" ? expr.items : [expr]))) {
    if (isNever(part)) return never;
    const last = items.at(-1);
    if (part.kind === "text" && last?.kind === "text") items[items.length - 1] = text(last.text + part.text);
    else items.push(part);
  }
  return items.length === 1 ? items[0]! : { kind: "seq", items };
}

export function alt(...parts: readonly Expr[]): Expr {
  const items: Expr[] = [];
  const seen = new Set<string>();
  for (const part of parts.flatMap((expr) => (expr.kind === "alt" ? expr.items : [expr]))) {
    if (isNever(part)) continue;
    const body = print(part);
    if (seen.has(body)) continue;
    seen.add(body);
    items.push(part);
  }
  // llama.cpp reads an empty alternative at the end of a rule on into the next line.
  const some = items.filter((item) => !isEmpty(item));
  if (some.length < items.length) return optional(alt(...some));
  return items.length === 1 ? items[0]! : { kind: "alt", items };
}

export function optional(expr: Expr): Expr {
  if (isNever(expr) || isEmpty(expr)) return empty;
  return { kind: "repeat", item: expr, min: 0, max: 1 };
}

/** llama.cpp refuses more repetitions than this, and takes a higher maximum for none. */
const MAX_REPETITIONS = 2000;

/** Repetitions beyond the limit are counted in blocks of this many. */
const BLOCK = 256;

/** The named rules of one grammar. Rules with the same body are one rule. */
export class Rules {
  readonly #rules = new Map<string, Expr>();
  readonly #byBody = new Map<string, string>();
  readonly #used = new Set<string>(["root"]);

  /** Makes an expression a rule and returns the reference to it. The name starts with the hint. */
  add(hint: string, expr: Expr): Expr {
    if (isNever(expr) || isEmpty(expr) || expr.kind === "rule") return expr;
    const body = print(expr);
    let name = this.#byBody.get(body);
    if (name === undefined) {
      name = this.reserve(hint);
      this.#byBody.set(body, name);
      this.#rules.set(name, expr);
    }
    return { kind: "rule", name };
  }

  /** A new name that `define` gives its body later: for rules that refer to themselves. */
  reserve(hint: string): string {
    const base =
      hint
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, 40) || "rule";
    let name = base;
    for (let n = 2; this.#used.has(name); n++) name = `${base}-${n}`;
    this.#used.add(name);
    return name;
  }

  define(name: string, expr: Expr): void {
    this.#rules.set(name, expr);
  }

  /**
   * `item` repeated `min` to `max` times, without limit when `max` is undefined. `item` must not match the empty
   * text, because llama.cpp takes a repeated empty item for left recursion.
   */
  repeat(item: Expr, min: number, max: number | undefined, hint = "item"): Expr {
    if (isNever(item)) return min === 0 ? empty : never;
    if (max !== undefined && max < min) return never;
    if (max === 0 || isEmpty(item)) return empty;
    if (min === 1 && max === 1) return item;
    const most = max ?? min;
    const single = item.kind === "set" || item.kind === "text" || item.kind === "rule";
    // llama.cpp counts the rules inside a repeated group against its limit as well.
    const unit = single || most <= 1 || weight(item) * most <= MAX_REPETITIONS / 4 ? item : this.add(hint, item);
    if (most <= MAX_REPETITIONS) return { kind: "repeat", item: unit, min, max };
    const block = this.add(`${hint}-x${BLOCK}`, { kind: "repeat", item: unit, min: BLOCK, max: BLOCK });
    const fixed = seq(
      this.repeat(block, Math.floor(min / BLOCK), Math.floor(min / BLOCK), `${hint}-x${BLOCK}`),
      this.repeat(unit, min % BLOCK, min % BLOCK, hint),
    );
    if (max === undefined) return seq(fixed, this.repeat(unit, 0, undefined, hint));
    const more = max - min;
    if (more <= MAX_REPETITIONS) return seq(fixed, this.repeat(unit, 0, more, hint));
    // Up to (n - 1) blocks, then up to one block and the remainder: every count has a way, few have two.
    const blocks = Math.floor(more / BLOCK);
    return seq(
      fixed,
      this.repeat(block, 0, blocks - 1, `${hint}-x${BLOCK}`),
      this.repeat(unit, 0, BLOCK + (more % BLOCK), hint),
    );
  }

  get(name: string): Expr | undefined {
    return this.#rules.get(name);
  }

  /** The names of rules that no finite text can match. */
  unproductive(): Set<string> {
    const open = new Set(this.#rules.keys());
    const ends = (expr: Expr): boolean => {
      if (expr.kind === "rule") return !open.has(expr.name);
      if (expr.kind === "seq") return expr.items.every(ends);
      if (expr.kind === "alt") return expr.items.some(ends);
      if (expr.kind === "repeat") return expr.min === 0 || ends(expr.item);
      return !isNever(expr);
    };
    for (let size = -1; size !== open.size;) {
      size = open.size;
      for (const name of open) if (ends(this.#rules.get(name)!)) open.delete(name);
    }
    return open;
  }

  /** The grammar's text: `root` first, then each rule that it needs, in order of first use. */
  print(root: Expr): string {
    const start = root.kind === "rule" ? this.#rules.get(root.name)! : root;
    const lines = [`root ::= ${print(start)}`];
    const seen = new Set<string>();
    const queue: Expr[] = [start];
    for (let expr = queue.shift(); expr; expr = queue.shift()) {
      for (const name of references(expr)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const body = this.#rules.get(name)!;
        lines.push(`${name} ::= ${print(body)}`);
        queue.push(body);
      }
    }
    return `${lines.join("\n")}\n`;
  }
}

function references(expr: Expr): string[] {
  if (expr.kind === "rule") return [expr.name];
  if (expr.kind === "seq" || expr.kind === "alt") return expr.items.flatMap(references);
  return expr.kind === "repeat" ? references(expr.item) : [];
}

/** About how many rules llama.cpp makes of a group with this expression. */
function weight(expr: Expr): number {
  if (expr.kind === "seq" || expr.kind === "alt") return expr.items.reduce((sum, item) => sum + weight(item), 1);
  return expr.kind === "repeat" ? weight(expr.item) + (expr.max ?? expr.min) + 1 : 1;
}

/** One expression in GBNF. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case "text":
      return `"${Array.from(expr.text, literalChar).join("")}"`;
    case "set":
      return `[${expr.set.map(([low, high]) => classChar(low) + (high > low ? `-${classChar(high)}` : "")).join("")}]`;
    case "seq":
      return expr.items.map((item) => (item.kind === "alt" ? `(${print(item)})` : print(item))).join(" ");
    case "alt":
      return expr.items.map(print).join(" | ");
    case "repeat": {
      const { item, min, max } = expr;
      const single = item.kind === "set" || item.kind === "text" || item.kind === "rule";
      return (single ? print(item) : `(${print(item)})`) + quantifier(min, max);
    }
    case "rule":
      return expr.name;
  }
}

function quantifier(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

function literalChar(char: string): string {
  if (char === '"' || char === "\\") return `\\${char}`;
  const code = char.codePointAt(0)!;
  return code < 0x20 || code === 0x7f ? hex(code) : char;
}

function classChar(code: number): string {
  const char = String.fromCodePoint(code);
  return /[A-Za-z0-9]/.test(char) ? char : hex(code);
}

function hex(code: number): string {
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
