import { csvParser } from "./csv.js";
import { docxParser } from "./docx.js";
import { epubParser } from "./epub.js";
import { htmlParser } from "./html.js";
import { imageParser } from "./image.js";
import { jsonParser } from "./json.js";
import { jsonlParser } from "./jsonl.js";
import { markdownParser } from "./markdown.js";
import type { Parser } from "./parser.js";
import { odpParser, odsParser, odtParser } from "./odt.js";
import { pptxParser } from "./pptx.js";
import { pdfParser } from "./pdf/parser.js";
import { textParser } from "./text.js";
import { xlsxParser } from "./xlsx.js";

/** Every format that can be ingested. A new format is one file and one line here. */
export const parsers: readonly Parser[] = [
  textParser,
  markdownParser,
  htmlParser,
  pdfParser,
  imageParser,
  docxParser,
  csvParser,
  jsonParser,
  jsonlParser,
  xlsxParser,
  pptxParser,
  odtParser,
  odpParser,
  odsParser,
  epubParser,
];

/** The file name extensions that can be ingested, lower case, with their dot. */
export const supportedExtensions: readonly string[] = parsers.flatMap((parser) => parser.extensions);

/**
 * Whether a file that nobody named, in a folder or an archive, is a document, by its extension. Pictures lie beside
 * documents as parts of them: they are documents only where pictures or the text in them are asked for.
 *
 * @param extension with its dot, lower case
 * @param wanted what the user asks for beyond text
 */
export function isFormat(extension: string, wanted: { images: boolean; ocr: boolean }): boolean {
  if (imageParser.extensions.includes(extension)) return wanted.images || wanted.ocr;
  return supportedExtensions.includes(extension);
}

/**
 * Finds the parser of a file name extension.
 *
 * @param extension with its dot, in any case: `.PDF`
 * @returns the parser, or undefined when the format is not supported
 */
export function parserFor(extension: string): Parser | undefined {
  const wanted = extension.toLowerCase();
  return parsers.find((parser) => parser.extensions.includes(wanted));
}

/**
 * Finds the parser of a media type, as servers announce it.
 *
 * @param mediaType lower case, without parameters: `application/pdf`
 * @returns the parser, or undefined when no format has it
 */
export function parserForMediaType(mediaType: string): Parser | undefined {
  return parsers.find((parser) => parser.mediaTypes.includes(mediaType));
}
