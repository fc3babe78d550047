import type { PDFPageProxy } from "pdfjs-dist";

/** A piece of text as pdfjs gives it, in the order of reading. */
interface Item {
  str: string;
}

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const rightToLeftPart = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+|[^\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g;

/**
 * Repairs right-to-left text in which one glyph stands for several letters, such as the Arabic lam-alef. pdfjs turns
 * each piece from the order on the page into the order of reading letter by letter, which also turns the letters of
 * such a glyph, so that they end up exchanged.
 *
 * @param page the page that the items are from
 * @param items its text, from `getTextContent` without normalisation; changed in place
 */
export async function repairLigatures(page: PDFPageProxy, items: readonly Item[]): Promise<void> {
  if (!items.some(({ str }) => rightToLeft.test(str))) return;
  const glyphs = await glyphsOf(page);
  if (!glyphs.some((glyph) => glyph.length > 1 && rightToLeft.test(glyph))) return;
  let next = 0;
  for (const item of items) {
    const length = withoutSpaces(item.str).length;
    const own: string[] = [];
    for (let taken = 0; taken < length && next < glyphs.length; next++) {
      own.push(glyphs[next]!);
      taken += glyphs[next]!.length;
    }
    // Where the two lists part ways, nothing can be told any more.
    if (sorted(own.join("")) !== sorted(item.str)) return;
    item.str = repair(item.str, own);
  }
}

/** What each glyph of the page stands for, in the order of drawing, without spaces. */
async function glyphsOf(page: PDFPageProxy): Promise<string[]> {
  const [{ OPS }, operators] = await Promise.all([import("pdfjs-dist/legacy/build/pdf.mjs"), page.getOperatorList()]);
  return operators.fnArray
    .flatMap((operator, index) => (operator === OPS.showText ? (operators.argsArray[index] as [unknown[]])[0] : []))
    .flatMap((glyph) => {
      const unicode = typeof glyph === "object" && glyph !== null && "unicode" in glyph ? glyph.unicode : "";
      const letters = typeof unicode === "string" ? withoutSpaces(unicode) : "";
      return letters === "" ? [] : [letters];
    });
}

/** Finds each stretch of right-to-left glyphs where its letters were turned one by one, and turns it by glyphs. */
function repair(text: string, glyphs: readonly string[]): string {
  const letters = text.split("");
  const places = letters.flatMap((letter, index) => (letter.trim() === "" ? [] : [index]));
  const plain = places.map((place) => letters[place]!).join("");
  for (const stretch of stretches(glyphs)) {
    if (stretch.every((glyph) => glyph.length === 1)) continue;
    const turned = stretch.join("").split("").reverse().join("");
    const start = plain.indexOf(turned);
    if (start === -1) continue;
    for (const [offset, letter] of stretch.toReversed().join("").split("").entries()) {
      letters[places[start + offset]!] = letter;
    }
  }
  return letters.join("");
}

/** Glyphs of right-to-left letters that follow each other. */
function stretches(glyphs: readonly string[]): string[][] {
  const found: string[][] = [];
  let open = false;
  for (const part of glyphs.flatMap((glyph) => glyph.match(rightToLeftPart) ?? [])) {
    if (!rightToLeft.test(part)) {
      open = false;
    } else if (open) {
      found.at(-1)!.push(part);
    } else {
      found.push([part]);
      open = true;
    }
  }
  return found;
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "");
}

function sorted(text: string): string {
  return withoutSpaces(text).split("").sort().join("");
}
