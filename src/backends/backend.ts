/**
 * The contract between the pipeline and whatever runs the model: types and errors, nothing else. The pipeline imports
 * this file only and never learns which backend it talks to.
 */
import { QuernError, type QuernErrorOptions } from "../errors.js";

/** A JSON Schema (draft 2020-12), as plain data. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A picture that goes with a message. */
export interface MessageImage {
  /** Media type of the bytes: `image/png`, `image/jpeg`. */
  mediaType: string;
  /** The picture as a file of that type. */
  bytes: Uint8Array;
}

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
  /** Pictures that the model sees before the text, in their order; only where the backend can take them. */
  images?: readonly MessageImage[];
}

export interface Sampling {
  /** 0 takes the likeliest token each time; higher is more varied. */
  temperature: number;
  /** Only tokens within this cumulative probability are drawn, 0 to 1. */
  topP: number;
  /** Same seed, same messages, same backend: same answer. An unsigned 32-bit integer. */
  seed: number;
}

/** One request for one answer. Everything that determines the answer is in here. */
export interface GenerateRequest {
  messages: readonly ChatMessage[];
  /** The answer is JSON that satisfies this schema, enforced while it is decoded. Absent: free text. */
  schema?: JsonSchema;
  /** Most tokens the answer may have. Messages and answer together must fit `limits.contextTokens`. */
  maxTokens: number;
  sampling: Sampling;
}

export interface GenerateOptions {
  /** Aborting stops decoding at once; `generate` then rejects with {@link AbortedError}. */
  signal?: AbortSignal;
  /** Called with each piece of text as it is decoded, in order. */
  onDelta?: (text: string) => void;
}

export interface TokenUsage {
  /** Tokens of the rendered messages. */
  promptTokens: number;
  /** Of those, how many were not evaluated again because a cache held them. */
  cachedTokens: number;
  /** Tokens of the answer. */
  completionTokens: number;
}

export interface GenerateResult {
  text: string;
  /** `stop`: the answer is complete; `length`: it was cut at `maxTokens`. */
  finishReason: "stop" | "length";
  usage: TokenUsage;
}

export interface BackendLimits {
  /** Tokens one request may use, messages and answer together. */
  contextTokens: number;
  /** Requests that are decoded at the same time; more may be sent and will wait. May change as the backend learns. */
  concurrentRequests: number;
  /** Whether messages may carry images, as far as it is known without asking; see {@link Backend.seesImages}. */
  images: boolean;
}

export interface ModelIdentity {
  /** What is recorded with each answer: a file name or the server's name of the model. */
  name: string;
  /** What tells this model from any other: a hash of its file or the address and name on a server. */
  fingerprint: string;
}

/** Counters since the backend was opened. */
export interface BackendStats {
  /** Times the model's process died and was started again. */
  restarts: number;
  /** Requests that the backend sent again by itself, by why. */
  retries?: Readonly<Record<string, number>>;
}

export interface Backend extends AsyncDisposable {
  readonly model: ModelIdentity;
  readonly limits: BackendLimits;
  readonly stats: BackendStats;
  /** How the backend was set up, one fact per line, for people. */
  readonly description: readonly string[];
  /**
   * Counts tokens of plain texts with the model's own tokenizer, without special tokens.
   * @returns one count per text, in order
   */
  countTokens(texts: readonly string[]): Promise<number[]>;
  /**
   * Counts the tokens of messages as the model will see them, chat template included. Images are not counted: what they
   * take depends on the model, and hardly any server tells.
   */
  countMessageTokens(messages: readonly ChatMessage[]): Promise<number>;
  /**
   * Finds out whether messages may carry images, where that takes a question to a server. Absent: `limits.images` knows.
   * @returns true when every server at hand takes them
   */
  seesImages?(): Promise<boolean>;
  /**
   * Finds out whether a schema can be enforced while decoding, before anything is asked. Absent: the backend cannot
   * tell before.
   * @throws {RequestRefusedError} naming the keyword that cannot
   */
  checkSchema?(schema: JsonSchema): void;
  /**
   * Generates one answer. May be called while others run; the backend decodes as many together as it can.
   * @throws {BackendError} one of its subclasses, by what the caller should do
   */
  generate(request: GenerateRequest, options?: GenerateOptions): Promise<GenerateResult>;
}

/** The base of what a backend throws. */
export class BackendError extends QuernError {}

/** The model, its context or a request does not fit into memory: use a smaller model, context or number of sequences. */
export class OutOfMemoryError extends BackendError {}

/** Messages and answer do not fit the context of one request: send a shorter one. Never worth repeating. */
export class ContextOverflowError extends BackendError {
  constructor(
    readonly promptTokens: number,
    readonly maxTokens: number,
    readonly contextTokens: number,
    options: QuernErrorOptions = {},
  ) {
    super(
      `a prompt of ${promptTokens} tokens and an answer of up to ${maxTokens} do not fit the context of ${contextTokens} tokens`,
      { remedy: "use smaller chunks (--chunk-size) or a larger context", ...options },
    );
  }
}

/** The backend is gone and did not come back: stop, keep what is done, go on later. */
export class BackendLostError extends BackendError {}

/** The backend cannot be started at all: the model is missing, broken or of an unknown kind, or the server is down. */
export class BackendStartError extends BackendError {}

/** This request is refused and would be again: its schema, its parameters, its content. */
export class RequestRefusedError extends BackendError {}

/** This request failed, but the same one may pass later. */
export class TransientError extends BackendError {
  constructor(
    message: string,
    readonly retryAfterMs?: number,
    options: QuernErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** The caller aborted. */
export class AbortedError extends BackendError {
  constructor(message = "aborted", options: QuernErrorOptions = {}) {
    super(message, options);
  }
}
