/**
 * What the model has answered, on disk before anything is made of it. One line of JSON per finished request, keyed by
 * everything that determines its answer, so that a run that is started again does only what is not done, and a
 * changed prompt, model or setting asks anew.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { GenerateRequest, GenerateResult, MessageImage } from "../../backends/backend.js";
import { AppendLog } from "../files/append-log.js";
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
    private readonly log: AppendLog,
    private readonly answers: Map<string, GenerateResult>,
  ) {}

  /**
   * Opens or creates a journal and reads what is in it.
   * @throws {OutputError} when it cannot be written
   */
  static async open(file: string): Promise<Journal> {
    const answers = new Map<string, GenerateResult>();
    const log = await AppendLog.open(file, "journal", (value) => {
      const entry = entrySchema.safeParse(value).data;
      if (entry === undefined) return false;
      answers.set(entry.key, { text: entry.text, finishReason: entry.finishReason, usage: entry.usage });
      return true;
    });
    return new Journal(log, answers);
  }

  get file(): string {
    return this.log.file;
  }

  /** Lines that could not be read, for example one that a crash cut off. */
  get damagedLines(): number {
    return this.log.damagedLines;
  }

  /** Answers on record. */
  get size(): number {
    return this.answers.size;
  }

  get(key: string): GenerateResult | undefined {
    return this.answers.get(key);
  }

  async put(key: string, result: GenerateResult): Promise<void> {
    await this.log.append({ key, ...result });
    this.answers.set(key, result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
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
