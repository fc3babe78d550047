/** What is asked of values that came out of files. By hand: it is done for each of hundreds of thousands of runs. */
import { laxNumber } from "./base.js";

export type Raw = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

export function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return isAbsent(value) || typeof value === "string";
}

/** A value for a message, not too long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return "missing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

/** Whether pydantic takes a value as a whole number of at least 0. */
export function isCount(value: unknown): boolean {
  const number = laxNumber(value);
  return number !== undefined && Number.isInteger(number) && number >= 0;
}
