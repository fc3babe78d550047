import { type Box, median } from "./geometry.js";
import { toLines, toSegments } from "./lines.js";
import { markdownTable } from "./markdown.js";
import type { Rule } from "./rules.js";
import type { Word } from "./words.js";

/** A table, and the words that stand in it. */
export interface Table extends Box {
  text: string;
  words: Set<Word>;
}

/** How far apart lines may be, in points, that are meant to be one or to touch. */
const near = 2.5;
/** More cells than this are squared paper; more characters in a cell, a page divided by lines. */
const mostCells = 4000;
const longestCell = 700;
/** Share of cells that must have text: a diagram has lines, too, but hardly any words between them. */
const leastFilled = 0.4;

/**
 * Finds tables by their ruled lines.
 *
 * @param rules of a page
 * @param words of the same page
 * @param drawings of the same page: tables have none in them
 * @returns tables that have at least two columns and two rows and in which no word crosses a line
 */
export function ruledTables(rules: readonly Rule[], words: readonly Word[], drawings: readonly Box[]): Table[] {
  const lines = [...mergeRules(rules, true), ...mergeRules(rules, false)];
  const tables: Table[] = [];
  for (const group of groupsOf(lines)) {
    const table = tableOf(group, words);
    if (table && !tables.some((other) => overlap(other, table)) && !drawings.some((one) => isIn(one, table))) {
      tables.push(table);
    }
  }
  return tables;
}

const overlap = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** Whether something is drawn inside a table, or over its edge. */
const isIn = (drawing: Box, table: Table): boolean =>
  overlap(drawing, { x0: table.x0 + 1, x1: table.x1 - 1, y0: table.y0 + 1, y1: table.y1 - 1 });

/** Lines are often drawn in pieces, one for each cell, and twice where cells meet. */
export function mergeRules(rules: readonly Rule[], horizontal: boolean): Rule[] {
  const merged: Rule[] = [];
  const sorted = rules.filter((rule) => rule.horizontal === horizontal).sort((a, b) => a.at - b.at || a.from - b.from);
  let band: Rule[] = [];
  const close = (): void => {
    const at = median(band.map((rule) => rule.at));
    let last: Rule | undefined;
    for (const rule of band.sort((a, b) => a.from - b.from)) {
      if (last && rule.from <= last.to + near) last.to = Math.max(last.to, rule.to);
      else merged.push((last = { ...rule, at }));
    }
    band = [];
  };
  for (const rule of sorted) {
    if (band.length > 0 && rule.at - band[0]!.at > near) close();
    band.push(rule);
  }
  if (band.length > 0) close();
  return merged;
}

function touches(a: Rule, b: Rule): boolean {
  if (a.horizontal === b.horizontal) return false;
  return a.at >= b.from - near && a.at <= b.to + near && b.at >= a.from - near && b.at <= a.to + near;
}

/** Lines that touch each other, directly or through others. */
function groupsOf(rules: readonly Rule[]): Rule[][] {
  const groups: Rule[][] = [];
  const left = new Set(rules);
  if (rules.length > 1500) return [];
  for (const first of rules) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const rule of group) {
      for (const other of left) {
        if (touches(rule, other)) {
          left.delete(other);
          group.push(other);
        }
      }
    }
    if (group.length >= 4) groups.push(group);
  }
  return groups;
}

function places(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.filter((value, index) => index === 0 || value - sorted[index - 1]! > near);
}

function tableOf(group: readonly Rule[], words: readonly Word[]): Table | undefined {
  const horizontal = group.filter((rule) => rule.horizontal);
  const vertical = group.filter((rule) => !rule.horizontal);
  // A table without lines at its sides ends where its horizontal ones do.
  const sides = [Math.min(...horizontal.map((rule) => rule.from)), Math.max(...horizontal.map((rule) => rule.to))];
  const ends = [Math.min(...vertical.map((rule) => rule.from)), Math.max(...vertical.map((rule) => rule.to))];
  const xs = wide(places([...vertical.map((rule) => rule.at), ...sides.filter(Number.isFinite)]));
  const ys = wide(places([...horizontal.map((rule) => rule.at), ...ends.filter(Number.isFinite)]));
  const [columns, rows] = [xs.length - 1, ys.length - 1];
  if (columns < 2 || rows < 1 || columns * rows > mostCells) return undefined;
  const box = { x0: xs[0]!, x1: xs.at(-1)!, y0: ys[0]!, y1: ys.at(-1)! };
  const inside = words.filter((word) => {
    const [x, y] = [(word.x0 + word.x1) / 2, word.y - 0.3 * word.size];
    return x > box.x0 && x < box.x1 && y > box.y0 && y < box.y1;
  });
  const has = (rule: Rule[], at: number, middle: number): boolean =>
    rule.some((one) => Math.abs(one.at - at) <= near && one.from <= middle && one.to >= middle);
  // Cells without a line between them are one; each has a root, the cell at its upper left.
  const root = Array.from({ length: rows * columns }, (_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (root[at] !== at) at = root[at]!;
    return at;
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      const join = (other: number): void => {
        const [a, b] = [find(cell), find(other)];
        root[Math.max(a, b)] = Math.min(a, b);
      };
      if (column + 1 < columns && !has(vertical, xs[column + 1]!, (ys[row]! + ys[row + 1]!) / 2)) join(cell + 1);
      if (row + 1 < rows && !has(horizontal, ys[row + 1]!, (xs[column]! + xs[column + 1]!) / 2)) join(cell + columns);
    }
  }
  const contents = new Map<number, Word[]>();
  let crossing = 0;
  for (const word of inside) {
    const column = columnOf(xs, (word.x0 + word.x1) / 2);
    const cell = find(columnOf(ys, word.y - 0.3 * word.size) * columns + column);
    const crosses = vertical.some(
      ({ at, from, to }) =>
        at > word.x0 + 0.3 * word.size &&
        at < word.x1 - 0.3 * word.size &&
        from < word.y - 0.5 * word.size &&
        to > word.y,
    );
    if (crosses) crossing++;
    contents.set(cell, [...(contents.get(cell) ?? []), word]);
  }
  if (crossing > 0.02 * inside.length) return undefined;
  const roots = new Set(root.map((_, index) => find(index)));
  if (contents.size < leastFilled * roots.size || contents.size < 3) return undefined;
  const cells = new Map([...contents].map(([cell, own]) => [cell, cellLines(own)]));
  if ([...cells.values()].some((lines) => lines.reduce((sum, line) => sum + line.text.length, 0) > longestCell)) {
    return undefined;
  }
  const telling = [...cells.values()].filter((lines) => lines.some(({ text }) => /[\p{L}\p{N}]/u.test(text)));
  if (telling.length < 0.5 * cells.size) return undefined;
  const grid = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => cells.get(row * columns + column) ?? []),
  ).flatMap(splitRow);
  const text = write(grid);
  return text === undefined ? undefined : { ...box, text, words: new Set(inside) };
}

/** Lines closer than text is high are the two edges of one thick or double line. */
function wide(at: number[]): number[] {
  return at.filter((value, index) => index === 0 || value - at[index - 1]! > 5);
}

function columnOf(edges: readonly number[], at: number): number {
  let index = 0;
  while (index < edges.length - 2 && at > edges[index + 1]!) index++;
  return index;
}

interface CellLine {
  text: string;
  y: number;
}

const cellLines = (words: readonly Word[]): CellLine[] =>
  toLines(toSegments(words)).map(({ text, y }) => ({ text, y }));

/** Many tables have no lines between their rows: lines of text that stand side by side in all columns are rows. */
function splitRow(row: CellLine[][]): string[][] {
  const filled = row.filter((cell) => cell.length > 0);
  const count = filled[0]?.length ?? 0;
  const aligned =
    filled.length >= 2 &&
    filled.length === row.length &&
    count >= 3 &&
    filled.every((cell) => cell.length === count && cell.every((line, at) => Math.abs(line.y - filled[0]![at]!.y) < 3));
  if (!aligned) return [row.map((cell) => joinCell(cell.map(({ text }) => text)))];
  return Array.from({ length: count }, (_, at) => row.map((cell) => cell[at]!.text));
}

/** Puts the lines of a cell together, words that were divided too. */
export function joinCell(lines: readonly string[]): string {
  let text = "";
  for (const line of lines) {
    const divided = /\p{Ll}[-\u2010\u00ad]$/u.test(text) && /^\p{Ll}/u.test(line);
    text = text === "" ? line : divided ? text.slice(0, -1) + line : `${text} ${line}`;
  }
  return text;
}

function write(rows: readonly string[][]): string | undefined {
  const filled = rows.filter((row) => row.some((cell) => cell !== ""));
  const used = (filled[0] ?? []).map((_, column) => filled.some((row) => row[column] !== ""));
  const kept = filled.map((row) => row.filter((_, column) => used[column]));
  if (kept.length < 2 || used.filter(Boolean).length < 2) return undefined;
  // A line over the whole width at the top is the table's title.
  const above: string[] = [];
  while (kept.length > 2 && kept[0]!.filter((cell) => cell !== "").length === 1 && kept[0]![0] !== "") {
    above.push(kept.shift()![0]!);
  }
  return [...above.map((title) => `${title}\n\n`), markdownTable(kept)].join("");
}
