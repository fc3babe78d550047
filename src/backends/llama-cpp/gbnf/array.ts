/**
 * Arrays: leading items each of its own schema, then any number of items of one schema, between a least and a most.
 */
import { checkAll, findAll, leastCount, mostCount, type Context } from "./context.js";
import { listValue, refuse } from "./keywords.js";
import { child, valueOf, type Located, type Part } from "./located.js";
import { uniqueItems, withOneOf } from "./unique.js";
import { empty, isNever, never, optional, seq, text, type Expr } from "./rules.js";

/**
 * An array for which all parts hold. Where `prefixItems` is given without `items`, only the leading items are
 * generated (a subset of what the schema allows) as long as `minItems` does not ask for more.
 */
export function arrayExpr(context: Context, parts: readonly Part[], hint: string): Expr {
  const prefixes = parts.map((part) => prefixLength(part));
  const leading = Math.max(0, ...prefixes);
  const least = leastCount(parts, "minItems");
  let most = mostCount(parts, "maxItems");
  const closed = parts.some((part) => valueOf(part, "unevaluatedItems") === false);
  if (findAll(parts, "items").length === 0 && (leading > 0 || closed) && least <= leading) {
    most = Math.min(most, leading);
  }

  const items: Expr[] = [];
  for (let n = 0; n < Math.min(leading, most); n++) {
    const item = context.compile(schemasAt(parts, prefixes, n), `${hint}-${n}`);
    if (isNever(item)) most = n;
    else items.push(item);
  }
  let rest: Expr = empty;
  if (most > leading) {
    rest = context.compile(schemasAt(parts, prefixes, leading), `${hint}-item`);
    if (isNever(rest)) most = leading;
  }
  if (least > most) return never;

  checkAll(context, parts, "unevaluatedItems");
  const shape = { items, rest, least, most, hint };
  const inner = leading > 0 ? undefined : dependentItems(context, parts, shape);
  return seq(text("["), inner ?? listExpr(context, shape), text("]"));
}

/**
 * The items where they depend on each other, by `uniqueItems` or `contains`; what of it cannot be enforced is noted.
 * @returns undefined where nothing of it is enforced
 */
function dependentItems(context: Context, parts: readonly Part[], shape: ListShape): Expr | undefined {
  const { rest, least, most, hint } = shape;
  const { rules } = context;
  const differ = most > 1 ? findAll(parts, "uniqueItems").filter(({ value }) => value === true) : [];
  const unique = differ.length > 0 ? uniqueItems(rules, rest, least, most, hint) : undefined;
  if (!unique) for (const { part } of differ) context.check(part, "uniqueItems");
  const [contains, ...others] = findAll(parts, "contains");
  if (!contains) return unique;
  const { part } = contains;
  const isOnce = (valueOf(part, "minContains") ?? 1) === 1 && valueOf(part, "maxContains") === undefined;
  let found: Expr | undefined;
  if (!unique && isOnce && others.length === 0) {
    const wanted = context.compile(
      [
        ...schemasAt(
          parts,
          parts.map(() => 0),
          0,
        ),
        child(part, "contains"),
      ],
      `${hint}-one`,
    );
    found = withOneOf(rules, { item: rest, wanted, least, most, hint });
  }
  if (!found) checkAll(context, parts, "contains");
  return unique ?? found;
}

interface ListShape {
  readonly items: readonly Expr[];
  readonly rest: Expr;
  readonly least: number;
  readonly most: number;
  readonly hint: string;
}

/** The items with their commas, built from the last to the first. */
function listExpr(context: Context, { items, rest, least, most, hint }: ListShape): Expr {
  const { rules } = context;
  const comma = text(", ");
  const leading = Math.min(items.length, most);
  let tail: Expr = empty;
  if (most > leading) {
    const max = most === Infinity ? undefined : most - leading;
    const min = Math.max(0, least - leading);
    if (leading > 0) {
      tail = rules.repeat(seq(comma, rest), min, max, `${hint}-more`);
    } else {
      const more = rules.repeat(
        seq(comma, rest),
        Math.max(0, min - 1),
        max === undefined ? max : max - 1,
        `${hint}-more`,
      );
      tail = min === 0 ? optional(seq(rest, more)) : seq(rest, more);
    }
  }
  for (let n = leading - 1; n >= 0; n--) {
    const item = seq(n > 0 ? comma : empty, items[n]!, tail);
    tail = n >= least ? optional(item) : item;
    // A rule per item keeps long tuples from nesting deeply.
    if (leading > 8 && n > 0) tail = rules.add(`${hint}-from-${n}`, tail);
  }
  return tail;
}

function prefixLength(part: Part): number {
  const prefix = valueOf(part, "prefixItems");
  const items = valueOf(part, "items");
  if (Array.isArray(items))
    throw refuse("items", part.pointer, "a list of schemas is of an older draft", 'use "prefixItems"');
  return prefix === undefined ? 0 : listValue(prefix, "prefixItems", part.pointer).length;
}

/** The sub-schemas that hold for the item at an index. */
function schemasAt(parts: readonly Part[], prefixes: readonly number[], index: number): Located[] {
  return parts.flatMap((part, n) => {
    if (index < prefixes[n]!) return [child(part, "prefixItems", index)];
    return valueOf(part, "items") === undefined ? [] : [child(part, "items")];
  });
}
