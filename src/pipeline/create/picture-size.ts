/** What a file of a picture is by its first bytes, whatever it is called, and how many pixels it claims to have. */

export interface PictureFacts {
  mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/bmp" | "image/webp";
  /** Pixels. */
  width: number;
  height: number;
}

/**
 * Formats: PNG (RFC 2083, IHDR), JPEG (ITU T.81, SOFn), GIF89a, BMP (BITMAPINFOHEADER), WebP (RFC 9649).
 * @returns undefined for anything else, and for a header that is cut off or claims no pixels
 */
export function pictureFacts(bytes: Uint8Array): PictureFacts | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const facts = read(data);
    return facts !== undefined && facts.width > 0 && facts.height > 0 ? facts : undefined;
  } catch (error) {
    // Reading past the end: the header is cut off.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(data: Buffer): PictureFacts | undefined {
  const starts = (text: string, at = 0) => data.toString("latin1", at, at + text.length) === text;
  if (starts("\x89PNG\r\n\x1a\n") && starts("IHDR", 12))
    return { mediaType: "image/png", width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
  if (starts("GIF87a") || starts("GIF89a"))
    return { mediaType: "image/gif", width: data.readUInt16LE(6), height: data.readUInt16LE(8) };
  if (starts("BM") && data.readUInt32LE(14) >= 40)
    return { mediaType: "image/bmp", width: data.readInt32LE(18), height: Math.abs(data.readInt32LE(22)) };
  if (starts("RIFF") && starts("WEBP", 8)) return webp(data);
  if (data[0] === 0xff && data[1] === 0xd8) return jpeg(data);
  return undefined;
}

function webp(data: Buffer): PictureFacts | undefined {
  const mediaType = "image/webp";
  switch (data.toString("latin1", 12, 16)) {
    case "VP8 ":
      return { mediaType, width: data.readUInt16LE(26) & 0x3fff, height: data.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      const bits = data.readUInt32LE(21);
      return { mediaType, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { mediaType, width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

function jpeg(data: Buffer): PictureFacts | undefined {
  for (let at = 2; ;) {
    if (data.readUInt8(at) !== 0xff) return undefined;
    const marker = data.readUInt8(at + 1);
    // Bytes that fill, and markers without a segment.
    if (marker === 0xff) at++;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker === 0xd9 || marker === 0xda) return undefined;
    // Frames of all kinds but for the tables that share their range.
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { mediaType: "image/jpeg", width: data.readUInt16BE(at + 7), height: data.readUInt16BE(at + 5) };
    else at += 2 + data.readUInt16BE(at + 2);
  }
}
