/** Opens llama.cpp and the model in this process. Never downloads and never compiles. */
import { readFileSync } from "node:fs";
import {
  getLlama,
  InsufficientMemoryError,
  type Llama,
  type LlamaContext,
  LlamaLogLevel,
  type LlamaModel,
  NoBinaryFoundError,
} from "node-llama-cpp";
import { messageOf, QuernError } from "../../../errors.js";
import type { ModelFacts } from "../../../models/facts.js";
import { readGgufFacts } from "../../../models/gguf.js";
import type { DeviceFacts, Failure, LoadSettings } from "../protocol.js";
import { bySequence } from "./order.js";

/** A failure to start with what the parent should make of it. */
export class StartFailure extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

// llama.cpp gives its reasons to the log only; the last errors are kept to be told with a failure.
const recentErrors: string[] = [];

function keepLog(level: LlamaLogLevel, message: string): void {
  if (level !== LlamaLogLevel.error && level !== LlamaLogLevel.fatal) return;
  recentErrors.push(message.trim());
  if (recentErrors.length > 5) recentErrors.shift();
}

function startFailure(error: unknown, remedy: string, modelPath?: string): StartFailure {
  const details = recentErrors.filter((line) => line !== "").join("; ");
  const subject = modelPath === undefined ? "" : `the model ${modelPath} cannot be used: `;
  const message = `${subject}${messageOf(error)}${details === "" ? "" : ` (${details})`}`;
  const outOfMemory =
    error instanceof InsufficientMemoryError ||
    /out of memory|failed to allocate|unable to allocate|Failed to create context/i.test(message);
  return new StartFailure({ kind: outOfMemory ? "out-of-memory" : "start", message, remedy });
}

/**
 * Reads what the plan needs from the file's header.
 * @throws {StartFailure} when the file is not a GGUF file, is cut off or cannot be read
 */
export async function describeModel(modelPath: string): Promise<ModelFacts> {
  try {
    return await readGgufFacts(modelPath);
  } catch (error) {
    const remedy = error instanceof QuernError ? error.remedy : undefined;
    throw startFailure(error, remedy ?? "check that the file is a complete GGUF model");
  }
}

/** What llama.cpp computes on in this process. */
export async function describeDevice(llama: Llama): Promise<DeviceFacts> {
  if (llama.gpu === false) return { device: "cpu", totalBytes: 0, freeBytes: 0, names: [], sharesMemory: false };
  const [{ total, free, unifiedSize }, names] = await Promise.all([llama.getVramState(), llama.getGpuDeviceNames()]);
  return { device: llama.gpu, totalBytes: total, freeBytes: free, names, sharesMemory: unifiedSize * 2 > total };
}

export interface LoadedModel {
  llama: Llama;
  model: LlamaModel;
  contexts: LlamaContext[];
}

/**
 * @param maxThreads most threads of a step
 * @throws {StartFailure} when there is no llama.cpp for this machine
 */
export async function openLlama(gpu: LoadSettings["gpu"], maxThreads: number): Promise<Llama> {
  try {
    return await getLlama({
      gpu,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      maxThreads,
      logLevel: LlamaLogLevel.error,
      logger: keepLog,
    });
  } catch (error) {
    if (error instanceof NoBinaryFoundError && gpu !== "auto" && gpu !== false)
      throw new StartFailure({
        kind: "start",
        message: `llama.cpp cannot use ${gpu} here`,
        remedy: "set llama-cpp.gpu to auto or off; `quern system-check` says what it can use, and why not more",
      });
    if (error instanceof NoBinaryFoundError)
      throw new StartFailure({
        kind: "start",
        message: `node-llama-cpp ${libraryVersion()} has no llama.cpp built for this machine (${process.platform} ${process.arch})`,
        remedy: "install without --omit=optional; or build it with `npx node-llama-cpp source build`",
      });
    throw startFailure(error, "set llama-cpp.gpu to off to compute on the CPU");
  }
}

/**
 * @throws {StartFailure} when the model is broken or memory does not suffice
 */
export async function loadModel(llama: Llama, settings: LoadSettings): Promise<LoadedModel> {
  llama.maxThreads = settings.threads;
  let model: LlamaModel;
  try {
    model = await llama.loadModel({ modelPath: settings.modelPath, gpuLayers: settings.gpuLayers });
  } catch (error) {
    throw startFailure(
      error,
      "check that the file is a complete GGUF model of a kind that llama.cpp knows",
      settings.modelPath,
    );
  }
  try {
    const contexts: LlamaContext[] = [];
    // A GPU is kept full by one batch.
    const count = llama.gpu === false ? settings.contexts : 1;
    for (let i = 0; i < count; i++)
      contexts.push(
        await model.createContext({
          contextSize: settings.contextTokens,
          sequences: settings.sequences / count,
          batchSize: settings.batchSize,
          threads: settings.threads / count,
          batching: { itemPrioritizationStrategy: bySequence },
          ...(settings.cacheType === "f16"
            ? {}
            : { flashAttention: true, experimentalKvCacheKeyType: "Q8_0", experimentalKvCacheValueType: "Q8_0" }),
        }),
      );
    return { llama, model, contexts };
  } catch (error) {
    throw startFailure(error, "lower llama-cpp.context or llama-cpp.sequences");
  }
}

function libraryVersion(): string {
  // The package does not export its manifest, so it is found from its entry.
  const manifest = new URL("../package.json", import.meta.resolve("node-llama-cpp"));
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
