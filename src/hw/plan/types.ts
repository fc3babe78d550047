/** What a plan is made from, besides the machine and the model, and what it says. */
import type { GpuFacts, LlamaDevice } from "../facts.js";
import type { CacheType } from "../memory.js";

type Auto = "auto";

/** What the user fixed; `auto` leaves it to the plan. */
export interface PlanRequest {
  provider: Auto | "llama-cpp" | "vllm";
  /** Tokens of one request, prompt and answer together. */
  context: number | Auto;
  /** Requests decoded together; with vLLM, by each replica. */
  sequences: number | Auto;
  /** Most tokens evaluated in one step. */
  batchTokens: number | Auto;
  cacheType: CacheType | Auto;
  /** llama.cpp only. */
  threads: number | Auto;
  gpu: Auto | Exclude<LlamaDevice, "cpu"> | false;
  gpuLayers: number | "max" | Auto;
  /** vLLM only: GPUs that hold one copy of the model, and copies. */
  tensorParallel: number | Auto;
  replicas: number | Auto;
  /** vLLM only: share of a GPU's whole memory, above 0 and at most 1. */
  gpuMemoryUtilization: number | Auto;
  job: JobFacts;
}

export interface JobFacts {
  /** Tokens of the messages around an empty chunk. */
  promptTokens: number;
  /** Most tokens of one answer that the user wants. */
  maxAnswerTokens: number;
}

export interface MemoryPart {
  what: string;
  /** `memory`, or a GPU: `GPU 0`. */
  where: string;
  bytes: number;
  /** The system can take it back when it is short, as with the pages of a mapped file. */
  reclaimable?: boolean;
}

interface Sizes {
  /** Tokens one request may use, prompt and answer together. */
  contextTokens: number;
  /** Requests decoded at the same time, all replicas together. */
  concurrentRequests: number;
  /** Tokens of a chunk, and most tokens of an answer about it, for the job. */
  chunkTokens: number;
  answerTokens: number;
  /** What is expected to be taken, by part. */
  memory: MemoryPart[];
  /** One sentence per decision. */
  reasons: string[];
}

export interface LlamaCppPlan extends Sizes {
  backend: "llama-cpp";
  device: LlamaDevice;
  /** Layers kept on the GPU, the output counted as one; 0 on the CPU. */
  gpuLayers: number;
  /** A multiple of `contexts`, as is `threads`. */
  sequences: number;
  threads: number;
  /** Contexts that decode side by side, each with its share of the sequences and threads. */
  contexts: number;
  batchTokens: number;
  cacheType: CacheType;
}

export interface VllmReplica {
  /** Indices of its GPUs; empty on the CPU. */
  gpus: readonly number[];
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  /** Share of each GPU's whole memory. */
  gpuMemoryUtilization: number;
  /** Tokens its cache is expected to hold. */
  cacheTokens: number;
  /** CPU only: bytes given to the cache. */
  cacheBytes?: number;
}

export interface VllmPlan extends Sizes {
  backend: "vllm";
  replicas: VllmReplica[];
  cacheType: CacheType;
  /** Absent: as the checkpoint has it. */
  dtype?: "half" | "bfloat16";
  /** Weights are quantized while they are loaded, because they would not fit otherwise. */
  quantization?: "fp8_per_tensor";
}

export type Plan = LlamaCppPlan | VllmPlan;

/** A group of GPUs that can share a model evenly. */
export interface GpuGroup {
  gpus: readonly GpuFacts[];
  /** Bytes free on the fullest of them. */
  freeBytes: number;
  totalBytes: number;
}
