/** A run of characters as the page places it. Lengths are in points (1/72 inch); y grows downwards. */
export interface TextRun {
  text: string;
  x0: number;
  x1: number;
  /** Baseline. */
  y: number;
  /** Font size. */
  size: number;
  font: string;
  /** Whether the font has characters of one width. */
  fixed: boolean;
}

/** Runs that stand side by side on one baseline, with no more than a wide word space between them. */
export interface Segment {
  runs: TextRun[];
  x0: number;
  x1: number;
  y: number;
  size: number;
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
  fixed: boolean;
  /** Whether it has gaps as wide as between the cells of a table. */
  cells: boolean;
  rightToLeft: boolean;
}

/** Gaps in units of the font size: a word space; what splits a line into segments; what separates cells. */
const wordGap = 0.15;
const segmentGap = 0.7;
const cellGap = 1.8;

/**
 * Groups runs, in the order of the page's content, into segments.
 *
 * @param runs of one page, upright, none of them empty
 */
export function toSegments(runs: readonly TextRun[]): Segment[] {
  const segments: Segment[] = [];
  let current: Segment | undefined;
  for (const run of runs) {
    const last = current?.runs.at(-1);
    if (last && isDrawnTwice(last, run)) continue;
    const size = Math.max(current?.size ?? 0, run.size);
    const continues =
      current &&
      Math.abs(run.y - current.y) < 0.5 * size &&
      run.x0 - current.x1 < segmentGap * size &&
      run.x0 > current.x1 - 0.3 * size;
    if (current && continues) {
      current.runs.push(run);
      // A superscript does not move the baseline.
      if (run.size > current.size) Object.assign(current, { size: run.size, y: run.y });
      current.x1 = Math.max(current.x1, run.x1);
    } else {
      current = { runs: [run], x0: run.x0, x1: run.x1, y: run.y, size: run.size };
      segments.push(current);
    }
  }
  return segments;
}

/** Some programs make bold text by drawing it twice. */
function isDrawnTwice(last: TextRun, run: TextRun): boolean {
  const near = 0.15 * run.size;
  return last.text === run.text && Math.abs(last.x0 - run.x0) < near && Math.abs(last.y - run.y) < near;
}

/**
 * Puts the segments of one column into lines, from top to bottom.
 *
 * @param segments in any order
 */
export function toLines(segments: readonly Segment[]): Line[] {
  const rows: { segments: Segment[]; y: number; size: number }[] = [];
  for (const segment of segments.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const row = rows.slice(-3).findLast((candidate) => overlaps(candidate, segment));
    if (!row) {
      rows.push({ segments: [segment], y: segment.y, size: segment.size });
      continue;
    }
    row.segments.push(segment);
    if (segment.size > row.size) Object.assign(row, { y: segment.y, size: segment.size });
  }
  return rows
    .toSorted((a, b) => a.y - b.y)
    .map((row) => toLine(row.segments))
    .filter((line) => line.text !== "");
}

/** Whether most of the smaller one's height is beside the other. */
function overlaps(a: { y: number; size: number }, b: { y: number; size: number }): boolean {
  const top = Math.max(a.y - 0.75 * a.size, b.y - 0.75 * b.size);
  const bottom = Math.min(a.y + 0.2 * a.size, b.y + 0.2 * b.size);
  return bottom - top > 0.6 * 0.95 * Math.min(a.size, b.size);
}

function toLine(segments: Segment[]): Line {
  const runs = segments.toSorted((a, b) => a.x0 - b.x0).flatMap((segment) => segment.runs);
  const main = dominant(runs);
  const rightToLeft = isRightToLeft(runs.map((run) => run.text).join(""));
  const { text, cells } = joinRuns(rightToLeft ? inRightToLeftOrder(runs) : runs, main.size, rightToLeft);
  return {
    text,
    x0: Math.min(...runs.map((run) => run.x0)),
    x1: Math.max(...runs.map((run) => run.x1)),
    y: Math.max(...runs.filter((run) => run.size >= 0.9 * main.size).map((run) => run.y)),
    size: main.size,
    font: main.font,
    fixed: runs.every((run) => run.fixed),
    cells,
    rightToLeft,
  };
}

/** The font and size that most characters of a line have. */
function dominant(runs: readonly TextRun[]): { font: string; size: number } {
  const counts = new Map<string, { font: string; size: number; count: number }>();
  for (const { font, size, text } of runs) {
    const key = `${font} ${size.toFixed(1)}`;
    const entry = counts.get(key) ?? { font, size, count: 0 };
    entry.count += text.length;
    counts.set(key, entry);
  }
  return [...counts.values()].reduce((best, entry) => (entry.count > best.count ? entry : best));
}

const rightToLeftLetters = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/gu;

function isRightToLeft(text: string): boolean {
  const count = text.match(rightToLeftLetters)?.length ?? 0;
  return count > 0 && count * 2 > (text.match(/\p{L}/gu)?.length ?? 0);
}

/** From right to left, except that Latin words and numbers in a row keep their own direction. */
function inRightToLeftOrder(runs: readonly TextRun[]): TextRun[] {
  const ordered: TextRun[] = [];
  let latin: TextRun[] = [];
  for (const run of runs.toReversed()) {
    if (/[\p{Script=Latin}\p{Nd}]/u.test(run.text) && run.text.search(rightToLeftLetters) === -1) {
      latin.unshift(run);
    } else {
      ordered.push(...latin, run);
      latin = [];
    }
  }
  return [...ordered, ...latin];
}

function joinRuns(runs: readonly TextRun[], size: number, rightToLeft: boolean): { text: string; cells: boolean } {
  let text = "";
  let cells = false;
  let last: TextRun | undefined;
  for (const run of runs) {
    if (last) {
      const gap = rightToLeft ? last.x0 - run.x1 : run.x0 - last.x1;
      if (gap > cellGap * size && run.text.trim() !== "" && text.trim() !== "") {
        text = `${text.trimEnd()}\t`;
        cells = true;
      } else if (gap > wordGap * size && !/\s$/.test(text) && !/^\s/.test(run.text)) {
        text += " ";
      }
    }
    text += run.text;
    last = run;
  }
  return { text: text.replace(/ {2,}/g, " ").trim(), cells };
}
