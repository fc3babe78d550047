/** Values of a task as text, and as what they are compared by. */

/**
 * @param value structured data
 * @returns it as Python's `json.dumps(value, ensure_ascii=False)` prints it, on one line
 */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${jsonText(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(value) ?? "null";
}

/**
 * What two values are alike by: all texts and numbers in them with their keys. Two that differ in a number differ.
 * @param value a plain text, or structured data
 */
export function comparableText(value: unknown): string {
  if (typeof value === "string") return value;
  const parts: string[] = [];
  const walk = (inner: unknown, key: string): void => {
    if (Array.isArray(inner)) for (const one of inner) walk(one, key);
    else if (typeof inner === "object" && inner !== null)
      for (const [name, one] of Object.entries(inner)) walk(one, name);
    else parts.push(`${key} ${String(inner)}`);
  };
  walk(value, "");
  return parts.join("\n");
}
