/** What is known of a machine: types only. `probe.ts` fills them in, `plan.ts` reads them, tests record them. */

export interface CpuFacts {
  /** As the processor calls itself; empty where it does not say. */
  model: string;
  physicalCores: number;
  logicalCores: number;
  /** Physical cores this process may keep busy, affinity and limits of a container included; at least 1. */
  usableCores: number;
  /** Instruction sets that matter to llama.cpp and vLLM, lower case: `avx2`, `avx512f`, `amx_bf16`, `neon`, ... */
  simd: readonly string[];
}

export interface MemoryFacts {
  /** Bytes of the machine, or of the container where that has less. */
  totalBytes: number;
  /** Bytes that can still be taken, limits of a container included. */
  availableBytes: number;
  /** Set where a container allows less than the machine has. */
  limitedBy?: "cgroup v1" | "cgroup v2";
}

export type GpuVendor = "nvidia" | "amd" | "intel" | "apple" | "other";

export interface GpuFacts {
  /** The index its vendor's tools give it, which is what CUDA_VISIBLE_DEVICES takes. */
  index: number;
  vendor: GpuVendor;
  name: string;
  /** Bytes of its own memory; of an integrated one, the part of the machine's memory it may use. */
  totalBytes: number;
  /** Bytes of it that are free now. */
  freeBytes: number;
  /** It computes in the machine's own memory. */
  sharesMemory: boolean;
  /** NVIDIA only: `8.9`. */
  computeCapability?: string;
  /** Version of the driver: `580.95.05`. */
  driver?: string;
}

/** What llama.cpp computes on. */
export type LlamaDevice = "cuda" | "vulkan" | "metal" | "cpu";

export interface LlamaCppFacts {
  /** What llama.cpp can use here, best first; empty where there is no llama.cpp for this machine. */
  devices: readonly LlamaDevice[];
  /** Why a device that could be expected is missing, one sentence each. */
  reasons: readonly string[];
  /** llama.cpp's release, and node-llama-cpp's. */
  release?: string;
}

/** A server program that quern can start. */
export interface ServerProgram {
  /** The absolute path of the executable. */
  command: string;
  /** `0.29.0`; empty where it cannot be told. */
  version: string;
}

export interface VllmProgram extends ServerProgram {
  /** It was built for the CPU, not for GPUs. */
  cpuOnly: boolean;
}

export interface DiskFacts {
  /** The folder that was asked for; its nearest existing parent was looked at. */
  folder: string;
  freeBytes: number;
}

/** A fact's name, as in `memory.availableBytes`, and where it came from. */
export type Sources = Readonly<Record<string, string>>;

export interface MachineFacts {
  /** `linux`, `darwin`, `win32`, ... as Node says it. */
  os: NodeJS.Platform;
  /** `x64`, `arm64`, ... as Node says it. */
  arch: string;
  cpu: CpuFacts;
  memory: MemoryFacts;
  gpus: readonly GpuFacts[];
  llamaCpp: LlamaCppFacts;
  /** Absent where none was found. */
  vllm?: VllmProgram;
  /** llama.cpp's own server; absent where none was found. */
  llamaServer?: ServerProgram;
  disk: { models: DiskFacts; outputs: DiskFacts };
  /** Where each fact came from. */
  sources: Sources;
  /** What could not be found out and why, one sentence each: a tool that hangs, a driver that is missing. */
  problems: readonly string[];
}
