/** JSON of any size: what it is by its outline, and the elements of a list in it one by one. */
import { JSONParser } from "@streamparser/json";
import { InputError } from "../../errors.js";

/** Characters of one element; a larger one would take several times as much memory. */
const largestElement = 64 * 1024 * 1024;
/** Elements by which a list is judged. */
const judged = 100;
/** Characters in which the first line of JSON Lines must end to be known as one. */
const firstLine = 1024 * 1024;

export type Outline =
  /** A list of objects or texts: the whole, or what stands at `key` of an object that has no other. */
  | { kind: "list"; key?: string }
  /** A value per line. */
  | { kind: "lines" }
  | { kind: "other" };

/** @throws {Error} when it is not valid JSON as far as it was read */
export async function outlineOf(pieces: AsyncIterable<string>): Promise<Outline> {
  const lists = new Map<string, boolean>();
  let nested = 0;
  let elements = 0;
  let isObject = false;
  let beginning: string | undefined = "";
  const parser = new JSONParser({ paths: ["$.*", "$.*.*"], keepStack: false });
  parser.onValue = ({ value, parent, stack }) => {
    const top = stack[1]?.key;
    if (stack.length === 2 && isObject) {
      if (Array.isArray(parent) && typeof top === "string") lists.set(top, (lists.get(top) ?? true) && isRow(value));
    } else if (stack.length === 1 && isObject) {
      if (typeof value === "object" && value !== null) nested++;
    } else if (stack.length === 1) {
      elements++;
      lists.set("", (lists.get("") ?? true) && isRow(value));
    }
  };
  for await (const piece of pieces) {
    if (beginning !== undefined) {
      beginning += piece;
      if (beginning.trim() === "") continue;
      isObject = beginning.trimStart().startsWith("{");
      if (isWholeLine(beginning)) return { kind: "lines" };
      parser.write(beginning);
      beginning = undefined;
    } else parser.write(piece);
    if (!isObject && elements >= judged) break;
  }
  if (!isObject) return lists.get("") === true ? { kind: "list" } : { kind: "other" };
  const [[key, isRows] = [undefined, false], ...others] = lists;
  return key !== undefined && isRows && others.length === 0 && nested === 1 ? { kind: "list", key } : { kind: "other" };
}

function isRow(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "object" && !Array.isArray(value));
}

function isWholeLine(text: string): boolean {
  const start = text.trimStart();
  const end = start.indexOf("\n");
  if (end === -1 || end > firstLine || start.slice(end).trim() === "") return false;
  try {
    return typeof JSON.parse(start.slice(0, end)) === "object";
  } catch {
    return false;
  }
}

/**
 * The elements of a list, each as soon as it is complete.
 *
 * @param key of the object that holds the list; absent: the whole is the list
 * @throws {InputError} when an element is too large
 * @throws {Error} when it is not valid JSON
 */
export async function* elementsOf(
  pieces: AsyncIterable<string>,
  key: string | undefined,
): AsyncGenerator<unknown, void, undefined> {
  let ready: unknown[] = [];
  let since = 0;
  const depth = key === undefined ? 1 : 2;
  const parser = new JSONParser({ paths: [key === undefined ? "$.*" : "$.*.*"], keepStack: false });
  parser.onValue = ({ value, stack }) => {
    since = 0;
    if (stack.length === depth && (key === undefined || stack[1]?.key === key)) ready.push(value);
  };
  for await (const piece of pieces) {
    since += piece.length;
    if (since > largestElement + piece.length)
      throw new InputError(`one of its elements has more than ${largestElement / 2 ** 20} million characters`, {
        remedy: "Split it.",
      });
    parser.write(piece);
    yield* ready;
    ready = [];
  }
  if (!parser.isEnded) throw new Error("it ends before its last bracket: the file is cut short");
}
