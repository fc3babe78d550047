/**
 * The inside of an object: its members with their commas, in order, as many as are allowed.
 */
import { alt, empty, never, optional, seq, text, type Expr, type Rules } from "./rules.js";

export interface Member {
  /** Name, colon and value. */
  readonly expr: Expr;
  readonly required: boolean;
}

export interface MembersShape {
  readonly members: readonly Member[];
  /** A further member, which may come any number of times after the others. */
  readonly extra: Expr | undefined;
  readonly least: number;
  /** Infinity for no limit. */
  readonly most: number;
  readonly hint: string;
}

export interface Members {
  readonly expr: Expr;
  /** Whether the least or the greatest number of members is not enforced. */
  readonly uncheckedLeast: boolean;
  readonly uncheckedMost: boolean;
}

/** Counting members takes a rule for each member and count; beyond this it is left to be checked. */
const MAX_STATES = 2000;

const comma = text(", ");

/**
 * The members between the braces. The grammar's size grows with the number of members, and with its square only where
 * their number is limited beyond what `required` says.
 */
export function membersExpr(rules: Rules, shape: MembersShape): Members {
  const { members, least, most } = shape;
  const requiredCount = members.filter((member) => member.required).length;
  if (requiredCount > most) return { expr: never, uncheckedLeast: false, uncheckedMost: false };
  if (!shape.extra && members.length < least) return { expr: never, uncheckedLeast: false, uncheckedMost: false };
  // Among further members two may have the same name, and then count as one.
  const uncheckedLeast = shape.extra !== undefined && least > requiredCount + 1;
  const boundless = most === Infinity || (!shape.extra && most >= members.length);
  if (boundless && least <= requiredCount) {
    return { expr: uncounted(rules, shape), uncheckedLeast, uncheckedMost: false };
  }
  const highest = boundless ? least : most;
  if (members.length > 0 && (members.length + 1) * (Math.min(highest, members.length) + 1) > MAX_STATES) {
    return { expr: uncounted(rules, shape), uncheckedLeast: true, uncheckedMost: true };
  }
  const expr = counted(rules, { ...shape, most: boundless ? Infinity : most });
  return { expr, uncheckedLeast, uncheckedMost: false };
}

/** Any of the optional members and all of the required ones. */
function uncounted(rules: Rules, { members, extra, hint }: MembersShape): Expr {
  const item = extra && rules.add(`${hint}-extra`, extra);
  const extras = item ? rules.repeat(seq(comma, item), 0, undefined, `${hint}-extras`) : empty;
  const first = members.findIndex((member) => member.required);
  const following = ({ expr, required }: Member): Expr => (required ? seq(comma, expr) : optional(seq(comma, expr)));
  if (first >= 0) {
    const before = members.slice(0, first).map(({ expr }) => optional(seq(expr, comma)));
    return seq(...before, members[first]!.expr, ...members.slice(first + 1).map(following), extras);
  }
  // All optional: one alternative for each that may come first. What follows it is a rule, so that sizes add up only.
  let rest = extras;
  let choices: Expr[] = item ? [seq(item, extras)] : [];
  for (let n = members.length - 1; n >= 0; n--) {
    const member = members[n]!;
    choices = [seq(member.expr, rest), ...choices];
    if (n > 0) rest = rules.add(`${hint}-from-${n}`, seq(following(member), rest));
  }
  return optional(alt(...choices));
}

/** As above, with the number of members kept between the least and the most. */
function counted(rules: Rules, { members, extra, least, most, hint }: MembersShape): Expr {
  const item = extra && rules.add(`${hint}-extra`, extra);
  const limit = most === Infinity ? least : most;
  const known = new Map<string, Expr>();
  const from = (n: number, count: number): Expr => {
    if (count > most) return never;
    // Without a most, counting beyond the least would make no difference.
    const reached = most === Infinity ? Math.min(count, limit) : count;
    const key = `${n}-${reached}`;
    let expr = known.get(key);
    if (!expr) {
      expr = n === members.length ? ending(reached) : rules.add(`${hint}-from-${key}`, step(n, reached));
      known.set(key, expr);
    }
    return expr;
  };
  const step = (n: number, count: number): Expr => {
    const { expr, required } = members[n]!;
    return alt(seq(count > 0 ? comma : empty, expr, from(n + 1, count + 1)), required ? never : from(n + 1, count));
  };
  const ending = (count: number): Expr => {
    if (!item || count === most) return count >= least ? empty : never;
    const min = Math.max(0, least - count);
    const max = most === Infinity ? undefined : most - count;
    if (count > 0) return rules.repeat(seq(comma, item), min, max, `${hint}-extras`);
    const more = rules.repeat(
      seq(comma, item),
      Math.max(0, min - 1),
      max === undefined ? max : max - 1,
      `${hint}-extras`,
    );
    return min === 0 ? optional(seq(item, more)) : seq(item, more);
  };
  return from(0, 0);
}
