/** JSON for people who read and change it, with every number as it was written. */
import { isLosslessNumber, parse, stringify } from "lossless-json";

/** @returns a text of JSON laid out in lines; any other text as it is */
export function prettyJson(text: string): string {
  // A plain number or word is JSON too, and looks the same.
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return stringify(parse(text), null, 2) ?? text;
  } catch {
    // It is no JSON, or nested deeper than the stack is: it is shown as it stands.
    return text;
  }
}

/** @returns JSON on one line, as Python's `json.dumps(value, ensure_ascii=False)` lays it out; other texts as they are */
export function oneLineJson(text: string): string {
  try {
    return line(parse(text));
  } catch {
    return text;
  }
}

function line(value: unknown): string {
  if (isLosslessNumber(value)) return value.value;
  if (Array.isArray(value)) return `[${value.map(line).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${line(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}
