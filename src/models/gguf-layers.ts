/**
 * What llama.cpp keeps in its caches for each layer of a GGUF model, by the header's keys: the rules of load_arch_hparams
 * (src/models), llama-hparams.cpp and `create_memory` (llama-model.cpp) of the release that node-llama-cpp carries.
 * `bench/cache-arithmetic.mjs` holds them against llama.cpp itself.
 */
import type { LayerCache } from "./cache-layout.js";

/** The keys of one architecture; lists hold a value for each layer. */
export interface LayerKeys {
  architecture: string;
  number: (key: string) => number | undefined;
  /** A number for this layer: the list's, or the one that all share. */
  ofLayer: (key: string, layer: number) => number | undefined;
  /** Only what is a list. */
  list: (key: string) => readonly (number | boolean)[] | undefined;
}

const bytesPerValue = 2;
/** States of recurrent layers are kept at 32 bits. */
const bytesPerStateValue = 4;

interface Windows {
  /** Every n-th layer sees the whole context, the others a window; 0: all see a window. None: the file lists them. */
  period?: number;
  /** The first of each period sees the whole context, not the last. */
  fullFirst?: true;
  /** Where the file names none. */
  window?: number;
  /** Whatever the file names. */
  fixedWindow?: number;
  /** Only models with so many layers have windows. */
  layers?: number;
}

/** Elsewhere llama.cpp keeps the whole context, even if the file names a window (phi3, qwen2). */
const windowed: Readonly<Record<string, Windows>> = {
  afmoe: { period: 4 },
  cohere2: { period: 4 },
  cohere2moe: { period: 4, fullFirst: true },
  dots3note: {},
  exaone4: { period: 4, window: 4096, layers: 64 },
  "exaone-moe": { period: 4, window: 128 },
  gemma2: { period: 2, window: 4096 },
  gemma3: { period: 6 },
  gemma3n: { period: 5 },
  gemma4: {},
  "gpt-oss": { period: 2 },
  granite_swa: {},
  laguna: { period: 4, fullFirst: true },
  lfm2: { period: 0 },
  llama4: { period: 4, window: 8192, fixedWindow: 8192 },
  maple: {},
  mellum: { period: 4 },
  mimo2: {},
  "muse-glimmer": { period: 4 },
  olmo2: { period: 4 },
  plamo3: { period: 8 },
  smallthinker: { period: 4, fullFirst: true, fixedWindow: 4096 },
  spark2_5: {},
  step35: {},
};
/** Every n-th layer has attention and the others a state, where the file does not list them. */
const attentionIntervals: Readonly<Record<string, number>> = {
  "minimax-01": 8,
  qwen3next: 4,
  qwen35: 4,
  qwen35moe: 4,
  qwen4exp: 4,
};
/** These keep a state in all layers. */
const recurrent = new Set(["mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"]);
/** Layers of these have attention and a state, both. */
const parallelHybrids = new Set(["falcon-h1"]);
/** Layers of these have attention, a state or a feed-forward part, and only one of them. */
const singlePart = new Set(["nemotron_h", "nemotron_h_moe"]);
/** Layers that predict further tokens are in the cache of these, though only speculative decoding uses them. */
const predictionIsCached = new Set([
  ...singlePart,
  "falcon-h1",
  "jamba",
  "plamo2",
  "granitehybrid",
  "lfm2",
  "lfm2moe",
  "kimi-linear",
  "kimi-k3",
  "bailingmoe3",
  "minimax-m3",
  "hy_v4",
]);
/** Sparse attention: one more key for each token chooses what is attended to; the others keep a value beside it. */
const indexers: Readonly<Record<string, "key" | "key and value">> = {
  deepseek32: "key",
  dots3note: "key",
  "glm-dsa": "key",
  hy_v4: "key",
  "minimax-m3": "key and value",
  qwen4exp: "key",
};

/** Repeating layers as llama.cpp counts them: some models pass through theirs several times. */
export function countLayers({ architecture, number }: Pick<LayerKeys, "architecture" | "number">): number {
  const loops = architecture === "nanbeige" ? (number("num_loops") ?? 1) : 1;
  return (number("block_count") ?? 0) * loops;
}

/** Keys are kept as one latent vector, which is also the value. */
export function isLatent({ number }: Pick<LayerKeys, "number">): boolean {
  return (number("attention.key_length_mla") ?? 0) > 0 && (number("attention.value_length_mla") ?? 0) > 0;
}

/** @returns what each layer keeps: none, one or two entries */
export function layerCaches(keys: LayerKeys): LayerCache[] {
  const all = countLayers(keys);
  const trunk = all - (keys.number("nextn_predict_layers") ?? 0);
  const cached = predictionIsCached.has(keys.architecture) || trunk <= 0 ? all : trunk;
  return Array.from({ length: cached }, (_, layer) => layer).flatMap((layer) => ofLayer(layer, trunk, keys));
}

function ofLayer(layer: number, trunk: number, keys: LayerKeys): LayerCache[] {
  const { architecture, number } = keys;
  const blocks = number("block_count") ?? 0;
  // Looped layers are those of the first pass.
  const source = blocks > 0 ? layer % blocks : layer;
  const heads = keys.ofLayer("attention.head_count_kv", source) ?? keys.ofLayer("attention.head_count", source) ?? 0;
  if (singlePart.has(architecture) && (keys.ofLayer("feed_forward_length", source) ?? 0) !== 0) return [];
  const caches: LayerCache[] = [];
  const isState = layer < trunk && keepsState(layer, heads, keys);
  if (isState) caches.push({ kind: "state", bytes: stateValues(keys) * bytesPerStateValue });
  if (isState && !parallelHybrids.has(architecture)) return caches;
  if (heads === 0 || layer >= layersWithOwnCache(keys)) return caches;
  const window = layer < trunk ? windowOf(layer, trunk, keys) : undefined;
  const bytes = attentionValues(heads, window !== undefined, keys) * bytesPerValue;
  caches.push(window === undefined ? { kind: "full", bytes } : { kind: "window", bytes, window });
  if (window === undefined) caches.push({ kind: "full", bytes: indexerValues(layer, keys) * bytesPerValue });
  return caches;
}

/** The last layers of some models look into the caches of earlier ones. */
function layersWithOwnCache({ architecture, number }: LayerKeys): number {
  if (architecture === "gemma3n") return 20;
  if (architecture !== "gemma4") return Infinity;
  return (number("block_count") ?? 0) - (number("attention.shared_kv_layers") ?? 0);
}

function attentionValues(heads: number, isWindow: boolean, keys: LayerKeys): number {
  const { architecture, number } = keys;
  const firstHeads = keys.ofLayer("attention.head_count", 0) ?? 0;
  const usual = firstHeads === 0 ? 0 : Math.floor((number("embedding_length") ?? 0) / firstHeads);
  const size = (key: "key_length" | "value_length") => {
    // The sizes of heads are only read when the first layer has any.
    const full = firstHeads > 0 || architecture === "plamo2" ? (number(`attention.${key}`) ?? usual) : 0;
    return isWindow ? (number(`attention.${key}_swa`) ?? full) : full;
  };
  return heads * (size("key_length") + (isLatent(keys) ? 0 : size("value_length")));
}

function indexerValues(layer: number, keys: LayerKeys): number {
  const kind = indexers[keys.architecture];
  const size = keys.number("attention.indexer.key_length") ?? 0;
  if (kind === undefined || size === 0) return 0;
  if (keys.architecture === "hy_v4" && (keys.number("attention.indexer.top_k") ?? 0) === 0) return 0;
  const listed = keys.list("attention.indexer.types");
  if (listed !== undefined && !listed[layer]) return 0;
  if (kind === "key") return size;
  if (layer < (keys.number("leading_dense_block_count") ?? 0)) return 0;
  return size + (keys.number("attention.value_length") ?? 0);
}

function windowOf(layer: number, trunk: number, keys: LayerKeys): number | undefined {
  const known = windowed[keys.architecture];
  if (known === undefined || (known.layers !== undefined && known.layers !== trunk)) return undefined;
  const named = keys.number("attention.sliding_window") ?? known.window ?? 0;
  if (named === 0) return undefined;
  const window = known.fixedWindow ?? named;
  const listed = keys.list("attention.sliding_window_pattern");
  if (listed !== undefined) return listed[layer] ? window : undefined;
  const period = keys.number("attention.sliding_window_pattern") ?? known.period;
  if (period === undefined) return undefined;
  const isFull = period > 0 && layer % period === (known.fullFirst === true ? 0 : period - 1);
  return isFull ? undefined : window;
}

function keepsState(layer: number, heads: number, keys: LayerKeys): boolean {
  const { architecture, number } = keys;
  if (recurrent.has(architecture) || parallelHybrids.has(architecture)) return true;
  const listed = keys.list("attention.recurrent_layers");
  if (listed !== undefined) return Boolean(listed[layer]);
  const interval = number("full_attention_interval") ?? attentionIntervals[architecture];
  if (interval !== undefined && interval > 0) return (layer + 1) % interval !== 0;
  return heads === 0;
}

/** Values of one layer's state for one sequence (llama-hparams.cpp, `n_embd_r` and `n_embd_s`). */
function stateValues(keys: LayerKeys): number {
  const { number } = keys;
  const embedding = number("embedding_length") ?? 0;
  const inner = number("ssm.inner_size") ?? 0;
  const state = number("ssm.state_size") ?? 0;
  const wkv = number("wkv.head_size") ?? 0;
  if (wkv > 0) return (number("token_shift_count") ?? 2) * embedding + embedding * wkv;
  const shortConvolution = number("shortconv.l_cache") ?? 0;
  if (shortConvolution > 0) return embedding * (shortConvolution - 1) + state * inner;
  const named = number("ssm.conv_kernel") ?? 0;
  const heads = keys.ofLayer("attention.head_count", 0) ?? 0;
  const kda = number("kda.head_dim") ?? 0;
  if (kda > 0) return 3 * (named > 0 ? named - 1 : 3) * heads * kda + kda * kda * heads;
  const kernel = Math.max(0, named - 1);
  const convolution = kernel * (inner + 2 * (number("ssm.group_count") ?? 0) * state);
  if (keys.architecture !== "minimax-01") return convolution + state * inner;
  const headSize = number("attention.key_length") ?? (heads === 0 ? 0 : Math.floor(embedding / heads));
  return headSize * headSize * heads;
}
