import { TextDecoder } from "node:util";
import { InputError } from "../../errors.js";
import { cleanText } from "./clean.js";

/** A file's text, and how it was found. */
export interface Decoded {
  /** Without byte order mark, with `\n` line ends, without control characters. */
  text: string;
  /** Name of the encoding as the WHATWG standard writes it: `utf-8`, `windows-1252`. */
  encoding: string;
  /** What the user should know: an encoding that was guessed, characters that could not be read. */
  warnings: string[];
}

/** Share of control characters above which bytes are no text: compressed data has about 0.1, text 0. */
const binaryShare = 0.01;
/** Bytes that the detection of a legacy encoding looks at: enough for certainty, fast on a large file. */
const sampleSize = 64 * 1024;

/**
 * Decodes a text file: byte order mark first, then the declared encoding, then UTF-8, UTF-16 and the legacy encodings.
 *
 * @param bytes the whole file
 * @param path for messages
 * @param declared label of the encoding that the file itself names, as HTML does
 * @returns the cleaned text; an encoding that was guessed is named in a warning
 * @throws InputError when the bytes are no text
 */
export async function decode(bytes: Uint8Array, path: string, declared?: string): Promise<Decoded> {
  const marked = byteOrderMark(bytes);
  const found: Omit<Decoded, "warnings"> & { guessed: boolean } = marked
    ? { text: lenient(bytes, marked), encoding: marked, guessed: false }
    : (byDeclaration(bytes, declared) ?? (await detect(bytes, path)));
  refuseBinary(found.text, bytes, path);
  const text = cleanText(found.text);
  const warnings: string[] = [];
  if (found.guessed) warnings.push(`the encoding is not stated: read as ${found.encoding}`);
  const lost = found.text.split("\ufffd").length - 1;
  if (lost > 0) warnings.push(`${lost} characters are unreadable in ${found.encoding} and stand as U+FFFD`);
  return { text, encoding: found.encoding, warnings };
}

/** The encoding that a byte order mark names. */
function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

function byDeclaration(bytes: Uint8Array, label: string | undefined) {
  if (label === undefined) return undefined;
  const decoder = decoderFor(label);
  // A declaration that can be read as ASCII cannot be in UTF-16; the HTML standard reads such a file as UTF-8.
  const encoding = decoder?.encoding.startsWith("utf-16") ? "utf-8" : decoder?.encoding;
  const text = encoding === undefined ? undefined : strict(bytes, encoding);
  return text === undefined ? undefined : { text, encoding: encoding!, guessed: false };
}

async function detect(bytes: Uint8Array, path: string) {
  const utf16 = detectUtf16(bytes);
  if (utf16) return { ...utf16, guessed: true };
  const utf8 = strict(bytes, "utf-8");
  // The Japanese mail encoding is ASCII with escape sequences, so it passes for UTF-8.
  if (utf8 !== undefined && !utf8.includes("\u001b$")) return { text: utf8, encoding: "utf-8", guessed: false };
  const damaged = lenient(bytes, "utf-8");
  if (utf8 === undefined && isDamagedUtf8(damaged)) return { text: damaged, encoding: "utf-8", guessed: true };
  refuseBinary(lenient(bytes, "windows-1252"), bytes, path);
  const { analyse } = await import("chardet");
  for (const match of analyse(sample(bytes))) {
    const decoder = decoderFor(match.name);
    const text = decoder && strict(bytes, decoder.encoding);
    // C1 control characters mean the wrong encoding: text uses none.
    if (text !== undefined && !/[\u0080-\u0084\u0086-\u009f]/.test(text)) {
      return { text, encoding: decoder!.encoding, guessed: true };
    }
  }
  return { text: lenient(bytes, "windows-1252"), encoding: "windows-1252", guessed: true };
}

/** UTF-16 without a mark shows as zero bytes on one side only: every ASCII character and space has one. */
function detectUtf16(bytes: Uint8Array): { text: string; encoding: string } | undefined {
  const zeros = [0, 0];
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 0) zeros[index % 2]!++;
  const [even, odd] = zeros as [number, number];
  if (bytes.length % 2 !== 0 || even + odd === 0 || Math.min(even, odd) * 20 > Math.max(even, odd)) return undefined;
  const encoding = odd > even ? "utf-16le" : "utf-16be";
  const text = strict(bytes, encoding);
  // Binary data that happens to pass is full of characters that no text has.
  if (text === undefined || countMatches(text, /[\p{Cc}\p{Co}\p{Cn}]/gu, /[\t\n\r]/) > text.length * binaryShare) {
    return undefined;
  }
  return { text, encoding };
}

function countMatches(text: string, pattern: RegExp, except: RegExp): number {
  let count = 0;
  for (const [match] of text.matchAll(pattern)) if (!except.test(match)) count++;
  return count;
}

/** Whether most sequences were valid: a UTF-8 file with a few bad bytes, or cut in the middle of a character. */
function isDamagedUtf8(text: string): boolean {
  const bad = countMatches(text, /\ufffd/g, /^$/);
  const good = countMatches(text, /[^\0-\x7f\ufffd]/gu, /^$/);
  return good > 0 && (bad * 10 <= good || (bad === 1 && text.endsWith("\ufffd")));
}

/** The part of the file around its first byte that is not ASCII: the rest tells nothing about the encoding. */
function sample(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte >= 0x80 || byte === 0x1b);
  const start = Math.max(0, first - 1024);
  return bytes.subarray(start, start + sampleSize);
}

function refuseBinary(text: string, bytes: Uint8Array, path: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is meant
  const controls = countMatches(text, /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/g, /^$/);
  const lost = countMatches(text, /\ufffd/g, /^$/);
  if (controls <= text.length * binaryShare && lost <= text.length * 0.2) return;
  const kind = kindOf(bytes);
  throw new InputError(`${path}: it holds binary data, not text${kind ? ` (it looks like ${kind[0]})` : ""}`, {
    remedy: kind?.[1] ?? "Give the file the extension of its real format, or export it as UTF-8 text.",
  });
}

/** What a file's first bytes say it is, and what to do with it. */
function kindOf(bytes: Uint8Array): [string, string] | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (head.startsWith("%PDF")) return ["a PDF", "Rename it so that it ends in .pdf."];
  if (head.startsWith("PK\u0003\u0004")) {
    return ["a zip archive or an Office document", "Unpack it, or rename a Word document so that it ends in .docx."];
  }
  if (head.startsWith("\u00d0\u00cf\u0011\u00e0")) return ["an old Office document", "Save it as .docx."];
  if (head.startsWith("\u001f\u008b")) return ["a gzip archive", "Unpack it first (gunzip)."];
  if (head.startsWith("\u0089PNG") || head.startsWith("\u00ff\u00d8\u00ff")) {
    return ["an image", "Turn it into a PDF with text first (for example ocrmypdf)."];
  }
  return undefined;
}

function decoderFor(label: string, fatal = false): TextDecoder | undefined {
  try {
    return new TextDecoder(label, { fatal });
  } catch {
    return undefined;
  }
}

/** The text when every byte is valid in the encoding. */
function strict(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return decoderFor(encoding, true)?.decode(bytes);
  } catch {
    return undefined;
  }
}

function lenient(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes);
}
