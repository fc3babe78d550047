import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InputError, messageOf, QuernError } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { parserFor, parserForMediaType, supportedExtensions } from "./formats.js";
import { fileSource, type ParseOptions, type Parser, type ParserSource, textOnly } from "./parser.js";

/** A parsed file with what identifies it. */
export interface ParsedFile {
  parsed: ParsedDocument;
  /** SHA-256 of the file's bytes, lower-case hex. */
  hash: string;
  /** The file's size. */
  bytes: number;
}

/**
 * The parser of a file.
 *
 * @param mediaType as a server announced it; asked where the extension is not known
 * @throws InputError when no parser reads it
 */
export function parserOf({ path, extension }: ParserSource, mediaType?: string): Parser {
  const parser = parserFor(extension) ?? (mediaType === undefined ? undefined : parserForMediaType(mediaType));
  if (parser) return parser;
  const format = extension === "" ? "a file without an extension" : `the format ${extension}`;
  throw new InputError(`${path}: ${format} is not supported`, {
    remedy: `Supported are ${supportedExtensions.join(" ")}: convert it to one of these.`,
  });
}

/**
 * Reads one file of one document and extracts its text.
 *
 * @param given its path as the user gave it, or where it is; messages repeat the path
 * @param mediaType as a server announced it; chooses the parser where the extension is not known
 * @returns the text with its sections, never empty; the file's hash and size in bytes
 * @throws InputError for every file that cannot be used, with the cause and what to do about it
 */
export async function parseFile(
  given: string | ParserSource,
  options: ParseOptions = textOnly,
  mediaType?: string,
): Promise<ParsedFile> {
  const source = typeof given === "string" ? fileSource(given) : given;
  const { path } = source;
  await checkFile(source);
  const parser = parserOf(source, mediaType);
  if (!("parse" in parser))
    throw new InputError(`${path}: it holds many documents, one in each row`, { remedy: "Read it row by row." });
  const bytes = await read(source);
  if (bytes.length === 0) throw emptyError(path, "it is empty (0 bytes)");
  let parsed: ParsedDocument;
  try {
    parsed = await parser.parse(bytes, source, options);
  } catch (cause) {
    throw unreadable(parser, path, cause);
  }
  checkDocument(parsed, path);
  if (options.images && parsed.images === undefined)
    parsed.warnings.push(`no pictures are read from files of the format ${parser.name}: its text is taken alone`);
  return { parsed, hash: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

/**
 * Reads a file of rows, piece by piece.
 *
 * @throws InputError as `parseFile`
 */
export async function* parseRows(
  source: ParserSource,
  options: ParseOptions,
  mediaType?: string,
): AsyncGenerator<ParsedDocument, void, undefined> {
  await checkFile(source);
  const parser = parserOf(source, mediaType);
  if (!("rows" in parser)) throw new Error(`${parser.name} has no rows`);
  if ((await stat(source.file)).size === 0) throw emptyError(source.path, "it is empty (0 bytes)");
  let count = 0;
  try {
    for await (const row of parser.rows(source, options)) {
      checkDocument(row, source.path);
      if (options.images && row.images === undefined && count === 0)
        row.warnings.push(`no pictures are read from files of the format ${parser.name}: its text is taken alone`);
      count++;
      yield row;
    }
  } catch (cause) {
    throw unreadable(parser, source.path, cause);
  }
  if (count === 0) throw emptyError(source.path, "there is no row with text in it");
}

/** SHA-256 of a file's bytes, lower-case hex; the file may be of any size. */
export async function hashFile({ path, file }: ParserSource): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(piece as Buffer);
  } catch (cause) {
    throw accessError(path, cause);
  }
  return hash.digest("hex");
}

function unreadable(parser: Parser, path: string, cause: unknown): QuernError {
  if (cause instanceof QuernError) return cause;
  return new InputError(`${path}: it cannot be read as ${parser.name}: ${messageOf(cause)}`, {
    cause,
    remedy: "Open it in its own program and save it again; --verbose shows the error underneath.",
  });
}

/** @throws InputError when it is not a file that can be read */
export async function checkFile({ path, file }: ParserSource): Promise<void> {
  const info = await stat(file).catch((cause: unknown) => {
    throw accessError(path, cause);
  });
  if (info.isDirectory()) throw new InputError(`${path}: it is a folder, not a file`, { remedy: "Name a file in it." });
  // Reading a pipe or a device might never end.
  if (!info.isFile())
    throw new InputError(`${path}: it is not a regular file`, { remedy: "Copy its content to a file." });
}

async function read({ path, file }: ParserSource): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw accessError(path, cause);
  }
}

function accessError(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new InputError(`${path}: there is no such file`, { cause, remedy: "Check the path." });
    case "EACCES":
    case "EPERM":
      return new InputError(`${path}: reading it is not permitted`, { cause, remedy: "Check the file's permissions." });
    case "ERR_FS_FILE_TOO_LARGE":
      return new InputError(`${path}: it is larger than 2 GiB`, { cause, remedy: "Split it into smaller files." });
    default:
      return new InputError(`${path}: it cannot be read: ${messageOf(cause)}`, { cause, remedy: "Check the file." });
  }
}

function emptyError(path: string, what: string): InputError {
  return new InputError(`${path}: ${what}`, { remedy: "Remove it from the input, or check where its text went." });
}

/** A parser's promises, checked where every document passes: what comes later relies on them. */
export function checkDocument({ text, sections, images = [] }: ParsedDocument, path: string): void {
  if (text.trim() === "") throw emptyError(path, "there is no text in it");
  const covered = sections.every(({ start, end }, index) => start === (sections[index - 1]?.end ?? 0) && end >= start);
  const placed = images.every(({ at }) => at >= 0 && at <= text.length);
  if (!covered || !placed || sections.at(-1)?.end !== text.length) {
    throw new InputError(`${path}: its sections or pictures do not fit its text`, {
      remedy: "This is a fault in quern: please report it with the file.",
    });
  }
}
