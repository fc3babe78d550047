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

/** What is known beside the bytes. */
export interface DecodeHints {
  /** Label of the encoding that the file itself names, as HTML does. */
  declared?: string | undefined;
  /** Label of the encoding that a server has named; it counts before what the file says. */
  announced?: string | undefined;
  /** The bytes are a part of a file, whose end may cut a character. */
  isSample?: boolean;
}

/**
 * Decodes a text file: byte order mark first, then the encoding that a server or the file names, then UTF-8, UTF-16,
 * UTF-32 and the legacy encodings.
 *
 * @param bytes the whole file
 * @param path for messages
 * @param hints what is known of the encoding; a text is the label that the file itself names
 * @returns the cleaned text; an encoding that was guessed is named in a warning
 * @throws InputError when the bytes are no text
 */
export async function decode(bytes: Uint8Array, path: string, hints: string | DecodeHints = {}): Promise<Decoded> {
  const { declared, announced, isSample = false } = typeof hints === "string" ? { declared: hints } : hints;
  const marked = byteOrderMark(bytes);
  const found: Omit<Decoded, "warnings"> & { guessed: boolean } = marked
    ? { text: lenient(bytes, marked), encoding: marked, guessed: false }
    : (byAnnouncement(bytes, announced) ?? byDeclaration(bytes, declared) ?? (await detect(bytes, path, isSample)));
  refuseBinary(found.text, bytes, path);
  const text = cleanText(found.text);
  const warnings: string[] = [];
  const controls = countControls(found.text);
  if (found.guessed) warnings.push(`the encoding is not stated: read as ${found.encoding}`);
  const lost = found.text.split("\ufffd").length - 1;
  if (lost > 0) warnings.push(`${lost} characters are unreadable in ${found.encoding} and stand as U+FFFD`);
  if (controls > 0) warnings.push(`${controls} control characters (such as NUL) are left out`);
  return { text, encoding: found.encoding, warnings };
}

/** How many characters {@link cleanText} leaves out, but for byte order marks. */
function countControls(text: string): number {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is meant
  return countMatches(text, /[\u0000-\u0008\u000e-\u001f\u007f]/g, /^$/);
}

/** The encoding that a byte order mark names. */
function byteOrderMark(bytes: Uint8Array): string | undefined {
  // UTF-16 with a NUL as its first character would look like this, too; no text begins so.
  const isWide = bytes.length % 4 === 0 && bytes.length > 4;
  if (isWide && startsWith(bytes, 0xff, 0xfe, 0, 0)) return "utf-32le";
  if (isWide && startsWith(bytes, 0, 0, 0xfe, 0xff)) return "utf-32be";
  if (startsWith(bytes, 0x84, 0x31, 0x95, 0x33)) return "gb18030";
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

function startsWith(bytes: Uint8Array, ...mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** Servers name one encoding for all they have; what is UTF-8 beyond ASCII is that, whatever they say. */
function byAnnouncement(bytes: Uint8Array, label: string | undefined) {
  if (label === undefined) return undefined;
  const utf8 = decoderFor(label)?.encoding === "utf-8" ? undefined : strict(bytes, "utf-8");
  const isUtf8 = utf8 !== undefined && /[^\0-\x7f]/.test(utf8);
  return isUtf8 ? { text: utf8, encoding: "utf-8", guessed: false } : byDeclaration(bytes, label);
}

function byDeclaration(bytes: Uint8Array, label: string | undefined) {
  if (label === undefined) return undefined;
  const decoder = decoderFor(label);
  // A declaration that can be read as ASCII cannot be in UTF-16; the HTML standard reads such a file as UTF-8.
  const encoding = decoder?.encoding.startsWith("utf-16") ? "utf-8" : decoder?.encoding;
  const text = encoding === undefined ? undefined : strict(bytes, encoding);
  return text === undefined ? undefined : { text, encoding: encoding!, guessed: false };
}

async function detect(bytes: Uint8Array, path: string, isSample: boolean) {
  const wide = detectUtf32(bytes) ?? detectUtf16(bytes);
  if (wide) return { ...wide, guessed: true };
  const utf8 = strict(bytes, "utf-8", isSample);
  // The Japanese mail encoding is ASCII with escape sequences, so it passes for UTF-8.
  if (utf8 !== undefined && !utf8.includes("\u001b$")) return { text: utf8, encoding: "utf-8", guessed: false };
  const damaged = lenient(bytes, "utf-8");
  if (utf8 === undefined && isDamagedUtf8(damaged)) return { text: damaged, encoding: "utf-8", guessed: true };
  refuseBinary(lenient(bytes, "windows-1252"), bytes, path);
  const { analyse } = await import("chardet");
  for (const match of analyse(sample(bytes))) {
    const decoder = decoderFor(match.name);
    const text = decoder && strict(bytes, decoder.encoding, isSample);
    // C1 control characters mean the wrong encoding: text uses none.
    if (text !== undefined && !/[\u0080-\u0084\u0086-\u009f]/.test(text)) {
      return { ...westernOf(bytes, text, decoder!.encoding, isSample), guessed: true };
    }
  }
  return { text: lenient(bytes, "windows-1252"), encoding: "windows-1252", guessed: true };
}

/**
 * Encodings that differ in a few places only are told apart by what stands there: Turkish letters, or the sign of a
 * currency that is hardly used after a number where the euro would be.
 */
function westernOf(bytes: Uint8Array, text: string, encoding: string, isSample: boolean) {
  if (encoding !== "windows-1252" && encoding !== "windows-1254") return { text, encoding };
  const western = strict(bytes, "windows-1252", isSample);
  const euro = /(?:\d|\d )\u00a4|\u00a4 ?\d/.test(text) ? strict(bytes, "iso-8859-15", isSample) : undefined;
  if (euro !== undefined && !/[\u0080-\u009f]/.test(euro)) return { text: euro, encoding: "iso-8859-15" };
  return western === text ? { text, encoding: "windows-1252" } : { text, encoding };
}

/** UTF-32 without a mark: the first byte of every four is zero, or the last is, and what is read is text. */
function detectUtf32(bytes: Uint8Array): { text: string; encoding: string } | undefined {
  if (bytes.length % 4 !== 0 || bytes.length < 8) return undefined;
  const zeros = [0, 0, 0, 0];
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 0) zeros[index % 4]!++;
  const all = bytes.length / 4;
  const encoding = zeros[0] === all ? "utf-32be" : zeros[3] === all ? "utf-32le" : undefined;
  // Letters have zeros in the byte next to that one, too; UTF-16 has not.
  if (encoding === undefined || zeros[encoding === "utf-32be" ? 1 : 2]! < all * 0.75) return undefined;
  const text = lenient(bytes, encoding);
  return text.includes("\ufffd") || !isPlausible(text) ? undefined : { text, encoding };
}

/** UTF-16 without a mark shows as zero bytes on one side only: every ASCII character and space has one. */
function detectUtf16(bytes: Uint8Array): { text: string; encoding: string } | undefined {
  const zeros = [0, 0];
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 0) zeros[index % 2]!++;
  const [even, odd] = zeros as [number, number];
  if (bytes.length % 2 !== 0 || even + odd === 0 || Math.min(even, odd) * 20 > Math.max(even, odd)) return undefined;
  // A few in what is valid UTF-8 are mere NULs.
  if ((even + odd) * 5 < bytes.length && strict(bytes, "utf-8") !== undefined) return undefined;
  const encoding = odd > even ? "utf-16le" : "utf-16be";
  const text = strict(bytes, encoding);
  return text === undefined || !isPlausible(text) ? undefined : { text, encoding };
}

/** Binary data that happens to pass is full of characters that no text has. */
function isPlausible(text: string): boolean {
  return countMatches(text, /[\p{Cc}\p{Co}\p{Cn}]/gu, /[\t\n\r]/) <= text.length * binaryShare;
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

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

/** What windows-1252 has in the places 0x80 to 0x9f. */
const westernSigns =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/**
 * A decoder of the platform's, but that some versions of Node.js read windows-1252 as ISO 8859-1, without quotes and
 * dashes.
 */
export class TextPieces {
  private readonly decoder: TextDecoder | Utf32Decoder;

  /** @throws {RangeError} for a label that is not known */
  constructor(
    private readonly encoding: string,
    fatal = false,
  ) {
    this.decoder = encoding.startsWith("utf-32")
      ? new Utf32Decoder(encoding === "utf-32be")
      : new TextDecoder(encoding, { fatal });
  }

  /**
   * @param options `stream`: more is to come
   * @throws {TypeError} for bytes that are not valid, where that is fatal
   */
  decode(bytes?: Uint8Array, options: { stream?: boolean } = {}): string {
    const text = this.decoder.decode(bytes, options);
    if (this.encoding !== "windows-1252") return text;
    return text.replace(/[\u0080-\u009f]/g, (sign) => westernSigns[sign.charCodeAt(0) - 0x80]!);
  }
}

/** The text when every byte is valid in the encoding; of a sample the character that its end cuts is not counted. */
function strict(bytes: Uint8Array, encoding: string, isSample = false): string | undefined {
  try {
    return new TextPieces(encoding, true).decode(bytes, { stream: isSample });
  } catch {
    return undefined;
  }
}

function lenient(bytes: Uint8Array, encoding: string): string {
  return new TextPieces(encoding).decode(bytes);
}

/** Decodes UTF-32, which the platform's decoder does not know; what is no character becomes U+FFFD. */
export class Utf32Decoder {
  private rest = Buffer.alloc(0);
  private isFirst = true;

  constructor(private readonly isBigEndian: boolean) {}

  /** @param options `stream`: more is to come, so bytes that are no whole character are kept for the next call */
  decode(bytes: Uint8Array = new Uint8Array(), { stream = false }: { stream?: boolean } = {}): string {
    const all = Buffer.concat([this.rest, bytes]);
    const end = all.length - (all.length % 4);
    const parts: string[] = [];
    for (let at = 0; at < end; at += 4) {
      const code = this.isBigEndian ? all.readUInt32BE(at) : all.readUInt32LE(at);
      const isMark = this.isFirst && code === 0xfeff;
      this.isFirst = false;
      if (isMark) continue;
      const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      parts.push(isCharacter ? String.fromCodePoint(code) : "\ufffd");
    }
    this.rest = Buffer.from(all.subarray(end));
    if (!stream && this.rest.length > 0) {
      parts.push("\ufffd");
      this.rest = Buffer.alloc(0);
    }
    return parts.join("");
  }
}
