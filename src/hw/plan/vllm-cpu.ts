/** Sizes a model for a vLLM that was built for the CPU. */
import { ConfigError } from "../../errors.js";
import type { ModelFacts } from "../../models/facts.js";
import { answerTokensFor, chunkTokensFor } from "../chunk.js";
import type { MachineFacts } from "../facts.js";
import { formatBytes, gib } from "../memory.js";
import type { PlanRequest, VllmPlan } from "./types.js";
import { tokensBytes, usualTokens } from "./vllm-tokens.js";

/** A CPU is busy with fewer. */
const mostSequences = 32;

/** vLLM built for the CPU computes in the machine's memory and is given a fixed amount for its cache. */
export function planVllmOnCpu(machine: MachineFacts, model: ModelFacts, request: PlanRequest): VllmPlan {
  const contextTokens = request.context === "auto" ? Math.min(model.trainContextTokens, 4096) : request.context;
  // PyTorch, vLLM's three processes and their buffers; measured with a tiny model.
  const processBytes = 3 * gib;
  const left = machine.memory.availableBytes - model.weightBytes * 1.05 - processBytes;
  const perRequest = tokensBytes(model, usualTokens(request, contextTokens), 1, "f16", 2048);
  const most = request.sequences === "auto" ? mostSequences : request.sequences;
  // In whole GiB, as vLLM takes it: for all requests of full length, or half of what is left.
  const wanted = Math.ceil((most * tokensBytes(model, contextTokens, 1, "f16", 2048)) / gib) * gib;
  const cacheBytes = Math.min(Math.floor((left * 0.5) / gib) * gib, wanted);
  if (cacheBytes < gib || cacheBytes < tokensBytes(model, contextTokens, 1, "f16", 2048))
    throw new ConfigError(
      `${model.name} does not fit: weights ${formatBytes(model.weightBytes)}, vLLM's processes ${formatBytes(processBytes)}, a cache of at least 1 GiB; available ${formatBytes(machine.memory.availableBytes)}`,
      { remedy: "use a smaller model, or a GGUF file with llama.cpp, which takes far less on a CPU" },
    );
  const sequences =
    request.sequences === "auto"
      ? Math.max(1, Math.min(mostSequences, Math.floor(cacheBytes / perRequest)))
      : request.sequences;
  const { promptTokens, maxAnswerTokens } = request.job;
  const answerTokens = answerTokensFor(contextTokens, promptTokens, maxAnswerTokens);
  return {
    backend: "vllm",
    replicas: [
      {
        gpus: [],
        maxNumSeqs: sequences,
        maxNumBatchedTokens: Math.max(2048, sequences, contextTokens),
        gpuMemoryUtilization: 0.5,
        cacheTokens: Math.floor((cacheBytes / tokensBytes(model, contextTokens, 1, "f16", 2048)) * contextTokens),
        cacheBytes,
      },
    ],
    contextTokens,
    cacheType: "f16",
    dtype: "bfloat16",
    concurrentRequests: sequences,
    chunkTokens: chunkTokensFor(contextTokens, promptTokens, answerTokens),
    answerTokens,
    memory: [
      { what: "weights", where: "memory", bytes: model.weightBytes },
      { what: "KV cache", where: "memory", bytes: cacheBytes },
      { what: "vLLM's processes", where: "memory", bytes: processBytes },
    ],
    reasons: [
      `vLLM ${machine.vllm?.version ?? ""} on the CPU: the model is not GGUF, which llama.cpp would need`,
      `context ${contextTokens} tokens: ${request.context === "auto" ? `trained with ${model.trainContextTokens}` : "as configured"}`,
      `KV cache ${formatBytes(cacheBytes)}: ${cacheBytes === wanted ? `for ${most} requests of full length` : `half of what the weights and processes leave of ${formatBytes(machine.memory.availableBytes)}`}`,
      `${sequences} requests at once: ${request.sequences === "auto" ? `what the cache holds, at most ${mostSequences} on a CPU` : "as configured"}`,
    ],
  };
}
