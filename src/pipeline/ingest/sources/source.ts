/**
 * Where documents come from: what the user names (a file, an archive, an address) gives items, one after the other.
 * A new kind of source is one file that exports a {@link Source} and one line in `index.ts`.
 */
import type { QuernError } from "../../../errors.js";
import type { ParsedDocument } from "../../document.js";
import type { ParseOptions, ParserSource } from "../parser.js";

/** A file on disk that a parser is to read. An archive among them is unpacked by whoever reads the items. */
export interface FileItem {
  kind: "file";
  /**
   * `path` is what messages and `document.source` say: the path or address as the user gave it; `extension` (with dot,
   * lower case) chooses the parser; `file` holds the bytes.
   */
  source: ParserSource;
  /** Name for outputs. */
  stem: string;
  /** As a server announced it, lower case, without parameters; chooses the parser where the extension is not known. */
  mediaType?: string;
  /** Things the user should know that were noticed on the way. */
  warnings?: readonly string[];
  /** Called when the file has been read or is not wanted, exactly once: a temporary file is deleted then. */
  release?: () => Promise<void>;
}

/** A document that the source itself has made into text, as a transcript. */
export interface ParsedItem {
  kind: "parsed";
  /** What messages and `document.source` say. */
  path: string;
  /** Name for outputs. */
  stem: string;
  /** SHA-256 of the bytes it was made from, lower-case hex. */
  hash: string;
  parsed: ParsedDocument;
}

/** Something that is there and cannot be used; the rest goes on. */
export interface RefusedItem {
  kind: "refused";
  path: string;
  error: QuernError;
}

/** Something to tell about the source as a whole, for example files of other kinds in an archive. */
export interface NoteItem {
  kind: "note";
  path: string;
  text: string;
}

export type SourceItem = FileItem | ParsedItem | RefusedItem | NoteItem;

/** A folder for temporary files, made when it is first needed and deleted with all that is in it at the end. */
export interface TemporaryFiles {
  /**
   * @param extension of the file, with dot; only letters, digits and dots of it are kept
   * @returns a path in the folder under a number of its own; nothing is there yet
   */
  next: (extension: string) => Promise<string>;
}

/** What a source has at hand. */
export interface SourceContext {
  /** What the user wants of the documents. */
  parse: ParseOptions;
  /** The configuration's section `ingest`: limits, and settings of sources. */
  settings: SourceSettings;
  temporary: TemporaryFiles;
  /** Aborts when the run is to end. */
  signal?: AbortSignal | undefined;
}

/** Settings of sources, from the configuration. */
export interface SourceSettings {
  /** Most bytes that an archive, with all archives in it, may unpack to. */
  maxExpandedBytes: number;
  /** Most files in an archive, with all archives in it. */
  maxMembers: number;
  /** Most times as large as its packed size that a member may become, beyond its first 10 MB. */
  maxRatio: number;
  /** Archives within archives: 1 is an archive in an archive. */
  maxDepth: number;
  /** Captions of videos: `manual` takes none that were made by a machine. */
  youtubeCaptions: "auto" | "manual";
  /** Language of captions as YouTube has it (`en`, `pt-BR`); empty: the video's own. */
  youtubeLanguage: string;
  /** Most bytes that are fetched of one address, unpacked. */
  maxDownloadBytes: number;
  /** Most milliseconds for one address, with redirects and retries. */
  downloadMs: number;
  /** Most milliseconds without a byte. */
  idleMs: number;
}

/** A kind of source. */
export interface Source {
  /** Short name, for messages. */
  name: string;
  /** Whether it is at an address and not a path on this machine. */
  isRemote: boolean;
  /** Tells by its look whether something that the user named is of this kind; asked in the order of the list. */
  accepts: (given: string) => boolean;
  /**
   * @param given as the user named it
   * @throws {InputError} when the whole of it cannot be used
   */
  items: (given: string, context: SourceContext) => AsyncIterable<SourceItem>;
}
