/** Text of files of any size, in any common encoding, piece by piece. */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { decode, TextPieces } from "./encoding.js";

/** A file's text as it comes; nothing of it is cleaned, but there is no byte order mark. */
export interface DecodedFile {
  /** As the WHATWG standard writes it. */
  encoding: string;
  /** What the user should know before the text is read: an encoding that was guessed. */
  warnings: string[];
  /** The text from its beginning; each call reads the file anew. */
  pieces: () => AsyncGenerator<string, void, undefined>;
  /** Characters that could not be read so far and stand as U+FFFD. */
  lost: () => number;
}

/** Bytes from which an encoding is found out. */
const sampleBytes = 64 * 1024;
const chunkBytes = 1024 * 1024;

/**
 * Finds a file's encoding by looking at all of it, and reads it in pieces of about a megabyte.
 *
 * @param file on disk
 * @param path for messages
 * @throws {InputError} when it holds binary data
 */
export async function decodeFile(file: string, path: string): Promise<DecodedFile> {
  const sample = await sampleOf(file);
  const { encoding, warnings } = await decode(sample.bytes, path, { isSample: true });
  // All of the file was found valid, whatever a cut character at the end of the sample looks like.
  const known = sample.isUtf8 && !encoding.startsWith("utf-") && encoding !== "iso-2022-jp" ? "utf-8" : encoding;
  let lost = 0;
  return {
    encoding: known,
    warnings: known === encoding ? warnings.filter((text) => !text.includes("U+FFFD")) : [],
    lost: () => lost,
    async *pieces() {
      const decoder = new TextPieces(known);
      for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
        const text = decoder.decode(chunk as Buffer, { stream: true });
        lost += countLost(text);
        if (text !== "") yield text;
      }
      const rest = decoder.decode();
      lost += countLost(rest);
      if (rest !== "") yield rest;
    },
  };
}

function countLost(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", at + 1)) count++;
  return count;
}

/** The part of a file that tells its encoding: its beginning, or what is around the first byte that is not ASCII. */
async function sampleOf(file: string): Promise<{ bytes: Buffer; isUtf8: boolean }> {
  let offset = 0;
  let first: number | undefined;
  let valid = true;
  /** Bytes of a character that the end of a chunk cut. */
  let cut = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
    const bytes = chunk as Buffer;
    if (first === undefined) {
      const at = bytes.findIndex((byte) => byte >= 0x80 || byte === 0x1b || byte === 0);
      if (at >= 0) first = offset + at;
    }
    offset += bytes.length;
    const all = cut.length === 0 ? bytes : Buffer.concat([cut, bytes]);
    const end = wholeCharacters(all);
    cut = Buffer.from(all.subarray(end));
    valid &&= isUtf8(all.subarray(0, end));
    if (!valid && first !== undefined) break;
  }
  const start = Math.max(0, (first ?? 0) - 1024);
  // Wide encodings tell by the places of their zeros, so the sample begins at a whole character.
  const handle = await open(file);
  try {
    const bytes = Buffer.alloc(sampleBytes);
    const { bytesRead } = await handle.read(bytes, 0, sampleBytes, start - (start % 4));
    return { bytes: bytes.subarray(0, bytesRead), isUtf8: valid && cut.length === 0 };
  } finally {
    await handle.close();
  }
}

/** Length of the bytes without the character that their end cuts, if it does. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
