import { median } from "./geometry.js";
import { type Line, pieceGap } from "./lines.js";
import { markdownTable } from "./markdown.js";
import { joinCell } from "./ruled-tables.js";

/** Fewer rows than this are not taken for a table, unless it is ruled above and below. */
const leastRows = 4;
/** Letters of a cell, in the middle: longer ones are columns of text. */
const longestCell = 40;
const leader = /(?:[.·_]\s?){4,}/;

/**
 * Finds tables without ruled lines between their columns: rows that follow each other, with cells one below the
 * other. What is doubtful stays lines of text.
 *
 * @param lines of a column, from top to bottom
 * @param frames ruled lines of the page above, in and below tables
 * @returns the same lines, with a block in the place of each table
 */
export function alignedTables(lines: readonly Line[], frames: readonly Frame[] = []): Line[] {
  const result: Line[] = [];
  for (let start = 0; start < lines.length;) {
    const frame = frames.length > 0 ? framed(lines, start, frames) : undefined;
    let end = frame?.to ?? start;
    if (!frame) while (end < lines.length && continues(lines, start, end)) end++;
    const table = lines.slice(start, end);
    const text = table.length >= (frame ? 2 : leastRows) ? tableText(table, frame?.head) : undefined;
    if (text === undefined) {
      result.push(lines[start]!);
      start++;
    } else {
      result.push(blockOf(table, text));
      start = end;
    }
  }
  return result;
}

function blockOf(lines: readonly Line[], text: string): Line {
  const first = lines[0]!;
  return {
    ...first,
    text,
    x0: Math.min(...lines.map((line) => line.x0)),
    x1: Math.max(...lines.map((line) => line.x1)),
    pieces: [],
    block: { text, bottom: lines.at(-1)!.y },
  };
}

/** Whether a line may be a row of a table that starts at another: it has cells, and no wide gap is above it. */
function continues(lines: readonly Line[], start: number, end: number): boolean {
  const line = lines[end]!;
  if (line.block || line.pieces.length < 2 || line.rightToLeft || line.fixed || leader.test(line.text)) return false;
  if (end === start) return true;
  const last = lines[end - 1]!;
  return (
    line.y - last.y < 2.6 * line.size && Math.abs(line.size - last.size) < (end - start === 1 ? 0.4 : 0.15) * last.size
  );
}

interface Column {
  x0: number;
  x1: number;
}

function tableText(lines: readonly Line[], head: number | undefined): string | undefined {
  if (lines.some((line) => line.block !== undefined || leader.test(line.text))) return undefined;
  const size = median(lines.map((line) => line.size));
  // A head over several columns says nothing about where they are.
  const telling = head !== undefined ? lines.filter((line) => line.pieces.length >= 2) : lines;
  const most = Math.max(...telling.map((line) => line.pieces.length), 0);
  const columns = columnsOf(
    head !== undefined ? telling.filter((line) => line.pieces.length >= 0.6 * most) : telling,
    size,
  );
  if (columns.length < 2 || columns.length > 40) return undefined;
  const rows = lines.map((line) => cellsOf(line, columns));
  if (rows.some((row) => row === undefined)) return undefined;
  const cells = rows as string[][];
  const filled = cells.map((row) => row.filter((cell) => cell !== "").length);
  const lengths = cells
    .flat()
    .filter((cell) => cell !== "")
    .map((cell) => cell.length);
  if (median(lengths) > longestCell || Math.max(...lengths) > 6 * longestCell) return undefined;
  if (head === undefined) {
    if (filled.filter((count) => count >= Math.max(2, 0.6 * columns.length)).length < 0.8 * cells.length)
      return undefined;
    if (!columns.every((_, index) => isAligned(lines, columns, index, size))) return undefined;
    if (isContents(cells)) return undefined;
    // Two columns of words may be anything: names beside each other, a list in two columns.
    const numbers =
      lengths.length > 0
        ? cells.flat().filter((cell) => /^[^\p{L}]*\d[^\p{L}]{0,12}[%\p{L}]{0,3}$/u.test(cell)).length / lengths.length
        : 0;
    if (columns.length === 2 && numbers < 0.3) return undefined;
    if (columns.length > 2 && numbers < 0.15 && cells.length < 6) return undefined;
  } else if (filled.filter((count) => count >= 2).length < 0.5 * cells.length) return undefined;
  return markdownTable(merge(cells, lines, head));
}

/** Strips of the page that no row leaves between its cells. */
function columnsOf(lines: readonly Line[], size: number): Column[] {
  const pieces = lines.flatMap((line) => line.pieces).sort((a, b) => a.x0 - b.x0);
  const columns: Column[] = [];
  for (const { x0, x1 } of pieces) {
    const last = columns.at(-1);
    if (last && x0 < last.x1 + 0.5 * pieceGap * size) last.x1 = Math.max(last.x1, x1);
    else columns.push({ x0, x1 });
  }
  return columns;
}

/** The pieces of a line in the columns; a piece over several stands in the first; undefined when two meet in one. */
function cellsOf(line: Line, columns: readonly Column[]): string[] | undefined {
  const cells = columns.map(() => "");
  for (const piece of line.pieces) {
    const at = columns.findIndex((column) => Math.min(column.x1, piece.x1) - Math.max(column.x0, piece.x0) > -1);
    if (at === -1) return undefined;
    cells[at] = cells[at] === "" ? piece.text : `${cells[at]} ${piece.text}`;
  }
  return cells;
}

/** Whether the cells of a column begin, end or are centred at one place. */
function isAligned(lines: readonly Line[], columns: readonly Column[], index: number, size: number): boolean {
  const { x0, x1 } = columns[index]!;
  const own = lines.flatMap((line) => line.pieces.filter((piece) => piece.x0 >= x0 - 1 && piece.x1 <= x1 + 1));
  if (own.length < 3) return true;
  const near = (place: (piece: { x0: number; x1: number }) => number): boolean => {
    const middle = median(own.map(place));
    return own.filter((piece) => Math.abs(place(piece) - middle) < 0.35 * size).length >= 0.75 * own.length;
  };
  return near((piece) => piece.x0) || near((piece) => piece.x1) || near((piece) => (piece.x0 + piece.x1) / 2);
}

/** A table of contents has page numbers that only grow at the ends of its lines. */
function isContents(rows: readonly string[][]): boolean {
  const last = rows.map((row) => Number(row.at(-1)));
  return (
    rows[0]!.length <= 3 &&
    last.every((value, index) => Number.isInteger(value) && (index === 0 || value >= last[index - 1]!)) &&
    rows.every((row) => /\p{L}{3}/u.test(row.slice(0, -1).join(" ")))
  );
}

/** Puts lines together that are one row: those of the head, and those that have nothing in the first column. */
function merge(cells: readonly string[][], lines: readonly Line[], head: number | undefined): string[][] {
  const rows: string[][][] = [];
  const leading = median(lines.slice(1).map((line, index) => line.y - lines[index]!.y));
  for (const [index, row] of cells.entries()) {
    const inHead = head !== undefined && lines[index]!.y < head && index > 0;
    const last = rows.at(-1);
    const close = index > 0 && lines[index]!.y - lines[index - 1]!.y <= 1.05 * leading;
    const afterHead = head !== undefined && index > 0 && lines[index]!.y > head && lines[index - 1]!.y < head;
    const goesOn = row[0] === "" && close && !afterHead && row.filter((cell) => cell !== "").length <= row.length / 2;
    if (last && (inHead || (goesOn && !row.some((cell) => /^[\d.,%±+-]+$/.test(cell))))) last.push(row);
    else rows.push([row]);
  }
  return rows.map((parts) =>
    parts[0]!.map((_, column) => joinCell(parts.map((row) => row[column]!).filter((cell) => cell !== ""))),
  );
}

/** Horizontal lines of one extent, one below the other, as tables of papers have them. */
export interface Frame {
  x0: number;
  x1: number;
  /** Where the lines are: at least three, above the head, below it, and at the end. */
  rules: number[];
}

/** @param rules horizontal ones of a page, merged */
export function framesOf(rules: readonly { at: number; from: number; to: number }[]): Frame[] {
  const frames: Frame[] = [];
  for (const { at, from, to } of rules.filter((rule) => rule.to - rule.from > 60).sort((a, b) => a.at - b.at)) {
    const frame = frames.find(({ x0, x1 }) => Math.abs(x0 - from) < 3 && Math.abs(x1 - to) < 3);
    if (!frame) frames.push({ x0: from, x1: to, rules: [at] });
    else if (at - frame.rules.at(-1)! > 4) frame.rules.push(at);
  }
  return frames.filter((frame) => frame.rules.length >= 3);
}

interface Framed {
  from: number;
  to: number;
  head: number;
}

/** Where a table goes from its first line to its last, for the line that stands first in it. */
function framed(lines: readonly Line[], start: number, frames: readonly Frame[]): Framed | undefined {
  const line = lines[start]!;
  const within = ({ x0, x1 }: Line, frame: Frame): boolean => x0 > frame.x0 - 6 && x1 < frame.x1 + 6;
  for (const frame of frames) {
    const top = frame.rules.findLastIndex((rule) => rule < line.y - 0.2 * line.size);
    if (top === -1 || top + 2 >= frame.rules.length || !within(line, frame)) continue;
    const between = (from: number, to: number): Line[] =>
      lines.slice(start).filter((one) => one.y > from && one.y < to + 1 && within(one, frame));
    const celled = (own: Line[]): boolean =>
      own.length > 0 && own.filter((one) => one.pieces.length >= 2).length >= 0.5 * own.length;
    if (!celled(between(frame.rules[top]!, frame.rules[top + 1]!))) continue;
    let bottom = top + 1;
    while (bottom + 1 < frame.rules.length && celled(between(frame.rules[bottom]!, frame.rules[bottom + 1]!))) bottom++;
    if (bottom === top + 1) continue;
    let end = start;
    while (end < lines.length && lines[end]!.y < frame.rules[bottom]! + 1 && within(lines[end]!, frame)) end++;
    return { from: start, to: end, head: frame.rules[top + 1]! };
  }
  return undefined;
}
