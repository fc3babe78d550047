/** Takes JPEG pictures out of a PDF as they are, so that they need not be encoded again. */

/** Where the file's numbered objects begin: the last of each number, which is the one that holds. */
export class RawObjects {
  readonly #file: Buffer;
  #offsets: Map<string, number> | undefined;

  /** @param file the whole PDF */
  constructor(file: Buffer) {
    this.#file = file;
  }

  /**
   * @param reference as pdfjs writes it: `12R`, `12R3`
   * @param width and height, in pixels, that the picture must have
   * @returns the JPEG; undefined where the object is something else, or the picture would look different by itself
   */
  jpeg(reference: string, width: number, height: number): Uint8Array | undefined {
    const [, number, generation] = /^(\d+)R(\d*)$/.exec(reference) ?? [];
    if (number === undefined) return undefined;
    const start = this.#find(number, generation === "" ? "0" : generation!);
    if (start === undefined) return undefined;
    const stream = this.#file.indexOf("stream", start);
    if (stream === -1 || stream - start > 4096) return undefined;
    const dictionary = this.#file.toString("latin1", start, stream);
    if (!/\/Filter\s*(?:\[\s*)?\/(?:DCTDecode|DCT)\s*(?:\]|\/|>|$)/m.test(dictionary)) return undefined;
    if (/\/(?:SMask|Mask|Decode|DecodeParms|DP|ImageMask)\b/.test(dictionary)) return undefined;
    if (!this.#isPlain(dictionary)) return undefined;
    const end = this.#file.indexOf("endstream", stream);
    const data = this.#file.subarray(stream + 6, end === -1 ? undefined : end);
    const from = data.subarray(0, 8).indexOf(Buffer.from([0xff, 0xd8]));
    const to = data.lastIndexOf(Buffer.from([0xff, 0xd9]));
    if (from === -1 || to === -1) return undefined;
    const jpeg = data.subarray(from, to + 2);
    const frame = frameOf(jpeg);
    if (!frame || frame.width !== width || frame.height !== height) return undefined;
    return frame.components === 1 || frame.components === 3 ? Uint8Array.from(jpeg) : undefined;
  }

  /**
   * Counts the pictures that are too large to be unpacked, which pdfjs leaves out.
   *
   * @param most pixels of a picture that is unpacked
   */
  larger(most: number): number {
    let count = 0;
    for (let at = this.#file.indexOf("/Image"); at !== -1; at = this.#file.indexOf("/Image", at + 6)) {
      const end = this.#file.indexOf("stream", at);
      const start = Math.max(this.#file.lastIndexOf(" obj", at), at - 4096, 0);
      if (end === -1 || end - at > 4096) continue;
      const dictionary = this.#file.toString("latin1", start, end);
      const sizeOf = (name: string): number => Number(new RegExp(`/${name}\\s+(\\d+)`).exec(dictionary)?.[1] ?? 0);
      if (/\/Subtype\s*\/Image\b/.test(dictionary) && sizeOf("Width") * sizeOf("Height") > most) count++;
    }
    return count;
  }

  /** Whether its colours are those that a JPEG has by itself. */
  #isPlain(dictionary: string): boolean {
    const named = /\/(?:ColorSpace|CS)\s*(\/\w+|\[\s*\/\w+|\d+\s+\d+\s+R)/.exec(dictionary)?.[1];
    if (named === undefined) return false;
    const indirect = /^(\d+)\s+(\d+)/.exec(named);
    const start = indirect ? this.#find(indirect[1]!, indirect[2]!) : undefined;
    const text = indirect ? (start === undefined ? "" : this.#file.toString("latin1", start, start + 200)) : named;
    return /^(?:\d+\s+\d+\s+obj)?\s*\[?\s*\/(?:DeviceRGB|DeviceGray|CalRGB|CalGray|ICCBased|RGB|G)\b/.test(text);
  }

  #find(number: string, generation: string): number | undefined {
    this.#offsets ??= this.#index();
    return this.#offsets.get(`${number} ${generation}`);
  }

  #index(): Map<string, number> {
    const offsets = new Map<string, number>();
    // What is encrypted is not what it seems.
    if (this.#file.includes("/Encrypt")) return offsets;
    for (let at = this.#file.indexOf(" obj"); at !== -1; at = this.#file.indexOf(" obj", at + 4)) {
      const before = this.#file.toString("latin1", Math.max(0, at - 20), at);
      const numbers = /(\d+) (\d+)$/.exec(before);
      if (numbers) offsets.set(`${numbers[1]} ${numbers[2]}`, at - numbers[0].length);
    }
    return offsets;
  }
}

/** The size of a JPEG and how many colours it has, from its frame header (ITU-T T.81, B.2.2). */
export function frameOf(jpeg: Buffer): { width: number; height: number; components: number } | undefined {
  for (let at = 2; at + 9 < jpeg.length;) {
    if (jpeg[at] !== 0xff) return undefined;
    const marker = jpeg[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7), components: jpeg[at + 9]! };
    }
    at += marker === 0xff ? 1 : 2 + jpeg.readUInt16BE(at + 2);
  }
  return undefined;
}
