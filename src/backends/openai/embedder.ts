/** Vectors from a server with OpenAI's `/v1/embeddings`, at the address the user named. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../../errors.js";
import {
  AbortedError,
  BackendLostError,
  BackendStartError,
  type ModelIdentity,
  RequestRefusedError,
} from "../backend.js";
import { type Embedder, normalised } from "../embedder.js";
import { type Address, parseAddress, presentable } from "./address.js";
import { messageIn } from "./failures.js";
import { StatusError, textOf, Wire } from "./wire.js";

export interface OpenAIEmbedderOptions {
  apiBase: string;
  /** Sent to `apiBase` only. Empty: none. */
  apiKey: string;
  /** Empty: the first model that the server lists. */
  model: string;
  /** Texts in one request. */
  batchSize: number;
  /** The first wait before a request is sent again, doubled each time, in milliseconds. */
  retryDelayMs?: number;
  /** A request is given up when its connection is silent for so long, in milliseconds. */
  requestTimeoutMs?: number;
}

const replySchema = z.object({
  data: z.array(z.object({ index: z.number().int().optional(), embedding: z.array(z.number()) })),
});
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Times that a request is sent again. */
const retries = 4;
/** 64 MiB: 2,048 vectors of 2,048 numbers in twelve characters each. */
const mostReplyBytes = 64 << 20;
/** A text is not cut below so many characters; what does not take that much takes none. */
const fewestCharacters = 16;

export class OpenAIEmbedder implements Embedder {
  cut = 0;
  dimensions = 0;

  private constructor(
    readonly model: ModelIdentity,
    private readonly address: Address,
    private readonly wire: Wire,
    private readonly options: Required<OpenAIEmbedderOptions>,
  ) {}

  /**
   * Asks the server for its model and for one vector.
   * @throws {BackendStartError} when it cannot be reached or gives no vectors
   * @throws {ConfigError} when the address is none
   */
  static async open(given: OpenAIEmbedderOptions): Promise<OpenAIEmbedder> {
    const options = { retryDelayMs: 1000, requestTimeoutMs: 600_000, ...given };
    const address = parseAddress(options.apiBase, options.apiKey, "curate.embedding");
    const wire = new Wire(options.requestTimeoutMs);
    try {
      const name = options.model === "" ? await firstModel(address, wire) : options.model;
      const identity = { name, fingerprint: `${address.base} ${name}` };
      const embedder = new OpenAIEmbedder(identity, address, wire, { ...options, model: name });
      const [vector] = await embedder.embed(["quern"]);
      embedder.dimensions = vector!.length;
      return embedder;
    } catch (error) {
      wire.close();
      if (error instanceof BackendStartError) throw error;
      throw new BackendStartError(`no embeddings from ${address.base}: ${messageOf(error)}`, {
        remedy: "check curate.embedding.api_base and .model, and that the server serves embeddings",
        cause: error,
      });
    }
  }

  async embed(
    texts: readonly string[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += this.options.batchSize)
      vectors.push(...(await this.batch(texts.slice(at, at + this.options.batchSize), signal)));
    return vectors;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.wire.close();
    return Promise.resolve();
  }

  /** Halves what the server finds too long: first the batch, then the text, which is then counted as cut. */
  private async batch(
    texts: readonly string[],
    signal: AbortSignal | undefined,
    wasCut = false,
  ): Promise<Float32Array[]> {
    try {
      return await this.request(texts, signal);
    } catch (error) {
      if (!(error instanceof StatusError) || !isTooLong(error)) throw this.shown(error);
      if (texts.length > 1) {
        const half = texts.length >> 1;
        return [...(await this.batch(texts.slice(0, half), signal)), ...(await this.batch(texts.slice(half), signal))];
      }
      const [text] = texts;
      if (text!.length <= fewestCharacters) throw this.shown(error);
      if (!wasCut) this.cut++;
      // Not between the halves of a pair.
      const shorter = text!.slice(0, text!.length >> 1).replace(/[\ud800-\udbff]$/, "");
      return await this.batch([shorter], signal, true);
    }
  }

  private async request(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    for (let times = 0; ; times++) {
      if (signal?.aborted) throw new AbortedError();
      try {
        return await this.send(texts, signal);
      } catch (error) {
        if (signal?.aborted) throw new AbortedError();
        if (error instanceof RequestRefusedError || times >= retries || !isWorthAgain(error)) throw error;
        await sleep(this.options.retryDelayMs * 2 ** times);
      }
    }
  }

  private async send(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const { incoming } = await this.wire.fetch(`${this.address.base}/embeddings`, {
      method: "POST",
      headers: { ...this.address.headers, "content-type": "application/json" },
      // Some servers refuse a text of nothing.
      body: JSON.stringify({
        model: this.options.model,
        input: texts.map((text) => (text.trim() === "" ? " " : text)),
        encoding_format: "float",
      }),
      signal: signal ?? null,
    });
    const body = await textOf(incoming, mostReplyBytes);
    const reply = replySchema.safeParse(parsedOr(body));
    const said = presentable(body.slice(0, 1000), this.address.secrets);
    if (!reply.success) throw new RequestRefusedError(`the server's answer holds no embeddings: ${said}`);
    const { data } = reply.data;
    const inOrder = data.every(({ index }) => index !== undefined)
      ? [...data].sort((a, b) => a.index! - b.index!)
      : data;
    const dimensions = this.dimensions || inOrder[0]?.embedding.length;
    if (inOrder.length !== texts.length || inOrder.some(({ embedding }) => embedding.length !== dimensions))
      throw new RequestRefusedError(
        `the server gave ${inOrder.length} vectors for ${texts.length} texts, or vectors of different lengths`,
      );
    return inOrder.map(({ embedding }) => normalised(embedding));
  }

  /** An error as the contract has it, without the key. */
  private shown(error: unknown): Error {
    if (error instanceof RequestRefusedError || error instanceof AbortedError) return error;
    const { base, secrets } = this.address;
    const said = error instanceof StatusError ? `${error.message}: ${messageIn(error.body)}` : messageOf(error);
    return new BackendLostError(`embeddings of ${base}: ${presentable(said, secrets)}`, {
      remedy: "check that the server runs and serves embeddings; then run the same command again",
    });
  }
}

async function firstModel(address: Address, wire: Wire): Promise<string> {
  const { incoming } = await wire.fetch(`${address.base}/models`, { headers: address.headers });
  const models = modelsSchema.safeParse(parsedOr(await textOf(incoming, 1 << 20)));
  const name = models.data?.data[0]?.id;
  if (name === undefined)
    throw new BackendStartError(`${address.base} does not say which models it has`, {
      remedy: "set curate.embedding.model to the model's name on that server",
    });
  return name;
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTooLong({ status, body }: StatusError): boolean {
  if (status === 413) return true;
  return (
    (status === 400 || status === 422 || status === 500) &&
    /too (?:large|long)|context|maximum|exceed|physical batch size|n_ubatch|longer than|token limit/i.test(body)
  );
}

/** Errors of connections, and of servers that are busy or fail for once. */
function isWorthAgain(error: unknown): boolean {
  if (!(error instanceof StatusError)) return true;
  return !isTooLong(error) && (error.status === 408 || error.status === 429 || error.status >= 500);
}
