/**
 * Arithmetic of memory: bytes of caches, buffers and copies. Pure, so that anybody can check it; constants that were
 * measured say on what, and `bench/memory-plan.mjs` holds them against what processes really take.
 */
import type { CacheLayout, ModelFacts } from "../models/facts.js";

export const kib = 1024;
export const mib = 1024 ** 2;
export const gib = 1024 ** 3;

/** Share of 16 bits that a value of the cache takes. */
export const cacheTypes = {
  f16: 1,
  // 32 values in 34 bytes.
  q8_0: 34 / 64,
  fp8: 0.5,
} as const;
export type CacheType = keyof typeof cacheTypes;

export interface CacheUse {
  /** Tokens of one sequence, prompt and answer. */
  contextTokens: number;
  sequences: number;
  /** Tokens that are added in one step; windows keep these beside their own (llama-kv-cache-iswa.cpp). */
  batchTokens: number;
  type: CacheType;
}

/** llama.cpp pads windows, and each sequence's context, to this many tokens. */
const padTokens = 256;
/** The library evaluates one token more than its batch beside a window. */
const beyondBatch = 1;

/**
 * Bytes of the cache as llama.cpp allocates it for the library: for each sequence the whole context, or a window and a
 * batch (`bench/cache-arithmetic.mjs` holds it against llama.cpp).
 * @returns bytes of all sequences together
 */
export function cacheBytes(layout: CacheLayout, { contextTokens, sequences, batchTokens, type }: CacheUse): number {
  const context = padded(contextTokens, padTokens);
  // The library's batch has room for one token of each sequence at least, and llama.cpp's for no more than all contexts.
  const batch = Math.min(Math.max(batchTokens, sequences) + beyondBatch, context * sequences);
  let bytes = 0;
  for (const group of layout)
    switch (group.kind) {
      case "full":
        bytes += group.layers * group.bytesPerToken * context * sequences * cacheTypes[type];
        break;
      case "window": {
        const cells = padded(Math.min(context, group.window + batch), padTokens);
        bytes += group.layers * group.bytesPerToken * cells * sequences * cacheTypes[type];
        break;
      }
      case "state":
        // States are kept at 32 bits whatever the type of the cache.
        bytes += group.layers * group.bytesPerSequence * sequences;
        break;
    }
  return Math.ceil(bytes);
}

/** Bytes that one more token of every sequence's context takes, once windows are full. */
export function cacheBytesPerToken(layout: CacheLayout, type: CacheType = "f16"): number {
  return layout.reduce(
    (sum, group) => (group.kind === "full" ? sum + group.layers * group.bytesPerToken * cacheTypes[type] : sum),
    0,
  );
}

/**
 * Bytes that a step takes: activations of the batch and the logits of those tokens that are sampled from. On a GPU the
 * buffer is taken whole, with logits for every token of the batch; a CPU's memory is only taken where it is written.
 */
export function computeBytes(
  model: Pick<ModelFacts, "embeddingSize" | "feedForwardSize" | "vocabularySize">,
  { batchTokens, sequences, contextTokens }: { batchTokens: number; sequences: number; contextTokens: number },
  device: "cpu" | "gpu",
): number {
  // Two feed-forward rows and eight of the embedding's width are alive at once; fitted to eleven measured contexts.
  const activations = batchTokens * 4 * (2 * model.feedForwardSize + 8 * model.embeddingSize);
  const rows = device === "gpu" ? Math.max(batchTokens, sequences) : 2 * sequences;
  // Which token sees which, at 32 and at 16 bits.
  const mask = batchTokens * contextTokens * 6;
  return activations + mask + rows * model.vocabularySize * 4;
}

/**
 * Bytes of weights that llama.cpp copies into another order for the CPU's instructions, beside the mapped file
 * (ggml-cpu/repack.cpp and amx/common.h of the release that node-llama-cpp carries).
 */
export function reorderedBytes(model: Pick<ModelFacts, "matrixBytes">, simd: readonly string[]): number {
  const types = new Set<string>();
  const add = (...names: string[]) => names.forEach((name) => types.add(name));
  if (simd.includes("amx_int8")) add("Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS", "F16");
  if (simd.includes("avx2")) add("Q4_0", "Q4_K", "IQ4_NL", "MXFP4");
  if (simd.includes("avx512f")) add("Q2_K");
  if (simd.includes("dotprod") || simd.includes("i8mm")) add("Q4_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "Q8_0", "MXFP4");
  return Object.entries(model.matrixBytes).reduce((sum, [type, bytes]) => (types.has(type) ? sum + bytes : sum), 0);
}

/** Bytes of the vocabulary in llama.cpp and in the library; measured with 4,096 and 151,936 tokens. */
export function vocabularyBytes(vocabularySize: number): number {
  return vocabularySize * 0.9 * kib;
}

/** Node.js, node-llama-cpp and llama.cpp without a model, in their process of their own. */
export const workerProcessBytes = 128 * mib;
/** What CUDA takes of each GPU before the first tensor (0.3 to 0.5 GiB on the cards of the last five years). */
export const gpuContextBytes = 0.5 * gib;

/** @returns for people: `1.2 GiB`, `358 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes >= 10 * gib) return `${(bytes / gib).toFixed(1)} GiB`;
  return bytes >= gib ? `${(bytes / gib).toFixed(2)} GiB` : `${Math.round(bytes / mib)} MiB`;
}

export function padded(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
