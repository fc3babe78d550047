/**
 * Sizes a model to this machine. Pure: the same facts give the same plan, and every number comes with its reason.
 */
import { ConfigError } from "../errors.js";
import type { ModelFacts } from "../models/facts.js";
import type { MachineFacts } from "./probe.js";

/** What the user fixed; `auto` leaves it to the plan. */
export interface PlanRequest {
  context: number | "auto";
  sequences: number | "auto";
  threads: number | "auto";
  batchSize: number;
}

export interface Plan {
  /** Tokens one request may use, prompt and answer together. */
  contextTokens: number;
  /** Requests decoded together; a multiple of `contexts`. */
  sequences: number;
  /** A multiple of `contexts`. */
  threads: number;
  /** Contexts that decode side by side, each with its share of the sequences and threads. */
  contexts: number;
  /** Most tokens evaluated in one step. */
  batchSize: number;
  /** Bytes the weights, the KV cache and the buffers of a step are expected to take. */
  expectedBytes: number;
  /** One sentence per decision. */
  reasons: string[];
}

/** Sequences decoded together gain throughput up to here on a CPU; a sequence is one row of each matrix product. */
const maxAutoSequences = 16;
/** llama.cpp's limit (LLAMA_MAX_SEQ). */
export const maxSequences = 256;
/** Chunks beyond this gain nothing for pairs about a text, and the cache of every sequence grows with it. */
const maxAutoContext = 8192;
/** Below this a chunk, its prompt and its answer are too small to be of use. */
const minAutoContext = 1024;
/**
 * Weights up to this stay in the caches of the cores. Threads that share a step of so small a model spend more time
 * waiting for each other than computing, so each core gets sequences of its own instead.
 */
const smallModelBytes = 64 * 1024 * 1024;
/** Memory left to the operating system, the parent process and the documents. */
const reservedBytes = 512 * 1024 * 1024;

/**
 * @throws {ConfigError} when what the user fixed cannot fit, with the arithmetic
 */
export function plan(machine: MachineFacts, model: ModelFacts, request: PlanRequest): Plan {
  const threads = request.threads === "auto" ? machine.cores : request.threads;
  // Logits of a whole batch at 32 bits, and about as much again for activations.
  const bufferBytes = 2 * request.batchSize * model.vocabularySize * 4;
  const budget = machine.availableMemoryBytes - reservedBytes - model.weightBytes - bufferBytes;
  const kvBytes = (context: number, sequences: number) => context * sequences * model.kvBytesPerToken;
  const fits = (context: number, sequences: number) => kvBytes(context, sequences) <= budget;

  let sequences = request.sequences === "auto" ? maxAutoSequences : request.sequences;
  let context = request.context === "auto" ? Math.min(model.trainContextTokens, maxAutoContext) : request.context;
  if (request.sequences === "auto")
    while (sequences > 1 && !fits(context, sequences)) sequences = Math.ceil(sequences / 2);
  if (request.context === "auto")
    while (context > minAutoContext && !fits(context, sequences))
      context = Math.max(minAutoContext, Math.floor(context / 2));
  if (!fits(context, sequences))
    throw new ConfigError(
      `${model.name} does not fit: weights ${mib(model.weightBytes)}, KV cache ${context} tokens x ${sequences} sequences x ` +
        `${model.kvBytesPerToken} bytes = ${mib(kvBytes(context, sequences))}, buffers ${mib(bufferBytes)}, reserve ${mib(reservedBytes)}; ` +
        `available ${mib(machine.availableMemoryBytes)}`,
      { remedy: "use a smaller model, or lower llama-cpp.context or llama-cpp.sequences" },
    );
  const contexts = contextsFor(model.weightBytes, threads, sequences);
  const reasons = [
    `context ${context} tokens: ${request.context === "auto" ? `the model was trained with ${model.trainContextTokens}` : "as configured"}`,
    `${sequences} sequences: ${request.sequences === "auto" ? `KV cache of ${mib(kvBytes(context, sequences))} in ${mib(machine.availableMemoryBytes)} available` : "as configured"}`,
    `${threads} threads: ${request.threads === "auto" ? "the physical cores this process may use" : "as configured"}`,
  ];
  if (contexts > 1) reasons.push(`${contexts} contexts side by side: the model is small enough for the cores' caches`);
  if (request.context !== "auto" && context > model.trainContextTokens)
    reasons.push(`note: the context is beyond the ${model.trainContextTokens} tokens the model was trained with`);
  return {
    contextTokens: context,
    sequences,
    threads,
    contexts,
    batchSize: Math.max(request.batchSize, sequences),
    expectedBytes: model.weightBytes + bufferBytes + kvBytes(context, sequences),
    reasons,
  };
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
export function expectedContexts(machine: MachineFacts, fileBytes: number, request: PlanRequest): number {
  const threads = request.threads === "auto" ? machine.cores : request.threads;
  const sequences = request.sequences === "auto" ? maxAutoSequences : request.sequences;
  return contextsFor(fileBytes, threads, sequences);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
