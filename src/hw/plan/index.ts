/** Sizes a model to this machine. Pure: the same facts give the same plan, and every number comes with its reason. */
import { ConfigError } from "../../errors.js";
import type { ModelFacts } from "../../models/facts.js";
import type { MachineFacts } from "../facts.js";
import { planLlamaCpp } from "./llama-cpp.js";
import type { Plan, PlanRequest } from "./types.js";
import { planVllm } from "./vllm.js";
import { vllmUnusable } from "./vllm-gpus.js";

export type { JobFacts, LlamaCppPlan, MemoryPart, Plan, PlanRequest, VllmPlan, VllmReplica } from "./types.js";
export { expectedContexts, maxSequences, planLlamaCpp } from "./llama-cpp.js";
export { planVllm } from "./vllm.js";
export { vllmUnusable } from "./vllm-gpus.js";
export { usualTokens } from "./vllm-tokens.js";

/** A request in which nothing is fixed, for a job with quern's own prompts. */
export const autoRequest: PlanRequest = {
  provider: "auto",
  context: "auto",
  sequences: "auto",
  batchTokens: "auto",
  cacheType: "auto",
  threads: "auto",
  gpu: "auto",
  gpuLayers: "auto",
  tensorParallel: "auto",
  replicas: "auto",
  gpuMemoryUtilization: "auto",
  job: { promptTokens: 320, maxAnswerTokens: 4096 },
};

/**
 * GGUF files are for llama.cpp and safetensors for vLLM: neither reads the other's. What is left to decide is whether
 * this machine can run the one that the model needs.
 * @throws {ConfigError} when the model cannot run here, or what the user fixed cannot fit, with the arithmetic
 */
export function plan(machine: MachineFacts, model: ModelFacts, request: PlanRequest): Plan {
  const { provider } = request;
  if (model.format === "gguf") {
    if (provider === "vllm")
      throw new ConfigError(`${model.name} is a GGUF file, which vLLM does not read`, {
        remedy: "use --provider llama-cpp, or give vLLM the model as a folder with config.json and *.safetensors",
      });
    return planLlamaCpp(machine, model, request);
  }
  if (provider === "llama-cpp")
    throw new ConfigError(`${model.name} is a folder of safetensors, which llama.cpp does not read`, {
      remedy: "use --provider vllm, or a GGUF file of the same model",
    });
  const reason = vllmUnusable(machine);
  if (reason !== undefined)
    throw new ConfigError(`${model.name} is a folder of safetensors, which needs vLLM: ${reason}`, {
      remedy: "use a GGUF file of the same model, which llama.cpp runs here",
    });
  return planVllm(machine, model, request);
}
