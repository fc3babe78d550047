import { createHash } from "node:crypto";

/**
 * Text in which equal values are equal and different ones differ: JSON with the keys of objects sorted.
 * @param value plain data
 */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return "null";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`);
  return `{${entries.join(",")}}`;
}

/** @returns SHA-256 of the canonical text, lower-case hex */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/**
 * A seed that depends on nothing but its parts, so that a run that is repeated or resumed asks the same again.
 * @returns an unsigned 32-bit integer
 */
export function deriveSeed(...parts: readonly (string | number)[]): number {
  return createHash("sha256").update(canonicalJson(parts)).digest().readUInt32BE(0);
}
