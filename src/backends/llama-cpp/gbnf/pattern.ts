/**
 * Turns patterns into grammar expressions for the inside of a JSON string, and tells how long their matches are.
 */
import { anyChar, spelled, type CharSet } from "./charset.js";
import { parseRegex, type Regex } from "./regex.js";
import { alt, empty, seq, type Expr, type Rules } from "./rules.js";

/** A pattern that spans the whole string. */
export interface Pattern {
  readonly regex: Regex;
  /** Fewest and most characters (code points) that a match has; Infinity for no limit. */
  readonly length: readonly [number, number];
}

/** So many alternatives a pattern with anchors inside groups is spread out to at most. */
const MAX_ALTERNATIVES = 50;

/**
 * Parses a pattern into one that spans the whole string: sides without anchor allow any characters.
 * @param source a pattern that `new RegExp(source, "u")` accepts
 * @returns undefined when no grammar can express it
 */
export function parsePattern(source: string): Pattern | undefined {
  const parsed = parseRegex(source);
  if (!parsed) return undefined;
  const branches = spread(parsed);
  if (!branches) return undefined;
  const regex: Regex = branches.length === 1 ? branches[0]! : { kind: "alt", items: branches };
  return { regex, length: lengths(regex) };
}

const anything: Regex = { kind: "repeat", item: { kind: "set", set: anyChar }, min: 0, max: Infinity };

/** The alternatives with their anchors resolved; undefined when an anchor stands where it cannot be resolved. */
function spread(regex: Regex): Regex[] | undefined {
  const done: Regex[] = [];
  const open: Regex[][] = [flat(regex)];
  for (let items = open.shift(); items; items = open.shift()) {
    const leading = items[0];
    const trailing = items.at(-1);
    const group = [leading, trailing].find((item) => item?.kind === "alt" && hasAnchor(item));
    if (group?.kind === "alt") {
      const rest = items;
      const atStart = group === leading;
      const others = atStart ? rest.slice(1) : rest.slice(0, -1);
      open.unshift(...group.items.map((item) => (atStart ? [...flat(item), ...others] : [...others, ...flat(item)])));
      if (open.length + done.length > MAX_ALTERNATIVES) return undefined;
      continue;
    }
    let from = 0;
    let to = items.length;
    while (items[from]?.kind === "start") from++;
    while (to > from && items[to - 1]?.kind === "end") to--;
    const inner = items.slice(from, to);
    if (inner.some(hasAnchor)) return undefined;
    const before = from === 0 ? [anything] : [];
    const after = to === items.length ? [anything] : [];
    // Nothing between two times anything: one is enough.
    const all = inner.length === 0 && from === 0 ? before : [...before, ...inner, ...after];
    done.push(all.length === 1 ? all[0]! : { kind: "seq", items: all });
  }
  return done;
}

function flat(regex: Regex): Regex[] {
  return regex.kind === "seq" ? regex.items.flatMap(flat) : [regex];
}

function hasAnchor(regex: Regex): boolean {
  if (regex.kind === "seq" || regex.kind === "alt") return regex.items.some(hasAnchor);
  return regex.kind === "repeat" ? hasAnchor(regex.item) : regex.kind !== "set";
}

/** Fewest and most characters of a match. */
export function lengths(regex: Regex): readonly [number, number] {
  switch (regex.kind) {
    case "set":
      return [1, 1];
    case "seq":
      return regex.items.map(lengths).reduce((a, b) => [a[0] + b[0], a[1] + b[1]], [0, 0]);
    case "alt":
      return regex.items.map(lengths).reduce((a, b) => [Math.min(a[0], b[0]), Math.max(a[1], b[1])]);
    case "repeat": {
      const [min, max] = lengths(regex.item);
      return [min * regex.min, max === 0 || regex.max === 0 ? 0 : max * regex.max];
    }
    default:
      return [0, 0];
  }
}

/** Larger sets of characters than this say next to nothing about a string: `.`, `[^,]`, `\S`. */
const BROAD = 128;

/** Whether a pattern says what each character is, so that little else can match. */
export function isSpecific(regex: Regex): boolean {
  if (regex.kind === "set") return regex.set.reduce((sum, [low, high]) => sum + high - low + 1, 0) <= BROAD;
  if (regex.kind === "seq" || regex.kind === "alt") return regex.items.every(isSpecific);
  return regex.kind !== "repeat" || isSpecific(regex.item);
}

/** The grammar expression of a pattern whose characters are spelled as in a JSON string. */
export function regexExpr(rules: Rules, regex: Regex): Expr {
  switch (regex.kind) {
    case "set":
      return charExpr(rules, regex.set);
    case "seq":
      return seq(...regex.items.map((item) => regexExpr(rules, item)));
    case "alt":
      return alt(...regex.items.map((item) => regexExpr(rules, item)));
    case "repeat": {
      const item = regexExpr(rules, notEmpty(regex.item));
      const min = nullable(regex.item) ? 0 : regex.min;
      return rules.repeat(item, min, regex.max === Infinity ? undefined : regex.max, "part");
    }
    default:
      return empty;
  }
}

/** A set with escapes in it becomes a rule, so that repeating it stays small. */
function charExpr(rules: Rules, set: CharSet): Expr {
  const expr = spelled(set);
  return expr.kind === "alt" ? rules.add("char", expr) : expr;
}

export function nullable(regex: Regex): boolean {
  if (regex.kind === "set") return false;
  if (regex.kind === "seq") return regex.items.every(nullable);
  if (regex.kind === "alt") return regex.items.some(nullable);
  return regex.kind === "repeat" ? regex.min === 0 || nullable(regex.item) : true;
}

const nothing: Regex = { kind: "set", set: [] };

/** The same matches without the empty one. */
function notEmpty(regex: Regex): Regex {
  if (!nullable(regex)) return regex;
  if (regex.kind === "alt") return { kind: "alt", items: regex.items.map(notEmpty) };
  if (regex.kind === "repeat") {
    if (regex.max === 0) return nothing;
    // One that may be empty as often as wanted is one that is not, once or more.
    return { kind: "repeat", item: notEmpty(regex.item), min: 1, max: regex.max };
  }
  if (regex.kind !== "seq") return nothing;
  const items = regex.items;
  return {
    kind: "alt",
    items: items.map((item, n) => ({ kind: "seq" as const, items: [notEmpty(item), ...items.slice(n + 1)] })),
  };
}
