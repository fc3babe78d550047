/**
 * A file of JSON Lines that only grows: what is in a line is on disk before anything is made of it. A line that a crash
 * cut off costs that line alone.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { messageOf, OutputError } from "../../errors.js";

/** Where a line stands: bytes from the beginning of the file, its end excluded. */
export interface LinePlace {
  offset: number;
  length: number;
}

export class AppendLog implements AsyncDisposable {
  /** Lines that `open` could make nothing of, for example one that a crash cut off. */
  damagedLines = 0;
  /** Writes follow each other; a failed one fails those after it, since the file can no longer be trusted to grow. */
  private tail: Promise<void> = Promise.resolve();

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    /** What the file is to people, for messages: `journal`. */
    private readonly what: string,
    private position: number,
  ) {}

  /**
   * Opens or creates a log and reads what is in it, line by line.
   * @param take is given each line as it was parsed, and its place; returns whether it is one of its own
   * @throws {OutputError} when the file cannot be read or written
   */
  static async open(
    file: string,
    what: string,
    take: (value: unknown, place: LinePlace) => boolean,
  ): Promise<AppendLog> {
    let handle: FileHandle | undefined;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      handle = await open(file, "a+");
      let damaged = 0;
      let position = 0;
      let endsWithLine = true;
      for await (const { bytes, offset, isWhole } of linesOf(file)) {
        position = offset + bytes.length + (isWhole ? 1 : 0);
        endsWithLine = isWhole;
        if (bytes.length > 0 && !takes(bytes, offset, take)) damaged++;
      }
      // A line that was cut off must not swallow the next one.
      if (!endsWithLine) {
        await handle.appendFile("\n");
        position++;
      }
      const log = new AppendLog(file, handle, what, position);
      log.damagedLines = damaged;
      return log;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      throw writeError(what, file, error);
    }
  }

  /**
   * Adds a line; resolves to its place once it is written.
   * @throws {OutputError} when it cannot be written; the file is then as it was
   */
  append(value: unknown): Promise<LinePlace> {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    const written = this.tail.then(() => this.write(line));
    this.tail = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  /**
   * Reads one line again.
   * @throws {OutputError} when the file has become shorter or cannot be read
   */
  async read(place: LinePlace): Promise<unknown> {
    const bytes = Buffer.alloc(place.length);
    try {
      let read = 0;
      while (read < place.length) {
        const { bytesRead } = await this.handle.read(bytes, read, place.length - read, place.offset + read);
        if (bytesRead === 0) throw new Error("the file is shorter than it was");
        read += bytesRead;
      }
      return JSON.parse(bytes.toString("utf8"));
    } catch (error) {
      throw writeError(this.what, this.file, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tail;
    await this.handle.sync().catch(() => undefined);
    await this.handle.close();
  }

  private async write(line: Buffer): Promise<LinePlace> {
    const place = { offset: this.position, length: line.length - 1 };
    try {
      let written = 0;
      while (written < line.length) written += (await this.handle.write(line, written)).bytesWritten;
      this.position += line.length;
      return place;
    } catch (error) {
      // A disk that filled up half-way leaves a torn line; take it back so that the file stays readable.
      await this.handle.truncate(this.position).catch(() => undefined);
      throw writeError(this.what, this.file, error);
    }
  }
}

interface Line {
  bytes: Buffer;
  offset: number;
  /** Whether the line has its end. */
  isWhole: boolean;
}

async function* linesOf(file: string): AsyncGenerator<Line, void, undefined> {
  let rest: Buffer[] = [];
  let offset = 0;
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = piece as Buffer;
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const line =
        rest.length === 0 ? bytes.subarray(start, end) : Buffer.concat([...rest, bytes.subarray(start, end)]);
      rest = [];
      yield { bytes: line, offset, isWhole: true };
      offset += line.length + 1;
      start = end + 1;
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
  if (rest.length > 0) yield { bytes: Buffer.concat(rest), offset, isWhole: false };
}

function takes(bytes: Buffer, offset: number, take: (value: unknown, place: LinePlace) => boolean): boolean {
  try {
    return take(JSON.parse(bytes.toString("utf8")), { offset, length: bytes.length });
  } catch {
    return false;
  }
}

function writeError(what: string, file: string, error: unknown): OutputError {
  return new OutputError(`cannot write the ${what} ${file}: ${messageOf(error)}`, {
    remedy: "free some space or choose another output folder with -o, then run the same command to go on",
    cause: error,
  });
}
