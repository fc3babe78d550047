import { createReadStream } from "node:fs";
import path from "node:path";
import { createGunzip } from "node:zlib";
import type { Readable } from "node:stream";
import type { ReadEntry } from "tar";
import { InputError, messageOf, QuernError } from "../../../errors.js";
import { stemOf } from "../../files/names.js";
import { unpackBzip2 } from "./bzip2.js";
import {
  ArchiveExhausted,
  checkRatio,
  damagedMember,
  type Members,
  refused,
  sizeOf,
  type Unpacking,
} from "./member.js";
import type { FileItem, SourceItem } from "./source.js";

/** The members of a tar archive on disk. */
export function tarMembers({ source }: FileItem, members: Members): AsyncGenerator<SourceItem> {
  return readTar(createReadStream(source.file), source.path, members);
}

/** A file packed with gzip or bzip2: alone, or the members of a tar archive. */
export async function* packedMembers(
  { source, stem }: FileItem,
  members: Members,
  { context }: Unpacking,
  magic: string,
): AsyncGenerator<SourceItem> {
  const packed = await sizeOf(source.file);
  const file = createReadStream(source.file, { highWaterMark: 2 ** 18 });
  const unpacked = counted(unpack(file, magic), source.path, packed, context.settings.maxRatio);
  try {
    const head = await atLeast(unpacked, 512);
    const all = async function* () {
      yield head;
      yield* unpacked;
    };
    if (isTar(head)) {
      yield* readTar(all(), source.path, members);
      return;
    }
    // The name of what is in it: `a.txt.gz` holds `a.txt`.
    const name = /\.(gz|bz2)$/i.test(source.path) ? path.basename(source.path).replace(/\.\w+$/, "") : stem;
    members.count++;
    const item = await members.unpack(source.path, all(), { packed, name });
    yield { ...item, stem: stemOf(name) };
  } finally {
    file.destroy();
  }
}

/** The bytes in a packed file. */
async function* unpack(file: Readable, magic: string): AsyncGenerator<Buffer, void, undefined> {
  if (magic.startsWith("BZh")) {
    yield* unpackBzip2(file as AsyncIterable<Buffer>);
    return;
  }
  const gunzip = createGunzip();
  file.on("error", (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } finally {
    gunzip.destroy();
  }
}

async function* counted(
  stream: AsyncIterable<Buffer>,
  shown: string,
  packed: number,
  maxRatio: number,
): AsyncGenerator<Buffer, void, undefined> {
  let size = 0;
  try {
    for await (const piece of stream) {
      size += piece.length;
      checkRatio(shown, size, packed, maxRatio);
      yield piece;
    }
  } catch (cause) {
    throw cause instanceof QuernError ? cause : damagedMember(shown, cause);
  }
}

/** The first `bytes` bytes at least, or all there are. */
async function atLeast(pieces: AsyncGenerator<Buffer, void, undefined>, bytes: number): Promise<Buffer> {
  const taken: Buffer[] = [];
  let size = 0;
  while (size < bytes) {
    const next = await pieces.next();
    if (next.done === true) break;
    taken.push(next.value);
    size += next.value.length;
  }
  return Buffer.concat(taken);
}

async function* readTar(pieces: AsyncIterable<Buffer>, archive: string, members: Members): AsyncGenerator<SourceItem> {
  const { Parser } = await import("tar");
  const entries = new Queue<ReadEntry>();
  let trouble: Error | undefined;
  const parser = new Parser({
    // What is damaged is told of below; nothing is written by the library.
    onwarn: (code, message) => {
      if (code !== "TAR_ENTRY_INFO") trouble ??= new Error(messageOf(message));
    },
    onReadEntry: (entry) => entries.push(entry),
  });
  parser.on("abort", (error: Error) => (trouble ??= error));
  const state = { isOver: false };
  const feeding = (async () => {
    try {
      for await (const piece of pieces) {
        if (state.isOver) return;
        if (!parser.write(piece))
          await new Promise<void>((resolve) => {
            const go = () => resolve();
            parser.once("drain", go);
            entries.onStop = go;
          });
      }
    } catch (error) {
      trouble = error as Error;
    } finally {
      if (!state.isOver) parser.end();
      entries.end();
    }
  })();
  try {
    for await (const entry of entries) {
      let shown = `${archive}/${entry.path}`;
      let item: SourceItem;
      try {
        const admitted =
          entry.type === "Directory" || entry.type === "GNUDumpDir" ? undefined : members.admit(entry.path);
        if (admitted === undefined) {
          entry.resume();
          continue;
        }
        shown = admitted;
        if (!files.has(entry.type))
          throw new InputError(`${shown}: it is a link or a device and not a file`, {
            remedy: "Pack the file that it leads to.",
          });
        item = await members.unpack(shown, complete(entry), { name: entry.path });
      } catch (error) {
        entry.resume();
        if (error instanceof ArchiveExhausted) throw error;
        item = refused(shown, error);
      }
      yield item;
    }
    await feeding;
    if (trouble !== undefined) throw trouble instanceof InputError ? trouble : damagedMember(archive, trouble);
  } finally {
    state.isOver = true;
    entries.stop();
    await feeding;
  }
}

/** A tar archive has a checksum of its first header in that header. */
export function isTar(head: Buffer): boolean {
  if (head.length < 512) return false;
  const stored = Number.parseInt(
    head
      .subarray(148, 156)
      .toString("latin1")
      .replace(/[\0 ]+$/, "")
      .trim(),
    8,
  );
  let sum = 8 * 32;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += head[i]!;
  return sum === stored;
}

const files = new Set<string>(["File", "OldFile", "ContiguousFile"]);

/** The bytes of an entry, all that it says it has. */
async function* complete(entry: ReadEntry): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of entry) {
    size += piece.length;
    yield piece;
  }
  if (size !== entry.size) throw new Error(`${entry.size - size} bytes are missing`);
}

/** What is pushed in can be gone through, once. */
class Queue<T> implements AsyncIterable<T> {
  private readonly waiting: T[] = [];
  private isEnded = false;
  private wake: () => void = () => undefined;
  /** Called when nobody goes through it any more. */
  onStop: () => void = () => undefined;

  push(value: T): void {
    this.waiting.push(value);
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  stop(): void {
    this.onStop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.waiting.shift();
      if (next !== undefined) yield next;
      else if (this.isEnded) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
