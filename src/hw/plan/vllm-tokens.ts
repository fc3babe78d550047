/** What requests take of vLLM's cache. */
import type { ModelFacts } from "../../models/facts.js";
import { answerTokensFor, chunkTokensFor } from "../chunk.js";
import { type CacheType, cacheTypes } from "../memory.js";
import type { PlanRequest } from "./types.js";

/** Bytes of the cache on each GPU for one request of so many tokens (vLLM's v1/kv_cache_interface.py, in blocks of 16). */
export function tokensBytes(
  model: ModelFacts,
  tokens: number,
  tp: number,
  type: CacheType,
  batchTokens: number,
): number {
  const length = Math.ceil(tokens / 16) * 16;
  // Heads are divided among the GPUs, but each has at least one; latent attention is kept whole on each.
  const share = model.latentAttention ? 1 : Math.max(1, model.keyValueHeads / tp) / model.keyValueHeads;
  return model.cache.reduce((sum, group) => {
    if (group.kind === "state") return sum + (2 * group.layers * group.bytesPerSequence) / tp;
    const kept = group.kind === "full" ? length : Math.min(length, group.window - 1 + 2 * batchTokens + 16);
    return sum + group.layers * group.bytesPerToken * kept * share * cacheTypes[type];
  }, 0);
}

/** Prompt, chunk and half of the longest answer: what a request takes on average while it is decoded. */
export function usualTokens(request: PlanRequest, contextTokens: number): number {
  const { promptTokens, maxAnswerTokens } = request.job;
  const answer = answerTokensFor(contextTokens, promptTokens, maxAnswerTokens);
  return Math.min(
    contextTokens,
    promptTokens + chunkTokensFor(contextTokens, promptTokens, answer) + Math.ceil(answer / 2),
  );
}
