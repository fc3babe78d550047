/** What every kind of archive has in common: which of its members are read, and how far they may unpack. */
import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { AbortedError } from "../../../backends/backend.js";
import { InputError, messageOf, QuernError } from "../../../errors.js";
import { guarded } from "../../files/write.js";
import { stemOf } from "../../files/names.js";
import { isFormat } from "../formats.js";
import { archiveExtensions } from "./archive-names.js";
import type { FileItem, RefusedItem, SourceContext } from "./source.js";

/** What is left of what an input may unpack to, with all archives in it. */
export interface Budget {
  bytes: number;
  members: number;
}

/** An archive being read. */
export interface Unpacking {
  context: SourceContext;
  budget: Budget;
  /** 0 for an archive that the user named, 1 for one in it. */
  depth: number;
}

/** Members up to this size may be packed however tightly (bytes). */
const freeOfRatio = 10e6;

/** What an archive says of a member. */
interface Expected {
  /** Bytes. */
  size: number;
  /** CRC-32. */
  checksum: number;
}

/** The rest of the archive cannot be read either. */
export class ArchiveExhausted extends InputError {}

/** The members of one archive: names that are safe to say, files under numbers. */
export class Members {
  private readonly seen = new Set<string>();
  private readonly left = new Map<string, number>();
  /** Members that were given or refused. */
  count = 0;

  constructor(
    /** As messages name it. */
    readonly archive: string,
    private readonly unpacking: Unpacking,
  ) {}

  /**
   * Looks at a member's name.
   * @returns where it is to be named, or undefined where it is no document: that is counted
   * @throws {InputError} when the name cannot be one of a file in an archive
   * @throws {ArchiveExhausted} when there are too many
   */
  admit(name: string): string | undefined {
    const { budget, context } = this.unpacking;
    if (budget.members-- <= 0)
      throw new ArchiveExhausted(
        `${this.archive}: it holds more than ${context.settings.maxMembers} files: the rest is left out`,
        { remedy: "Unpack it, or raise ingest.max_members in the configuration." },
      );
    const shown = `${this.archive}/${printable(name)}`;
    const parts = name.split("/");
    // As in folders, and what macOS adds to archives.
    if (parts.some((part) => (part.startsWith(".") && part !== "." && part !== "..") || part === "__MACOSX")) {
      this.leaveOut("hidden");
      return undefined;
    }
    const extension = path.posix.extname(name).toLowerCase();
    if (!isFormat(extension, context.parse) && !archiveExtensions.includes(extension)) {
      this.leaveOut(extension === "" ? "no extension" : printable(extension).slice(0, 20));
      return undefined;
    }
    this.count++;
    // eslint-disable-next-line no-control-regex
    if (name.startsWith("/") || /^[A-Za-z]:/.test(name) || parts.includes("..") || /[\0-\x1f\x7f]/.test(name))
      throw new InputError(`${shown}: its name leads out of the archive or is none`, {
        remedy: "Leave it out if you do not know where the archive comes from.",
      });
    return this.distinct(shown, extension.length);
  }

  /** A second member of one name is a document of its own: `a (2).txt`. */
  private distinct(shown: string, extension: number): string {
    const stem = shown.slice(0, shown.length - extension);
    let name = shown;
    for (let n = 2; this.seen.has(name); n++) name = `${stem} (${n})${shown.slice(stem.length)}`;
    this.seen.add(name);
    return name;
  }

  private leaveOut(kind: string): void {
    // A hostile archive may have as many kinds as files.
    const key = this.left.size < 20 || this.left.has(kind) ? kind : "others";
    this.left.set(key, (this.left.get(key) ?? 0) + 1);
  }

  /** What to tell of members that are no documents; undefined where there are none. */
  note(): string | undefined {
    if (this.left.size === 0) return undefined;
    const total = [...this.left.values()].reduce((sum, count) => sum + count, 0);
    const kinds = [...this.left].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${count} ${kind}`);
    return `${total} ${total === 1 ? "file" : "files"} of other kinds in it ${total === 1 ? "is" : "are"} left out (${kinds.join(", ")})`;
  }

  /**
   * Unpacks a member into a temporary file under a number.
   * @param shown as messages name it
   * @param packed its bytes in the archive; undefined where that is not known of one member
   * @param expected what the archive says of its bytes
   * @param name as the archive has it: its ending chooses the parser
   * @throws {InputError} when it is damaged, or larger than the limits
   * @throws {OutputError} when the disk is full
   */
  async unpack(
    shown: string,
    stream: AsyncIterable<Buffer>,
    { packed, expected, name }: { packed?: number; expected?: Expected; name: string },
  ): Promise<FileItem> {
    const { budget, context } = this.unpacking;
    const { maxRatio, maxExpandedBytes } = context.settings;
    const extension = path.posix.extname(name).toLowerCase();
    const file = await context.temporary.next(extension);
    let size = 0;
    let checksum = 0;
    const counted = async function* () {
      for await (const piece of stream) {
        if (context.signal?.aborted === true) throw new AbortedError();
        size += piece.length;
        budget.bytes -= piece.length;
        if (budget.bytes < 0)
          throw new ArchiveExhausted(
            `${shown}: the archive unpacks to more than ${Math.round(maxExpandedBytes / 2 ** 20)} MB: the rest is left out`,
            { remedy: "Unpack it if you know where it comes from, or raise ingest.max_expanded in the configuration." },
          );
        if (packed !== undefined) checkRatio(shown, size, packed, maxRatio);
        if (expected !== undefined) {
          if (size > expected.size) throw new Error(`it has more than the ${expected.size} bytes that it should have`);
          checksum = crc32(piece, checksum);
        }
        yield piece;
      }
    };
    try {
      const written = createWriteStream(file, { mode: 0o600 });
      await guardedWriting(file, () => pipeline(counted, written));
      if (expected !== undefined && (size !== expected.size || checksum !== expected.checksum))
        throw new Error(
          size === expected.size ? "its checksum does not match" : `${expected.size - size} bytes are missing`,
        );
    } catch (cause) {
      await rm(file, { force: true });
      throw cause instanceof QuernError || cause instanceof AbortedError ? cause : damagedMember(shown, cause);
    }
    return {
      kind: "file",
      source: { path: shown, extension, file },
      stem: stemOf(name),
      release: () => rm(file, { force: true }),
    };
  }
}

/** @throws {InputError} when something became far larger than it was packed, as a bomb does */
export function checkRatio(shown: string, size: number, packed: number, maxRatio: number): void {
  if (size <= freeOfRatio || size <= packed * maxRatio) return;
  throw new InputError(`${shown}: it unpacks to more than ${maxRatio} times its size`, {
    remedy: "Unpack it yourself if you know where it comes from, or raise ingest.max_ratio in the configuration.",
  });
}

/** A member, or a whole archive, whose bytes cannot be unpacked. */
export function damagedMember(shown: string, cause: unknown): InputError {
  return new InputError(`${shown}: it is damaged or cut short: ${messageOf(cause)}`, {
    cause,
    remedy: "Get the archive again.",
  });
}

/** @throws what concerns this member alone; nothing that ends the run is turned into a refusal */
export function refused(shown: string, error: unknown): RefusedItem {
  if (error instanceof InputError) return { kind: "refused", path: shown, error };
  throw error;
}

/** Of errors while writing, a full disk ends the run; everything else is about what is read. */
async function guardedWriting(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EACCES")
      await guarded(file, () => Promise.reject(error as Error));
    throw error;
  }
}

/** A name that may be printed: names in archives may hold anything. */
export function printable(name: string): string {
  // eslint-disable-next-line no-control-regex
  return name.replace(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd").slice(0, 500);
}

/** The size of a file in bytes. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}
