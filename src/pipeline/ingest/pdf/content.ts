import type { PDFPageProxy } from "pdfjs-dist";
import { type Box, boxOf, identity, type Matrix, multiply } from "./geometry.js";
import { fontsOf } from "./fonts.js";
import { loadPdfjs } from "./open.js";
import { readOperators } from "./operators.js";
import { rulesOf, type Rule } from "./rules.js";
import { type Direction, type Word, WordMaker } from "./words.js";

/** A picture where a page shows it. */
export interface Placement {
  box: Box;
  /** Pixels. */
  width: number;
  height: number;
  /** Under which name pdfjs holds it, or the picture itself where it stands in the content; undefined for a mask. */
  image?: string | object;
  /** Why it cannot be had, where that is known already. */
  problem?: string;
}

/** What a page shows. */
export interface Content {
  width: number;
  height: number;
  words: Record<Direction, Word[]>;
  rules: Rule[];
  /** What is drawn with curves and slanted lines. */
  drawings: Box[];
  placements: Placement[];
  /** Characters of which the font does not say what they are. */
  unknown: number;
  /** Characters that lie outside the page. */
  outside: number;
  /** Why the rest of the page was not read. */
  cut?: string;
}

/** What `q` saves and `Q` restores, as far as text depends on it (ISO 32000-2, 8.4 and 9.3). */
interface State {
  matrix: Matrix;
  lineWidth: number;
  charSpacing: number;
  wordSpacing: number;
  horizontalScale: number;
  leading: number;
  rise: number;
  fontSize: number;
  fontName: string;
}

/** States that a page may nest; a damaged page may save more often than it restores. */
const deepest = 10_000;

/**
 * Reads a page's content once: its words with their places, its ruled lines, its pictures.
 *
 * @param page an open page; the caller releases it
 * @throws what pdfjs throws when the page is damaged
 */
export async function readContent(page: PDFPageProxy): Promise<Content> {
  const { OPS } = await loadPdfjs();
  const operators = await readOperators(page);
  const viewport = page.getViewport({ scale: 1 });
  const fonts = fontsOf(page);
  const maker = new WordMaker(viewport.width, viewport.height);
  const rules: Rule[] = [];
  const drawings: Box[] = [];
  const placements: Placement[] = [];
  const start = {
    matrix: viewport.transform as unknown as Matrix,
    lineWidth: 1,
    charSpacing: 0,
    wordSpacing: 0,
    horizontalScale: 1,
    leading: 0,
    rise: 0,
    fontSize: 0,
    fontName: "",
  };
  let state: State = start;
  const stack: State[] = [];
  let text: Matrix = identity;
  let [x, y, lineX, lineY] = [0, 0, 0, 0];
  const save = (): void => {
    if (stack.length < deepest) stack.push(state);
    state = { ...state };
  };
  const restore = (): void => {
    state = stack.pop() ?? state;
  };
  const move = (dx: number, dy: number): void => {
    x = lineX += dx;
    y = lineY += dy;
  };
  const place = (matrix: Matrix, width: number, height: number, image: Placement["image"], problem?: string): void => {
    placements.push({
      box: boxOf(matrix, 0, 0, 1, 1),
      width,
      height,
      ...(image === undefined ? {} : { image }),
      ...(problem === undefined ? {} : { problem }),
    });
  };
  const { fnArray } = operators;
  const argsArray = operators.argsArray as (unknown[] | null)[];
  for (const [index, operator] of fnArray.entries()) {
    const args = argsArray[index] ?? [];
    const number = args[0] as number;
    switch (operator) {
      case OPS.save:
      case OPS.beginGroup:
        save();
        break;
      case OPS.restore:
      case OPS.endGroup:
      case OPS.paintFormXObjectEnd:
      case OPS.endAnnotation:
        restore();
        break;
      case OPS.transform:
        state.matrix = multiply(state.matrix, args as number[]);
        break;
      case OPS.paintFormXObjectBegin:
        save();
        if (args[0]) state.matrix = multiply(state.matrix, args[0] as number[]);
        break;
      case OPS.beginAnnotation:
        save();
        Object.assign(state, start);
        state.matrix = multiply(multiply(start.matrix, args[2] as number[]), args[3] as number[]);
        break;
      case OPS.setLineWidth:
        state.lineWidth = number;
        break;
      case OPS.setCharSpacing:
        state.charSpacing = number;
        break;
      case OPS.setWordSpacing:
        state.wordSpacing = number;
        break;
      case OPS.setHScale:
        state.horizontalScale = number / 100;
        break;
      case OPS.setLeading:
        state.leading = -number;
        break;
      case OPS.setTextRise:
        state.rise = number;
        break;
      case OPS.setFont:
        state.fontName = args[0] as string;
        state.fontSize = args[1] as number;
        break;
      case OPS.setGState:
        for (const [key, value] of args[0] as [string, unknown][]) {
          if (key === "Font") [state.fontName, state.fontSize] = value as [string, number];
          if (key === "LW") state.lineWidth = value as number;
        }
        break;
      case OPS.beginText:
        text = identity;
        x = y = lineX = lineY = 0;
        break;
      case OPS.setTextMatrix:
        // pdfjs gives six numbers or an array of them.
        text = (typeof args[0] === "number" ? args : args[0]) as Matrix;
        x = y = lineX = lineY = 0;
        break;
      case OPS.moveText:
        move(number, args[1] as number);
        break;
      case OPS.setLeadingMoveText:
        state.leading = args[1] as number;
        move(number, args[1] as number);
        break;
      case OPS.nextLine:
        move(0, state.leading);
        break;
      case OPS.showText: {
        const font = fonts(state.fontName);
        const advance = maker.show(args[0] as never[], font, state, multiply(state.matrix, text), x, y + state.rise);
        if (font.vertical) y -= advance;
        else x += advance;
        break;
      }
      case OPS.constructPath:
        rulesOf(args, state.matrix, state.lineWidth, OPS, rules, drawings);
        break;
      case OPS.paintImageXObject:
        place(state.matrix, args[1] as number, args[2] as number, args[0] as string);
        break;
      case OPS.paintInlineImageXObject: {
        const image = args[0] as { width: number; height: number };
        place(state.matrix, image.width, image.height, image);
        break;
      }
      case OPS.paintImageXObjectRepeat: {
        const [id, scaleX, scaleY, positions] = args as [string, number, number, ArrayLike<number>];
        for (let at = 0; at + 1 < positions.length; at += 2) {
          const own = [scaleX, 0, 0, scaleY, positions[at]!, positions[at + 1]!];
          place(multiply(state.matrix, own), 0, 0, id);
        }
        break;
      }
      case OPS.paintInlineImageXObjectGroup: {
        const [sheet, parts] = args as [object, { transform: number[]; x: number; y: number; w: number; h: number }[]];
        for (const part of parts) {
          place(multiply(state.matrix, part.transform), part.w, part.h, { sheet, ...part });
        }
        break;
      }
      case OPS.paintImageMaskXObject: {
        const mask = args[0] as { data: string | object; width: number; height: number };
        place(state.matrix, mask.width, mask.height, typeof mask.data === "string" ? mask.data : mask);
        break;
      }
      case OPS.paintImageMaskXObjectRepeat: {
        const [mask, , , , , positions] = args as [{ data: string; width: number; height: number }, ...number[][]];
        for (let at = 0; at + 1 < (positions?.length ?? 0); at += 2) {
          place(state.matrix, mask.width, mask.height, mask.data);
        }
        break;
      }
      case OPS.paintSolidColorImageMask:
        place(state.matrix, 1, 1, undefined, "is a single dot that fills an area with a colour");
        break;
      case OPS.paintImageMaskXObjectGroup:
        for (const mask of args[0] as { data: string | object; width: number; height: number; transform: number[] }[]) {
          const matrix = multiply(state.matrix, mask.transform);
          place(matrix, mask.width, mask.height, typeof mask.data === "string" ? mask.data : mask);
        }
        break;
    }
  }
  const { words, unknown, outside } = maker.finish();
  const { width, height } = viewport;
  const cut = operators.cut === undefined ? {} : { cut: operators.cut };
  return { width, height, words, rules, drawings, placements, unknown, outside, ...cut };
}
