/** Why vLLM's plan is as it is, and why there is none. */
import { ConfigError } from "../../errors.js";
import type { ModelFacts } from "../../models/facts.js";
import type { MachineFacts } from "../facts.js";
import { type CacheType, formatBytes, gib } from "../memory.js";
import { contextReason } from "./llama-reasons.js";
import type { GpuGroup, PlanRequest, VllmReplica } from "./types.js";

/** vLLM's own default; more leaves too little for what is not counted. */
export const mostUtilization = 0.92;
/** CUDA's context, graphs and allocator of one process on one GPU (0.8 to 1.6 GiB in its logs). */
export const fixedOverhead = 1.25 * gib;
export const fewestRequests = 4;
export const maxAutoContext = 8192;

export interface Try {
  tensorParallel: number;
  contextTokens: number;
  cacheType: CacheType;
  quantization?: "fp8_per_tensor";
}

export interface Sized extends Try {
  group: GpuGroup;
  utilization: number;
  batchTokens: number;
  weightBytes: number;
  overheadBytes: number;
  cacheBytes: number;
  cacheTokens: number;
  sequences: number;
  /** Requests of the job's usual length that the cache holds. */
  room: number;
}

export function reasonsFor(
  model: ModelFacts,
  request: PlanRequest,
  first: Sized,
  replicas: readonly VllmReplica[],
  machine: MachineFacts,
): string[] {
  const {
    group,
    tensorParallel: tp,
    contextTokens,
    cacheType,
    utilization,
    weightBytes,
    overheadBytes,
    cacheBytes,
    room,
  } = first;
  const name = group.gpus[0]!.name;
  const reasons = [
    `vLLM ${machine.vllm?.version ?? ""} on ${replicas.length * tp > 1 ? `${replicas.reduce((sum, replica) => sum + replica.gpus.length, 0)} GPUs` : name}: ${formatBytes(group.totalBytes)} x ${utilization} - weights ${formatBytes(weightBytes)} - ${formatBytes(overheadBytes)} for activations and graphs leaves ${formatBytes(cacheBytes)} for the KV cache${tp > 1 ? " on each GPU" : ""}`,
    `context ${contextTokens} tokens: ${request.context === "auto" ? contextReason(contextTokens, model.trainContextTokens) : "as configured"}`,
    `${first.sequences} requests at once for each copy: the cache holds ${room} of usual length`,
  ];
  if (replicas.length > 1 || tp > 1)
    reasons.push(
      tp === 1
        ? `${replicas.length} copies, one on each GPU: each holds the model with room for enough requests, and copies need not talk to each other`
        : `${replicas.length === 1 ? "one copy" : `${replicas.length} copies`} over ${tp} GPUs each: ${request.tensorParallel === "auto" ? `on fewer the cache would hold too few requests` : "as configured"}`,
    );
  const used = replicas.reduce((sum, replica) => sum + replica.gpus.length, 0);
  if (used < machine.gpus.length)
    reasons.push(
      `${machine.gpus.length - used} of ${machine.gpus.length} GPUs are left alone: they cannot hold a copy of their own`,
    );
  if (cacheType !== "f16")
    reasons.push(
      `KV cache at ${cacheType}: ${request.cacheType === "auto" ? "at 16 bits it holds too little" : "as configured"}`,
    );
  if (first.quantization !== undefined)
    reasons.push("weights are quantized to fp8 while they are loaded: at 16 bits they do not fit");
  if (utilization < mostUtilization && request.gpuMemoryUtilization === "auto")
    reasons.push(
      `only ${formatBytes(group.freeBytes)} of ${formatBytes(group.totalBytes)} are free: another program uses the GPU`,
    );
  return reasons;
}

export function doesNotFit(groups: readonly GpuGroup[], model: ModelFacts, request: PlanRequest): ConfigError {
  const [group] = groups;
  const tp =
    request.tensorParallel === "auto"
      ? (powersOfTwo(group?.gpus.length ?? 1)
          .filter((width) => model.attentionHeads % width === 0)
          .pop() ?? 1)
      : request.tensorParallel;
  if (model.attentionHeads % tp !== 0)
    return new ConfigError(
      `vllm.tensor_parallel_size ${tp} does not divide the ${model.attentionHeads} attention heads of ${model.name}`,
      {
        remedy: `use one of ${powersOfTwo(64)
          .filter((width) => model.attentionHeads % width === 0)
          .join(", ")}`,
      },
    );
  if (group !== undefined && tp > group.gpus.length)
    return new ConfigError(
      `vllm.tensor_parallel_size ${tp} needs ${tp} equal GPUs, and there are ${group.gpus.length}`,
      { remedy: `use ${group.gpus.length} or less` },
    );
  const total = group?.totalBytes ?? 0;
  const free = group?.freeBytes ?? 0;
  return new ConfigError(
    `${model.name} does not fit: weights ${formatBytes(model.weightBytes / tp)}${tp > 1 ? ` on each of ${tp} GPUs` : ""}, at least ${formatBytes(fixedOverhead)} for CUDA, graphs and activations, and a cache for ${fewestRequests} requests; ${group?.gpus[0]?.name ?? "the GPU"} has ${formatBytes(total)}, ${formatBytes(free)} free`,
    { remedy: "use a smaller or a quantized model; a GGUF file runs with llama.cpp, partly on the CPU" },
  );
}

/** 1, 2, 4, ... up to `most`. */
export function powersOfTwo(most: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power <= most; power *= 2) powers.push(power);
  return powers;
}
