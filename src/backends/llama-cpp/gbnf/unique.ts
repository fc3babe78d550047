/** Lists in which an item depends on those before it: different ones out of a few, one of a kind among others. */
import { isNever, never, optional, alt, empty, seq, text, type Expr, type Rules } from "./rules.js";

/** Alternatives of all states together; beyond, it is left to be checked. */
const MOST_ALTERNATIVES = 6000;

/**
 * @param item the rule or expression of an item
 * @returns the items with their commas; undefined where the items are not a few texts
 */
export function uniqueItems(rules: Rules, item: Expr, least: number, most: number, hint: string): Expr | undefined {
  const texts = textsOf(rules, item);
  if (!texts) return undefined;
  const highest = Math.min(most, texts.length);
  if (least > highest) return never;
  if (!isSmall(texts.length, highest)) return undefined;
  const known = new Map<bigint, Expr>();
  const after = (used: bigint, count: number): Expr => {
    if (count === highest) return empty;
    let expr = known.get(used);
    if (!expr) {
      const choices = texts.flatMap((one, n) => {
        const bit = 1n << BigInt(n);
        return (used & bit) === 0n ? [seq(text(`${count > 0 ? ", " : ""}${one}`), after(used | bit, count + 1))] : [];
      });
      expr = rules.add(`${hint}-left`, alt(...choices));
      if (count >= least) expr = optional(expr);
      known.set(used, expr);
    }
    return expr;
  };
  return after(0n, 0);
}

/** Longer lists are left to be checked. */
const MOST_COUNTED = 60;

/**
 * Lists with at least one item of a kind.
 * @param wanted an item of that kind
 * @returns the items with their commas; undefined where they may be too many
 */
export function withOneOf(
  rules: Rules,
  { item, wanted, least, most, hint }: { item: Expr; wanted: Expr; least: number; most: number; hint: string },
): Expr | undefined {
  if (most > MOST_COUNTED) return undefined;
  let missing: Expr = never;
  for (let count = most - 1; count >= 0; count--) {
    const comma = text(count > 0 ? ", " : "");
    const rest = rules.repeat(seq(text(", "), item), Math.max(0, least - count - 1), most - count - 1, `${hint}-more`);
    const later = isNever(missing) ? never : seq(comma, item, missing);
    missing = rules.add(`${hint}-until`, alt(seq(comma, wanted, rest), later));
  }
  return missing;
}

/** The texts that an expression stands for, where it lists them. */
function textsOf(rules: Rules, expr: Expr): string[] | undefined {
  const body = expr.kind === "rule" ? rules.get(expr.name) : expr;
  if (!body || isNever(body)) return undefined;
  if (body.kind === "text") return [body.text];
  if (body.kind !== "alt") return undefined;
  const texts = body.items.map((item) => (item.kind === "text" ? item.text : undefined));
  return texts.every((one) => one !== undefined) ? texts : undefined;
}

function isSmall(count: number, highest: number): boolean {
  let sets = 1;
  let alternatives = 0;
  for (let taken = 0; taken < highest; taken++) {
    alternatives += sets * (count - taken);
    if (alternatives > MOST_ALTERNATIVES) return false;
    sets = (sets * (count - taken)) / (taken + 1);
  }
  return true;
}
