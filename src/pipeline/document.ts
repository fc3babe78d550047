/**
 * The records that flow through the pipeline before a model sees them: a document is its extracted text with the
 * sections it came from; a chunk is a span of that text.
 */

/** A part of a document that the source itself sets apart: a page, or what stands under a heading. */
export interface Section {
  /** First character of the section in the document's text (UTF-16 code units, as JavaScript counts). */
  start: number;
  /** One past its last character. Sections follow each other without gaps and cover the whole text. */
  end: number;
  /** Page number in the source, from 1, where it has pages. */
  page?: number;
  /** The nearest heading above, where the source has headings. */
  heading?: string;
}

/** A picture in a document. */
export interface DocumentImage {
  /** Where it stands: an offset in the document's text (UTF-16 code units), from 0 to the text's length. */
  at: number;
  /** Page or slide in the source, from 1, where it has them. */
  page?: number;
  /** Media type of the bytes: `image/png`, `image/jpeg`. */
  mediaType: string;
  /** The picture as a file of that type. */
  bytes: Uint8Array;
  /** What the source says about it, for example its alternative text. */
  description?: string;
}

/** What a parser makes of one source file, or of one of the rows that a file of rows holds. */
export interface ParsedDocument {
  /** The extracted text: Markdown where the source has structure, never empty. */
  text: string;
  /** At least one; in order; without gaps. */
  sections: Section[];
  /** Media type of the source, for example `application/pdf`. */
  mediaType: string;
  /** What was noticed on the way and the user should know: an encoding guessed, pages without text. */
  warnings: string[];
  /** The pictures in the order of the document; only where they were asked for. */
  images?: DocumentImage[];
  /** Number of the row, from 1, where the source holds many documents (CSV, JSON Lines, a sheet). */
  row?: number;
}

/** A document on its way through the pipeline. */
export interface Document extends Omit<ParsedDocument, "warnings"> {
  /** Name for outputs: the source's file name without its extension. */
  stem: string;
  /** Where it came from, as the user gave it: a path relative to the working directory where that is shorter. */
  source: string;
  /** SHA-256 of the source file's bytes, lower-case hex. */
  hash: string;
}

/** A span of a document's text that a model reads at once. */
export interface Chunk {
  /** Position among the document's chunks, from 0. */
  index: number;
  /** First character in the document's text (UTF-16 code units). */
  start: number;
  /** One past the last. */
  end: number;
  /** The text itself: `document.text.slice(start, end)`. */
  text: string;
  /** Its length in tokens of the model that will read it. */
  tokens: number;
  /** First page it touches, where the source has pages. */
  page?: number;
  /** Heading it stands under, where the source has headings. */
  heading?: string;
  /** The pictures that stand in its span. */
  images?: readonly DocumentImage[];
}
