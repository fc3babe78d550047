/**
 * The text of `.kiln` files, as pydantic's `model_dump_json(indent=2)` writes them: two spaces, non-ASCII as it is, no
 * line's end at the end, floats with a point. Facts: pydantic-core's serializer, tried with pydantic 2.14.
 */
import { isUtf8 } from "node:buffer";
import { InputError, messageOf } from "../../errors.js";

/** Keys whose numbers are floats in Kiln's models. */
const floats = new Set(["value", "percentage", "cost", "temperature", "top_p"]);
/** Properties of a source are any numbers; of them these are floats where Kiln's app writes them. */
const floatProperties = new Set(["temperature", "top_p"]);

/**
 * @param value plain data
 * @param depth how deep in its file the value stands, for the spaces before its lines
 * @param path keys it stands under, the innermost last; they tell floats from integers
 * @returns JSON; half surrogates, which Kiln could not read, are replaced; what is no number is null
 */
export function formatKiln(value: unknown, depth = 0, path: readonly string[] = []): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.toWellFormed());
    case "number":
      return formatNumber(value, isFloat(path));
    case "boolean":
      return String(value);
    case "object":
      break;
    default:
      return "null";
  }
  if (value === null) return "null";
  if (Array.isArray(value))
    return block(
      "[]",
      value.map((item) => formatKiln(item, depth + 1, path)),
      depth,
    );
  const members = Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : [member(key, formatKiln(inner, depth + 1, [...path, key]))],
  );
  return block("{}", members, depth);
}

/** Lines in brackets, as they stand at a depth. */
export function block(brackets: string, lines: readonly string[], depth: number): string {
  if (lines.length === 0) return brackets;
  const indent = "  ".repeat(depth + 1);
  return `${brackets[0] ?? ""}\n${indent}${lines.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${brackets[1] ?? ""}`;
}

/** A key and the text of its value. */
export function member(key: string, text: string): string {
  return `${JSON.stringify(key.toWellFormed())}: ${text}`;
}

function isFloat(path: readonly string[]): boolean {
  const key = path.at(-1) ?? "";
  return path.at(-2) === "properties" ? floatProperties.has(key) : floats.has(key);
}

/** Where JavaScript writes an exponent from 1e21 and below 1e-6, pydantic does from 1e16 and below 1e-5. */
function formatNumber(value: number, isFloat: boolean): string {
  if (!Number.isFinite(value)) return "null";
  if (Object.is(value, -0)) return isFloat ? "-0.0" : "0";
  if (Number.isInteger(value) && !isFloat) return JSON.stringify(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e16)) return value.toExponential();
  return Number.isInteger(value) ? `${value}.0` : JSON.stringify(value);
}

/**
 * @param file for messages
 * @returns the text of a file as Kiln reads it
 * @throws {InputError} for bytes that Kiln cannot read
 */
export function decodeKiln(bytes: Buffer, file: string): string {
  const problem = encodingProblem(bytes);
  if (problem !== undefined) throw new InputError(`${file}: ${problem}`, { remedy: "save it as UTF-8 without one" });
  return bytes.toString("utf8");
}

/** @returns why Kiln cannot read bytes as text, undefined where it can */
export function encodingProblem(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return "it begins with a byte order mark, which Kiln cannot read";
  return isUtf8(bytes) ? undefined : "it is not UTF-8";
}

/**
 * @param file for messages
 * @returns plain data
 * @throws {InputError} when it is not JSON
 */
export function parseKiln(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: ${jsonProblem(text, error)}`, {
      remedy: "it may be cut off or half-written; take it back from a copy, or delete it",
      cause: error,
    });
  }
}

/** What is wrong with a text that is not JSON, for people. */
export function jsonProblem(text: string, error: unknown): string {
  if (text.trim() === "") return "it is empty";
  if (/^(<{7} |={7}$|>{7} )/m.test(text)) return "it has marks of a merge in it (<<<<<<<)";
  const said = messageOf(error).replace(/ in JSON at position.*| is not valid JSON.*|, ".*/s, "");
  return `it is not JSON: ${said.replace(/\s+/g, " ").slice(0, 120)}`;
}
