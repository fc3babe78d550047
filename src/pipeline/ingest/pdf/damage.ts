import { constants, inflateSync } from "node:zlib";

/** What a broken download or disk leaves where data was; no PDF has it outside of its compressed parts. */
const lost = Buffer.alloc(256);

/**
 * Counts the places where a PDF is damaged: compressed parts that cannot be unpacked whole, and zeros for data. pdfjs
 * takes what it gets of them and says nothing, so that text would go missing unnoticed. Images do not count; an
 * encrypted file is not looked into.
 *
 * @param file the whole PDF
 */
export function countDamagedParts(file: Buffer): number {
  if (file.includes("/Encrypt")) return 0;
  let damaged = 0;
  let from = 0;
  for (let at = file.indexOf("stream"); at !== -1; at = file.indexOf("stream", at + 6)) {
    const dictionary = file.toString("latin1", Math.max(0, file.lastIndexOf("obj", at), at - 4096), at);
    if (!/>>\s*$/.test(dictionary)) continue;
    const start = at + (file[at + 6] === 0x0d ? 8 : 7);
    const end = file.indexOf("endstream", start);
    if (file.subarray(from, at).includes(lost)) damaged++;
    from = Math.max(start, end);
    if (end === -1) return damaged + 1;
    const flate =
      /\/Filter\s*\[?\s*\/(?:FlateDecode|Fl)\b/.test(dictionary) && !/\/Subtype\s*\/Image\b/.test(dictionary);
    if (flate && !unpacks(file.subarray(start, dataEnd(dictionary, start, end)))) damaged++;
    at = end + 3;
  }
  const rest = file.subarray(from, Math.max(from, file.lastIndexOf("%%EOF")));
  return damaged + (rest.includes(lost) ? 1 : 0);
}

/** The stated length, where it is stated in place and reaches the end mark. */
function dataEnd(dictionary: string, start: number, end: number): number {
  const length = /\/Length\s+(\d+)(?!\s*\d*\s+R)\b/.exec(dictionary)?.[1];
  const stated = start + Number(length ?? Number.NaN);
  return stated <= end && end - stated <= 2 ? stated : end;
}

function unpacks(data: Uint8Array): boolean {
  try {
    // Readers accept a part whose last bytes are missing, and some programs write such parts.
    inflateSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    return true;
  } catch {
    return data.length === 0;
  }
}
