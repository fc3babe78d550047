import { median } from "./geometry.js";
import type { Line } from "./lines.js";

/** The lines of a page, for what repeats at its edges. */
export interface PageLines {
  /** Page number, from 1. */
  number: number;
  /** Its height in points. */
  height: number;
  lines: readonly Line[];
}

/** What repeats at the edges of pages. */
export interface Running {
  lines: Set<Line>;
  /** Numbers of the pages that they are on. */
  pages: number[];
  /** Some of the texts, as they are on the pages. */
  samples: string[];
}

/** Fewer pages than this do not repeat anything. */
const leastPages = 3;
/** Rows at the top and at the bottom of a page that may be running heads. */
const rowsAtEdge = 3;
const longest = 150;

type Edge = "top" | "bottom";

interface Candidate {
  line: Line;
  page: PageLines;
  edge: Edge;
  /** How many rows are between it and the edge. */
  depth: number;
  key: string;
}

/**
 * Finds running heads and feet, and page numbers: what is the same on many pages but for its numbers, at one place.
 *
 * @param pages all pages of a document
 */
export function findRunning(pages: readonly PageLines[]): Running {
  const candidates = pages.flatMap(candidatesOf);
  const found = new Set<Candidate>();
  for (const candidate of repeated(candidates)) found.add(candidate);
  for (const candidate of inBands(candidates, found, pages.length)) found.add(candidate);
  for (const candidate of pageNumbers(candidates, found, pages.length)) found.add(candidate);
  for (const candidate of loneNumbers(candidates)) found.add(candidate);
  const texts = new Map([...found].map(({ key, line }) => [key, line.text]));
  return {
    lines: new Set([...found].map(({ line }) => line)),
    pages: [...new Set([...found].map(({ page }) => page.number))].sort((a, b) => a - b),
    samples: [...texts.values()].filter((text) => /\p{L}{2}/u.test(text)).slice(0, 3),
  };
}

function candidatesOf(page: PageLines): Candidate[] {
  const lines = page.lines.filter((line) => line.text.length <= longest).sort((a, b) => a.y - b.y);
  const rows: Line[][] = [];
  for (const line of lines) {
    const row = rows.at(-1);
    if (row && line.y - row[0]!.y < 0.4 * line.size) row.push(line);
    else rows.push([line]);
  }
  return rows.flatMap((row, index) => {
    const [fromTop, fromBottom] = [index, rows.length - 1 - index];
    const edge: Edge = fromTop <= fromBottom ? "top" : "bottom";
    const depth = Math.min(fromTop, fromBottom);
    if (depth >= rowsAtEdge) return [];
    return row.flatMap((line) => (line.block ? [] : [{ line, page, edge, depth, key: keyOf(line.text) }]));
  });
}

const roman = /^(?=[ivxlcdm])m{0,4}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})$/;

/** A text without what changes from page to page. */
function keyOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/\d+/g, " # ")
    .split(/[\s|]+/)
    .map((word) => (roman.test(word) ? "#" : word))
    .join(" ")
    .replace(/(?:[#.·–—-]\s*)+/g, "#")
    .trim();
}

function groupsBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

const pagesOf = (candidates: readonly Candidate[]): number => new Set(candidates.map(({ page }) => page.number)).size;

/** The same words at one height on three pages or more; their numbers are the same, or count with the pages. */
function repeated(candidates: readonly Candidate[]): Candidate[] {
  const named = candidates.filter(({ key }) => /\p{L}/u.test(key));
  const same = groupsBy(named, ({ edge, line }) => `${edge} ${line.text.toLowerCase()}`);
  const alike = groupsBy(named, ({ edge, key }) => `${edge} ${key}`);
  return [...same.values(), ...[...alike.values()].filter(countsWithPages)].flatMap((group) => {
    if (group.length < leastPages) return [];
    const y = median(group.map(({ line }) => line.y));
    const here = group.filter(({ line }) => Math.abs(line.y - y) < 4);
    return pagesOf(here) >= leastPages && isDense(here) ? here : [];
  });
}

/** Whether one of the numbers of most lines is the number of their page, or always as far from it. */
function countsWithPages(group: readonly Candidate[]): boolean {
  const offsets = new Map<number, number>();
  for (const { line, page } of group) {
    const words = line.text.toLowerCase().match(/\d+|\b[ivxlcdm]+\b/g) ?? [];
    const values = words.map((word) => (/\d/.test(word) ? Number(word) : romanValue(word)));
    for (const offset of new Set(values.map((value) => value - page.number))) {
      offsets.set(offset, (offsets.get(offset) ?? 0) + 1);
    }
  }
  return Math.max(0, ...offsets.values()) >= Math.max(leastPages, 0.6 * group.length);
}

/** Heads are on page after page, or on every other; words that begin many paragraphs are at the top of a page by chance. */
function isDense(candidates: readonly Candidate[]): boolean {
  const numbers = candidates.map(({ page }) => page.number);
  return pagesOf(candidates) >= 0.3 * (Math.max(...numbers) - Math.min(...numbers) + 1);
}

/** The heads of short chapters do not repeat often, but stand where the others do. */
function inBands(candidates: readonly Candidate[], found: ReadonlySet<Candidate>, pages: number): Candidate[] {
  return (["top", "bottom"] as const).flatMap((edge) => {
    const known = [...found].filter((candidate) => candidate.edge === edge && candidate.depth === 0);
    const bands = groupsBy(known, ({ line }) => `${Math.round(line.y / 4)} ${line.size.toFixed(0)}`);
    return [...bands.values()].flatMap((band) => {
      if (pagesOf(band) < Math.max(leastPages, 0.3 * pages)) return [];
      const { y, size } = band[0]!.line;
      return candidates.filter(
        (candidate) =>
          candidate.edge === edge &&
          candidate.depth === 0 &&
          Math.abs(candidate.line.y - y) < 2 &&
          Math.abs(candidate.line.size - size) < 0.3 &&
          candidate.line.text.length < 100,
      );
    });
  });
}

const pageNumber =
  /^[\s[(|–—-]*(?:page|seite|página|pagina|p\.|s\.)?\s*(\d{1,4}|[ivxlcdm]{1,8})(?:\s*(?:\/|of|von|de|sur|di)\s*\d{1,4})?[\s\])|–—.-]*$/i;

/** Numbers that count with the pages. */
function pageNumbers(candidates: readonly Candidate[], found: ReadonlySet<Candidate>, pages: number): Candidate[] {
  const byPage = groupsBy(candidates, ({ page, edge }) => `${page.number} ${edge}`);
  const numbers = candidates.flatMap((candidate) => {
    const text = pageNumber.exec(candidate.line.text)?.[1];
    // Outermost, but for running heads.
    const beside = byPage.get(`${candidate.page.number} ${candidate.edge}`) ?? [];
    const outer = beside.some((other) => other.depth < candidate.depth && !found.has(other));
    if (text === undefined || outer) return [];
    const value = /\d/.test(text) ? Number(text) : roman.test(text.toLowerCase()) ? romanValue(text) : undefined;
    return value === undefined ? [] : [{ candidate, value }];
  });
  const kind = ({ candidate, value }: (typeof numbers)[number]): string =>
    `${/\d/.test(candidate.line.text)} ${value - candidate.page.number}`;
  return [...groupsBy(numbers, kind).values()].flatMap((group) => {
    const own = group.map(({ candidate }) => candidate);
    const few = pages < leastPages && pages > 1 && pagesOf(own) === pages;
    return few || pagesOf(own) >= leastPages ? own : [];
  });
}

/** A number that stands alone in the outer margin, well apart from the text. */
function loneNumbers(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ line, page, edge, depth }) => {
    if (depth > 0 || !/^[–—-]?\s?\d{1,4}\s?[–—-]?$/.test(line.text)) return false;
    const inMargin = edge === "top" ? line.y < 0.1 * page.height : line.y > 0.8 * page.height;
    const others = page.lines.filter((other) => other !== line);
    const nearest = Math.min(...others.map((other) => Math.abs((other.block?.bottom ?? other.y) - line.y)));
    return inMargin && others.length > 0 && nearest > 2.5 * line.size;
  });
}

function romanValue(text: string): number {
  const values: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100, d: 500, m: 1000 };
  const digits = Array.from(text.toLowerCase(), (letter) => values[letter] ?? 0);
  return digits.reduce((sum, value, index) => sum + (value < (digits[index + 1] ?? 0) ? -value : value), 0);
}
