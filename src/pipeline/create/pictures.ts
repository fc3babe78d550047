/** Makes the pictures of chunks ready to be shown to a model: of a type that it takes, and no larger than it needs. */
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import type { Chunk, DocumentImage } from "../document.js";
import { pictureFacts, type PictureFacts } from "./picture-size.js";
import type { Creation } from "./type.js";

/** A picture as it is sent. */
export interface Picture {
  mediaType: string;
  bytes: Uint8Array;
  /** Its place among the document's pictures, from 1. */
  number: number;
  page?: number;
  /** What it takes of the context, about. */
  tokens: number;
}

/** Models cut pictures into patches of this many pixels a side, or of half of it with four to a token. */
const patch = 28;
/** For the marks around a picture. */
const tokensAround = 16;
/** Smaller ones are bullets, lines and icons. */
const fewestPixels = 32;
/** A picture that claims more is not opened: in memory each takes four bytes. */
const mostPixels = 100_000_000;

/**
 * What a picture takes of a context, about: a token for each 28 x 28 pixels, as models of Qwen's kind count; most others
 * take less at this size.
 * @param width pixels
 * @param height pixels
 * @returns tokens
 */
export function pictureTokens(width: number, height: number): number {
  return Math.ceil(width / patch) * Math.ceil(height / patch) + tokensAround;
}

/**
 * How much of the context is kept free for the pictures of one request.
 * @param contextTokens of one request
 * @returns tokens: what the most and largest pictures take, and at most half of the context
 * @throws {UsageError} when not even one picture of the size that is set fits
 */
export function reserveForPictures(config: Config["generation"], contextTokens: number): number {
  const { image_size, image_tokens, images_per_request } = config;
  const each = image_tokens === "auto" ? pictureTokens(image_size, image_size) : image_tokens;
  const reserve = Math.min(images_per_request * each, Math.floor(contextTokens / 2));
  const least = image_tokens === "auto" ? pictureTokens(2 * fewestPixels, 2 * fewestPixels) : image_tokens;
  if (reserve < least)
    throw new UsageError(
      `a context of ${contextTokens} tokens has no room for a picture of ${least} tokens: half of it is the most that pictures may take`,
      { remedy: "use a larger context, or set generation.image_tokens to what the model takes" },
    );
  return reserve;
}

/**
 * @returns for each chunk that has pictures, those of each request: no more than the model takes at once. What cannot be
 *   shown is counted in the report with its reason
 */
export async function picturesForRequests(creation: Creation): Promise<Map<Chunk, Picture[][]>> {
  const { chunks, document, config, report, sizes } = creation;
  const { image_size, image_tokens, images_per_request } = config.generation;
  const reserve = sizes.pictureTokens ?? 0;
  const counts = { used: 0, leftOut: {} as Record<string, number> };
  report.pictures = counts;
  const numbers = new Map((document.images ?? []).map((image, i) => [image, i + 1]));
  const ready = new Map<DocumentImage, Picture | undefined>();
  const result = new Map<Chunk, Picture[][]>();
  for (const chunk of chunks) {
    const pictures: Picture[] = [];
    for (const image of chunk.images ?? []) {
      if (!ready.has(image)) {
        const made = await readyPicture(image, largestSide(image_size, image_tokens, reserve));
        if (typeof made === "string") {
          counts.leftOut[made] = (counts.leftOut[made] ?? 0) + 1;
          ready.set(image, undefined);
        } else {
          counts.used++;
          ready.set(image, {
            mediaType: made.mediaType,
            bytes: made.bytes,
            number: numbers.get(image) ?? ready.size + 1,
            ...(image.page === undefined ? {} : { page: image.page }),
            tokens: image_tokens === "auto" ? pictureTokens(made.width, made.height) : image_tokens,
          });
        }
      }
      const picture = ready.get(image);
      if (picture !== undefined) pictures.push(picture);
    }
    const lists = inLists(pictures, images_per_request, reserve);
    if (lists.length > 0) result.set(chunk, lists);
  }
  return result;
}

/** Lists in the order of the pictures, each as long as count and tokens allow. */
function inLists(pictures: readonly Picture[], most: number, reserve: number): Picture[][] {
  const lists: Picture[][] = [];
  let tokens = 0;
  for (const picture of pictures) {
    const last = lists.at(-1);
    if (last === undefined || last.length === most || tokens + picture.tokens > reserve) {
      lists.push([picture]);
      tokens = picture.tokens;
    } else {
      last.push(picture);
      tokens += picture.tokens;
    }
  }
  return lists;
}

/** The longer side of a square picture that the reserve has room for, at most as set. */
function largestSide(imageSize: number, imageTokens: number | "auto", reserve: number): number {
  if (imageTokens !== "auto") return imageSize;
  return Math.min(imageSize, Math.floor(Math.sqrt(Math.max(1, reserve - tokensAround))) * patch);
}

/**
 * @param most pixels of the longer side
 * @returns the picture as PNG or JPEG, or why there is none
 */
async function readyPicture(
  image: DocumentImage,
  most: number,
): Promise<{ mediaType: string; bytes: Uint8Array; width: number; height: number } | string> {
  const facts = pictureFacts(image.bytes);
  if (facts === undefined) return `of a format that models do not take (${image.mediaType})`;
  const { width, height, mediaType } = facts;
  if (width < fewestPixels || height < fewestPixels) return `smaller than ${fewestPixels} pixels`;
  if (width * height > mostPixels) return `of more than ${mostPixels / 1e6} million pixels`;
  const isCommon = mediaType === "image/png" || mediaType === "image/jpeg";
  if (isCommon && Math.max(width, height) <= most) return { ...facts, bytes: image.bytes };
  return await redraw(image.bytes, facts, most);
}

/** Draws a picture again, smaller where it is too large; photographs stay JPEG, everything else becomes PNG. */
async function redraw(bytes: Uint8Array, { width, height, mediaType }: PictureFacts, most: number) {
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const scale = Math.min(1, most / Math.max(width, height));
  const [newWidth, newHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [
    number,
    number,
  ];
  try {
    const loaded = await loadImage(Buffer.from(bytes));
    const canvas = createCanvas(newWidth, newHeight);
    canvas.getContext("2d").drawImage(loaded, 0, 0, newWidth, newHeight);
    const isPhotograph = mediaType === "image/jpeg";
    const drawn = isPhotograph ? await canvas.encode("jpeg", 90) : await canvas.encode("png");
    return {
      mediaType: isPhotograph ? "image/jpeg" : "image/png",
      bytes: new Uint8Array(drawn),
      width: newWidth,
      height: newHeight,
    };
  } catch {
    return "that cannot be read";
  }
}
