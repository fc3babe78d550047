/** How large chunks and answers may be. */
import type { BackendLimits } from "../../backends/backend.js";
import type { ChunkLength } from "../../config/lengths.js";
import { UsageError } from "../../errors.js";
import { answerTokensFor, chunkTokensFor, marginTokens } from "../../hw/chunk.js";

export interface Sizes {
  chunk: { size: number; overlap: number; unit: "tokens" | "characters" };
  /** Most tokens of an answer. */
  answerTokens: number;
  /** Most tokens a chunk may have so that prompt, chunk and answer fit the context. */
  maxChunkTokens: number;
  /** Tokens kept free for pictures, where the model is shown any. */
  pictureTokens?: number;
}

export interface SizingRequest {
  limits: BackendLimits;
  /** Tokens of the messages around an empty chunk. */
  promptTokens: number;
  /** Of those, what the user's examples take. */
  exampleTokens?: number;
  /** Most tokens of an answer that the user wants. */
  maxTokens: number;
  chunkSize: ChunkLength | "auto";
  overlap: ChunkLength | "auto";
}

const minChunkTokens = 32;
/** A sixteenth of a chunk. */
const autoOverlapShare = 1 / 16;

/**
 * An answer may take a quarter of what the prompt leaves of the context. A chunk sized by quern is at most
 * `context - prompt - 2 x answer - margin` and at most a quarter of the context; one sized by the user must leave room
 * for one answer.
 * @throws {UsageError} when what the user asks for does not fit, with the arithmetic
 */
export function sizeChunks({
  limits,
  promptTokens,
  exampleTokens = 0,
  maxTokens,
  chunkSize,
  overlap,
}: SizingRequest): Sizes {
  const context = limits.contextTokens;
  const answerTokens = answerTokensFor(context, promptTokens, maxTokens);
  const maxChunkTokens = context - promptTokens - answerTokens - marginTokens;
  if (maxChunkTokens < minChunkTokens) {
    const ofExamples = exampleTokens === 0 ? "" : ` (${exampleTokens} of them for the examples)`;
    throw new UsageError(
      `a context of ${context} tokens leaves no room for text: the prompt takes ${promptTokens}${ofExamples}, an answer ${answerTokens}, margin ${marginTokens}`,
      {
        remedy: `${exampleTokens === 0 ? "shorten the prompt" : "give fewer or shorter examples"} or use a larger context`,
      },
    );
  }
  let size: ChunkLength;
  if (chunkSize === "auto") {
    size = { amount: chunkTokensFor(context, promptTokens, answerTokens), unit: "tokens" };
  } else size = chunkSize;
  if (size.amount < 1) throw new UsageError("a chunk must hold at least 1", { remedy: "raise --chunk-size" });
  if (size.unit === "tokens" && size.amount > maxChunkTokens)
    throw new UsageError(
      `a chunk of ${size.amount} tokens does not fit: context ${context} - prompt ${promptTokens} - answer ${answerTokens} - margin ${marginTokens} leaves ${maxChunkTokens}`,
      { remedy: `use --chunk-size "${maxChunkTokens} tokens" or less, or a larger context` },
    );
  const overlapAmount = overlap === "auto" ? Math.floor(size.amount * autoOverlapShare) : overlap.amount;
  if (overlapAmount >= size.amount)
    throw new UsageError(`the overlap of chunks (${overlapAmount}) must be less than their size (${size.amount})`, {
      remedy: "lower --chunk-overlap or raise --chunk-size",
    });
  return { chunk: { size: size.amount, overlap: overlapAmount, unit: size.unit }, answerTokens, maxChunkTokens };
}
