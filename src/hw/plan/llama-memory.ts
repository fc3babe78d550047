/** What llama.cpp takes of memory and GPUs, by part. */
import type { ModelFacts } from "../../models/facts.js";
import type { MachineFacts } from "../facts.js";
import {
  cacheBytes,
  type CacheType,
  computeBytes,
  reorderedBytes,
  vocabularyBytes,
  workerProcessBytes,
} from "../memory.js";
import type { Device } from "./device.js";
import type { MemoryPart } from "./types.js";

/** Sizes that a plan tries. */
export interface Choice {
  contextTokens: number;
  sequences: number;
  gpuLayers: number;
  batchTokens: number;
  cacheType: CacheType;
}

export interface Parts {
  weightsOnGpu: number;
  weightsInMemory: number;
  reordered: number;
  cacheOnGpu: number;
  cacheInMemory: number;
  computeOnGpu: number;
  computeInMemory: number;
  vocabulary: number;
  gpuNeed: number;
  /** What memory must hold; copies of weights in another order stand for the mapped ones. */
  memoryNeed: number;
}

export function parts(machine: MachineFacts, model: ModelFacts, choice: Choice, device: Device): Parts {
  const { gpuLayers, contextTokens, sequences, batchTokens, cacheType } = choice;
  const layersOnGpu = Math.min(gpuLayers, model.layers);
  const share = model.layers === 0 ? 0 : layersOnGpu / model.layers;
  // The embeddings stay in memory; what is left beside the layers is then the output, or as large.
  const rest = model.weightBytes - model.layerWeightBytes;
  const weightsOnGpu = model.layerWeightBytes * share + (gpuLayers > model.layers ? rest : 0);
  const weightsInMemory = model.weightBytes - model.layerWeightBytes * share;
  const cache = cacheBytes(model.cache, { contextTokens, sequences, batchTokens, type: cacheType });
  const onGpu = gpuLayers > 0;
  const sizes = {
    weightsOnGpu,
    weightsInMemory,
    reordered: gpuLayers > model.layers ? 0 : reorderedBytes(model, machine.cpu.simd) * (1 - share),
    cacheOnGpu: cache * share,
    cacheInMemory: cache * (1 - share),
    computeOnGpu: onGpu ? computeBytes(model, choice, "gpu") : 0,
    computeInMemory: gpuLayers > model.layers ? 0 : computeBytes(model, choice, "cpu"),
    vocabulary: vocabularyBytes(model.vocabularySize),
  };
  return {
    ...sizes,
    gpuNeed: device.name === "cpu" ? 0 : sizes.weightsOnGpu + sizes.cacheOnGpu + sizes.computeOnGpu,
    memoryNeed:
      Math.max(sizes.weightsInMemory, sizes.reordered) +
      sizes.cacheInMemory +
      sizes.computeInMemory +
      sizes.vocabulary +
      workerProcessBytes,
  };
}

export function memoryOf(
  machine: MachineFacts,
  model: ModelFacts,
  choice: Choice,
  device: Device,
  contexts: number,
): MemoryPart[] {
  const need = parts(machine, model, choice, device);
  // Each context has buffers of its own for a step.
  const compute = need.computeInMemory * contexts;
  const gpu =
    device.gpus.length === 1
      ? `GPU ${device.gpus[0]!.index}`
      : `GPUs ${device.gpus.map((one) => one.index).join(", ")}`;
  const all: MemoryPart[] = [
    { what: "weights", where: gpu, bytes: need.weightsOnGpu },
    { what: "KV cache", where: gpu, bytes: need.cacheOnGpu },
    { what: "buffers of a step", where: gpu, bytes: need.computeOnGpu },
    { what: "weights, mapped from the file", where: "memory", bytes: need.weightsInMemory, reclaimable: true },
    { what: "weights in the order the CPU computes in", where: "memory", bytes: need.reordered },
    { what: "KV cache", where: "memory", bytes: need.cacheInMemory },
    { what: "buffers of a step", where: "memory", bytes: compute },
    { what: "vocabulary", where: "memory", bytes: need.vocabulary },
    { what: "the model's process", where: "memory", bytes: workerProcessBytes },
  ];
  return all.filter((part) => part.bytes > 0).map((part) => ({ ...part, bytes: Math.round(part.bytes) }));
}
