import { basename } from "node:path";
import { InputError, messageOf } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { languageFolder } from "./ocr/languages.js";
import { pageOf } from "./ocr/page.js";
import { type PictureText, readPictureFile } from "./ocr/picture.js";
import { frameOf } from "./pdf/raw-jpeg.js";
import type { DocumentParser } from "./parser.js";
import { compose } from "./pdf/compose.js";
import { imageTypeOf } from "./image-type.js";

/** Pixels per point: a picture has no size on paper, and what is photographed is about a page of A4. */
const pagePoints = 595;
/** Largest number of pixels of a picture that is recognised: WebAssembly has 4 GB at most. */
const most = 60_000_000;

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
  const size = pictureSize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const damaged = (cause?: unknown): InputError =>
    new InputError(`${path}: the picture is damaged${cause === undefined ? "" : `: ${messageOf(cause)}`}`, {
      cause,
      remedy: "Open it in a drawing program and save it again.",
    });
  if (!size) throw damaged();
  const { width, height } = size;
  if (width < 1 || height < 1 || width * height > most) {
    throw new InputError(`${path}: the picture is empty or too large (${width} × ${height} pixels)`, {
      remedy: "Make it smaller, or cut it into pieces.",
    });
  }
  try {
    return await readPictureFile(bytes, size, languages);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw damaged(cause);
  }
}

/** The size of a picture in pixels, from its first bytes (PNG 11.2.2, ITU-T T.81 B.2.2, RFC 9649). */
function pictureSize(file: Buffer): { width: number; height: number } | undefined {
  if (file.length < 30) return undefined;
  switch (imageTypeOf(file)) {
    case "image/png":
      return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) };
    case "image/jpeg":
      return frameOf(file);
    default: {
      const kind = file.toString("latin1", 12, 16);
      if (kind === "VP8X") return { width: 1 + file.readUIntLE(24, 3), height: 1 + file.readUIntLE(27, 3) };
      if (kind === "VP8 ") return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
      const bits = file.readUInt32LE(21);
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
    }
  }
}
