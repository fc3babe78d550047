/**
 * The text of `.kiln` files: as pydantic's `model_dump_json(indent=2)` writes them (two spaces, non-ASCII as it is, no
 * line's end at the end), numbers with a point where Kiln has floats, and numbers of others exactly as they stood.
 */
import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";
import { InputError, messageOf } from "../../errors.js";

/** Keys whose numbers are floats in Kiln's models, wherever they stand in its files. */
const floats = new Set(["value", "percentage", "cost", "temperature", "top_p"]);

/**
 * @param value plain data; numbers that were read by {@link parseKiln} keep their notation
 * @returns JSON; half surrogates, which Kiln could not read, are replaced
 */
export function formatKiln(value: unknown): string {
  const text = stringify(
    value,
    (key, inner: unknown) => {
      if (typeof inner === "string") return inner.toWellFormed();
      if (typeof inner === "number" && Number.isInteger(inner) && floats.has(key))
        return new LosslessNumber(`${inner}.0`);
      return inner;
    },
    2,
  );
  if (text === undefined) throw new Error("nothing to write");
  return text;
}

/**
 * @param file for messages
 * @returns the tree; numbers are objects that keep their notation
 * @throws {InputError} when it is not JSON
 */
export function parseKiln(text: string, file: string): unknown {
  if (text.startsWith("\uFEFF"))
    throw new InputError(`${file} begins with a byte order mark, which Kiln cannot read`, {
      remedy: "save it without",
    });
  try {
    return parse(text);
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${messageOf(error)}`, {
      remedy: "it may be cut off or half-written; take it back from a copy, or delete it",
      cause: error,
    });
  }
}

/** A number of a tree that {@link parseKiln} gave. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return isLosslessNumber(value) ? Number(value.value) : undefined;
}
