/** Values of JSON as text that people, and models, read: names and values on lines, without quotes and braces. */

/** Levels within levels that are shown; beyond, the text says that there is more. */
const deepest = 64;

/**
 * @param value as `JSON.parse` gives it
 * @returns a text alone as it is; an object as `name: value` lines; an array as a list; nothing for null
 */
export function readable(value: unknown): string {
  return isScalar(value) ? scalar(value) : linesOf(value, 0).join("\n");
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function scalar(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEmpty(value: unknown): boolean {
  return isScalar(value) ? scalar(value).trim() === "" : Object.keys(value as object).length === 0;
}

function linesOf(value: unknown, level: number): string[] {
  if (isEmpty(value)) return [];
  if (isScalar(value)) return scalar(value).split("\n");
  if (level >= deepest) return [`(more within, below ${deepest} levels)`];
  if (Array.isArray(value))
    return value.flatMap((one) => linesOf(one, level + 1).map((line, index) => `${index === 0 ? "- " : "  "}${line}`));
  return Object.entries(value as object).flatMap(([name, below]) => {
    const lines = linesOf(below, level + 1);
    if (lines.length === 0) return [];
    return isScalar(below) && lines.length === 1
      ? [`${name}: ${lines[0]!}`]
      : [`${name}:`, ...lines.map((line) => `  ${line}`)];
  });
}
