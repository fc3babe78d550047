import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { InputError, messageOf } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { parserFor, supportedExtensions } from "./formats.js";
import { fileSource, textOnly } from "./parser.js";

/** A parsed file with what identifies it. */
export interface ParsedFile {
  parsed: ParsedDocument;
  /** SHA-256 of the file's bytes, lower-case hex. */
  hash: string;
  /** The file's size. */
  bytes: number;
}

/**
 * Reads one file and extracts its text.
 *
 * @param path of the file, as the user gave it; messages repeat it
 * @returns the text with its sections, never empty; the file's hash and size in bytes
 * @throws InputError for every file that cannot be used, with the cause and what to do about it
 */
export async function parseFile(path: string): Promise<ParsedFile> {
  await checkFile(path);
  const extension = extname(path).toLowerCase();
  const parser = parserFor(extension);
  if (!parser) {
    const format = extension === "" ? "a file without an extension" : `the format ${extension}`;
    throw new InputError(`${path}: ${format} is not supported`, {
      remedy: `Supported are ${supportedExtensions.join(" ")}: convert it to one of these.`,
    });
  }
  const bytes = await read(path);
  if (bytes.length === 0) throw emptyError(path, "it is empty (0 bytes)");
  let parsed: ParsedDocument;
  try {
    if (!("parse" in parser)) throw new Error("rows");
    parsed = await parser.parse(bytes, fileSource(path), textOnly);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${path}: it cannot be read as ${parser.name}: ${messageOf(cause)}`, {
      cause,
      remedy: "Open it in its own program and save it again; --verbose shows the error underneath.",
    });
  }
  check(parsed, path);
  return { parsed, hash: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

async function checkFile(path: string): Promise<void> {
  const info = await stat(path).catch((cause: unknown) => {
    throw accessError(path, cause);
  });
  if (info.isDirectory()) throw new InputError(`${path}: it is a folder, not a file`, { remedy: "Name a file in it." });
  // Reading a pipe or a device might never end.
  if (!info.isFile())
    throw new InputError(`${path}: it is not a regular file`, { remedy: "Copy its content to a file." });
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
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
function check({ text, sections }: ParsedDocument, path: string): void {
  if (text.trim() === "") throw emptyError(path, "there is no text in it");
  const covered = sections.every(({ start, end }, index) => start === (sections[index - 1]?.end ?? 0) && end >= start);
  if (!covered || sections.at(-1)?.end !== text.length) {
    throw new InputError(`${path}: its sections do not cover its text`, {
      remedy: "This is a fault in quern: please report it with the file.",
    });
  }
}
