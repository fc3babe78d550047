import { basename } from "node:path";
import { InputError, messageOf } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { languageFolder } from "./ocr/languages.js";
import { pageOf } from "./ocr/page.js";
import { enlarge, greyOf, isBlank, largest, type PictureText, readPicture } from "./ocr/picture.js";
import type { DocumentParser } from "./parser.js";
import { compose } from "./pdf/compose.js";
import { imageTypeOf } from "./image-type.js";

/** Pixels per point: a picture has no size on paper, and what is photographed is about a page of A4. */
const pagePoints = 595;
/** Width, in pixels, from which the letters of a page are large enough to be recognised. */
const wanted = 2480;
/** Largest number of pixels of a picture that is opened. */
const most = 400_000_000;

/** Pictures of text: what can be read in them by character recognition, and with `images` the picture itself. */
export const imageParser: DocumentParser = {
  name: "image",
  extensions: [".png", ".jpg", ".jpeg", ".webp"],
  mediaTypes: ["image/png", "image/jpeg", "image/webp"],
  parse: async (bytes, { path }, { images, ocr, ocrLanguages }) => {
    const mediaType = imageTypeOf(bytes);
    if (!imageParser.mediaTypes.includes(mediaType)) {
      throw new InputError(`${path}: it is not a picture of a kind that is read (PNG, JPEG, WebP)`, {
        remedy: "Give it the extension of its real format, or convert it to PNG.",
      });
    }
    if (!ocr && images) return picture(bytes, path, mediaType, "", []);
    if (!ocr) {
      throw new InputError(`${path}: it is a picture, and pictures are not read without character recognition`, {
        remedy: "Read the text in it with --ocr, or take it as a picture with --multimodal.",
      });
    }
    ocrLanguages.forEach(languageFolder);
    const read = await readText(bytes, path, ocrLanguages);
    const composed = compose([pageOf(read, read.width / pagePoints, 1)], []);
    const confidence = `confidence ${Math.round(read.confidence)} of 100`;
    const how = `read by character recognition (${ocrLanguages.join(", ")}), ${confidence}`;
    if (images) {
      const warning = composed.text === "" ? "character recognition found no text in it" : how;
      return picture(bytes, path, mediaType, composed.text, [warning]);
    }
    if (composed.text === "") {
      throw new InputError(`${path}: character recognition found no text in it`, {
        remedy: "Check that the language is right (--ocr-language), or leave it out.",
      });
    }
    return documentOf(composed.text, mediaType, [how]);
  },
};

function documentOf(text: string, mediaType: string, warnings: string[]): ParsedDocument {
  return { text, sections: [{ start: 0, end: text.length }], mediaType, warnings };
}

/** A document with the picture itself; where there is no text in it, its name says what it is, as Markdown does. */
function picture(bytes: Uint8Array, path: string, mediaType: string, text: string, warnings: string[]): ParsedDocument {
  const name = basename(path);
  const own = text === "" ? `![${name.replace(/\.[^.]+$/, "").replace(/[[\]]/g, "")}](${encodeURI(name)})` : text;
  return { ...documentOf(own, mediaType, warnings), images: [{ at: 0, mediaType, bytes: Uint8Array.from(bytes) }] };
}

async function readText(bytes: Uint8Array, path: string, languages: readonly string[]): Promise<PictureText> {
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  let picture: Awaited<ReturnType<typeof loadImage>>;
  try {
    picture = await loadImage(Buffer.from(bytes));
  } catch (cause) {
    throw new InputError(`${path}: the picture is damaged: ${messageOf(cause)}`, {
      cause,
      remedy: "Open it in a drawing program and save it again.",
    });
  }
  const { width, height } = picture;
  if (!(width > 0 && height > 0) || width * height > most) {
    throw new InputError(`${path}: the picture is empty or too large (${width} × ${height} pixels)`, {
      remedy: "Make it smaller, or cut it into pieces.",
    });
  }
  const scale = Math.min(1, Math.sqrt(largest / (width * height)));
  const canvas = createCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  // Transparent parts are white, as on paper.
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const larger = Math.min(wanted / canvas.width, Math.sqrt(largest / (canvas.width * canvas.height)), 2.5);
  const grey = greyOf(enlarge(canvas, larger, createCanvas));
  if (isBlank(grey)) return { words: [], confidence: 0, width: grey.width, height: grey.height };
  return await readPicture(grey, languages);
}
