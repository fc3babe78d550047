/** Zip archives in memory: what .docx, .pptx, .xlsx, .odt and .epub are. Nothing in one is trusted. */
import { crc32 } from "node:zlib";
import { fromBufferPromise, type Entry, getFileNameLowLevel, type ZipFile } from "yauzl";
import { InputError, messageOf } from "../../errors.js";

/** How much an archive may unpack to, so that a small file cannot fill the memory. */
export interface ZipLimits {
  /** Most entries. */
  entries: number;
  /** Most bytes of one entry, unpacked. */
  entryBytes: number;
  /** Most bytes of all that is read, unpacked. */
  totalBytes: number;
}

/** Far beyond what documents hold. */
export const documentZipLimits: ZipLimits = { entries: 100_000, entryBytes: 256 * 2 ** 20, totalBytes: 2 ** 30 };

export interface ZipEntry {
  /** With `/` between folders; as the archive has it, so never a path to write to. */
  name: string;
  /** Bytes unpacked, as the archive says. */
  size: number;
  isEncrypted: boolean;
}

/** An archive whose entries can be listed and read in any order. */
export class ZipArchive {
  private unpacked = 0;

  private constructor(
    private readonly zip: ZipFile,
    private readonly path: string,
    private readonly limits: ZipLimits,
    private readonly raw: ReadonlyMap<string, Entry>,
  ) {}

  /**
   * @param bytes the whole file
   * @param path of the file, for messages
   * @throws {InputError} when it is no zip archive, is damaged or cut short, or has too many entries
   */
  static async open(bytes: Uint8Array, path: string, limits: ZipLimits = documentZipLimits): Promise<ZipArchive> {
    const raw = new Map<string, Entry>();
    try {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const zip = await fromBufferPromise(buffer, { decodeStrings: false, validateEntrySizes: false });
      if (zip.entryCount > limits.entries)
        throw new InputError(`${path}: it has ${zip.entryCount} entries, more than the ${limits.entries} allowed`, {
          remedy: "Save the document again in its own program.",
        });
      for await (const entry of zip.eachEntry()) {
        const name = entryName(entry);
        if (!name.endsWith("/") && !raw.has(name)) raw.set(name, entry);
      }
      return new ZipArchive(zip, path, limits, raw);
    } catch (cause) {
      throw cause instanceof InputError ? cause : damaged(path, cause);
    }
  }

  /** All files in it, in the archive's order; of entries with one name the first. */
  get entries(): readonly ZipEntry[] {
    return [...this.raw].map(([name, entry]) => ({
      name,
      size: entry.uncompressedSize,
      isEncrypted: entry.isEncrypted(),
    }));
  }

  has(name: string): boolean {
    return this.raw.has(name);
  }

  /**
   * Unpacks one entry.
   * @param name exactly as in `entries`
   * @returns its bytes, or undefined where there is no such entry
   * @throws {InputError} when it is encrypted, damaged (its CRC-32 is checked) or larger than the limits
   */
  async read(name: string): Promise<Buffer | undefined> {
    const entry = this.raw.get(name);
    if (entry === undefined) return undefined;
    if (entry.isEncrypted())
      throw new InputError(`${this.path}: it is protected by a password`, {
        remedy: "Remove the password and save it again.",
      });
    const room = Math.min(this.limits.entryBytes, this.limits.totalBytes - this.unpacked);
    if (entry.uncompressedSize > room) throw this.tooLarge(name);
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      const stream = await this.zip.openReadStreamPromise(entry);
      // It may fail before it is read; the reading is told all the same.
      stream.on("error", () => undefined);
      for await (const piece of stream as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > room) throw this.tooLarge(name);
        pieces.push(piece);
      }
    } catch (cause) {
      throw cause instanceof InputError ? cause : damaged(this.path, cause);
    }
    this.unpacked += size;
    const bytes = Buffer.concat(pieces, size);
    if (size !== entry.uncompressedSize || crc32(bytes) !== entry.crc32)
      throw damaged(this.path, new Error(`the checksum of ${name} does not match`));
    return bytes;
  }

  private tooLarge(name: string): InputError {
    const { entryBytes, totalBytes } = this.limits;
    return new InputError(
      `${this.path}: ${name} in it unpacks to more than is read of a document ` +
        `(${megabytes(entryBytes)} MB of one entry, ${megabytes(totalBytes)} MB of all)`,
      { remedy: "Leave it out if you do not know where it comes from; otherwise split the document." },
    );
  }
}

/**
 * An entry's name as text. Without the flag for UTF-8 the standard says code page 437, but many programs write UTF-8.
 */
export function entryName(entry: Entry): string {
  const bytes = entry.fileNameRaw;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\\", "/");
  } catch {
    return getFileNameLowLevel(entry.generalPurposeBitFlag, bytes, entry.extraFields, false);
  }
}

function damaged(path: string, cause: unknown): InputError {
  return new InputError(`${path}: the zip archive in it is damaged or cut short: ${messageOf(cause)}`, {
    cause,
    remedy: "Get the file again, or open it in its own program and save it again.",
  });
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
