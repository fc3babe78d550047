import type { DocumentImage } from "../document.js";

/** Characters that mean nothing in any text (Unicode noncharacters); `cleanMarks` removes those of a source. */
const start = "\ufdd0";
const end = "\ufdd1";
const marks = new RegExp(`${start}(\\d*)${end}`, "g");
const foreign = new RegExp(`[${start}${end}]`, "g");

/** Removes from a source's text what would be taken for a mark. */
export function cleanMarks(text: string): string {
  return text.replace(foreign, "");
}

/** Whether something stands in the text apart from marks of pictures. */
export function hasWords(markdown: string): boolean {
  return markdown.replace(marks, "").trim() !== "";
}

/** The marks in a text, without the text. */
export function marksIn(markdown: string): string {
  return [...markdown.matchAll(marks)].map(([mark]) => mark).join("");
}

/** The mark that the converter puts where a picture stands; without a number for pictures that are not wanted. */
export function pictureMark(number: string | null | undefined): string {
  return `${start}${number && /^\d+$/.test(number) ? number : ""}${end}`;
}

/* eslint-disable no-control-regex -- the first bytes of files are what is meant */
/** Formats that programs for pictures and models read, by their first bytes. */
const signatures: readonly [RegExp, string][] = [
  [/^\x89PNG\r\n\x1a\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF....WEBP/s, "image/webp"],
  [/^BM....\0\0\0\0/s, "image/bmp"],
  [/^(?:II\*\0|MM\0\*)/, "image/tiff"],
];
/** Formats that are known and left out: drawings, which hold no pixels. */
const drawings: readonly [RegExp, string][] = [
  [/^\x01\0\0\0[^]{36} EMF/, "EMF"],
  [/^(?:\xd7\xcd\xc6\x9a|\x01\0\x09\0\0\x03)/, "WMF"],
  [/^\s*(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE svg|svg)/i, "SVG"],
];

/* eslint-enable no-control-regex */

/** A picture no larger than this in either direction, in pixels, is a spacer or a counter of visits. */
const leastPixels = 4;

/**
 * Collects the pictures of a document while its text is converted, and finds out where they stand in the final text.
 */
export class Pictures {
  private readonly found: Omit<DocumentImage, "at">[] = [];
  private readonly left = new Map<string, number>();

  /** @param wanted whether the user asked for pictures; without, nothing is read and nothing counted */
  constructor(readonly wanted: boolean) {}

  /**
   * Takes a picture in.
   *
   * @param bytes the picture as a file; undefined where it is not to be had
   * @returns its number for `data-picture`, or undefined when it is left out
   */
  add(
    bytes: Uint8Array | undefined,
    about: { description?: string | undefined; page?: number } = {},
  ): number | undefined {
    if (!this.wanted) return undefined;
    if (bytes === undefined || bytes.length === 0) return this.leave("they are not in the file");
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 400)).toString("latin1");
    const mediaType = signatures.find(([pattern]) => pattern.test(head))?.[1];
    if (mediaType === undefined) {
      const drawing = drawings.find(([pattern]) => pattern.test(head))?.[1];
      return this.leave(drawing ? `they are drawings (${drawing}), not made of pixels` : "their format is not known");
    }
    if (isSpacer(bytes, mediaType)) return this.leave(`they are spacers of ${leastPixels} pixels or fewer`);
    const description = about.description?.replace(/\s+/g, " ").trim();
    this.found.push({
      mediaType,
      bytes,
      ...(description ? { description: cleanMarks(description) } : {}),
      ...(about.page === undefined ? {} : { page: about.page }),
    });
    return this.found.length - 1;
  }

  /** Counts a picture that is left out, with the reason: what comes after "left out: ". */
  leave(reason: string): undefined {
    if (this.wanted) this.left.set(reason, (this.left.get(reason) ?? 0) + 1);
  }

  /** The element that stands for a picture until its place is known; nothing where it is left out. */
  html(...picture: Parameters<Pictures["add"]>): string {
    const number = this.add(...picture);
    return number === undefined ? "" : `<img data-picture="${number}">`;
  }

  /** What was left out, for the user: one line for each reason. */
  warnings(): string[] {
    return [...this.left].map(([reason, count]) => `${count} picture${count === 1 ? "" : "s"} left out: ${reason}`);
  }

  /**
   * Takes the marks out of a text. What stays is the text as it were without pictures.
   *
   * @param markdown tidy Markdown with marks
   * @returns the text, and the pictures with their offsets in it, in the order of the text
   */
  place(markdown: string): { text: string; images: DocumentImage[] } {
    const images: DocumentImage[] = [];
    const used = new Set<number>();
    const lines: string[] = [];
    /** Where the next line starts, and where the last one that is not empty ends. */
    let next = 0;
    let wordsEnd = 0;
    const put = (number: string, at: number): void => {
      const picture = number === "" ? undefined : this.found[Number(number)];
      if (!picture || used.has(Number(number))) return;
      used.add(Number(number));
      images.push({ at, ...picture });
    };
    const push = (line: string): void => {
      // What stood between two empty lines is gone: one of them goes too.
      if (line === "" && (lines.length === 0 || lines.at(-1) === "")) return;
      lines.push(line);
      if (line !== "") wordsEnd = next + line.length;
      next += line.length + 1;
    };
    for (const line of markdown.split("\n")) {
      if (!line.includes(start)) {
        push(line);
      } else if (/^[\s>]*(?:[-*] |\d+[.)] )?\s*$/.test(line.replace(marks, ""))) {
        for (const [, number] of line.matchAll(marks)) put(number!, wordsEnd);
      } else {
        let kept = "";
        let from = 0;
        for (const match of line.matchAll(marks)) {
          kept += afterSpace(kept, line.slice(from, match.index));
          from = match.index + match[0].length;
          put(match[1]!, next + kept.length);
        }
        push((kept + afterSpace(kept, line.slice(from))).replace(/[ \t]+$/, ""));
      }
    }
    const text = lines.join("\n").trimEnd();
    return { text, images: images.map((image) => ({ ...image, at: Math.min(image.at, text.length) })) };
  }
}

/** The space before a picture and the one after it are one; between the bars of a table both stay. */
function afterSpace(before: string, rest: string): string {
  return /(?:^|\s)$/.test(before) && !/^ *\|/.test(rest) ? rest.replace(/^ +/, "") : rest;
}

/** By the sizes in the headers of PNG and GIF, the formats that spacers have. */
function isSpacer(bytes: Uint8Array, mediaType: string): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mediaType === "image/png" && bytes.length >= 24) {
    return view.getUint32(16) <= leastPixels || view.getUint32(20) <= leastPixels;
  }
  if (mediaType === "image/gif" && bytes.length >= 10) {
    return view.getUint16(6, true) <= leastPixels || view.getUint16(8, true) <= leastPixels;
  }
  return false;
}
