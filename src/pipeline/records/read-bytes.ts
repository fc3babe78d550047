/**
 * Reads JSON of any size in flat memory: finds where values begin and end without holding them. A value is parsed by
 * the runtime once its end is known, so a parser of whole files is not needed, sizes stay bounded, and what is broken
 * can be told by its line.
 */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";

/** Most bytes of one record; a longer one is not held. */
export const mostRecordBytes = 64 * 1024 * 1024;

/** Most levels of arrays and objects in one record; what writes and checks records goes down as many calls. */
export const mostLevels = 200;

const chunkBytes = 256 * 1024;

/** Where in a file JSON ends to be JSON. */
export class BrokenJson extends Error {
  constructor(
    /** What is wrong, in words that follow the file's name. */
    reason: string,
    readonly line: number,
    /** Whether the file ends too early, and is right as far as it goes. */
    readonly isCutOff: boolean,
  ) {
    super(reason);
  }
}

/** A value of the file: where it stands, and its bytes if they were asked for. */
export interface FoundValue {
  /** First byte, and one past the last, in the file. */
  start: number;
  end: number;
  /** Of its first byte, from 1. */
  line: number;
  /** Its bytes; undefined where they were not asked for, or are more than {@link mostRecordBytes}. */
  bytes: Buffer | undefined;
  /** Levels of arrays and objects. */
  levels: number;
}

/** A file whose bytes can be read from any place, more than once. */
export interface ByteSource {
  from(start: number): AsyncIterator<Buffer>;
}

/**
 * @param file a file; a pipe is read at once and kept, since it can be read only once
 * @throws the error of the file system
 */
export async function byteSource(file: string): Promise<ByteSource> {
  if (!(await stat(file)).isFile()) {
    const all = await readFile(file);
    return {
      async *from(start) {
        yield await Promise.resolve(all.subarray(start));
      },
    };
  }
  return {
    from: (start) =>
      createReadStream(file, { start, highWaterMark: chunkBytes })[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
  };
}

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;

/** A place in a file of JSON, moving forwards. */
export class JsonCursor implements AsyncDisposable {
  private chunk: Buffer = Buffer.alloc(0);
  private at = 0;
  /** Where in the file the chunk begins. */
  private base: number;
  private isOver = false;
  private readonly chunks: AsyncIterator<Buffer>;

  /** @param line number of the line that `start` stands in, from 1 */
  constructor(
    source: ByteSource,
    start = 0,
    public line = 1,
  ) {
    this.base = start;
    this.chunks = source.from(start);
  }

  /** Of the next byte, in the file. */
  get position(): number {
    return this.base + this.at;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chunks.return?.();
  }

  /** Makes the next chunk the current one; false at the end of the file. */
  private async advance(): Promise<boolean> {
    this.base += this.chunk.length;
    this.at = 0;
    const next = this.isOver ? { done: true as const, value: undefined } : await this.chunks.next();
    this.isOver = next.done === true;
    this.chunk = next.done === true ? Buffer.alloc(0) : next.value;
    return this.isOver ? false : this.chunk.length > 0 || (await this.advance());
  }

  /** At the beginning of a file: skips a mark of the byte order (UTF-8), and tells whether there is one of UTF-16. */
  async skipMark(): Promise<{ isUtf16: boolean }> {
    if (this.at >= this.chunk.length) await this.advance();
    const [a, b, c] = this.chunk;
    if (a === 0xef && b === 0xbb && c === 0xbf) this.at = 3;
    return { isUtf16: (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) };
  }

  /** The next byte that is not white space, without going past it; -1 at the end of the file. */
  async peek(): Promise<number> {
    for (;;) {
      for (; this.at < this.chunk.length; this.at++) {
        const byte = this.chunk[this.at]!;
        if (byte === newline) this.line++;
        else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return byte;
      }
      if (!(await this.advance())) return -1;
    }
  }

  /** Goes past the byte that `peek` gave. */
  skip(): void {
    this.at++;
  }

  /** Goes past `byte` if it is what comes next. */
  async take(byte: string): Promise<boolean> {
    if ((await this.peek()) !== byte.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  /**
   * Goes past a value.
   * @param keep whether its bytes are wanted
   * @param most bytes that are held
   * @throws {BrokenJson} when it has no end, or a line break stands in a string
   */
  async value(keep: boolean, most = mostRecordBytes): Promise<FoundValue> {
    const first = await this.peek();
    if (first === -1) throw new BrokenJson("it ends where a value should stand", this.line, true);
    const { position: start, line } = this;
    const kept = new Kept(keep, most);
    const isScalar = first !== 0x7b && first !== 0x5b && first !== quote;
    let level = 0;
    let levels = 0;
    /** Values that were complete one level down: the records of a list that is cut off. */
    let complete = 0;
    let inString = false;
    let escaped = false;
    for (;;) {
      const { chunk } = this;
      const from = this.at;
      let i = from;
      let isDone = false;
      for (; i < chunk.length && !isDone; i++) {
        const byte = chunk[i]!;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) {
            inString = false;
            isDone = level === 0;
          } else if (byte === newline) {
            throw new BrokenJson(`a string is not closed on line ${this.line}`, this.line, false);
          }
        } else if (isScalar) {
          // Whatever stands here: the parser tells whether it is a number or a word of JSON.
          if (byte === 0x2c || byte === 0x5d || byte === 0x7d || byte <= 0x20) {
            isDone = true;
            i--;
          }
        } else if (byte === quote) inString = true;
        else if (byte === 0x7b || byte === 0x5b) {
          level++;
          if (level > levels) levels = level;
        } else if (byte === 0x7d || byte === 0x5d) {
          level--;
          if (level === 1) complete++;
          isDone = level === 0;
        } else if (byte === newline) this.line++;
      }
      kept.add(chunk, from, i);
      this.at = i;
      if (isDone) break;
      if (await this.advance()) continue;
      if (isScalar) break;
      const after = complete === 0 ? "" : `, after ${complete} complete records`;
      throw new BrokenJson(`it is cut off at its end, in line ${this.line}${after}`, this.line, true);
    }
    return { start, end: this.position, line, bytes: kept.bytes(), levels };
  }

  /** The rest of the line, without its end; goes past it. Undefined at the end of the file. */
  async restOfLine(): Promise<FoundValue | undefined> {
    const { position: start, line } = this;
    const kept = new Kept(true, mostRecordBytes);
    for (let isFirst = true; ; isFirst = false) {
      if (this.at >= this.chunk.length && !(await this.advance())) {
        if (isFirst) return undefined;
        return { start, end: this.position, line, bytes: kept.bytes(), levels: 0 };
      }
      const end = this.chunk.indexOf(newline, this.at);
      const to = end === -1 ? this.chunk.length : end;
      kept.add(this.chunk, this.at, to);
      this.at = to;
      if (end === -1) continue;
      const value = { start, end: this.position, line, bytes: kept.bytes(), levels: 0 };
      this.at++;
      this.line++;
      return value;
    }
  }
}

/** The bytes of a value that may reach over chunks, up to the most that are held. */
class Kept {
  private parts: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly wanted: boolean,
    private readonly most: number,
  ) {}

  add(chunk: Buffer, from: number, to: number): void {
    this.size += to - from;
    if (!this.wanted) return;
    if (this.size > this.most) this.parts = [];
    else this.parts.push(chunk.subarray(from, to));
  }

  bytes(): Buffer | undefined {
    if (!this.wanted || this.size > this.most) return undefined;
    return this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
  }
}

/** Why a value could not be used. */
export interface Unparsable {
  reason: string;
}

/**
 * Parses the bytes of one value.
 * @param where put before the reason, for example `line 7: `
 */
export function parseValue({ bytes, levels, start, end }: FoundValue, where: string): { value: unknown } | Unparsable {
  if (bytes === undefined) return { reason: `${where}${end - start} bytes, more than are held of one value` };
  if (levels > mostLevels) return { reason: `${where}nested ${levels} levels deep, more than ${mostLevels}` };
  if (!isUtf8(bytes)) return { reason: `${where}not UTF-8` };
  try {
    return { value: JSON.parse(bytes.toString()) as unknown };
  } catch (error) {
    return { reason: `${where}not JSON: ${(error as Error).message.replace(/\s+/g, " ").slice(0, 160)}` };
  }
}

/** Levels of arrays and objects in a text of JSON; for lines, whose ends are known without looking into them. */
export function levelsOf(bytes: Buffer): number {
  let level = 0;
  let levels = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x7b || byte === 0x5b) levels = Math.max(levels, ++level);
    else if (byte === 0x7d || byte === 0x5d) level--;
  }
  return levels;
}
