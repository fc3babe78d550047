import { median } from "./geometry.js";
import { type Segment, toLines } from "./lines.js";

/** Fewer lines than this do not make a column. */
const leastLines = 5;
/** Share of a column's width that its usual line fills; the cells of a table fill less. */
const leastFill = 0.6;
/** Letters in a column's usual line. */
const leastLetters = 15;

/**
 * Divides a page into regions in reading order: where it has columns, each is read to its end before the next, and
 * what spans the columns is read where it stands.
 *
 * @param segments of one page, in any order
 * @returns groups of segments, each to be read from top to bottom
 */
export function readingOrder(segments: readonly Segment[]): Segment[][] {
  const gutter = findGutter(segments);
  if (gutter === undefined) return segments.length > 0 ? [[...segments]] : [];
  const regions: Segment[][] = [];
  /** Segments over the whole width that follow each other. */
  let spanning: Segment[] = [];
  for (const band of bandsOf(segments, gutter)) {
    if (band.left.length > 0 && band.right.length > 0) {
      if (spanning.length > 0) regions.push(spanning);
      spanning = [];
      regions.push(...readingOrder(band.left), ...readingOrder(band.right));
    } else {
      spanning.push(...band.left, ...band.right);
    }
    if (band.below) spanning.push(band.below);
  }
  if (spanning.length > 0) regions.push(spanning);
  return regions;
}

interface Band {
  left: Segment[];
  right: Segment[];
  /** The spanning segment that ends the band; missing in the last. */
  below?: Segment;
}

/** The stretches between segments that cross the gutter, from top to bottom. */
function bandsOf(segments: readonly Segment[], gutter: number): Band[] {
  const bands: Band[] = [];
  let band: Band = { left: [], right: [] };
  for (const segment of segments.toSorted((a, b) => a.y - b.y)) {
    const side = sideOf(segment, gutter);
    if (side === "both") {
      bands.push({ ...band, below: segment });
      band = { left: [], right: [] };
    } else {
      band[side].push(segment);
    }
  }
  return [...bands, band];
}

function sideOf(segment: Segment, gutter: number): "left" | "right" | "both" {
  if (segment.x1 <= gutter + 1) return "left";
  return segment.x0 >= gutter - 1 ? "right" : "both";
}

/** The x position between two columns of running text; undefined when there is one column. */
function findGutter(segments: readonly Segment[]): number | undefined {
  if (segments.length < 2 * leastLines) return undefined;
  const x0 = Math.min(...segments.map((segment) => segment.x0));
  const x1 = Math.max(...segments.map((segment) => segment.x1));
  const gutter = leastCrossed(segments, x0, x1);
  if (gutter === undefined) return undefined;
  const bands = bandsOf(segments, gutter).filter((band) => band.left.length > 0 && band.right.length > 0);
  const isColumn = (side: Segment[], from: number, to: number): boolean => {
    const lines = toLines(side);
    if (lines.length < leastLines) return false;
    const fill = median(lines.map((line) => (line.x1 - line.x0) / (to - from)));
    return fill >= leastFill && median(lines.map((line) => line.text.length)) >= leastLetters;
  };
  const left = bands.flatMap((band) => band.left);
  const right = bands.flatMap((band) => band.right);
  return isColumn(left, x0, gutter) && isColumn(right, gutter, x1) ? gutter : undefined;
}

/** The middle of the widest strip in the inner part of the page that the fewest segments cross. */
function leastCrossed(segments: readonly Segment[], x0: number, x1: number): number | undefined {
  const from = Math.ceil(x0 + 0.15 * (x1 - x0));
  const to = Math.floor(x1 - 0.15 * (x1 - x0));
  const crossed = new Array<number>(Math.max(0, to - from + 1)).fill(0);
  const size = median(segments.map((segment) => segment.size));
  for (const segment of segments) {
    // A page number stands between the columns without parting them.
    if (segment.x1 - segment.x0 < 2.5 * size) continue;
    const end = Math.min(to, Math.ceil(segment.x1) - 1);
    for (let x = Math.max(from, Math.floor(segment.x0) + 1); x <= end; x++) crossed[x - from]!++;
  }
  const least = Math.min(...crossed);
  let best = { start: 0, length: 0 };
  let start = -1;
  for (let index = 0; index <= crossed.length; index++) {
    if (crossed[index] === least) {
      if (start === -1) start = index;
    } else if (start !== -1) {
      if (index - start > best.length) best = { start, length: index - start };
      start = -1;
    }
  }
  return best.length >= 0.6 * size ? from + best.start + best.length / 2 : undefined;
}
