import type { Paragraph } from "./paragraphs.js";

/** An entry of a document's outline (its bookmarks). */
export interface OutlineEntry {
  title: string;
  /** From 1. */
  level: number;
}

/** How large and how long a heading is, next to the usual text. */
const larger = 1.12;
const longest = 160;
const mostLines = 4;
/** A document in which more than this share is large, or bold, says nothing by it. */
const mostShare = 0.2;
const deepest = 4;

/**
 * Tells which paragraphs of a document are headings, by its outline, by their size and by bold type.
 *
 * @param pages the paragraphs of each page
 * @param outline the entries of the document's outline, in any order
 * @returns the level of each heading, from 1
 */
export function findHeadings(
  pages: readonly (readonly Paragraph[])[],
  outline: readonly OutlineEntry[],
): Map<Paragraph, number> {
  const all = pages
    .flat()
    .filter((paragraph) => paragraph.lines.length > 0 && (paragraph.kind === "text" || paragraph.kind === "item"));
  const body = usualSize(all);
  const letters = all.reduce((sum, paragraph) => sum + paragraph.text.length, 0);
  const levels = new Map<Paragraph, number>();
  if (body === 0) return levels;
  const titles = new Map(outline.map(({ title, level }) => [simple(title), Math.min(level, 6)]));
  for (const paragraph of all) {
    const level = titles.get(simple(paragraph.text));
    if (level !== undefined && paragraph.text.length <= 2 * longest && isOwn(paragraph, body))
      levels.set(paragraph, level);
  }
  const large = all.filter((paragraph) => isTitle(paragraph) && sizeOf(paragraph) >= larger * body);
  const inLarge = large.reduce((sum, paragraph) => sum + paragraph.text.length, 0);
  const few = all.length < 6;
  let lowest = Math.max(0, ...levels.values());
  if (inLarge <= (few ? 0.5 : mostShare) * letters) {
    const bySize = levelsOfSizes(large, levels);
    for (const paragraph of large) {
      if (!levels.has(paragraph)) levels.set(paragraph, bySize.get(sizeKey(sizeOf(paragraph))) ?? deepest);
    }
    lowest = Math.max(lowest, ...bySize.values(), 0);
  }
  const bold = all.filter((paragraph) => !levels.has(paragraph) && isBoldTitle(paragraph, body));
  const inBold = all
    .filter((paragraph) => paragraph.lines.every((line) => line.bold))
    .reduce((sum, paragraph) => sum + paragraph.text.length, 0);
  if (inBold <= mostShare * letters || few) {
    if (inBold < letters)
      for (const paragraph of bold) levels.set(paragraph, numberedLevel(paragraph.text, Math.min(lowest + 1, 6)));
  }
  return levels;
}

/** The font size of most characters. */
function usualSize(paragraphs: readonly Paragraph[]): number {
  const counts = new Map<number, number>();
  for (const { lines } of paragraphs) {
    for (const line of lines) counts.set(sizeKey(line.size), (counts.get(sizeKey(line.size)) ?? 0) + line.text.length);
  }
  let [size, most] = [0, 0];
  for (const [key, count] of counts) if (count > most) [size, most] = [key, count];
  return size;
}

const sizeKey = (size: number): number => Math.round(size * 2) / 2;
const sizeOf = (paragraph: Paragraph): number => paragraph.lines[0]!.size;

/** A title without its number, its punctuation and its capitals. */
function simple(title: string): string {
  return title
    .toLowerCase()
    .normalize("NFKC")
    .replace(/^[\s\d.]+/, "")
    .replace(/[^\p{L}\p{Nd}]+/gu, "");
}

function isTitle({ text, lines }: Paragraph): boolean {
  if (text.length > longest || lines.length > mostLines || text.includes("\n")) return false;
  // Cells of a table, and items of a list.
  if (text.startsWith("- ") || lines.some((line) => line.pieces.length > 2)) return false;
  // A symbol, a number or an initial is no heading.
  return /\p{L}{2}|\p{Script=Han}/u.test(text) && !/[,;]$/.test(text) && !/[…|]/.test(text);
}

/** Outline titles that occur in the running text or in a table of contents are no headings. */
function isOwn(paragraph: Paragraph, body: number): boolean {
  return (
    sizeOf(paragraph) > 1.02 * body ||
    paragraph.lines.every((line) => line.bold) ||
    /^\d/.test(paragraph.text) ||
    (paragraph.lines.length <= 2 && !/[.,;]$/.test(paragraph.text))
  );
}

function isBoldTitle(paragraph: Paragraph, body: number): boolean {
  const { text, lines } = paragraph;
  if (!isTitle(paragraph) || lines.length > 2 || sizeOf(paragraph) < 0.95 * body) return false;
  return (
    lines.every((line) => line.bold && line.pieces.length <= 2) &&
    /^[\p{Lu}\p{Nd}\p{Script=Han}“"¿¡(]/u.test(text) &&
    !/[.:]$/.test(text) &&
    text.length <= 100
  );
}

/** Larger is higher; where the outline knows some headings of a size, the others have their level. */
function levelsOfSizes(large: readonly Paragraph[], known: ReadonlyMap<Paragraph, number>): Map<number, number> {
  const sizes = [...new Set(large.map((paragraph) => sizeKey(sizeOf(paragraph))))].sort((a, b) => b - a);
  const levels = new Map<number, number>();
  let [rank, last] = [0, Infinity];
  for (const size of sizes) {
    const told = large.flatMap((paragraph) =>
      sizeKey(sizeOf(paragraph)) === size ? (known.get(paragraph) ?? []) : [],
    );
    // Sizes that hardly differ are one level.
    if (size < 0.96 * last) rank++;
    last = size;
    levels.set(size, told.length > 0 ? mostCommon(told) : Math.min(Math.max(rank, 1), deepest));
  }
  return levels;
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** "2.1.3 Title" is one level below "2.1 Title". */
function numberedLevel(text: string, otherwise: number): number {
  const number = /^(\d+(?:\.\d+)+)\.?\s/.exec(text)?.[1];
  return number === undefined ? otherwise : Math.min(6, Math.max(otherwise, number.split(".").length));
}
