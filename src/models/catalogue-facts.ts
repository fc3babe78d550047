/** What a model of the catalogue takes, before any of its files are here. */
import type { CatalogueEntry } from "./catalogue.js";
import type { CacheGroup, ModelFacts } from "./facts.js";

/** Keys and values, at 16 bits each. */
const bytesPerHeadValue = 4;

/**
 * The facts that plans are made from. The bytes of the layers are those of all weights, shared out by parameters, which
 * is right to a few percent: quantized files keep embeddings in another width than layers.
 * @param format the files that are meant; GGUF where the entry has no other
 */
export function factsOfEntry(entry: CatalogueEntry, format: "gguf" | "safetensors" = "gguf"): ModelFacts {
  const { architecture, parameters } = entry;
  const folder = format === "safetensors" ? entry.safetensors : null;
  // A folder without known bytes: two for each parameter, or what the quantized file has.
  const weightBytes =
    folder === null
      ? entry.gguf.bytes
      : (folder.bytes ?? (folder.dtype === "bf16" ? 2 * parameters.total : entry.gguf.bytes));
  const table = architecture.vocabulary * architecture.embedding;
  const outside = Math.min(parameters.total / 2, table * (architecture.tied ? 1 : 2));
  return {
    name: entry.name,
    format: folder === null ? "gguf" : "safetensors",
    architecture: folder === null ? architecture.gguf : architecture.safetensors,
    weightBytes,
    layerWeightBytes: Math.round(weightBytes * (1 - outside / parameters.total)),
    matrixBytes: {},
    parameters: parameters.total,
    quantization: folder?.dtype ?? entry.gguf.quantization ?? "MXFP4",
    trainContextTokens: entry.context,
    vocabularySize: architecture.vocabulary,
    embeddingSize: architecture.embedding,
    feedForwardSize: architecture.feedForward,
    layers: architecture.layers,
    attentionHeads: architecture.heads,
    keyValueHeads: architecture.keyValueHeads,
    latentAttention: false,
    mixtureOfExperts: parameters.active < parameters.total,
    cache: (architecture.cache ?? [{ layers: architecture.layers }]).map((group): CacheGroup => {
      const { layers, window, stateBytes } = group;
      if (stateBytes !== undefined) return { kind: "state", layers, bytesPerSequence: stateBytes };
      const heads = group.keyValueHeads ?? architecture.keyValueHeads;
      const bytesPerToken = heads * (group.headDim ?? architecture.headDim) * bytesPerHeadValue;
      return window === undefined
        ? { kind: "full", layers, bytesPerToken }
        : { kind: "window", layers, bytesPerToken, window };
    }),
  };
}
