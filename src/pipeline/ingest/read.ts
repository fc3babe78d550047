/** Reads what the user named as documents: by parsing it, or from a dataset that holds it parsed. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { AbortedError } from "../../backends/backend.js";
import { InputError } from "../../errors.js";
import type { Document, ParsedDocument } from "../document.js";
import { TemporaryFolder } from "../files/temporary.js";
import { isFormat, supportedExtensions } from "./formats.js";
import { lanceExtension } from "./lance.js";
import { readDocuments } from "./lance-read.js";
import { checkDocument, checkFile, hashFile, parserOf } from "./parse.js";
import type { ParseOptions } from "./parser.js";
import { archiveExtensions, isArchive, membersOf } from "./sources/archive.js";
import { sourceOfKind } from "./sources/index.js";
import type { FileItem, ParsedItem, SourceContext, SourceItem } from "./sources/source.js";
import { type IngestSettings, ocrTimes } from "../../config/sections/ingest.js";
import { defaultSettings, sourceSettings } from "./settings.js";
import { ParserPool, threadsFor } from "./workers/pool.js";

/** Extensions of all files that can be read, archives among them. */
export const readableExtensions: readonly string[] = [...supportedExtensions, ...archiveExtensions];

/** Whether a file in a folder can be ingested, by its name; pictures only where they are asked for. */
export function isDocument(name: string, wanted = { images: false, ocr: false }): boolean {
  return isFormat(path.extname(name).toLowerCase(), wanted) || isArchive(name);
}

/** A document and what was noticed on the way. */
export interface Loaded {
  document: Document;
  warnings: readonly string[];
}

/** A source that is being read: one document, or one for each of its rows. */
export interface Opened {
  /** As messages and `document.source` name it. */
  source: string;
  stem: string;
  /** SHA-256 of the source's bytes, lower-case hex. */
  hash: string;
  /** Whether it holds rows: then it may give many documents. */
  hasRows: boolean;
  /** Can be gone through once; must be, or given up with `return`, for temporary files to be deleted. */
  documents: AsyncIterable<Loaded>;
}

export interface ReaderOptions {
  /** Limits and wishes; the defaults where absent. */
  settings?: IngestSettings | undefined;
  /** Pictures are wanted. */
  images?: boolean;
  /** How many inputs there are: one alone may be read without starting threads. */
  inputs?: number;
  signal?: AbortSignal | undefined;
}

/** Formats that are read in the time of reading the file: a thread would take longer to start (up to so many bytes). */
const quickFormats: ReadonlySet<string> = new Set(["text", "markdown", "CSV", "JSON Lines"]);
const quickBytes = 4 * 2 ** 20;

/** Reads inputs, many at once, with the limits of one run. */
export class Reader implements AsyncDisposable {
  private readonly pool: ParserPool;
  private readonly temporary = new TemporaryFolder();
  private readonly parse: ParseOptions;
  private readonly settings: IngestSettings;

  constructor(private readonly options: ReaderOptions = {}) {
    const settings = (this.settings = options.settings ?? defaultSettings);
    this.parse = {
      images: options.images === true,
      ocr: settings.ocr,
      ocrLanguages: settings.ocr_languages,
      links: settings.links,
      ...(settings.columns.length === 0 ? {} : { columns: settings.columns }),
    };
    this.pool = new ParserPool({
      threads: threadsFor(settings.workers),
      timeout: settings.timeout * 1000 * (settings.ocr ? ocrTimes : 1),
      maxMemory: settings.max_memory,
      signal: options.signal,
    });
  }

  /** How many documents are parsed at once. */
  get concurrency(): number {
    return this.pool.size;
  }

  /**
   * What an input consists of, one after the other, archives unpacked.
   * @throws {InputError} when the whole of it cannot be used
   */
  async *items(input: string): AsyncGenerator<SourceItem, void, undefined> {
    const budget = { bytes: this.settings.max_expanded * 2 ** 20, members: this.settings.max_members };
    const context: SourceContext = {
      parse: this.parse,
      settings: sourceSettings(this.settings),
      temporary: this.temporary,
      signal: this.options.signal,
    };
    const unpack = async function* (items: AsyncIterable<SourceItem>, depth: number): AsyncGenerator<SourceItem> {
      for await (const item of items) {
        if (context.signal?.aborted === true) throw new AbortedError();
        if (item.kind !== "file" || !isArchive(item.source.extension)) yield item;
        else yield* unpack(membersOf(item, { context, budget, depth }), depth + 1);
      }
    };
    yield* unpack(sourceOfKind(input).items(input, context), 0);
  }

  /**
   * Begins to read an item: a document is parsed, of rows nothing yet.
   * @throws {InputError} naming the file and the cause
   */
  async open(item: FileItem | ParsedItem): Promise<Opened> {
    if (item.kind === "parsed") {
      checkDocument(item.parsed, item.path);
      return this.opened(item, item.path, item.hash, item.parsed);
    }
    const { source, mediaType, release, warnings = [] } = item;
    let isHeld = false;
    try {
      await checkFile(source);
      const parser = parserOf(source, mediaType);
      const task = { source, options: this.parse, mediaType };
      const here = await this.isQuick(item, parser.name);
      if ("parse" in parser) {
        const { parsed, hash } = await this.pool.parse(task, here);
        return this.opened(item, source.path, hash, { ...parsed, warnings: [...warnings, ...parsed.warnings] });
      }
      const identity = { stem: item.stem, source: source.path, hash: await hashFile(source) };
      const rows = this.pool.rows(task, here);
      isHeld = true;
      const { signal } = this.options;
      const documents = (async function* (): AsyncGenerator<Loaded> {
        let before = warnings;
        try {
          for await (const row of rows) {
            if (signal?.aborted === true) throw new AbortedError();
            yield loaded(identity, { ...row, warnings: [...before, ...row.warnings] });
            before = [];
          }
        } finally {
          await release?.();
        }
      })();
      return { ...identity, hasRows: true, documents };
    } finally {
      if (!isHeld) await release?.();
    }
  }

  private async isQuick({ source, release }: FileItem, format: string): Promise<boolean> {
    const isAlone = this.options.inputs === 1 && release === undefined;
    return isAlone && quickFormats.has(format) && (await stat(source.file)).size <= quickBytes;
  }

  private opened({ stem }: { stem: string }, source: string, hash: string, parsed: ParsedDocument): Opened {
    const identity = { stem, source, hash };
    const one = loaded(identity, parsed);
    const documents = (async function* () {
      await Promise.resolve();
      yield one;
    })();
    return { ...identity, hasRows: parsed.row !== undefined, documents };
  }

  /**
   * All documents of an input.
   * @param input a file, an archive, an address, or the folder of a dataset
   * @param onRefused told of what cannot be used in it while the rest goes on; where absent, the first ends it
   */
  async *documents(
    input: string,
    onRefused: (path: string, error: unknown) => void = (_, error) => {
      throw error;
    },
  ): AsyncGenerator<Loaded, void, undefined> {
    if (input.endsWith(lanceExtension)) {
      for await (const document of readDocuments(input, { images: this.options.images ?? true }))
        yield { document, warnings: [] };
      return;
    }
    let notes: string[] = [];
    for await (const item of this.items(input)) {
      if (item.kind === "note") notes.push(item.text);
      else if (item.kind === "refused") onRefused(item.path, item.error);
      else {
        try {
          const { documents } = await this.open(item);
          for await (const one of documents) {
            yield { ...one, warnings: [...notes, ...one.warnings] };
            notes = [];
          }
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          onRefused(item.kind === "file" ? item.source.path : item.path, error);
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    await this.temporary[Symbol.asyncDispose]();
  }
}

function loaded(identity: { stem: string; source: string; hash: string }, parsed: ParsedDocument): Loaded {
  const { warnings, ...rest } = parsed;
  return { document: { ...rest, ...identity }, warnings };
}

export interface LoadOptions extends ReaderOptions {
  /** Shares threads and limits between inputs; made for this one where absent. */
  reader?: Reader;
  /** Told of what cannot be used in the input while the rest goes on; where absent, the first ends it. */
  onRefused?: (path: string, error: unknown) => void;
}

/**
 * Reads all documents of an input, in flat memory where it holds many.
 * @param input a file, an archive, an address, or the folder of a dataset
 * @throws {InputError}
 */
export async function* loadDocuments(input: string, options: LoadOptions = {}): AsyncGenerator<Loaded> {
  const { reader, onRefused } = options;
  if (reader !== undefined) yield* reader.documents(input, onRefused);
  else {
    await using own = new Reader({ inputs: 1, ...options });
    yield* own.documents(input, onRefused);
  }
}

/**
 * Reads an input that is one document.
 * @param input a file, or the folder of a dataset
 * @throws {InputError} when it holds several
 */
export async function loadDocument(input: string, options: LoadOptions = {}): Promise<Loaded> {
  let only: Loaded | undefined;
  for await (const one of loadDocuments(input, options)) {
    if (only !== undefined)
      throw new InputError(`${input}: it holds several documents`, { remedy: "Read them one after the other." });
    only = one;
  }
  if (only === undefined) throw new InputError(`${input}: there is no document in it`, { remedy: "Check the path." });
  return only;
}

/**
 * Parses a source file that is one document, its text alone.
 * @throws {InputError} naming the file and the cause
 */
export function parseDocument(file: string): Promise<Loaded> {
  return loadDocument(file, { settings: { ...defaultSettings, workers: 0 } });
}
