/** What a configuration fixes of a plan. */
import type { Config } from "../config/schema.js";
import { autoRequest, type JobFacts, type PlanRequest } from "../hw/plan/index.js";

/**
 * @param job what the prompts take; quern's own prompts where it is not known yet
 * @param format of the model, from which it follows whose sizes count; absent: the provider says
 */
export function planRequest(config: Config, job?: JobFacts, format?: "gguf" | "safetensors"): PlanRequest {
  const { "llama-cpp": llama, vllm } = config;
  const { provider } = config.llm;
  const isVllm = provider === "vllm" || format === "safetensors";
  return {
    provider: provider === "vllm" || provider === "llama-cpp" ? provider : "auto",
    context: isVllm ? vllm.context : llama.context,
    sequences: isVllm ? vllm.sequences : llama.sequences,
    batchTokens: isVllm ? vllm.batch_tokens : llama.batch_size,
    cacheType: isVllm ? vllm.cache_type : llama.cache_type,
    threads: llama.threads,
    gpu: llama.gpu === "off" ? false : llama.gpu,
    gpuLayers: llama.gpu_layers,
    tensorParallel: vllm.tensor_parallel_size,
    replicas: vllm.replicas,
    gpuMemoryUtilization: vllm.gpu_memory_utilization,
    job: job ?? { ...autoRequest.job, maxAnswerTokens: config.generation.max_tokens },
  };
}
