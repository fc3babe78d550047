/**
 * Grammars of numbers: JSON's own (RFC 8259) with bounded digits, and decimals within bounds.
 */
import { charsOf } from "./charset.js";
import { anyInteger, digit, digits, integerRange, natural } from "./integer.js";
import { alt, empty, isNever, never, optional, seq, text, type Expr } from "./rules.js";

export interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

/** Decimals of up to 15 significant digits survive JSON.parse as different doubles. */
const SIGNIFICANT = 15;

const BEYOND = 10 ** SIGNIFICANT;

/** Any number: up to 15 digits before and after the point, an exponent of up to two. */
export function anyNumber(): Expr {
  const whole = alt(text("0"), seq(digit(1, 9), digits(0, SIGNIFICANT - 1)));
  const exponent = seq(
    { kind: "set", set: charsOf("eE") },
    optional({ kind: "set", set: charsOf("+-") }),
    digits(1, 2),
  );
  return seq(optional(text("-")), whole, optional(seq(text("."), digits(1, SIGNIFICANT))), optional(exponent));
}

/** Integers within bounds; see `integerRange` for how far they reach where no bound is given. */
export function boundedInteger(low: Bound | undefined, high: Bound | undefined): Expr {
  if (!low && !high) return anyInteger();
  const least = low && integerFrom(low);
  const most = high && integerFrom({ value: -high.value, exclusive: high.exclusive });
  return integerRange(least, most === undefined ? undefined : -most);
}

/** The least integer whose text JSON.parse reads as a number that keeps the lower bound. */
function integerFrom({ value, exclusive }: Bound): bigint {
  if (!Number.isInteger(value)) return BigInt(Math.ceil(value));
  if (!exclusive) return BigInt(value);
  if (Math.abs(value) < Number.MAX_SAFE_INTEGER) return BigInt(value) + 1n;
  // Out here one more would be rounded back to the bound: take the next double.
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return BigInt(view.getFloat64(0));
}

/**
 * Decimals without exponent within bounds.
 * @returns undefined when the bounds have so many digits that rounding in JSON.parse could break them
 */
export function boundedNumber(low: Bound | undefined, high: Bound | undefined): Expr | undefined {
  // Without exponent and with 15 digits no number gets to a bound out there, so it is as good as none.
  const least = low && low.value > -BEYOND ? decimalOf(low) : undefined;
  const most = high && high.value < BEYOND ? decimalOf(high) : undefined;
  const bounds = [least, most].filter((bound) => bound !== undefined);
  const wholeDigits = Math.max(1, ...bounds.map((bound) => String(bound.whole).length));
  const room = SIGNIFICANT - wholeDigits;
  if (room < 1 || bounds.some((bound) => bound.fraction.length > room)) return undefined;
  // A range on both sides of zero is the part from zero on and the mirrored part below it.
  const zero: Decimal = { negative: false, whole: 0n, fraction: "", exclusive: false };
  const positive = most?.negative ? never : unsigned(least && !least.negative ? least : zero, most, room);
  const below = most && (most.negative || isZero(most)) ? most : { ...zero, exclusive: true };
  const negative = least && !least.negative ? never : seq(text("-"), unsigned(below, least, room));
  return alt(positive, negative);
}

/** A bound as its decimal digits; the fraction has no zeros at its end. */
interface Decimal {
  readonly negative: boolean;
  readonly whole: bigint;
  readonly fraction: string;
  readonly exclusive: boolean;
}

function isZero(decimal: Decimal): boolean {
  return decimal.whole === 0n && decimal.fraction === "";
}

function decimalOf({ value, exclusive }: Bound): Decimal {
  const [mantissa = "0", exponent = "0"] = String(Math.abs(value)).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  const all = whole + fraction;
  const point = whole.length + shift;
  const before = point <= 0 ? "0" : all.padEnd(point, "0").slice(0, point);
  const after = point <= 0 ? "0".repeat(-point) + all : all.slice(point);
  return { negative: value < 0, whole: BigInt(before), fraction: after.replace(/0+$/, ""), exclusive };
}

/** Decimals without sign between bounds, of which only the digits count here. */
function unsigned(low: Decimal, high: Decimal | undefined, room: number): Expr {
  const lower: Edge = { digits: low.fraction, exclusive: low.exclusive };
  if (!high) {
    const more = integerRange(low.whole + 1n, undefined);
    return alt(
      seq(text(String(low.whole)), fractions(lower, undefined, room)),
      seq(more, fractions(undefined, undefined, room)),
    );
  }
  const upper: Edge = { digits: high.fraction, exclusive: high.exclusive };
  if (low.whole > high.whole) return never;
  if (low.whole === high.whole) return seq(text(String(low.whole)), fractions(lower, upper, room));
  return alt(
    seq(text(String(low.whole)), fractions(lower, undefined, room)),
    seq(natural(low.whole + 1n, high.whole - 1n), fractions(undefined, undefined, room)),
    seq(text(String(high.whole)), fractions(undefined, upper, room)),
  );
}

/** The digits of a fraction that others are compared with. */
interface Edge {
  readonly digits: string;
  readonly exclusive: boolean;
}

/** The part from the point on, absent where zero is within the edges. */
function fractions(low: Edge | undefined, high: Edge | undefined, room: number): Expr {
  const some = fractionDigits(low, high, room, true);
  const rest = isNever(some) ? never : seq(text("."), some);
  return mayEnd(low, high) ? optional(rest) : rest;
}

function mayEnd(low: Edge | undefined, high: Edge | undefined): boolean {
  return (!low || (low.digits === "" && !low.exclusive)) && (!high || high.digits !== "" || !high.exclusive);
}

/** Up to `room` digits between edges; at least one when `first`. */
function fractionDigits(low: Edge | undefined, high: Edge | undefined, room: number, first: boolean): Expr {
  const lower = low && low.digits === "" && !low.exclusive ? undefined : low;
  if (!lower && !high) return digits(first ? 1 : 0, room);
  const zeros: Expr = { kind: "repeat", item: text("0"), min: first ? 1 : 0, max: room };
  if (!lower && high?.digits === "") return high.exclusive ? never : room === 0 ? empty : zeros;
  const end = mayEnd(lower, high) && !first ? empty : never;
  if (room === 0) return end;
  const from = lower ? Number(lower.digits[0] ?? "0") : -1;
  const to = high ? Number(high.digits[0] ?? "0") : 10;
  const next = (edge: Edge | undefined): Edge | undefined => edge && { ...edge, digits: edge.digits.slice(1) };
  const step = (value: number, a: Edge | undefined, b: Edge | undefined): Expr =>
    seq(digit(value, value), fractionDigits(a, b, room - 1, false));
  const choices: Expr[] = [end];
  if (from === to) choices.push(step(from, next(lower), next(high)));
  if (from < to) {
    if (lower) choices.push(step(from, next(lower), undefined));
    choices.push(seq(digit(from + 1, to - 1), digits(0, room - 1)));
    if (high) choices.push(step(to, undefined, next(high)));
  }
  const all = alt(...choices.filter((choice) => choice !== empty));
  return end === empty ? optional(all) : all;
}
