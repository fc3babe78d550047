/** Changes values of a JSON text: what is not changed keeps its notation, its place and the spaces around it. */
import { isDeepStrictEqual } from "node:util";
import { block, formatKiln, member } from "./json.js";
import { type Span, spansOf } from "./json-spans.js";

type Tree = Readonly<Record<string, unknown>>;

/**
 * @param text JSON
 * @param before what it holds
 * @param after what it is to hold
 * @returns the text with what differs written as Kiln writes it
 * @throws {RangeError} when it is nested deeper than Kiln reads
 */
export function editJson(text: string, before: unknown, after: unknown): string {
  const span = spansOf(text);
  return text.slice(0, span.start) + render(text, span, before, after, []) + text.slice(span.end);
}

/** @param path keys and, for items of lists, empty texts, so that its length is the depth */
function render(text: string, span: Span, before: unknown, after: unknown, path: readonly string[]): string {
  if (isDeepStrictEqual(before, after)) return text.slice(span.start, span.end);
  if (span.members !== undefined && isTree(before) && isTree(after))
    return renderMembers(text, span, span.members, before, after, path);
  if (span.items !== undefined && Array.isArray(before) && Array.isArray(after))
    return renderItems(text, span, span.items, before, after, path);
  return fresh(after, path);
}

function fresh(value: unknown, path: readonly string[]): string {
  const keys = path.filter((key) => key !== "");
  return formatKiln(value, path.length, keys);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function renderMembers(
  text: string,
  span: Span,
  members: ReadonlyMap<string, Span>,
  before: Tree,
  after: Tree,
  path: readonly string[],
): string {
  const isIn = (tree: Tree, key: string) => Object.hasOwn(tree, key) && tree[key] !== undefined;
  const kept = [...members.keys()].filter((key) => isIn(after, key));
  const added = Object.keys(after).filter((key) => isIn(after, key) && !members.has(key));
  const textOf = (key: string) => {
    const of = members.get(key);
    const inner = [...path, key === "" ? " " : key];
    return of === undefined ? fresh(after[key], inner) : render(text, of, before[key], after[key], inner);
  };
  if (added.length === 0 && kept.length === members.size)
    return splice(
      text,
      span,
      kept.map((key) => [members.get(key)!, textOf(key)]),
    );
  // Kiln has the type of an object last.
  const last = kept.at(-1) === "model_type" ? kept.splice(-1) : [];
  return block(
    "{}",
    [...kept, ...added, ...last].map((key) => member(key, textOf(key))),
    path.length,
  );
}

function renderItems(
  text: string,
  span: Span,
  items: readonly Span[],
  before: readonly unknown[],
  after: readonly unknown[],
  path: readonly string[],
): string {
  const inner = [...path, ""];
  if (items.length === after.length)
    return splice(
      text,
      span,
      items.map((item, i) => [item, render(text, item, before[i], after[i], inner)]),
    );
  // What stands before and behind the items that came or went is left as it is.
  let head = 0;
  while (head < Math.min(before.length, after.length) && isDeepStrictEqual(before[head], after[head])) head++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))
  )
    tail++;
  const lines = after.map((value, i) => {
    const at = i < head ? i : i >= after.length - tail ? i - after.length + items.length : undefined;
    return at === undefined ? fresh(value, inner) : text.slice(items[at]!.start, items[at]!.end);
  });
  return block("[]", lines, path.length);
}

/** Puts texts in the places of spans within a span. */
function splice(text: string, within: Span, pieces: readonly (readonly [Span, string])[]): string {
  const inOrder = [...pieces].sort(([a], [b]) => a.start - b.start);
  let result = "";
  let at = within.start;
  for (const [span, piece] of inOrder) {
    result += text.slice(at, span.start) + piece;
    at = span.end;
  }
  return result + text.slice(at, within.end);
}
