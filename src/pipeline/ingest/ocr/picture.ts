/** Pictures of pages, as recognition wants them: grey, upright, about 300 dots per inch. */
import type { Canvas } from "@napi-rs/canvas";
import { recognise } from "./recognisers.js";
import type { Recognised, RecognisedWord } from "./recognised.js";

/** Pixels of a picture that is recognised; a page of A4 at 300 dots per inch has 8.7 million. */
export const largest = 24_000_000;
/** Below this confidence a picture may lie on its side. */
const doubtful = 62;
/** Contrast, of 255, below which a picture is an empty page. */
const leastContrast = 40;

export interface GreyPicture {
  width: number;
  height: number;
  /** A byte for each pixel, row by row; 255 is white. */
  pixels: Uint8Array;
}

/** @returns the picture in shades of grey, by the luma of ITU-R BT.601 */
export function greyOf(canvas: Canvas): GreyPicture {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height);
  for (let index = 0, at = 0; index < pixels.length; index++, at += 4) {
    pixels[index] = (data[at]! * 77 + data[at + 1]! * 150 + data[at + 2]! * 29) >> 8;
  }
  return { width, height, pixels };
}

/**
 * Makes a picture larger, with smooth edges.
 *
 * @param times at most 1: it is given back as it is
 * @param create makes a canvas of a width and a height
 */
export function enlarge(canvas: Canvas, times: number, create: (width: number, height: number) => Canvas): Canvas {
  if (times <= 1.05) return canvas;
  const larger = create(Math.round(canvas.width * times), Math.round(canvas.height * times));
  const context = larger.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, larger.width, larger.height);
  return larger;
}

/** Whether all pixels are about the same: there is nothing on the page. */
export function isBlank({ pixels }: GreyPicture): boolean {
  let [least, greatest] = [255, 0];
  for (const pixel of pixels) {
    if (pixel < least) least = pixel;
    if (pixel > greatest) greatest = pixel;
  }
  return greatest - least < leastContrast;
}

/** A picture's text, with the turn that brought it upright. */
export interface PictureText extends Recognised {
  /** Size of the upright picture, in pixels. */
  width: number;
  height: number;
}

/**
 * Recognises the text of a picture; one that hardly has any is tried on its sides and upside down.
 *
 * @param languages of the text
 * @throws as `recognise`
 */
export async function readPicture(picture: GreyPicture, languages: readonly string[]): Promise<PictureText> {
  let best = { ...(await recognise(pgm(picture), languages)), width: picture.width, height: picture.height };
  if (worth(best) >= doubtful) return best;
  let turned = picture;
  for (let quarter = 1; quarter < 4; quarter++) {
    turned = turn(turned);
    const { width, height } = turned;
    const text = { ...(await recognise(pgm(turned), languages)), width, height };
    // Upright wins unless another way is clearly better.
    if (worth(text) > worth(best) + 10) best = text;
    if (worth(best) >= 80) break;
  }
  return best;
}

/**
 * Recognises the text of a picture as its file has it. It is unpacked where the recognition runs, in WebAssembly: the
 * drawing library, which is native code, ends the process on some damaged pictures.
 *
 * @param file PNG, JPEG or WebP
 * @param size of the picture in pixels
 * @throws as `recognise`
 */
export async function readPictureFile(
  file: Uint8Array,
  size: { width: number; height: number },
  languages: readonly string[],
): Promise<PictureText> {
  return { ...(await recognise(Buffer.from(file), languages)), ...size };
}

/** How sure the words are that look like words, weighted by their length; noise gives short ones. */
function worth({ words }: Recognised): number {
  let [sum, letters] = [0, 0];
  for (const { text, confidence, sideways } of words) {
    const length = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
    sum += (sideways ? 0 : confidence) * length ** 1.5;
    letters += Math.max(text.length, 1) ** 1.5;
  }
  return letters === 0 ? 0 : sum / letters;
}

/** A quarter turn clockwise. */
export function turn({ width, height, pixels }: GreyPicture): GreyPicture {
  const turned = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[x * height + (height - 1 - y)] = pixels[y * width + x]!;
  }
  return { width: height, height: width, pixels: turned };
}

/** Portable grey map: quick to write, and the recognition library reads it (Netpbm's PGM, binary). */
function pgm({ width, height, pixels }: GreyPicture): Buffer {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), pixels]);
}

/** Words that are nothing but marks that dirt on paper makes. */
export const isNoise = ({ text, confidence }: RecognisedWord): boolean =>
  text === "" || (confidence < 40 && !/[\p{L}\p{N}]/u.test(text)) || confidence < 5;
