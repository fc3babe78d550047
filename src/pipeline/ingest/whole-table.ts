/** Tables that are small enough to be read whole, as one document. */
import type { ParsedDocument, Section } from "../document.js";
import { markdownTable } from "./rows.js";

/** Up to here a table is one document: what a reader takes in at once, and a few chunks of a small model. */
export const wholeTableLimits = { bytes: 512 * 1024, rows: 200, columns: 50, characters: 40_000 };

/** A sheet, or all of a file. */
export interface Table {
  /** Heading above it. */
  name?: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/**
 * Writes tables as Markdown, one below the other, each a section.
 *
 * @returns text and sections; undefined where they are too large to be read whole
 */
export function wholeTable(tables: readonly Table[]): Pick<ParsedDocument, "text" | "sections"> | undefined {
  const { rows, columns, characters } = wholeTableLimits;
  const hasText = tables.some((one) => one.rows.some((cells) => cells.some((cell) => cell.trim() !== "")));
  if (!hasText || tables.some((one) => one.rows.length > rows || one.columns.length > columns)) return undefined;
  let text = "";
  const sections: Section[] = [];
  for (const { name, columns: names, rows: cells } of tables) {
    const width = Math.max(names.length, ...cells.map(({ length }) => length));
    const all = Array.from({ length: width }, (_, index) => names[index] ?? `column ${index + 1}`);
    const start = text.length;
    if (start > 0) text += "\n\n";
    text += `${name === undefined ? "" : `## ${name}\n\n`}${markdownTable(all, cells)}`;
    if (text.length > characters) return undefined;
    // The blank lines between belong to the section before.
    const from = start === 0 ? 0 : start + 2;
    const last = sections.at(-1);
    if (last !== undefined) last.end = from;
    sections.push({ start: from, end: text.length, ...(name === undefined ? {} : { heading: name }) });
  }
  return { text, sections };
}

/** As no name of a column looks: numbers and dates, lines, sentences of several words. */
const notName = /^[-+.,\d\s%$€£:/]+$|\n|\s\S+\s.*[.?!]\s*$|[。？！]\s*$/;

/**
 * Whether the first row names the columns: each cell is short, no number, no sentence, and there is only one of it.
 *
 * @returns the names, by their places where there is no header
 */
export function headerOf(rows: readonly (readonly string[])[]): { names: string[]; isHeader: boolean } {
  const [first = [], second] = rows;
  const cells = first.map((cell) => cell.trim());
  const isName = (cell: string) => cell.length <= 80 && !notName.test(cell);
  // The first column of a table often has no name.
  const isHeader =
    second !== undefined &&
    cells.some((cell) => cell !== "") &&
    cells.every((cell, index) => (cell === "" ? index === 0 || index === cells.length - 1 : isName(cell))) &&
    new Set(cells).size === cells.length;
  const width = Math.max(cells.length, ...rows.slice(0, 20).map(({ length }) => length));
  const names = Array.from({ length: isHeader ? cells.length : width }, (_, index) =>
    isHeader && cells[index] !== "" ? cells[index]! : `column ${index + 1}`,
  );
  return { names, isHeader };
}
