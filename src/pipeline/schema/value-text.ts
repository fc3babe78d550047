/** Values of a task as text, and as what they are compared by. */

/**
 * What stands in a run's input or output.
 * @param value a text of a plain task, as it is; or structured data, as {@link jsonText}
 */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value);
}

/**
 * @param value structured data, as `JSON.parse` gives it
 * @returns it as Python's `json.dumps(value, ensure_ascii=False)` prints it, on one line; numbers are what JSON.parse
 *   keeps of them, so 1.0 is 1
 */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${jsonText(inner)}`)
      .join(", ")}}`;
  if (typeof value === "number") return numberText(value);
  // Undefined is no JSON.
  return value === undefined ? "null" : JSON.stringify(value);
}

/** The same digits as JavaScript's; small ones with an exponent of two digits, as Python's `repr`. */
function numberText(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return JSON.stringify(value);
  return value.toExponential().replace(/e-(\d)$/, "e-0$1");
}

/**
 * Signs within numbers, each as a letter that Unicode counts among the numbers (runic, without a compatible form): who
 * compares numbers as runs of digits, punctuation left out, then tells 1.5 from 15 and -1 from 1.
 */
const signs: Readonly<Record<string, string>> = { "-": "ᛮ", ".": "ᛯ", e: "ᛰ", "+": "" };

/**
 * What two values are alike by: all texts in them, and numbers, `true` and `false` as numbers, so that two that differ in
 * one of these differ. The order of keys does not count. A key is only a sign of two letters before its value: spelled
 * out, the keys that all inputs share would make all of them alike.
 * @param value a plain text, which stays as it is, or structured data of any depth
 * @returns lines of words
 */
export function comparableText(value: unknown): string {
  if (typeof value === "string") return value;
  const lines: string[] = [];
  const open: { key: string; value: unknown }[] = [{ key: "", value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { key, value: inner } = next;
    if (Array.isArray(inner)) {
      for (let n = inner.length - 1; n >= 0; n--) open.push({ key, value: inner[n] });
    } else if (typeof inner === "object" && inner !== null) {
      const members = Object.entries(inner).sort(([a], [b]) => (a < b ? 1 : -1));
      for (const [name, one] of members) open.push({ key: name, value: one as unknown });
    } else lines.push(`${signOf(key)} ${leafText(inner)}`.trim());
  }
  return lines.join("\n");
}

function leafText(leaf: unknown): string {
  if (typeof leaf === "number") return String(leaf).replace(/[-.e+]/g, (sign) => signs[sign] ?? "");
  if (typeof leaf === "boolean") return leaf ? "1" : "0";
  return String(leaf);
}

/** Two letters for a key, the same for the same key. */
function signOf(key: string): string {
  if (key === "") return "";
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193) >>> 0;
  return String.fromCharCode(97 + (hash % 26), 97 + (Math.floor(hash / 26) % 26));
}
