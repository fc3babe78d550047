import { extname } from "node:path";
import type { ParsedDocument } from "../document.js";

/** The file that bytes came from, for messages and for what only a name can tell. */
export interface ParserSource {
  /** As messages name it: the path or address that the user gave; a member of an archive as `docs.zip/a/b.pdf`. */
  path: string;
  /** Lower case, with its dot: `.pdf`. */
  extension: string;
  /** The file on disk that holds the bytes: the same as `path`, or a temporary copy. */
  file: string;
  /** The encoding that a server has named, where the file came from one. */
  charset?: string;
}

/** Which links keep their address: all, those with a complete one, none. */
export type LinkStyle = "all" | "absolute" | "none";

/** What the user wants of a source beyond its text. */
export interface ParseOptions {
  /** Pictures are wanted too, with the place where they stand. */
  images: boolean;
  /** Pages that are pictures of text are read by optical character recognition. */
  ocr: boolean;
  /** Languages of such pages, as the recognition library names them (ISO 639-2/T): `["eng", "deu"]`. */
  ocrLanguages: readonly string[];
  /** Links that keep their address as `[text](address)`; absent: those whose address is complete, as `https://…` is. */
  links?: LinkStyle;
  /** Of rows: the column or columns that hold the text; all columns where absent. */
  columns?: readonly string[];
}

interface AnyParser {
  /** Short name of the format, for messages and listings. */
  name: string;
  /** Lower case, with the dot. */
  extensions: readonly string[];
  /** Media types by which a server announces the format, lower case, without parameters. */
  mediaTypes: readonly string[];
}

/** Turns a file of one document into text with sections. A format is one file that exports one of these. */
export interface DocumentParser extends AnyParser {
  /**
   * Extracts the text.
   *
   * @param bytes the whole file, not empty
   * @returns the text, its sections, and warnings; an empty text is allowed here, the caller refuses it
   * @throws InputError when the file cannot be used: damaged, protected, not what its name says
   */
  parse(bytes: Uint8Array, source: ParserSource, options: ParseOptions): Promise<ParsedDocument>;
}

/** Turns a file of rows into a document for each; the file is read piece by piece and may be of any size. */
export interface RowParser extends AnyParser {
  /**
   * @returns the rows in their order, each with its number; rows without text are left out and counted in the
   *   warnings of the last
   * @throws InputError when the file cannot be used, or has no such column
   */
  rows(source: ParserSource, options: ParseOptions): AsyncIterable<ParsedDocument>;
}

export type Parser = DocumentParser | RowParser;

/** Text and nothing else. */
export const textOnly: ParseOptions = { images: false, ocr: false, ocrLanguages: ["eng"] };

/** A source that is a file on disk as the user gave it. */
export function fileSource(path: string): ParserSource {
  return { path, file: path, extension: extname(path).toLowerCase() };
}
