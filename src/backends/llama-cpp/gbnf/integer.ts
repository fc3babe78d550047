/**
 * Grammars of decimal integers within bounds, digit by digit.
 */
import { charSet } from "./charset.js";
import { alt, never, seq, text, type Expr } from "./rules.js";

const MAX_DIGITS = 15;
const LARGEST_15_DIGITS = 10n ** 15n - 1n;

/** Digits from `low` to `high`, as a class or a single character. */
export function digit(low: number, high: number): Expr {
  if (low > high) return never;
  return low === high ? text(String(low)) : { kind: "set", set: charSet([0x30 + low, 0x30 + high]) };
}

/** `min` to `max` digits of any value. */
export function digits(min: number, max: number): Expr {
  if (max === 0) return text("");
  if (min === 1 && max === 1) return digit(0, 9);
  return { kind: "repeat", item: digit(0, 9), min, max };
}

/**
 * Integers without sign zero or leading zeros. Without a bound a side ends at 15 digits, where JSON.parse is exact,
 * and so it does with a bound further out, unless the bounds only allow larger ones.
 * @param low the least integer, undefined for none
 * @param high the greatest integer, undefined for none
 */
export function integerRange(low: bigint | undefined, high: bigint | undefined): Expr {
  const least = low === undefined ? openEnd(high === undefined ? undefined : -high, -1n) : low;
  const most = high === undefined ? openEnd(low, 1n) : high;
  const lower = most >= -LARGEST_15_DIGITS ? max(least, -LARGEST_15_DIGITS) : least;
  const upper = least <= LARGEST_15_DIGITS ? min(most, LARGEST_15_DIGITS) : most;
  if (lower > upper) return never;
  const negative = lower < 0n ? seq(text("-"), natural(upper < 0n ? -upper : 1n, -lower)) : never;
  const positive = upper >= 0n ? natural(lower > 0n ? lower : 0n, upper) : never;
  return alt(positive, negative);
}

/** Where a side without bound ends: at 15 digits, or one digit beyond a bound that lies further out. */
function openEnd(other: bigint | undefined, sign: bigint): bigint {
  const limit =
    other === undefined || other <= LARGEST_15_DIGITS ? LARGEST_15_DIGITS : 10n ** BigInt(String(other).length + 1);
  return sign * limit;
}

/** Integers from `low` to `high`, both not negative. */
export function natural(low: bigint, high: bigint): Expr {
  if (low > high) return never;
  if (low === 0n) return high === 0n ? text("0") : alt(text("0"), natural(1n, high));
  const least = String(low);
  const most = String(high);
  if (least.length === most.length) return sameLength(least, most);
  const shortest = /^10*$/.test(least) ? undefined : sameLength(least, "9".repeat(least.length));
  const longest = /^9+$/.test(most) ? undefined : sameLength(`1${"0".repeat(most.length - 1)}`, most);
  const from = least.length + (shortest ? 1 : 0);
  const to = most.length - (longest ? 1 : 0);
  const between = from <= to ? seq(digit(1, 9), digits(from - 1, to - 1)) : never;
  return alt(shortest ?? never, between, longest ?? never);
}

/** Strings of digits from `low` to `high`, which have the same length. */
function sameLength(low: string, high: string): Expr {
  if (low === "") return text("");
  const [first, last] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  if (first === last) return seq(digit(first, first), sameLength(low.slice(1), high.slice(1)));
  const fromLow = /^0*$/.test(low.slice(1)) ? first : first + 1;
  const toHigh = /^9*$/.test(high.slice(1)) ? last : last - 1;
  return alt(
    fromLow > first ? seq(digit(first, first), sameLength(low.slice(1), "9".repeat(rest))) : never,
    seq(digit(fromLow, toHigh), digits(rest, rest)),
    toHigh < last ? seq(digit(last, last), sameLength("0".repeat(rest), high.slice(1))) : never,
  );
}

/** Integers of up to 15 digits without bounds. */
export function anyInteger(): Expr {
  return alt(
    text("0"),
    seq({ kind: "repeat", item: text("-"), min: 0, max: 1 }, digit(1, 9), digits(0, MAX_DIGITS - 1)),
  );
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
