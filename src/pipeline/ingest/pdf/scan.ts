import type { PDFDocumentProxy } from "pdfjs-dist";
import { pageOf } from "../ocr/page.js";
import { enlarge, greyOf, type GreyPicture, isBlank, largest, readPicture } from "../ocr/picture.js";
import { type Placement, readContent } from "./content.js";
import { openPdf } from "./open.js";
import type { Page } from "./page.js";

/** Pixels per point: 300 dots per inch, at which recognition is best. */
const scale = 300 / 72;
/** A page with fewer letters than this may be a picture with a stamp; one with more has its text. */
const fewLetters = 50;
/** Share of the page that a picture of it covers. */
const leastCovered = 0.5;

/** @returns how many letters and digits a page has */
export function lettersOf({ regions, turned }: Page): number {
  const count = (text: string): number => text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  return [...regions, ...turned].flat().reduce((sum, line) => sum + count(line.text), 0);
}

/** Whether the page may be a picture of text. */
export const mayBeScan = (page: Page): boolean => page.unmapped || lettersOf(page) < fewLetters;

function isCovering({ box }: Placement, width: number, height: number): boolean {
  const [w, h] = [Math.min(box.x1, width) - Math.max(box.x0, 0), Math.min(box.y1, height) - Math.max(box.y0, 0)];
  return w > 0 && h > 0 && w * h > leastCovered * width * height;
}

/** Draws pages and reads them by character recognition. The file is opened again when the first such page comes. */
export class Scanner implements AsyncDisposable {
  readonly #bytes: Uint8Array;
  readonly #path: string;
  readonly #languages: readonly string[];
  #document: Promise<PDFDocumentProxy> | undefined;

  /** @param languages of the text, whose data is installed */
  constructor(bytes: Uint8Array, path: string, languages: readonly string[]) {
    this.#bytes = bytes;
    this.#path = path;
    this.#languages = languages;
  }

  /**
   * Draws a page, and begins to read it: what is awaited first ends when the next page may be drawn.
   *
   * @param page as its text tells
   * @returns the reading; undefined where there is nothing to read: an empty page, or one that is no picture
   */
  async begin(page: Page): Promise<(() => Promise<{ page: Page; confidence: number }>) | undefined> {
    this.#document ??= openPdf(this.#bytes, this.#path, true);
    const drawn = await this.#draw(await this.#document, page);
    if (!drawn || isBlank(drawn.picture)) return undefined;
    const reading = readPicture(drawn.picture, this.#languages);
    reading.catch(() => {});
    return async () => {
      const text = await reading;
      return {
        page: { ...pageOf(text, drawn.scale, page.number), placements: page.placements },
        confidence: text.confidence,
      };
    };
  }

  async #draw(
    document: PDFDocumentProxy,
    { number, unmapped, ...known }: Page,
  ): Promise<{ picture: GreyPicture; scale: number } | undefined> {
    const page = await document.getPage(number);
    try {
      const { placements, width, height, cut } = await readContent(page);
      // To draw it takes all that reading it stopped at.
      if (!(width > 0 && height > 0) || cut !== undefined) return undefined;
      const covering = placements.find((placement) => isCovering(placement, width, height));
      if (!unmapped && known.regions.length > 0 && !covering) return undefined;
      const wanted = Math.min(scale, Math.sqrt(largest / (width * height)));
      // pdfjs makes a picture larger without smoothing; its letters are better drawn as they are and then enlarged.
      const own = covering && covering.width > 0 ? covering.width / (covering.box.x1 - covering.box.x0) : wanted;
      const drawn = Math.min(wanted, Math.max(own, 1));
      const { createCanvas } = await import("@napi-rs/canvas");
      const viewport = page.getViewport({ scale: drawn });
      const canvas = createCanvas(Math.max(1, Math.round(viewport.width)), Math.max(1, Math.round(viewport.height)));
      const canvasContext = canvas.getContext("2d") as never;
      await page.render({ canvasContext, canvas: null, viewport, background: "white" }).promise;
      return { picture: greyOf(enlarge(canvas, wanted / drawn, createCanvas)), scale: wanted };
    } finally {
      page.cleanup();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const document = await this.#document?.catch(() => undefined);
    await document?.loadingTask.destroy();
  }
}
