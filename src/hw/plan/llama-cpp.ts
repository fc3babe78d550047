/** Sizes a model to this machine for llama.cpp. */
import type { ModelFacts } from "../../models/facts.js";
import { answerTokensFor, chunkTokensFor } from "../chunk.js";
import type { MachineFacts } from "../facts.js";
import { type CacheType, gib, mib } from "../memory.js";
import { chooseDevice, type Device } from "./device.js";
import { type Choice, memoryOf, parts } from "./llama-memory.js";
import { doesNotFit, reasonsFor } from "./llama-reasons.js";
import type { LlamaCppPlan, PlanRequest } from "./types.js";

/** llama.cpp's limit (LLAMA_MAX_SEQ). */
export const maxSequences = 256;
/**
 * What is tried in turn until it fits: tokens per request, and requests at once. A sequence is one row of each matrix
 * product, so many cost little more than one; below 4096 tokens chunks and answers get smaller than is good for them.
 */
const ladder: readonly (readonly [context: number, sequences: number])[] = [
  [8192, 32],
  [8192, 16],
  [8192, 8],
  [4096, 8],
  [4096, 4],
  [2048, 4],
  [2048, 2],
  [2048, 1],
  [1024, 1],
];
/** More gain nothing: a CPU is busy with this many, and on a GPU sampling, which is the CPU's work, becomes the limit. */
const mostSequences = { cpu: 16, gpu: 32 };
const defaultBatchTokens = 512;
/** With this much free memory a GPU evaluates prompts faster in larger steps. */
const largeGpuBytes = 12 * gib;
const largeBatchTokens = 1024;
/**
 * Weights up to this stay in the caches of the cores. Threads that share a step of so small a model spend more time
 * waiting for each other than computing, so each core gets sequences of its own instead.
 */
const smallModelBytes = 64 * mib;

/**
 * @throws {ConfigError} when what the user fixed, or the smallest that is of use, cannot fit, with the arithmetic
 */
export function planLlamaCpp(machine: MachineFacts, model: ModelFacts, request: PlanRequest): LlamaCppPlan {
  const device = chooseDevice(machine, request);
  const choice = fit(machine, model, request, device);
  if (choice === undefined) {
    const [contextTokens, sequences] = candidates(model, request, device).at(-1)!;
    throw doesNotFit(machine, model, request, device, {
      contextTokens,
      sequences,
      batchTokens: batchFor(request, device),
    });
  }
  const { use, ...sizes } = choice;
  const threads = threadsFor(machine, model, request, sizes.gpuLayers);
  const contexts =
    sizes.gpuLayers > 0 || use.name !== "cpu" ? 1 : contextsFor(model.weightBytes, threads, sizes.sequences);
  const { promptTokens, maxAnswerTokens } = request.job;
  const answerTokens = answerTokensFor(sizes.contextTokens, promptTokens, maxAnswerTokens);
  return {
    backend: "llama-cpp",
    device: sizes.gpuLayers > 0 ? use.name : "cpu",
    ...sizes,
    batchTokens: Math.max(sizes.batchTokens, sizes.sequences),
    concurrentRequests: sizes.sequences,
    threads,
    contexts,
    chunkTokens: chunkTokensFor(sizes.contextTokens, promptTokens, answerTokens),
    answerTokens,
    memory: memoryOf(machine, model, sizes, use, contexts),
    reasons: reasonsFor(machine, model, request, sizes, use, threads, contexts),
  };
}

type Fitted = Choice & { use: Device };

/** What is tried in turn: all layers on the GPU first, then a part of them, and a smaller cache only at last. */
function fit(machine: MachineFacts, model: ModelFacts, request: PlanRequest, device: Device): Fitted | undefined {
  const cpu: Device = { name: "cpu", gpus: [], gpuBudget: 0, memoryBudget: device.memoryBudget };
  const mayUseCpu = device.name !== "cpu" && request.gpu === "auto" && request.gpuLayers === "auto";
  const types: CacheType[] = request.cacheType === "auto" ? ["f16", "q8_0"] : [request.cacheType];
  for (const cacheType of types) {
    const found =
      tryLadder(machine, model, request, device, cacheType, allLayers) ??
      tryLadder(machine, model, request, device, cacheType, someLayers) ??
      (mayUseCpu ? tryLadder(machine, model, request, cpu, cacheType, allLayers) : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

type LayersThatFit = (
  fits: (gpuLayers: number) => boolean,
  model: ModelFacts,
  request: PlanRequest,
  choice: Pick<Choice, "contextTokens" | "sequences">,
) => number | undefined;

/** All layers, or as many as the user fixed. The smallest steps of the ladder are for those who have no choice. */
const allLayers: LayersThatFit = (fits, model, request, { contextTokens, sequences }) => {
  const all = model.layers + 1;
  const wanted = typeof request.gpuLayers === "number" ? Math.min(request.gpuLayers, all) : all;
  const isSmall =
    request.context === "auto" &&
    request.sequences === "auto" &&
    (contextTokens < 2048 || sequences < 4) &&
    contextTokens < model.trainContextTokens;
  if (request.gpuLayers === "auto" && isSmall) return undefined;
  return fits(wanted) ? wanted : undefined;
};

/** Where most layers are computed on the CPU, the copying back and forth outweighs what the GPU does. */
const fewestLayersShare = 1 / 4;

const someLayers: LayersThatFit = (fits, model, request, { contextTokens }) => {
  if (request.gpuLayers !== "auto" || (request.context === "auto" && contextTokens > 4096)) return undefined;
  for (let layers = model.layers + 1; layers >= model.layers * fewestLayersShare; layers--)
    if (fits(layers)) return layers;
  return undefined;
};

function tryLadder(
  machine: MachineFacts,
  model: ModelFacts,
  request: PlanRequest,
  device: Device,
  cacheType: CacheType,
  layersThatFit: LayersThatFit,
): Fitted | undefined {
  const sharesMemory = device.gpus.some((gpu) => gpu.sharesMemory);
  for (const [contextTokens, sequences] of candidates(model, request, device)) {
    const choice = { contextTokens, sequences, batchTokens: batchFor(request, device), cacheType };
    const fits = (gpuLayers: number) => {
      const need = parts(machine, model, { ...choice, gpuLayers }, device);
      const inMemory = need.memoryNeed + (sharesMemory ? need.gpuNeed : 0);
      return need.gpuNeed <= device.gpuBudget && inMemory <= device.memoryBudget;
    };
    const gpuLayers = device.name === "cpu" ? (fits(0) ? 0 : undefined) : layersThatFit(fits, model, request, choice);
    if (gpuLayers !== undefined) return { ...choice, gpuLayers, use: device };
  }
  return undefined;
}

/** The ladder with what the user fixed in its place. */
function candidates(model: ModelFacts, request: PlanRequest, device: Device): [number, number][] {
  const most = device.name === "cpu" ? mostSequences.cpu : mostSequences.gpu;
  const seen = new Set<string>();
  const result: [number, number][] = [];
  for (const [context, sequences] of ladder) {
    if (request.sequences === "auto" && sequences > most) continue;
    const pair: [number, number] = [
      request.context === "auto" ? Math.min(context, model.trainContextTokens) : request.context,
      request.sequences === "auto" ? sequences : request.sequences,
    ];
    if (seen.has(pair.join())) continue;
    seen.add(pair.join());
    result.push(pair);
  }
  return result;
}

function batchFor(request: PlanRequest, { name, gpus }: Device): number {
  if (request.batchTokens !== "auto") return request.batchTokens;
  const isLarge = name !== "cpu" && gpus.some((gpu) => gpu.freeBytes >= largeGpuBytes);
  return isLarge ? largeBatchTokens : defaultBatchTokens;
}

function threadsFor(machine: MachineFacts, model: ModelFacts, request: PlanRequest, gpuLayers: number): number {
  if (request.threads !== "auto") return request.threads;
  // With all layers on the GPU the CPU only samples.
  return gpuLayers > model.layers ? Math.min(4, machine.cpu.usableCores) : machine.cpu.usableCores;
}

/** The most contexts that divide threads and sequences evenly, for a model that the caches hold; else one. */
function contextsFor(weightBytes: number, threads: number, sequences: number): number {
  if (weightBytes > smallModelBytes) return 1;
  for (let contexts = Math.min(threads, sequences); contexts > 1; contexts--)
    if (threads % contexts === 0 && sequences % contexts === 0) return contexts;
  return 1;
}

/**
 * How many contexts a plan will have, from what is known before the model's header is read.
 * @param fileBytes size of the model's file
 */
export function expectedContexts(
  machine: Pick<MachineFacts, "cpu">,
  fileBytes: number,
  request: Pick<PlanRequest, "threads" | "sequences">,
): number {
  const threads = request.threads === "auto" ? machine.cpu.usableCores : request.threads;
  const sequences = request.sequences === "auto" ? mostSequences.cpu : request.sequences;
  return contextsFor(fileBytes, threads, sequences);
}
