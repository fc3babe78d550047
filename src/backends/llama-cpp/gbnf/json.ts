/**
 * JSON text in the one style that all grammars here produce, and the rules of unconstrained JSON values.
 */
import { anyNumber } from "./number.js";
import { alt, optional, seq, text, type Expr, type Rules } from "./rules.js";
import { anyString } from "./string.js";

/**
 * Serialises a value as Python's `json.dumps(value, ensure_ascii=False)` does: a space behind each comma and colon,
 * no other white space, only what must be escaped escaped.
 */
export function dumps(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dumps).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${dumps(inner)}`);
  return `{${members.join(", ")}}`;
}

/** The rule of any JSON value. */
export function anyValue(rules: Rules): Expr {
  const value: Expr = { kind: "rule", name: "value" };
  if (rules.get("value")) return value;
  rules.reserve("value");
  // Defined before its parts are made, which refer to it.
  rules.define("value", text("null"));
  const bool = alt(text("true"), text("false"));
  rules.define(
    "value",
    alt(
      rules.add("object", listOf("{", seq(anyString(rules), text(": "), value), "}")),
      rules.add("array", listOf("[", value, "]")),
      anyString(rules),
      rules.add("number", anyNumber()),
      bool,
      text("null"),
    ),
  );
  return value;
}

/** Any number of items between brackets. */
function listOf(open: string, item: Expr, close: string): Expr {
  const more: Expr = { kind: "repeat", item: seq(text(", "), item), min: 0, max: undefined };
  return seq(text(open), optional(seq(item, more)), text(close));
}
