/** How one vLLM server is started. */
import type { VllmProgram } from "../../../hw/facts.js";
import type { VllmPlan, VllmReplica } from "../../../hw/plan/index.js";

export interface VllmSettings {
  program: VllmProgram;
  /** A folder of safetensors, or a name that vLLM finds in the local cache of Hugging Face. */
  model: string;
  servedName: string;
  gpus: readonly number[];
  gpuVendor: "nvidia" | "amd" | "none";
  /** Of the weakest GPU; 0 on the CPU. */
  computeCapability: number;
  maxModelLen: number;
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  gpuMemoryUtilization: number;
  cacheType: "auto" | "fp8";
  dtype?: string;
  quantization?: string;
  /** The checkpoint is quantized already, and cannot be again. */
  isQuantized: boolean;
  enforceEager: boolean;
  /** CPU only. */
  cacheGib?: number;
  threads: number;
  /** Passed on as they are; they win over quern's own. */
  extraArgs: readonly string[];
  /** Flags that this version turned out not to know. */
  dropped: readonly string[];
}

/** Settings of one copy of a plan. */
export function settingsOf(
  plan: VllmPlan,
  replica: VllmReplica,
  rest: Pick<
    VllmSettings,
    | "program"
    | "model"
    | "servedName"
    | "gpuVendor"
    | "computeCapability"
    | "threads"
    | "extraArgs"
    | "enforceEager"
    | "isQuantized"
  >,
): VllmSettings {
  return {
    ...rest,
    gpus: replica.gpus,
    maxModelLen: plan.contextTokens,
    maxNumSeqs: replica.maxNumSeqs,
    maxNumBatchedTokens: replica.maxNumBatchedTokens,
    gpuMemoryUtilization: replica.gpuMemoryUtilization,
    cacheType: plan.cacheType === "fp8" ? "fp8" : "auto",
    ...(plan.dtype === undefined ? {} : { dtype: plan.dtype }),
    ...(plan.quantization === undefined ? {} : { quantization: plan.quantization }),
    ...(replica.cacheBytes === undefined ? {} : { cacheGib: Math.max(1, Math.floor(replica.cacheBytes / 1024 ** 3)) }),
    dropped: [],
  };
}
