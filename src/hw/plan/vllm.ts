/** Sizes a model to this machine for vLLM, which fills whatever share of a GPU it is given. */
import { ConfigError } from "../../errors.js";
import type { ModelFacts } from "../../models/facts.js";
import { answerTokensFor, chunkTokensFor } from "../chunk.js";
import type { MachineFacts } from "../facts.js";
import { formatBytes, gib } from "../memory.js";
import type { GpuGroup, MemoryPart, PlanRequest, VllmPlan, VllmReplica } from "./types.js";
import { planVllmOnCpu } from "./vllm-cpu.js";
import { gpuGroups } from "./vllm-gpus.js";
import {
  doesNotFit,
  fewestRequests,
  fixedOverhead,
  maxAutoContext,
  mostUtilization,
  powersOfTwo,
  reasonsFor,
  type Sized,
  type Try,
} from "./vllm-reasons.js";
import { tokensBytes, usualTokens } from "./vllm-tokens.js";

/** Kept free of what is free now: other programs, and rounding. */
const freeMargin = 0.5 * gib;
/** Below this many requests at once a second GPU for each copy brings more than a second copy. */
const enoughRequests = 64;
const minAutoContext = 2048;
const fp8ComputeCapability = 8.9;

/**
 * @throws {ConfigError} when the model, or what the user fixed, cannot fit, with the arithmetic
 */
export function planVllm(machine: MachineFacts, model: ModelFacts, request: PlanRequest): VllmPlan {
  if (machine.vllm?.cpuOnly === true) return planVllmOnCpu(machine, model, request);
  const groups = gpuGroups(machine);
  const sized = groups.map((group) => sizeGroup(group, model, request)).filter((one) => one !== undefined);
  const [first] = sized;
  if (first === undefined) throw doesNotFit(groups, model, request);
  // A second group of other cards serves copies of its own, where it can hold the same context.
  const all = sized
    .filter((one) => one === first || one.contextTokens >= first.contextTokens)
    .map((one) => ({ ...one, contextTokens: first.contextTokens, cacheType: first.cacheType }));
  const replicas =
    request.replicas === "auto" ? all.flatMap(replicasOf) : all.flatMap(replicasOf).slice(0, request.replicas);
  if (request.replicas !== "auto" && replicas.length < request.replicas)
    throw new ConfigError(
      `${request.replicas} replicas of ${model.name} do not fit: ${first.tensorParallel} GPUs each, and there are ${groups.reduce((sum, group) => sum + group.gpus.length, 0)}`,
      {
        remedy: "lower vllm.replicas or vllm.tensor_parallel_size",
      },
    );
  const { contextTokens, cacheType, quantization } = first;
  const { promptTokens, maxAnswerTokens } = request.job;
  const answerTokens = answerTokensFor(contextTokens, promptTokens, maxAnswerTokens);
  const turing = first.group.gpus.some((gpu) => Number(gpu.computeCapability ?? 9) < 8);
  return {
    backend: "vllm",
    replicas,
    contextTokens,
    cacheType,
    ...(turing ? { dtype: "half" as const } : {}),
    ...(quantization === undefined ? {} : { quantization }),
    concurrentRequests: replicas.reduce((sum, replica) => sum + replica.maxNumSeqs, 0),
    chunkTokens: chunkTokensFor(contextTokens, promptTokens, answerTokens),
    answerTokens,
    memory: all.flatMap((one) => memoryOf(one)),
    reasons: reasonsFor(model, request, first, replicas, machine),
  };
}

function sizeGroup(group: GpuGroup, model: ModelFacts, request: PlanRequest): Sized | undefined {
  const capability = Math.min(...group.gpus.map((gpu) => Number(gpu.computeCapability ?? 9.4)));
  const canFp8 = capability >= fp8ComputeCapability && request.cacheType === "auto";
  const widths = request.tensorParallel === "auto" ? powersOfTwo(group.gpus.length) : [request.tensorParallel];
  const possible = widths.filter((width) => width <= group.gpus.length && model.attentionHeads % width === 0);
  const contexts = request.context === "auto" ? contextLadder(model.trainContextTokens) : [request.context];
  const cacheType = request.cacheType === "auto" ? "f16" : request.cacheType;
  const search = (how: Pick<Try, "cacheType" | "quantization">): Sized | undefined => {
    for (const contextTokens of contexts) {
      let best: Sized | undefined;
      for (const tensorParallel of possible) {
        const sized = size(group, model, request, { tensorParallel, contextTokens, ...how });
        if (sized !== undefined && (best === undefined || sized.room > best.room)) best = sized;
        // The fewest GPUs per copy that leave room for enough requests: copies beat splitting otherwise.
        if (best !== undefined && best.room >= enoughRequests) return best;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  };
  const plain = search({ cacheType });
  if (!canFp8 || (plain !== undefined && plain.room >= 16)) return plain;
  const small = search({ cacheType: "fp8" });
  if (small !== undefined) return plain === undefined || small.room > plain.room ? small : plain;
  // Weights at 8 bits cost some quality, so only where nothing else lets the model in.
  const canQuantize = /bf16|f16|f32/.test(model.quantization);
  return canQuantize ? search({ cacheType: "fp8", quantization: "fp8_per_tensor" }) : undefined;
}

function size(group: GpuGroup, model: ModelFacts, request: PlanRequest, attempt: Try): Sized | undefined {
  const { tensorParallel: tp, contextTokens, cacheType, quantization } = attempt;
  const utilization = utilizationOf(group, request);
  const batchTokens = request.batchTokens === "auto" ? batchTokensFor(group.totalBytes) : request.batchTokens;
  const most = mostSequences(group.totalBytes);
  const shrink = quantization === undefined ? 1 : 0.5;
  const weightBytes = Math.ceil(((model.weightBytes * shrink) / tp) * 1.02);
  const wanted = request.sequences === "auto" ? most : request.sequences;
  // Activations of a step, and logits with their sorted copy for every request that is sampled.
  const activations = batchTokens * (4 * model.embeddingSize + (2 * model.feedForwardSize) / tp) * 2;
  const overheadBytes = Math.ceil(fixedOverhead + activations + 2 * Math.min(wanted, 256) * model.vocabularySize * 4);
  const cacheBytes = Math.floor(group.totalBytes * utilization - weightBytes - overheadBytes);
  const usual = usualTokens(request, contextTokens);
  const bytesFor = (tokens: number) => tokensBytes(model, tokens, tp, cacheType, batchTokens);
  if (cacheBytes < bytesFor(contextTokens)) return undefined;
  const cacheTokens = Math.floor((cacheBytes / bytesFor(contextTokens)) * contextTokens);
  const room = Math.floor(cacheBytes / bytesFor(usual));
  if (room < (request.sequences === "auto" ? fewestRequests : request.sequences)) return undefined;
  const sequences = request.sequences === "auto" ? Math.min(most, Math.max(8, room)) : request.sequences;
  return {
    ...attempt,
    group,
    utilization,
    batchTokens: Math.max(batchTokens, sequences),
    weightBytes,
    overheadBytes,
    cacheBytes,
    cacheTokens,
    sequences,
    room,
  };
}

function utilizationOf(group: GpuGroup, request: PlanRequest): number {
  const free = Math.floor(((group.freeBytes - freeMargin) / group.totalBytes) * 100) / 100;
  if (request.gpuMemoryUtilization === "auto") return Math.max(0, Math.min(mostUtilization, free));
  if (request.gpuMemoryUtilization * group.totalBytes > group.freeBytes)
    throw new ConfigError(
      `vllm.gpu_memory_utilization ${request.gpuMemoryUtilization} is ${formatBytes(request.gpuMemoryUtilization * group.totalBytes)} of ${group.gpus[0]!.name}, and ${formatBytes(group.freeBytes)} are free`,
      { remedy: `use ${Math.max(0, free)} or less, or end what else uses the GPU` },
    );
  return request.gpuMemoryUtilization;
}

function batchTokensFor(totalBytes: number): number {
  if (totalBytes >= 70 * gib) return 16_384;
  return totalBytes >= 38 * gib ? 8192 : totalBytes >= 20 * gib ? 4096 : 2048;
}

function mostSequences(totalBytes: number): number {
  return totalBytes >= 70 * gib ? 1024 : 256;
}

function contextLadder(trained: number): number[] {
  const ladder: number[] = [];
  for (
    let context = Math.min(trained, maxAutoContext);
    context >= Math.min(minAutoContext, trained);
    context = Math.floor(context / 2)
  )
    ladder.push(context);
  return ladder;
}

function replicasOf(sized: Sized): VllmReplica[] {
  const { group, tensorParallel, sequences, batchTokens, utilization, cacheTokens } = sized;
  const replicas: VllmReplica[] = [];
  for (let i = 0; i + tensorParallel <= group.gpus.length; i += tensorParallel)
    replicas.push({
      gpus: group.gpus.slice(i, i + tensorParallel).map((gpu) => gpu.index),
      maxNumSeqs: sequences,
      maxNumBatchedTokens: batchTokens,
      gpuMemoryUtilization: utilization,
      cacheTokens,
    });
  return replicas;
}

function memoryOf({ group, tensorParallel, weightBytes, overheadBytes, cacheBytes }: Sized): MemoryPart[] {
  const used = Math.floor(group.gpus.length / tensorParallel) * tensorParallel;
  return group.gpus.slice(0, used).flatMap((gpu) => [
    { what: "weights", where: `GPU ${gpu.index}`, bytes: weightBytes },
    { what: "KV cache", where: `GPU ${gpu.index}`, bytes: cacheBytes },
    { what: "activations, graphs and CUDA", where: `GPU ${gpu.index}`, bytes: overheadBytes },
  ]);
}
