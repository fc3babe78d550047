/** A text that is being written: pure functions from a text, a place in it and a key to the next. */
import { visible } from "../../../pipeline/text/visible.js";
import type { Key } from "./keys.js";
import { clusters, clusterWidth, textWidth } from "./width.js";

export interface Field {
  text: string;
  /** Where the next character goes: an index between two characters. */
  at: number;
}

/** How a field stands on the screen. */
export interface FieldView {
  /** Columns that a line may have; at least 4. */
  columns: number;
  /** Whether it may have several lines. */
  multiline: boolean;
}

/** Longer texts are for an editor. */
export const mostFieldCharacters = 100_000;

export function fieldOf(text: string): Field {
  return { text, at: text.length };
}

/** One line of the screen: a part of the text, and what is shown of it. */
export interface FieldRow {
  start: number;
  /** Behind its last character; the end of a line of the text is not a part. */
  end: number;
  shown: string;
}

const tab = "    ";

function shownAs(cluster: string): string {
  return cluster === "\t" ? tab : visible(cluster);
}

/** @returns the lines of the screen that a text takes, at least one */
export function fieldRows(text: string, columns: number): FieldRow[] {
  // The last column is for the cursor behind a full line.
  const most = Math.max(3, columns - 1);
  const rows: FieldRow[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    let row: FieldRow = { start: at, end: at, shown: "" };
    let width = 0;
    for (const cluster of clusters(line)) {
      const shown = shownAs(cluster);
      const own = cluster === shown ? clusterWidth(cluster) : textWidth(shown);
      if (width + own > most && row.end > row.start) {
        rows.push(row);
        row = { start: row.end, end: row.end, shown: "" };
        width = 0;
      }
      row.end += cluster.length;
      row.shown += shown;
      width += own;
    }
    rows.push(row);
    at += line.length + 1;
  }
  return rows;
}

/** Row and column of the cursor. */
export function cursorOf(rows: readonly FieldRow[], { text, at }: Field): { row: number; column: number } {
  // Where a long line is divided, the place between two rows is the beginning of the later one.
  const row = rows.findLastIndex(({ start }) => start <= at);
  const before = clusters(text.slice(rows[row]!.start, at));
  return { row, column: before.reduce((sum, cluster) => sum + textWidth(shownAs(cluster)), 0) };
}

/** @returns the field after a key, or undefined where the key is none for writing */
export function pressField(field: Field, key: Key, view: FieldView): Field | undefined {
  const { text, at } = field;
  if ("text" in key) {
    const added = view.multiline ? key.text : key.text.replace(/\s*\n\s*/g, " ");
    if (text.length + added.length > mostFieldCharacters) return field;
    return replaced(field, at, at, added);
  }
  switch (key.press) {
    case "left":
      return { text, at: before(text, at) };
    case "right":
      return { text, at: after(text, at) };
    case "ctrl-left":
    case "alt-b":
      return { text, at: wordBefore(text, at) };
    case "ctrl-right":
    case "alt-f":
      return { text, at: wordAfter(text, at) };
    case "home":
    case "ctrl-a":
      return { text, at: lineStart(text, at) };
    case "end":
    case "ctrl-e":
      return { text, at: lineEnd(text, at) };
    case "backspace":
      return replaced(field, before(text, at), at, "");
    case "delete":
    case "ctrl-d":
      return replaced(field, at, after(text, at), "");
    case "ctrl-w":
    case "alt-backspace":
    case "ctrl-backspace":
      return replaced(field, wordBefore(text, at), at, "");
    case "ctrl-u":
      return replaced(field, lineStart(text, at), at, "");
    case "ctrl-k":
      return replaced(field, at, lineEnd(text, at), "");
    case "return":
      return view.multiline ? pressField(field, { text: "\n" }, view) : undefined;
    case "tab":
      return view.multiline ? pressField(field, { text: "  " }, view) : undefined;
    case "up":
    case "down":
    case "pageup":
    case "pagedown":
      return view.multiline ? moved(field, key.press, view) : undefined;
    default:
      return undefined;
  }
}

const pageRows = 10;

function moved(field: Field, direction: string, { columns }: FieldView): Field {
  const rows = fieldRows(field.text, columns);
  const { row, column } = cursorOf(rows, field);
  const by = direction.startsWith("page") ? pageRows : 1;
  const wanted = row + (direction.endsWith("up") ? -by : by);
  if (wanted < 0) return { text: field.text, at: 0 };
  const target = rows[Math.min(wanted, rows.length - 1)]!;
  if (wanted >= rows.length) return { text: field.text, at: field.text.length };
  let at = target.start;
  let width = 0;
  for (const cluster of clusters(field.text.slice(target.start, target.end))) {
    width += textWidth(shownAs(cluster));
    if (width > column) break;
    at += cluster.length;
  }
  return { text: field.text, at };
}

function replaced({ text }: Field, from: number, to: number, by: string): Field {
  return { text: text.slice(0, from) + by + text.slice(to), at: from + by.length };
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** Characters are looked for within the line only, however long the text is. */
function before(text: string, at: number): number {
  if (at === 0) return 0;
  const start = lineStart(text, at);
  if (start === at) return at - 1;
  return at - (clusters(text.slice(start, at)).at(-1)?.length ?? 1);
}

function after(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const end = lineEnd(text, at);
  if (end === at) return at + 1;
  return at + (clusters(text.slice(at, end))[0]?.length ?? 1);
}

function wordBefore(text: string, at: number): number {
  return at - (/[\p{L}\p{N}\p{M}_]*[^\p{L}\p{N}\p{M}_]*$/u.exec(text.slice(0, at))?.[0].length ?? 0);
}

function wordAfter(text: string, at: number): number {
  return at + (/^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]*/u.exec(text.slice(at))?.[0].length ?? 0);
}
