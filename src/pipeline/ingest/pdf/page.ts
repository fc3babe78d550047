import type { PDFDocumentProxy } from "pdfjs-dist";
import { alignedTables, framesOf } from "./aligned-tables.js";
import { readingOrder } from "./columns.js";
import { type Content, type Placement, readContent } from "./content.js";
import { type Line, toLines, toSegments } from "./lines.js";
import { mergeRules, ruledTables } from "./ruled-tables.js";
import type { Direction, Word } from "./words.js";

/** A page as it is laid out. */
export interface Page {
  /** From 1. */
  number: number;
  width: number;
  height: number;
  /** Groups of lines in reading order. */
  regions: Line[][];
  /** Text that runs another way than most: along a margin, slanted over the page. */
  turned: Line[][];
  slanted: string;
  placements: Placement[];
  /** Whether it is no text but numbers of glyphs, because the fonts do not say which characters they show. */
  unmapped: boolean;
  /** Characters of which the font does not say what they are; those that lie outside the page. */
  unknown: number;
  outside: number;
  /** Why the rest of the page was not read. */
  cut?: string;
}

/** Share of characters that no text has, or that no font knows, above which a page is taken to be glyph numbers. */
const strangeShare = 0.1;
const unknownShare = 0.3;

/**
 * Reads one page and releases what it holds.
 *
 * @param document an open PDF
 * @param number the page, from 1
 * @param visit is given the page before it is released, with its pictures
 * @throws what pdfjs throws when the page is damaged
 */
export async function readPage(
  document: PDFDocumentProxy,
  number: number,
  visit?: (page: Awaited<ReturnType<PDFDocumentProxy["getPage"]>>, content: Content) => Promise<void>,
): Promise<Page> {
  const page = await document.getPage(number);
  try {
    const content = await readContent(page);
    await visit?.(page, content);
    return layOut(content, number);
  } finally {
    page.cleanup();
  }
}

export function layOut(content: Content, number: number): Page {
  const { words, width, height, placements, unknown, outside } = content;
  // A table that was turned to fit the page: then what runs upright is the margin.
  const main = mainDirection(words);
  const regions = regionsOf(words[main], main === "right" ? content.rules : [], content.drawings);
  const others = (Object.keys(words) as Direction[]).filter(
    (direction) => direction !== main && direction !== "slanted",
  );
  const known = Object.values(words).flat();
  return {
    number,
    width,
    height,
    regions,
    turned: others.flatMap((direction) => regionsOf(words[direction], [], [])),
    slanted: words.slanted.map((word) => word.text).join(" "),
    placements,
    unmapped: isUnmapped(known, unknown),
    unknown,
    outside,
    ...(content.cut === undefined ? {} : { cut: content.cut }),
  };
}

function mainDirection(words: Content["words"]): Direction {
  const amount = (direction: Direction): number => words[direction].reduce((sum, word) => sum + word.text.length, 0);
  const others: Direction[] = ["vertical", "up", "down", "left"];
  const most = others.reduce((best, direction) => (amount(direction) > amount(best) ? direction : best));
  return amount(most) > 2 * amount("right") ? most : "right";
}

function regionsOf(words: readonly Word[], rules: Content["rules"], drawings: Content["drawings"]): Line[][] {
  if (words.length === 0) return [];
  const tables = rules.length > 0 ? ruledTables(rules, words, drawings) : [];
  const taken = new Set(tables.flatMap((table) => [...table.words]));
  const segments = toSegments(taken.size > 0 ? words.filter((word) => !taken.has(word)) : words);
  for (const { text, x0, x1, y0, y1 } of tables) {
    segments.push({ words: [], x0, x1, y: y0, size: 10, block: { text, bottom: y1 } });
  }
  const frames = framesOf(mergeRules(rules, true));
  return readingOrder(segments).map((region) => alignedTables(toLines(region), frames));
}

function isUnmapped(words: readonly Word[], unknown: number): boolean {
  const text = words.map((word) => word.text).join("");
  const strange = text.match(/[\p{Cc}\p{Co}\p{Cn}\ufffd]/gu)?.length ?? 0;
  return strange > text.length * strangeShare || unknown > (text.length + unknown) * unknownShare;
}
