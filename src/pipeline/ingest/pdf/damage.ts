import { constants, inflateSync } from "node:zlib";

/** What a broken download or disk leaves where data was; no PDF has it outside of its compressed parts. */
const lost = Buffer.alloc(256);

/** Bytes that a compressed part may unpack to: pdfjs unpacks without a limit, and takes up to three times as many. */
const largestPart = 128 * 2 ** 20;

/** A compressed part of nothing: zlib's header, an empty block, the checksum (RFC 1950, RFC 1951). */
const nothing = Buffer.from([0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]);

/** What is wrong with the parts of a PDF. */
export interface BadParts {
  /**
   * Places where it is damaged: compressed parts that cannot be unpacked whole, and zeros for data. pdfjs takes what it
   * gets of them and says nothing, so that text would go missing unnoticed.
   */
  damaged: number;
  /** Where the data of parts begins that unpack to more than 128 MB, in bytes from the file's start. */
  oversized: number[];
}

/**
 * Looks for parts that are damaged or too large. Images do not count; an encrypted file is not looked into.
 *
 * @param file the whole PDF
 */
export function findBadParts(file: Buffer): BadParts {
  const oversized: number[] = [];
  let damaged = 0;
  let from = 0;
  if (file.includes("/Encrypt")) return { damaged, oversized };
  for (let at = file.indexOf("stream"); at !== -1; at = file.indexOf("stream", at + 6)) {
    // Its object begins a few bytes earlier: to look further back at every place would take time without end.
    const before = file.toString("latin1", Math.max(0, at - 4096), at);
    const dictionary = before.slice(Math.max(0, before.lastIndexOf("obj")));
    if (!/>>\s*$/.test(dictionary)) continue;
    const start = at + (file[at + 6] === 0x0d ? 8 : 7);
    const end = file.indexOf("endstream", start);
    if (file.subarray(from, at).includes(lost)) damaged++;
    from = Math.max(start, end);
    if (end === -1) return { damaged: damaged + 1, oversized };
    const filters = /\/Filter\s*\[?((?:\s*\/\w+)+)/.exec(dictionary)?.[1]?.match(/\w+/g) ?? [];
    if (!/\/Subtype\s*\/Image\b/.test(dictionary)) {
      const found = unpack(file.subarray(start, dataEnd(dictionary, start, end)), filters);
      if (found === "damaged") damaged++;
      if (found === "oversized") oversized.push(start);
    }
    at = end + 3;
  }
  const rest = file.subarray(from, Math.max(from, file.lastIndexOf("%%EOF")));
  return { damaged: damaged + (rest.includes(lost) ? 1 : 0), oversized };
}

/** @returns the same file with nothing in the parts that begin at these places; the file itself where there are none */
export function withoutParts(file: Uint8Array, starts: readonly number[]): Uint8Array {
  if (starts.length === 0) return file;
  const copy = Uint8Array.from(file);
  for (const start of starts) copy.set(nothing, start);
  return copy;
}

/** The stated length, where it is stated in place and reaches the end mark. */
function dataEnd(dictionary: string, start: number, end: number): number {
  const length = /\/Length\s+(\d+)(?!\s*\d*\s+R)\b/.exec(dictionary)?.[1];
  const stated = start + Number(length ?? Number.NaN);
  return stated <= end && end - stated <= 2 ? stated : end;
}

/** Unpacks data as long as the filters are the one that zlib knows. */
function unpack(packed: Uint8Array, filters: readonly string[]): "fine" | "damaged" | "oversized" {
  let data = packed;
  for (const filter of filters) {
    if (!/^(?:FlateDecode|Fl)$/.test(filter)) break;
    try {
      // Readers accept a part whose last bytes are missing, and some programs write such parts.
      data = inflateSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: largestPart });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return "oversized";
      return data.length === 0 ? "fine" : "damaged";
    }
  }
  return "fine";
}
