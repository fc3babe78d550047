/** Opens llama.cpp and the model in this process. Never downloads and never compiles. */
import { createRequire } from "node:module";
import {
  getLlama,
  GgufInsights,
  InsufficientMemoryError,
  type Llama,
  type LlamaContext,
  LlamaLogLevel,
  type LlamaModel,
  NoBinaryFoundError,
  readGgufFileInfo,
} from "node-llama-cpp";
import { messageOf } from "../../../errors.js";
import type { ModelFacts } from "../../../models/facts.js";
import type { Failure, LoadSettings } from "../protocol.js";
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
 * @throws {StartFailure} when the file is not a GGUF file or cannot be read
 */
export async function describeModel(modelPath: string): Promise<ModelFacts> {
  try {
    const info = await readGgufFileInfo(modelPath, { sourceType: "filesystem", logWarnings: false });
    const insights = await GgufInsights.from(info);
    const { architectureMetadata } = info;
    const heads = architectureMetadata.attention?.head_count;
    const headCount = Array.isArray(heads) ? Math.max(...heads) : (heads ?? 1);
    const headSize = insights.embeddingVectorSize === undefined ? 128 : insights.embeddingVectorSize / headCount;
    const keySize = architectureMetadata.attention?.key_length ?? headSize;
    const valueSize = architectureMetadata.attention?.value_length ?? headSize;
    // Some models have another number in each layer.
    const kvHeads = (architectureMetadata.attention?.head_count_kv ?? headCount) as number | readonly number[];
    const layers = architectureMetadata.block_count ?? insights.totalLayers;
    const kvHeadsOverLayers = typeof kvHeads === "number" ? kvHeads * layers : kvHeads.reduce((sum, n) => sum + n, 0);
    return {
      name: info.metadata.general.name ?? "",
      architecture: info.metadata.general.architecture,
      weightBytes: insights.modelSize,
      trainContextTokens: insights.trainContextSize ?? 4096,
      vocabularySize: info.metadata.tokenizer.ggml.tokens.length,
      kvBytesPerToken: kvHeadsOverLayers * (keySize + valueSize) * 2,
    };
  } catch (error) {
    throw startFailure(error, "check that the file is a complete GGUF model", modelPath);
  }
}

export interface LoadedModel {
  llama: Llama;
  model: LlamaModel;
  contexts: LlamaContext[];
}

/**
 * @throws {StartFailure} when there is no llama.cpp for this machine, the model is broken or memory does not suffice
 */
export async function loadModel(settings: LoadSettings): Promise<LoadedModel> {
  let llama: Llama;
  try {
    llama = await getLlama({
      gpu: settings.gpu,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      maxThreads: settings.threads,
      logLevel: LlamaLogLevel.error,
      logger: keepLog,
    });
  } catch (error) {
    if (error instanceof NoBinaryFoundError)
      throw new StartFailure({
        kind: "start",
        message: `node-llama-cpp ${libraryVersion()} has no llama.cpp built for this machine (${process.platform} ${process.arch}${settings.gpu === false ? "" : `, ${settings.gpu}`})`,
        remedy: "install without --omit=optional; or build it with `npx node-llama-cpp source build`",
      });
    throw startFailure(error, "set llama-cpp.gpu to off to compute on the CPU");
  }
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
        }),
      );
    return { llama, model, contexts };
  } catch (error) {
    throw startFailure(error, "lower llama-cpp.context or llama-cpp.sequences");
  }
}

function libraryVersion(): string {
  const manifest = createRequire(import.meta.url)("node-llama-cpp/package.json") as { version: string };
  return manifest.version;
}
