/**
 * Grammars of the multiples of a number, digit by digit: what matters of the digits so far is what they leave over when
 * divided, and whether they are still at a bound.
 */
import { charSet } from "./charset.js";
import type { Bound } from "./number.js";
import { alt, empty, isNever, never, optional, print, seq, text, type Expr, type Rules } from "./rules.js";

/** Fewer values than this are listed, and each is asked of the validator's own arithmetic. */
const MOST_LISTED = 500;
/** States of the digits so far; beyond, it is left to be checked. */
const MOST_STATES = 2000;
/** Where there is no bound, numbers end at so many digits before the point. */
const OPEN_DIGITS = 9;
const MOST_DIGITS = 15;

export interface Multiples {
  readonly expr: Expr;
  /** Whether each value passes for a multiple when doubles are divided; 0.07 does not for one of 0.01. */
  readonly exact: boolean;
}

/**
 * Decimals within bounds that are multiples of a step.
 * @param integer whether they must be integers
 * @returns undefined where a grammar of reasonable size cannot say it
 */
export function multiplesOf(
  rules: Rules,
  step: number,
  bounds: { low: Bound | undefined; high: Bound | undefined },
  integer: boolean,
): Multiples | undefined {
  const fraction = fractionDigits(step);
  if (fraction === undefined || step <= 0) return undefined;
  let unit = scaled(step, fraction, "up");
  let places = fraction;
  if (unit === undefined) return undefined;
  if (integer && places > 0) {
    const one = 10n ** BigInt(places);
    unit = (unit * one) / gcd(unit, one) / one;
    places = 0;
  }
  const low = bounds.low && edge(bounds.low, places, "up");
  const high = bounds.high && edge(bounds.high, places, "down");
  if ((bounds.low && low === undefined) || (bounds.high && high === undefined)) return undefined;
  const scale = 10n ** BigInt(places);
  const open = 10n ** BigInt(OPEN_DIGITS) * scale;
  const least = low ?? (high !== undefined && high < -open ? 10n * high : -open);
  const most = high ?? (low !== undefined && low > open ? 10n * low : open);
  if (String(absolute(least)).length > MOST_DIGITS || String(absolute(most)).length > MOST_DIGITS) return undefined;
  const first = ceilDivide(least, unit);
  const count = floorDivide(most, unit) - first + 1n;
  if (count <= 0n) return { expr: never, exact: true };
  if (count <= MOST_LISTED) {
    const all = Array.from({ length: Number(count) }, (_, n) => decimal((first + BigInt(n)) * unit, places));
    const texts = all.filter((one) => integer || Number.isInteger(Number(one) / step));
    return { expr: alt(...texts.map(text)), exact: true };
  }
  const digits = new Digits(rules, unit, places);
  try {
    const positive = most >= 0n ? digits.between(least > 0n ? least : 0n, most) : never;
    const negative = least < 0n ? digits.between(most < 0n ? -most : 1n, -least) : never;
    const expr = alt(positive, isNever(negative) ? never : seq(text("-"), negative));
    return { expr, exact: Number.isInteger(step * 2 ** 20) };
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
}

class TooMany extends Error {}

class Digits {
  private readonly known = new Map<string, Expr>();
  private states = 0;

  constructor(
    private readonly rules: Rules,
    private readonly unit: bigint,
    /** Digits behind the point. */
    private readonly places: number,
  ) {}

  /** Multiples from `least` to `most`, neither below zero, both counted in the last place. */
  between(least: bigint, most: bigint): Expr {
    const choices: Expr[] = [];
    for (let whole = 1; whole <= MOST_DIGITS; whole++) {
      const all = BigInt(whole + this.places);
      const low = max(least, whole === 1 ? 0n : 10n ** (all - 1n));
      const high = min(most, 10n ** all - 1n);
      if (low > high) continue;
      const pad = (value: bigint): string => String(value).padStart(Number(all), "0");
      choices.push(this.from(0, 0n, { whole, low: pad(low), high: pad(high) }, true, true));
    }
    return alt(...choices);
  }

  /** The digits from a position on, given what those before leave over, and whether they are the bounds' own. */
  private from(at: number, rest: bigint, range: Range, atLow: boolean, atHigh: boolean): Expr {
    const left = range.low.length - at;
    if (left === 0) return rest === 0n ? empty : never;
    const where =
      atLow || atHigh ? `${range.low} ${range.high} ${at} ${atLow} ${atHigh}` : `${range.whole - at} ${left}`;
    const key = `${where} ${rest}`;
    let expr = this.known.get(key);
    if (expr === undefined) {
      if (++this.states > MOST_STATES) throw new TooMany();
      expr = this.next(at, rest, range, atLow, atHigh);
      if (expr.kind !== "text") expr = this.rules.add("digits", expr);
      this.known.set(key, expr);
    }
    return expr;
  }

  private next(at: number, rest: bigint, range: Range, atLow: boolean, atHigh: boolean): Expr {
    const from = atLow ? Number(range.low[at]) : 0;
    const to = atHigh ? Number(range.high[at]) : 9;
    // Digits after which the same may follow are one class.
    const groups = new Map<string, { digits: number[]; then: Expr }>();
    for (let digit = from; digit <= to; digit++) {
      const after = (rest * 10n + BigInt(digit)) % this.unit;
      const then = this.from(at + 1, after, range, atLow && digit === from, atHigh && digit === to);
      if (isNever(then)) continue;
      const body = print(then);
      const group = groups.get(body);
      if (group === undefined) groups.set(body, { digits: [digit], then });
      else group.digits.push(digit);
    }
    const some = alt(...[...groups.values()].map(({ digits, then }) => seq(oneDigit(digits), then)));
    if (at < range.whole) return some;
    const expr = at === range.whole ? seq(text("."), some) : some;
    return this.mayEnd(at, rest, range, atLow) ? optional(expr) : expr;
  }

  /** Whether nothing but zeros would complete a value, so that they may be left out. */
  private mayEnd(at: number, rest: bigint, range: Range, atLow: boolean): boolean {
    const left = range.low.length - at;
    return (rest * 10n ** BigInt(left)) % this.unit === 0n && (!atLow || /^0*$/.test(range.low.slice(at)));
  }
}

interface Range {
  /** Digits before the point. */
  readonly whole: number;
  /** All digits of the bounds. */
  readonly low: string;
  readonly high: string;
}

function oneDigit(digits: readonly number[]): Expr {
  const set = charSet(...digits.map((digit) => [0x30 + digit, 0x30 + digit] as const));
  return digits.length === 1 ? text(String(digits[0])) : { kind: "set", set };
}

/** Digits behind the point; undefined where it takes an exponent to write the number. */
function fractionDigits(value: number): number | undefined {
  const written = String(value);
  return written.includes("e") ? undefined : (written.split(".")[1] ?? "").length;
}

/** The number in units of the last of so many places; what is between two of them goes up or down. */
function scaled(value: number, places: number, round: "up" | "down"): bigint | undefined {
  const digits = fractionDigits(value);
  if (digits === undefined) return undefined;
  const all = BigInt(String(value).replace(".", ""));
  if (digits <= places) return all * 10n ** BigInt(places - digits);
  const unit = 10n ** BigInt(digits - places);
  return round === "up" ? ceilDivide(all, unit) : floorDivide(all, unit);
}

function edge({ value, exclusive }: Bound, places: number, round: "up" | "down"): bigint | undefined {
  const at = scaled(value, places, round);
  if (at === undefined || !exclusive || (fractionDigits(value) ?? 0) > places) return at;
  return round === "up" ? at + 1n : at - 1n;
}

function decimal(value: bigint, places: number): string {
  const digits = String(absolute(value)).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -ceilDivide(-a, b);
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? (a + b - 1n) / b : -(-a / b);
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
