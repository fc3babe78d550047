/** Facts of a model from the header of its GGUF file, as llama.cpp will read it. */
import { stat } from "node:fs/promises";
import path from "node:path";
import type { GgufFileInfo } from "node-llama-cpp";
import { InputError, messageOf } from "../errors.js";
import { groupLayers, type LayerCache } from "./cache-layout.js";
import type { ModelFacts } from "./facts.js";
import { tensorBytes } from "./tensor-types.js";

const bytesPerValue = 2;
/** States of recurrent layers are kept at 32 bits. */
const bytesPerStateValue = 4;

/**
 * Every n-th layer sees the whole context and the others a window, where the file does not list them
 * (llama.cpp, `load_swa_pattern` in src/models).
 */
const windowPeriods: Readonly<Record<string, { period: number; fullFirst?: boolean; window?: number }>> = {
  afmoe: { period: 4 },
  cohere2: { period: 4 },
  cohere2moe: { period: 4, fullFirst: true },
  exaone4: { period: 4 },
  "exaone-moe": { period: 4 },
  gemma2: { period: 2, window: 4096 },
  gemma3: { period: 6 },
  gemma3n: { period: 5 },
  "gpt-oss": { period: 2 },
  laguna: { period: 4, fullFirst: true },
  llama4: { period: 4, window: 8192 },
  mellum: { period: 4 },
  olmo2: { period: 4 },
  plamo3: { period: 8 },
  smallthinker: { period: 4, fullFirst: true, window: 4096 },
};
/** Layers of these have attention and a state, both. */
const parallelHybrids = new Set(["falcon-h1"]);
/** These keep a state in all layers. */
const recurrentArchitectures = new Set(["mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"]);

/**
 * @param file a `.gguf` file; of a split model, its first part
 * @throws {InputError} when the file is missing, is not GGUF, or ends before its weights do
 */
export async function readGgufFacts(file: string): Promise<ModelFacts> {
  const { readGgufFileInfo, GgufFileType, GgmlType } = await import("node-llama-cpp");
  let info: GgufFileInfo;
  try {
    info = await readGgufFileInfo(file, { sourceType: "filesystem", logWarnings: false });
  } catch (error) {
    throw new InputError(`${file} cannot be read as a GGUF model: ${messageOf(error)}`, {
      remedy: "check that the file is a complete GGUF model; fetch it again if it was cut off",
      cause: error,
    });
  }
  const weights = await sumWeights(file, info, (type) => GgmlType[type] ?? "unknown");
  const { metadata } = info;
  const type = GgufFileType[metadata.general.file_type ?? -1];
  const named = metadata.general.name;
  return {
    name: named === undefined || named === "" ? path.basename(file, ".gguf") : named,
    format: "gguf",
    quantization: type === undefined ? "unknown" : type.replace(/^MOSTLY_|^ALL_/, ""),
    ...weights,
    ...architectureFacts(metadata),
  };
}

interface Metadata {
  general: { architecture: string };
  tokenizer?: { ggml?: { tokens?: readonly unknown[] } };
  [architecture: string]: unknown;
}

type ArchitectureFacts = Omit<
  ModelFacts,
  "name" | "format" | "quantization" | "weightBytes" | "layerWeightBytes" | "matrixBytes" | "parameters"
>;

/** A key of the header may hold a number, or a list with one for each layer. */
type PerLayer = number | readonly number[] | undefined;

/** The part of the header that describes the architecture; what is missing takes llama.cpp's defaults. */
export function architectureFacts(metadata: Metadata): ArchitectureFacts {
  const { architecture } = metadata.general;
  const section = (metadata[architecture] ?? {}) as Record<string, unknown>;
  const number = (key: string): number | undefined => {
    const value = lookUp(section, key);
    return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
  };
  const perLayer = (key: string): PerLayer => lookUp(section, key) as PerLayer;
  const layers = number("block_count") ?? 0;
  const embeddingSize = number("embedding_length") ?? 0;
  const heads = perLayer("attention.head_count");
  const attentionHeads = typeof heads === "number" ? heads : Math.max(1, ...(heads ?? [1]));
  const kvHeads = perLayer("attention.head_count_kv") ?? attentionHeads;
  const headSize = attentionHeads === 0 ? 0 : embeddingSize / attentionHeads;
  const experts = number("expert_count") ?? 0;
  const latentAttention = number("attention.key_length_mla") !== undefined;
  const feedForward =
    experts > 0
      ? (number("expert_feed_forward_length") ?? 0) * (number("expert_used_count") ?? 1)
      : most(perLayer("feed_forward_length"));
  return {
    architecture,
    trainContextTokens: number("context_length") ?? 4096,
    vocabularySize: metadata.tokenizer?.ggml?.tokens?.length ?? number("vocab_size") ?? 32_000,
    embeddingSize,
    feedForwardSize: feedForward === 0 ? most(perLayer("feed_forward_length")) : feedForward,
    layers,
    attentionHeads,
    keyValueHeads: typeof kvHeads === "number" ? kvHeads : Math.max(1, ...kvHeads),
    latentAttention,
    mixtureOfExperts: experts > 0,
    cache: groupLayers(
      Array.from({ length: layers - (number("nextn_predict_layers") ?? 0) }, (_, layer) => layer).flatMap((layer) =>
        layerCache(layer, { architecture, section, number, perLayer, layers, headSize, kvHeads, latentAttention }),
      ),
    ),
  };
}

interface Shape {
  architecture: string;
  section: Record<string, unknown>;
  number: (key: string) => number | undefined;
  perLayer: (key: string) => PerLayer;
  layers: number;
  headSize: number;
  kvHeads: number | readonly number[];
  latentAttention: boolean;
}

function layerCache(layer: number, shape: Shape): LayerCache[] {
  const { number, kvHeads, headSize, latentAttention, architecture, layers } = shape;
  const caches: LayerCache[] = [];
  const heads = typeof kvHeads === "number" ? kvHeads : (kvHeads[layer] ?? 0);
  const isState = keepsState(layer, heads, shape);
  if (isState) caches.push({ kind: "state", bytes: stateValues(shape) * bytesPerStateValue });
  if (isState && !parallelHybrids.has(architecture)) return caches;
  // The last layers of some models look into the cache of earlier ones.
  const ownCache = layers - (number("attention.shared_kv_layers") ?? 0);
  if (heads === 0 || layer >= ownCache) return caches;
  const window = windowOf(layer, shape);
  const size = (key: string, fallback: number) =>
    (window === undefined ? undefined : number(`attention.${key}_swa`)) ?? number(`attention.${key}`) ?? fallback;
  // Latent attention stores one vector that is key and value at once.
  const values = latentAttention
    ? size("key_length", headSize)
    : heads * (size("key_length", headSize) + size("value_length", headSize));
  const bytes = values * bytesPerValue;
  caches.push(window === undefined ? { kind: "full", bytes } : { kind: "window", bytes, window });
  return caches;
}

function windowOf(layer: number, { architecture, number, perLayer }: Shape): number | undefined {
  const known = windowPeriods[architecture];
  const window = number("attention.sliding_window") ?? known?.window;
  if (window === undefined || window <= 0) return undefined;
  const listed = perLayer("attention.sliding_window_pattern") as number | readonly (boolean | number)[] | undefined;
  if (typeof listed === "object") return listed[layer] ? window : undefined;
  // llama.cpp uses windows only in the architectures it knows them of; elsewhere the whole context is kept.
  if (known === undefined) return undefined;
  const period = listed ?? known.period;
  const isFull = period > 0 && (known.fullFirst === true ? layer % period === 0 : layer % period === period - 1);
  return isFull ? undefined : window;
}

function keepsState(layer: number, heads: number, { architecture, number, perLayer }: Shape): boolean {
  if (recurrentArchitectures.has(architecture) || parallelHybrids.has(architecture)) return true;
  const listed = perLayer("attention.recurrent_layers") as readonly (boolean | number)[] | undefined;
  if (typeof listed === "object") return Boolean(listed[layer]);
  const interval = number("full_attention_interval");
  if (interval !== undefined && interval > 0) return (layer + 1) % interval !== 0;
  if (heads !== 0) return false;
  // Layers with neither heads nor a feed-forward part of their own (nemotron_h) are states too.
  const feedForward = perLayer("feed_forward_length");
  return architecture !== "nemotron_h" || typeof feedForward !== "object" || feedForward[layer] === 0;
}

/** Values of one layer's state for one sequence (llama.cpp, `n_embd_r` and `n_embd_s` in llama-hparams.cpp). */
function stateValues({ number }: Shape): number {
  const embedding = number("embedding_length") ?? 0;
  const wkv = number("wkv.head_size");
  if (wkv !== undefined) return (number("token_shift_count") ?? 2) * embedding + embedding * wkv;
  const shortConvolution = number("shortconv.l_cache");
  if (shortConvolution !== undefined) return embedding * (shortConvolution - 1);
  const kernel = Math.max(0, (number("ssm.conv_kernel") ?? 1) - 1);
  const kda = number("kda.head_dim");
  const heads = number("attention.head_count") ?? 1;
  if (kda !== undefined) return 3 * kernel * heads * kda + kda * kda * heads;
  const inner = number("ssm.inner_size") ?? 0;
  const state = number("ssm.state_size") ?? 0;
  return kernel * (inner + 2 * (number("ssm.group_count") ?? 0) * state) + state * inner;
}

async function sumWeights(
  file: string,
  info: GgufFileInfo,
  nameOf: (type: number) => string,
): Promise<Pick<ModelFacts, "weightBytes" | "layerWeightBytes" | "matrixBytes" | "parameters">> {
  let weightBytes = 0;
  let layerWeightBytes = 0;
  let parameters = 0;
  let end = 0;
  const matrixBytes: Record<string, number> = {};
  let embedding: { type: string; bytes: number } | undefined;
  let hasOutput = false;
  const parts = info.splicedParts;
  for (const tensor of info.fullTensorInfo ?? []) {
    const values = tensor.dimensions.reduce<number>((product, size) => product * Number(size), 1);
    const bytes = tensorBytes(values, tensor.ggmlType) ?? values * bytesPerValue;
    parameters += values;
    weightBytes += bytes;
    const isLayer = tensor.name.startsWith("blk.");
    const type = nameOf(tensor.ggmlType);
    if (isLayer) layerWeightBytes += bytes;
    if (tensor.name === "token_embd.weight") embedding = { type, bytes };
    if (tensor.name === "output.weight") hasOutput = true;
    if (tensor.dimensions.length > 1 && (isLayer || tensor.name === "output.weight"))
      matrixBytes[type] = (matrixBytes[type] ?? 0) + bytes;
    if (parts <= 1) end = Math.max(end, Number(tensor.fileOffset) + bytes);
  }
  const { size } = await stat(file);
  if (end > size)
    throw new InputError(`${file} is cut off: its weights take ${end} bytes, the file has ${size}`, {
      remedy: "fetch it again; `quern models verify` checks models that quern fetched",
    });
  // Without an output of its own a model multiplies with its embeddings once more.
  if (!hasOutput && embedding !== undefined)
    matrixBytes[embedding.type] = (matrixBytes[embedding.type] ?? 0) + embedding.bytes;
  return { weightBytes, layerWeightBytes, matrixBytes, parameters };
}

function lookUp(section: Record<string, unknown>, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], section);
}

function most(value: PerLayer): number {
  return typeof value === "number" ? value : Math.max(0, ...(value ?? []));
}
