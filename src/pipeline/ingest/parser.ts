import type { ParsedDocument } from "../document.js";

/** The file that bytes came from, for messages and for what only a name can tell. */
export interface ParserSource {
  /** As the user gave it. */
  path: string;
  /** Lower case, with its dot: `.pdf`. */
  extension: string;
}

/** Turns one file format into text with sections. A format is one file that exports one of these. */
export interface Parser {
  /** Short name of the format, for messages and listings. */
  name: string;
  /** Lower case, with the dot. */
  extensions: readonly string[];
  /**
   * Extracts the text.
   *
   * @param bytes the whole file, not empty
   * @returns the text, its sections, and warnings; an empty text is allowed here, the caller refuses it
   * @throws InputError when the file cannot be used: damaged, protected, not what its name says
   */
  parse(bytes: Uint8Array, source: ParserSource): Promise<ParsedDocument>;
}
