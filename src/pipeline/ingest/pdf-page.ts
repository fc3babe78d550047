import type { PDFDocumentProxy } from "pdfjs-dist";
import { tidyText } from "./clean.js";
import { repairLigatures } from "./pdf-bidi.js";
import { readingOrder } from "./pdf-columns.js";
import { writeParagraphs } from "./pdf-paragraphs.js";
import { type TextRun, toLines, toSegments } from "./pdf-text.js";

/** What a page says. */
export interface PageText {
  /** Paragraphs with an empty line between them, in reading order; empty when the page has no text. */
  text: string;
  /** Whether it is no text but numbers of glyphs, because the fonts do not say which characters they show. */
  unmapped: boolean;
}

/** Share of characters that no text has, above which a page is taken to be glyph numbers. */
const unmappedShare = 0.1;

/**
 * Extracts the text of one page and releases what the page holds.
 *
 * @param document an open PDF
 * @param number the page, from 1
 * @throws what pdfjs throws when the page is damaged
 */
export async function readPage(document: PDFDocumentProxy, number: number): Promise<PageText> {
  const page = await document.getPage(number);
  try {
    // Without pdfjs's normalisation, which takes ligatures apart before it puts letters into the order of reading.
    const content = await page.getTextContent({ disableNormalization: true });
    await repairLigatures(
      page,
      content.items.filter((item) => "str" in item),
    );
    const [a, b, c, d, e, f] = page.getViewport({ scale: 1 }).transform as Matrix;
    const upright: TextRun[] = [];
    const turned: string[] = [];
    for (const item of content.items) {
      if (!("str" in item) || item.str.trim() === "") continue;
      const [ta, tb, , , te, tf] = item.transform as Matrix;
      // The direction of writing on the page as it is shown, after its rotation.
      const [right, down] = [a * ta + c * tb, b * ta + d * tb];
      if (Math.abs(down) > 0.3 * Math.abs(right)) {
        turned.push(item.str);
        continue;
      }
      const x = a * te + c * tf + e;
      const font = content.styles[item.fontName];
      upright.push({
        text: glyphs(item.str),
        x0: right < 0 ? x - item.width : x,
        x1: right < 0 ? x : x + item.width,
        y: b * te + d * tf + f,
        size: item.height || Math.hypot(right, down) || 1,
        font: item.fontName,
        fixed: font?.fontFamily === "monospace",
      });
    }
    const regions = readingOrder(toSegments(upright)).map(toLines);
    const text = tidyText(writeParagraphs(regions));
    // Text that runs up the margin, or a page with turned text only: in the order of the content.
    return { text: tidyText(`${text}\n\n${glyphs(turned.join(" "))}`), unmapped: isUnmapped(upright) };
  } finally {
    page.cleanup();
  }
}

function isUnmapped(runs: readonly TextRun[]): boolean {
  const text = runs.map((run) => run.text).join("");
  const strange = text.match(/[\p{Cc}\p{Co}\p{Cn}\ufffd]/gu)?.length ?? 0;
  return strange > text.length * unmappedShare;
}

type Matrix = [number, number, number, number, number, number];

/** Bullets of the Symbol and Wingdings fonts, which have no meaning outside of them. */
const symbols: Record<string, string> = { "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▸", "\uf0fc": "✓" };

/** Replaces glyphs that stand for several letters, shapes of letters, spaces of special width, and symbol fonts. */
function glyphs(text: string): string {
  return text
    .replace(/[\ufb00-\ufdc7\ufe70-\ufefc]/g, (glyph) => glyph.normalize("NFKC").trim())
    .replace(/[\u00a0\u2000-\u200a\u202f]/g, " ")
    .replace(/[\uf0b7\uf0a7\uf0d8\uf0fc]/g, (glyph) => symbols[glyph] ?? glyph);
}
