import { type Box, type Matrix } from "./geometry.js";

/** A straight line along an edge of the page, as tables are drawn with. */
export interface Rule {
  horizontal: boolean;
  /** Its y if it is horizontal, else its x. */
  at: number;
  from: number;
  to: number;
}

/** The operators that paint a path. */
interface PaintOperators {
  stroke: number;
  closeStroke: number;
  fill: number;
  eoFill: number;
  fillStroke: number;
  eoFillStroke: number;
  closeFillStroke: number;
  closeEOFillStroke: number;
}

/** Filled shapes up to this thickness, and shorter lines than this: lines, and specks. */
const thickest = 3;
const shortest = 4;
/** More lines than this are a drawing. */
const most = 5000;

/** Numbers after each code of pdfjs's path data: move, line, curve, quadratic curve, close. */
const arguments_ = [2, 2, 6, 4, 0];

/**
 * Adds the ruled lines of a painted path.
 *
 * @param args of pdfjs's operator: what is painted, the path, its bounds
 * @param matrix to the page
 * @param lineWidth in the units of the path
 * @param rules to add lines to
 * @param drawings to add what is drawn with curves and slanted lines to
 */
export function rulesOf(
  args: readonly unknown[],
  matrix: Matrix,
  lineWidth: number,
  paint: PaintOperators,
  rules: Rule[],
  drawings: Box[],
): void {
  const path = (args[1] as [ArrayLike<number> | null] | undefined)?.[0];
  if (!path || typeof path.length !== "number" || path.length > 50_000) return;
  const operator = args[0] as number;
  const both = [paint.fillStroke, paint.eoFillStroke, paint.closeFillStroke, paint.closeEOFillStroke].includes(
    operator,
  );
  const fills = both || operator === paint.fill || operator === paint.eoFill;
  const strokes = both || operator === paint.stroke || operator === paint.closeStroke;
  if (!fills && !strokes) return;
  const scale = Math.sqrt(Math.abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]));
  for (const points of subpathsOf(path, matrix)) {
    const [x0, x1] = extent(points, 0);
    const [y0, y1] = extent(points, 1);
    const straight = isStraight(points);
    if (!straight && drawings.length < most && Math.max(x1 - x0, y1 - y0) > 2) drawings.push({ x0, x1, y0, y1 });
    if (fills && straight && points.length >= 3 && points.length <= 6) {
      if (y1 - y0 <= thickest && x1 - x0 >= shortest) rules.push(rule(true, (y0 + y1) / 2, x0, x1));
      else if (x1 - x0 <= thickest && y1 - y0 >= shortest) rules.push(rule(false, (x0 + x1) / 2, y0, y1));
      if (!strokes) continue;
    }
    // A line as wide as it is long is a box that is drawn with one stroke.
    if (!strokes || lineWidth * scale > thickest) continue;
    for (let index = 1; index < points.length && rules.length < most; index++) {
      const [a, b] = [points[index - 1]!, points[index]!];
      if (b[2] === true) continue;
      const [dx, dy] = [Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])];
      if (dy < 0.5 && dx >= shortest) rules.push(rule(true, a[1], Math.min(a[0], b[0]), Math.max(a[0], b[0])));
      else if (dx < 0.5 && dy >= shortest) rules.push(rule(false, a[0], Math.min(a[1], b[1]), Math.max(a[1], b[1])));
    }
  }
}

type Point = [x: number, y: number, curved?: boolean];

const rule = (horizontal: boolean, at: number, from: number, to: number): Rule => ({ horizontal, at, from, to });

function subpathsOf(path: ArrayLike<number>, [a, b, c, d, e, f]: Matrix): Point[][] {
  const subpaths: Point[][] = [];
  let points: Point[] = [];
  for (let index = 0; index < path.length;) {
    const code = path[index]!;
    const count = arguments_[code];
    if (count === undefined) return [];
    if (code === 4) {
      if (points.length > 0) points.push([...points[0]!]);
    } else {
      if (code === 0 && points.length > 0) {
        subpaths.push(points);
        points = [];
      }
      const [x, y] = [path[index + count - 1]!, path[index + count]!];
      points.push([a * x + c * y + e, b * x + d * y + f, code > 1]);
    }
    index += 1 + count;
  }
  return points.length > 0 ? [...subpaths, points] : subpaths;
}

function extent(points: readonly Point[], axis: 0 | 1): [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const point of points) {
    least = Math.min(least, point[axis]);
    greatest = Math.max(greatest, point[axis]);
  }
  return [least, greatest];
}

/** Whether all sides run along the page's edges; curves are no sides. */
function isStraight(points: readonly Point[]): boolean {
  return points.every(([x, y, curved], index) => {
    const next = points[index + 1];
    return curved !== true && (!next || Math.abs(x - next[0]) < 0.5 || Math.abs(y - next[1]) < 0.5);
  });
}
