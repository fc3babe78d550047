import { dominant, joinWords } from "./join.js";
import type { Word } from "./words.js";

/** Words that stand side by side on one baseline, with no more than a wide word space between them. */
export interface Segment {
  words: Word[];
  x0: number;
  x1: number;
  /** Baseline; of a block its upper edge. */
  y: number;
  size: number;
  /** A table, found by its ruled lines, stands in the place of its words. */
  block?: Block;
}

/** Something that is written as it is. */
export interface Block {
  text: string;
  /** Its lower edge. */
  bottom: number;
}

/** What stands between two wide gaps of a line. */
export interface Piece {
  text: string;
  x0: number;
  x1: number;
}

/** A line of a column. */
export interface Line {
  text: string;
  x0: number;
  x1: number;
  y: number;
  /** Font size and font of most of its characters. */
  size: number;
  font: string;
  bold: boolean;
  fixed: boolean;
  pieces: Piece[];
  rightToLeft: boolean;
  block?: Block;
}

/** Gap in units of the font size that splits a line into segments. */
const segmentGap = 0.7;
/** Gap that may separate the cells of a table. */
export const pieceGap = 0.9;

/**
 * Groups words into segments, whatever their order in the content.
 *
 * @param words of one page and one direction, in the order of the content
 */
export function toSegments(words: readonly Word[]): Segment[] {
  const segments: Segment[] = [];
  let current: Segment | undefined;
  for (const word of words) {
    const size = Math.max(current?.size ?? 0, word.size);
    const continues =
      current &&
      Math.abs(word.y - current.y) < 0.5 * size &&
      word.x0 - current.x1 < segmentGap * size &&
      word.x0 > current.x1 - 0.3 * size &&
      !isMuchLarger(current.size, word.size);
    if (current && continues) {
      current.words.push(word);
      // A superscript does not move the baseline.
      if (word.size > current.size) Object.assign(current, { size: word.size, y: word.y });
      current.x1 = Math.max(current.x1, word.x1);
    } else {
      current = { words: [word], x0: word.x0, x1: word.x1, y: word.y, size: word.size };
      segments.push(current);
    }
  }
  return mergeNeighbours(segments);
}

/** A capital over several lines at the start of a chapter does not belong to one of them. */
function isMuchLarger(a: number, b: number): boolean {
  return Math.max(a, b) > 2.2 * Math.min(a, b);
}

/** Some programs write words, or letters, in no order: what continues a segment may come later. */
function mergeNeighbours(segments: readonly Segment[]): Segment[] {
  const merged: Segment[] = [];
  const open: Segment[] = [];
  for (const segment of segments.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    let joined: Segment | undefined;
    for (let index = open.length - 1; index >= 0; index--) {
      const other = open[index]!;
      if (segment.y - other.y > Math.max(segment.size, other.size)) {
        open.splice(index, 1);
      } else if (isNext(other, segment)) {
        joined = other;
        break;
      }
    }
    if (joined) {
      joined.words = [...joined.words, ...segment.words].sort((a, b) => a.x0 - b.x0);
      joined.x0 = Math.min(joined.x0, segment.x0);
      joined.x1 = Math.max(joined.x1, segment.x1);
      if (segment.size > joined.size) Object.assign(joined, { size: segment.size, y: segment.y });
    } else {
      merged.push(segment);
      open.push(segment);
    }
  }
  return merged;
}

function isNext(a: Segment, b: Segment): boolean {
  const size = Math.max(a.size, b.size);
  if (Math.abs(a.y - b.y) > 0.15 * Math.min(a.size, b.size) || isMuchLarger(a.size, b.size)) return false;
  return b.x0 - a.x1 < segmentGap * size && a.x0 - b.x1 < segmentGap * size;
}

/**
 * Puts the segments of one column into lines, from top to bottom.
 *
 * @param segments in any order
 */
export function toLines(segments: readonly Segment[]): Line[] {
  const rows: { segments: Segment[]; y: number; size: number }[] = [];
  for (const segment of segments.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const row = segment.block
      ? undefined
      : rows.slice(-3).findLast((candidate) => !candidate.segments[0]!.block && fits(candidate, segment));
    if (!row) {
      rows.push({ segments: [segment], y: segment.y, size: segment.size });
      continue;
    }
    row.segments.push(segment);
    if (segment.size > row.size) Object.assign(row, { y: segment.y, size: segment.size });
  }
  return rows
    .toSorted((a, b) => a.y - b.y)
    .map((row) => (row.segments[0]!.block ? blockLine(row.segments[0]!, row.segments[0]!.block) : toLine(row.segments)))
    .filter((line) => line.text !== "");
}

/** Whether most of the smaller one's height is beside the row, and it stands beside and not over its words. */
function fits(row: { segments: Segment[]; y: number; size: number }, b: Segment): boolean {
  if (isMuchLarger(row.size, b.size)) return false;
  const top = Math.max(row.y - 0.75 * row.size, b.y - 0.75 * b.size);
  const bottom = Math.min(row.y + 0.2 * row.size, b.y + 0.2 * b.size);
  if (bottom - top <= 0.57 * Math.min(row.size, b.size)) return false;
  const same = Math.abs(row.y - b.y) < 0.2 * b.size;
  return same || !row.segments.some((a) => Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0) > 0.5 * (b.x1 - b.x0));
}

function blockLine(segment: Segment, block: Block): Line {
  return {
    text: block.text,
    x0: segment.x0,
    x1: segment.x1,
    y: segment.y,
    size: segment.size,
    font: "",
    bold: false,
    fixed: false,
    pieces: [],
    rightToLeft: false,
    block,
  };
}

function toLine(segments: Segment[]): Line {
  const words = segments.flatMap((segment) => segment.words).sort((a, b) => a.x0 - b.x0);
  const main = dominant(words);
  const rightToLeft = isRightToLeft(words);
  const pieces: Word[][] = [];
  for (const word of words) {
    const last = pieces.at(-1)?.at(-1);
    if (last && word.x0 - last.x1 < pieceGap * main.size) pieces.at(-1)!.push(word);
    else pieces.push([word]);
  }
  const y = main.y;
  const join = (part: readonly Word[]): string => joinWords(part, { size: main.size, y, rightToLeft });
  return {
    text: join(words),
    x0: words[0]!.x0,
    x1: Math.max(...words.map((word) => word.x1)),
    y,
    size: main.size,
    font: main.font,
    bold: main.bold,
    fixed: words.every((word) => word.fixed),
    pieces: pieces.map((part) => ({
      text: join(part),
      x0: part[0]!.x0,
      x1: Math.max(...part.map((word) => word.x1)),
    })),
    rightToLeft,
  };
}

function isRightToLeft(words: readonly Word[]): boolean {
  let [turned, all] = [0, 0];
  for (const word of words) {
    const letters = word.text.match(/\p{L}/gu)?.length ?? 0;
    all += letters;
    if (word.rightToLeft) turned += letters;
  }
  return turned > 0 && turned * 2 > all;
}
