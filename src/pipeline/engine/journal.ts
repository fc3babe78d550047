/**
 * What the model has answered, on disk before anything is made of it. One line of JSON per finished request, keyed by
 * everything that determines its answer, so that a run that is started again does only what is not done, and a
 * changed prompt, model or setting asks anew.
 */
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { GenerateRequest, GenerateResult, MessageImage } from "../../backends/backend.js";
import { messageOf, OutputError } from "../../errors.js";
import { hashOf } from "./seed.js";

const entrySchema = z.object({
  key: z.string(),
  text: z.string(),
  finishReason: z.enum(["stop", "length"]),
  usage: z.object({ promptTokens: z.number(), cachedTokens: z.number(), completionTokens: z.number() }),
});

export interface Answers {
  /** The recorded answer to this very request, if there is one. */
  get(key: string): GenerateResult | undefined;
  /** Resolves once the answer is on disk. */
  put(key: string, result: GenerateResult): Promise<void>;
}

/**
 * The key of a request: a hash of all that determines the answer.
 * @param fingerprint tells the model from any other
 */
export function requestKey(fingerprint: string, request: GenerateRequest): string {
  const { schema, maxTokens, sampling } = request;
  // Of pictures their hashes: the key of a message without any is what it was before there were pictures.
  const messages = request.messages.map(({ images, ...message }) =>
    images === undefined || images.length === 0 ? message : { ...message, images: images.map(imageKey) },
  );
  return hashOf({ fingerprint, messages, schema: schema ?? null, maxTokens, sampling });
}

function imageKey({ mediaType, bytes }: MessageImage): { mediaType: string; hash: string } {
  return { mediaType, hash: createHash("sha256").update(bytes).digest("hex") };
}

export class Journal implements Answers, AsyncDisposable {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    private readonly answers: Map<string, GenerateResult>,
    /** Lines that could not be read, for example one that a crash cut off. */
    readonly damagedLines: number,
    private position: number,
  ) {}

  /** Writes follow each other; a failed one fails those after it, since the file can no longer be trusted to grow. */
  private tail: Promise<void> = Promise.resolve();

  /**
   * Opens or creates a journal and reads what is in it.
   * @throws {OutputError} when it cannot be written
   */
  static async open(file: string): Promise<Journal> {
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const handle = await open(file, "a+");
      const answers = new Map<string, GenerateResult>();
      let damaged = 0;
      const content = await handle.readFile("utf8");
      for (const line of content.split("\n")) {
        if (line === "") continue;
        const entry = parseEntry(line);
        if (entry === undefined) damaged++;
        else answers.set(entry.key, { text: entry.text, finishReason: entry.finishReason, usage: entry.usage });
      }
      // A line that was cut off must not swallow the next one.
      if (content !== "" && !content.endsWith("\n")) await handle.appendFile("\n");
      const { size } = await handle.stat();
      return new Journal(file, handle, answers, damaged, size);
    } catch (error) {
      throw writeError(file, error);
    }
  }

  /** Answers on record. */
  get size(): number {
    return this.answers.size;
  }

  get(key: string): GenerateResult | undefined {
    return this.answers.get(key);
  }

  put(key: string, result: GenerateResult): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ key, ...result })}\n`);
    const written = this.tail.then(() => this.append(line));
    this.tail = written.catch(() => undefined);
    return written.then(() => {
      this.answers.set(key, result);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tail;
    await this.handle.sync().catch(() => undefined);
    await this.handle.close();
  }

  private async append(line: Buffer): Promise<void> {
    try {
      let written = 0;
      while (written < line.length) written += (await this.handle.write(line, written)).bytesWritten;
      this.position += line.length;
    } catch (error) {
      // A disk that filled up half-way leaves a torn line; take it back so that the file stays readable.
      await this.handle.truncate(this.position).catch(() => undefined);
      throw writeError(this.file, error);
    }
  }
}

/** Answers kept in memory only, where a caller wants no files. */
export class MemoryAnswers implements Answers {
  private readonly answers = new Map<string, GenerateResult>();

  get(key: string): GenerateResult | undefined {
    return this.answers.get(key);
  }

  put(key: string, result: GenerateResult): Promise<void> {
    this.answers.set(key, result);
    return Promise.resolve();
  }
}

function parseEntry(line: string): z.infer<typeof entrySchema> | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function writeError(file: string, error: unknown): OutputError {
  return new OutputError(`cannot write the journal ${file}: ${messageOf(error)}`, {
    remedy: "free some space or choose another output folder with -o, then run the same command to go on",
    cause: error,
  });
}
