import { createHash } from "node:crypto";
import type { PDFPageProxy } from "pdfjs-dist";
import { messageOf } from "../../../errors.js";
import type { DocumentImage } from "../../document.js";
import type { Composed, Placed } from "./compose.js";
import type { Placement } from "./content.js";
import type { Box } from "./geometry.js";
import { largestPicture } from "./open.js";
import type { RawObjects } from "./raw-jpeg.js";

/** A picture that was taken from a page, with its place there. */
export interface PagePicture {
  page: number;
  box: Box;
  mediaType: string;
  bytes: Uint8Array;
}

/** As pdfjs hands a picture over; its kinds are 1: a bit for each pixel, 2: RGB, 3: RGBA. */
interface Decoded {
  width: number;
  height: number;
  kind?: number;
  data?: Uint8Array | Uint8ClampedArray;
  ref?: string;
}

interface SheetPart {
  sheet: Decoded;
  x: number;
  y: number;
}

/** How long, in milliseconds, pdfjs may take to unpack a picture. */
const longest = 60_000;

/** Takes pictures from the pages of a document, one page after the other. */
export class PictureTaker {
  readonly pictures: PagePicture[] = [];
  /** Why pictures could not be taken, and how many. */
  readonly problems = new Map<string, number>();
  readonly #raw: RawObjects;
  /** Equal pictures, such as a sign on every page, are kept once. */
  readonly #known = new Map<string, Uint8Array>();

  constructor(raw: RawObjects) {
    this.#raw = raw;
    const larger = raw.larger(largestPicture);
    if (larger > 0) this.problems.set(`is larger than ${largestPicture / 1e6} megapixels`, larger);
  }

  /**
   * @param page whose operators have been read, not yet released
   * @param placements of its pictures
   */
  async take(page: PDFPageProxy, placements: readonly Placement[]): Promise<void> {
    const files = new Map<string, { mediaType: string; bytes: Uint8Array }>();
    for (const { box, image, problem } of placements) {
      try {
        if (image === undefined) throw new Error(problem ?? "is not in the file");
        const key = typeof image === "string" ? image : undefined;
        let file = key === undefined ? undefined : files.get(key);
        file ??= await this.#file(typeof image === "string" ? await fetched(page, image) : image);
        if (key !== undefined) files.set(key, file);
        this.pictures.push({ page: page.pageNumber, box, ...file });
      } catch (cause) {
        const reason = messageOf(cause);
        this.problems.set(reason, (this.problems.get(reason) ?? 0) + 1);
      }
    }
  }

  async #file(image: object): Promise<{ mediaType: string; bytes: Uint8Array }> {
    const part = "sheet" in image ? (image as SheetPart & Decoded & { w: number; h: number }) : undefined;
    const decoded = (part ? part.sheet : image) as Decoded;
    const jpeg = decoded.ref === undefined ? undefined : this.#raw.jpeg(decoded.ref, decoded.width, decoded.height);
    const bytes = jpeg ?? (await png(decoded, part));
    const hash = createHash("sha256").update(bytes).digest("hex");
    const known = this.#known.get(hash) ?? bytes;
    this.#known.set(hash, known);
    return { mediaType: jpeg ? "image/jpeg" : "image/png", bytes: known };
  }
}

/** Waits until pdfjs has unpacked a picture. */
async function fetched(page: PDFPageProxy, id: string): Promise<object> {
  const objects = (id.startsWith("g_") ? page.commonObjs : page.objs) as {
    get: (id: string, callback: (data: unknown) => void) => unknown;
  };
  let clock: NodeJS.Timeout | undefined;
  try {
    const data = await new Promise((resolve, reject) => {
      clock = setTimeout(() => reject(new Error("takes too long to unpack")), longest);
      objects.get(id, resolve);
    });
    if (typeof data !== "object" || data === null) throw new Error("is damaged");
    return data;
  } finally {
    clearTimeout(clock);
  }
}

async function png(image: Decoded, part?: { x: number; y: number; w: number; h: number }): Promise<Uint8Array> {
  const { width, height, data } = image;
  if (!data || width < 1 || height < 1) throw new Error("is damaged");
  const { createCanvas, ImageData } = await import("@napi-rs/canvas");
  const canvas = createCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(rgba(image, data), width, height), 0, 0);
  if (!part) return await canvas.encode("png");
  const cut = createCanvas(part.w, part.h);
  cut.getContext("2d").drawImage(canvas, part.x, part.y, part.w, part.h, 0, 0, part.w, part.h);
  return await cut.encode("png");
}

function rgba({ width, height, kind }: Decoded, data: Uint8Array | Uint8ClampedArray): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  if (kind === 3) {
    pixels.set(data.subarray(0, pixels.length));
  } else if (kind === 2) {
    for (let from = 0, to = 0; to < pixels.length; from += 3, to += 4) {
      pixels[to] = data[from]!;
      pixels[to + 1] = data[from + 1]!;
      pixels[to + 2] = data[from + 2]!;
    }
  } else {
    const row = (width + 7) >> 3;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const bit = (data[y * row + (x >> 3)]! >> (7 - (x & 7))) & 1;
        if (bit === 0) pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      }
    }
  }
  return pixels;
}

/**
 * Gives each picture its place in the text: beside what stands nearest to it on its page.
 *
 * @returns the pictures in the order of the text
 */
export function placePictures(pictures: readonly PagePicture[], pages: Composed["pages"]): DocumentImage[] {
  const byNumber = new Map(pages.map((page) => [page.number, page]));
  const placed = pictures.map(({ page, box, mediaType, bytes }) => {
    const text = byNumber.get(page);
    return { at: text ? nearest(box, text.pieces, text.start) : 0, page, mediaType, bytes, y: box.y0 };
  });
  placed.sort((a, b) => a.page - b.page || a.at - b.at || a.y - b.y);
  return placed.map(({ at, page, mediaType, bytes }) => ({ at, page, mediaType, bytes }));
}

function nearest(box: Box, pieces: readonly Placed[], otherwise: number): number {
  let [at, least] = [otherwise, Infinity];
  for (const piece of pieces) {
    const dx = Math.max(0, piece.x0 - box.x1, box.x0 - piece.x1);
    const dy = Math.max(0, piece.y0 - box.y1, box.y0 - piece.y1);
    // What is above and below belongs together more than what is beside, in another column.
    const distance = 2 * dx + dy;
    if (distance >= least) continue;
    least = distance;
    at = (box.y0 + box.y1) / 2 > (piece.y0 + piece.y1) / 2 ? piece.end : piece.start;
  }
  return at;
}
