/** Facts of a model from a Hugging Face folder: config.json and the sizes of its safetensors files. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";
import { groupLayers, type LayerCache } from "./cache-layout.js";
import type { ModelFacts } from "./facts.js";

const bytesPerValue = 2;
const bytesPerStateValue = 4;

const count = z.number().nonnegative();
/** The keys that sizes depend on; names differ between families, so most are optional. */
const configSchema = z.looseObject({
  architectures: z.array(z.string()).optional(),
  model_type: z.string().optional(),
  num_hidden_layers: count.optional(),
  n_layer: count.optional(),
  num_layers: count.optional(),
  hidden_size: count.optional(),
  n_embd: count.optional(),
  d_model: count.optional(),
  num_attention_heads: count.optional(),
  n_head: count.optional(),
  num_key_value_heads: count.nullish(),
  num_kv_heads: count.optional(),
  n_head_kv: count.optional(),
  multi_query_group_num: count.optional(),
  head_dim: count.nullish(),
  intermediate_size: z.union([count, z.array(count)]).optional(),
  moe_intermediate_size: count.optional(),
  num_experts_per_tok: count.optional(),
  num_experts: count.nullish(),
  num_local_experts: count.nullish(),
  n_routed_experts: count.nullish(),
  vocab_size: count.optional(),
  max_position_embeddings: count.optional(),
  kv_lora_rank: count.nullish(),
  qk_rope_head_dim: count.nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window_pattern: count.nullish(),
  attention_chunk_size: count.nullish(),
  layer_types: z.array(z.string()).nullish(),
  full_attention_interval: count.nullish(),
  hybrid_override_pattern: z.string().nullish(),
  attn_layer_period: count.nullish(),
  attn_layer_offset: count.nullish(),
  num_kv_shared_layers: count.nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().optional(), bits: count.optional() }).nullish(),
});
type HubConfig = z.output<typeof configSchema>;

/**
 * @param folder holds config.json and, unless the weights are to be made up, *.safetensors
 * @throws {InputError} when there is no config.json, it is not valid, or a file of the weights is missing
 */
export async function readHuggingFaceFacts(folder: string): Promise<ModelFacts> {
  const config = await readConfig(folder);
  const described = describeConfig(config);
  const onDisk = await safetensorsBytes(folder);
  const estimate = estimateParameters(config, described) * bytesOfType(config);
  const weightBytes = onDisk > 0 ? onDisk : estimate;
  const embeddingBytes = described.vocabularySize * described.embeddingSize * bytesPerValue;
  return {
    name: path.basename(path.resolve(folder)),
    format: "safetensors",
    weightBytes,
    layerWeightBytes: Math.max(0, weightBytes - embeddingBytes),
    matrixBytes: {},
    ...described,
  };
}

async function readConfig(folder: string): Promise<HubConfig> {
  const file = path.join(folder, "config.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`${folder} is no model folder: it has no config.json`, {
      remedy: "give a folder as Hugging Face has it, with config.json, tokenizer and *.safetensors, or a GGUF file",
      cause: error,
    });
  }
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is not valid JSON: ${messageOf(error)}`, { remedy: "fetch it again", cause: error });
  }
  // Models that also see or hear keep their language part below.
  const root = tree as Record<string, unknown> | null;
  const inner = ["text_config", "llm_config", "language_config"].map((key) => root?.[key]).find(isObject);
  const merged = inner === undefined ? tree : { ...root, ...inner, architectures: root?.["architectures"] };
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success)
    throw new InputError(
      `${file} does not describe a model: ${parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}`,
      { remedy: "fetch it again", cause: parsed.error },
    );
  const config = parsed.data;
  if (layersOf(config) === 0 || embeddingOf(config) === 0)
    throw new InputError(`${file} does not say how many layers the model has or how wide they are`, {
      remedy: "check that this is a language model; only those can be run",
    });
  return config;
}

/** What a config says of its architecture (the rules of vLLM's model_arch_config_convertor.py). */
export function describeConfig(
  config: HubConfig,
): Omit<ModelFacts, "name" | "format" | "weightBytes" | "layerWeightBytes" | "matrixBytes"> {
  const attentionHeads = config.num_attention_heads ?? config.n_head ?? 1;
  const embeddingSize = embeddingOf(config);
  const latentAttention = (config.kv_lora_rank ?? 0) > 0;
  const experts = config.num_experts ?? config.num_local_experts ?? config.n_routed_experts ?? 0;
  const dense =
    typeof config.intermediate_size === "object" ? Math.max(...config.intermediate_size) : config.intermediate_size;
  const expertSize = config.moe_intermediate_size ?? dense ?? 0;
  return {
    architecture: config.architectures?.[0] ?? config.model_type ?? "unknown",
    quantization: quantizationOf(config),
    trainContextTokens: config.max_position_embeddings ?? 4096,
    vocabularySize: config.vocab_size ?? 32_000,
    embeddingSize,
    feedForwardSize: experts > 0 ? expertSize * (config.num_experts_per_tok ?? 1) : (dense ?? 4 * embeddingSize),
    layers: layersOf(config),
    attentionHeads,
    keyValueHeads: latentAttention ? 1 : keyValueHeadsOf(config),
    latentAttention,
    mixtureOfExperts: experts > 0,
    cache: groupLayers(layerCaches(config)),
  };
}

function layerCaches(config: HubConfig): LayerCache[] {
  const layers = layersOf(config);
  const attention = attentionBytes(config);
  const own = layers - (config.num_kv_shared_layers ?? 0);
  const window = config.attention_chunk_size ?? config.sliding_window ?? 0;
  const caches: LayerCache[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const kind = layerKind(config, layer);
    if (kind === "state") caches.push({ kind: "state", bytes: stateBytes(config) });
    else if (kind === "none" || layer >= own) continue;
    else if (kind === "window" && window > 0) caches.push({ kind: "window", bytes: attention, window });
    else caches.push({ kind: "full", bytes: attention });
  }
  return caches;
}

type LayerKind = "full" | "window" | "state" | "none";

function layerKind(config: HubConfig, layer: number): LayerKind {
  const listed = config.layer_types?.[layer];
  if (listed !== undefined) {
    if (/sliding|chunked|local/.test(listed)) return "window";
    if (/linear|mamba|conv|recurrent|gdn|kda/.test(listed)) return "state";
    return /attention|full/.test(listed) ? "full" : "none";
  }
  const pattern = config.hybrid_override_pattern;
  if (typeof pattern === "string") return pattern[layer] === "M" ? "state" : pattern[layer] === "*" ? "full" : "none";
  const interval = config.full_attention_interval ?? 0;
  if (interval > 0) return (layer + 1) % interval === 0 ? "full" : "state";
  const period = config.attn_layer_period ?? 0;
  if (period > 0) return layer % period === (config.attn_layer_offset ?? 0) ? "full" : "state";
  if (/mamba|rwkv/i.test(config.model_type ?? "")) return "state";
  // Qwen2 and others carry a window that they do not use.
  if ((config.sliding_window ?? 0) === 0 || config.use_sliding_window === false) return "full";
  const every =
    config.sliding_window_pattern ??
    ({ gemma2: 2, gemma3_text: 6, cohere2: 4 } as Record<string, number>)[config.model_type ?? ""];
  return every !== undefined && every > 0 && (layer + 1) % every === 0 ? "full" : "window";
}

function attentionBytes(config: HubConfig): number {
  if ((config.kv_lora_rank ?? 0) > 0) return (config.kv_lora_rank! + (config.qk_rope_head_dim ?? 0)) * bytesPerValue;
  const heads = config.num_attention_heads ?? config.n_head ?? 1;
  const headSize = config.head_dim ?? embeddingOf(config) / heads;
  return 2 * keyValueHeadsOf(config) * headSize * bytesPerValue;
}

/** Fixed bytes of one recurrent layer for one sequence; Mamba's where the config names its sizes, else delta nets'. */
function stateBytes(config: HubConfig): number {
  const number = (...keys: string[]) => {
    for (const key of keys) if (typeof config[key] === "number") return config[key];
    return 0;
  };
  const deltaHeads = number("linear_num_value_heads");
  if (deltaHeads > 0) {
    const keySize = number("linear_key_head_dim");
    const valueSize = number("linear_value_head_dim");
    const channels = 2 * number("linear_num_key_heads") * keySize + deltaHeads * valueSize;
    return (
      (deltaHeads * keySize * valueSize + Math.max(0, number("linear_conv_kernel_dim") - 1) * channels) *
      bytesPerStateValue
    );
  }
  const state = number("mamba_d_state", "ssm_state_size", "state_size", "mamba_state_dim");
  const heads = number("mamba_n_heads", "mamba_num_heads");
  const headSize = number("mamba_d_head", "mamba_head_dim");
  const expand = number("mamba_expand", "expand");
  const inner = heads > 0 && headSize > 0 ? heads * headSize : (expand === 0 ? 2 : expand) * embeddingOf(config);
  const kernel = Math.max(0, number("mamba_d_conv", "conv_kernel", "conv_L_cache") - 1);
  return (inner * state + kernel * inner) * bytesPerStateValue;
}

/** A rough count for folders without weights, whose bytes are needed all the same (`--load-format dummy`). */
function estimateParameters(config: HubConfig, facts: ReturnType<typeof describeConfig>): number {
  const { embeddingSize, layers, vocabularySize, attentionHeads } = facts;
  const headSize = config.head_dim ?? embeddingSize / attentionHeads;
  const attention = embeddingSize * headSize * (2 * attentionHeads + 2 * keyValueHeadsOf(config));
  const experts = config.num_experts ?? config.num_local_experts ?? config.n_routed_experts ?? 0;
  const dense =
    typeof config.intermediate_size === "object"
      ? Math.max(...config.intermediate_size)
      : (config.intermediate_size ?? 0);
  const feedForward = 3 * embeddingSize * (experts > 0 ? experts * (config.moe_intermediate_size ?? dense) : dense);
  const tied = config["tie_word_embeddings"] === true ? 1 : 2;
  return tied * vocabularySize * embeddingSize + layers * (attention + feedForward);
}

async function safetensorsBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const index = await readFile(path.join(folder, "model.safetensors.index.json"), "utf8").catch(() => undefined);
  if (index !== undefined) {
    const listed = z.object({ weight_map: z.record(z.string(), z.string()) }).safeParse(JSON.parse(index));
    const missing = new Set(listed.success ? Object.values(listed.data.weight_map) : []);
    for (const name of names) missing.delete(name);
    if (missing.size > 0)
      throw new InputError(
        `${folder} lacks ${missing.size} files of its weights: ${[...missing].slice(0, 3).join(", ")}`,
        {
          remedy: "fetch the model again",
        },
      );
  }
  // Some folders carry the same weights once more as one file.
  const parts = index === undefined ? names : names.filter((name) => !name.startsWith("consolidated"));
  const sizes = await Promise.all(parts.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function quantizationOf(config: HubConfig): string {
  const quantized = config.quantization_config;
  if (quantized != null) {
    const { quant_method: method = "quantized", bits } = quantized;
    return bits === undefined ? method : `${method} ${bits} bit`;
  }
  return { bfloat16: "bf16", float16: "f16", float32: "f32" }[config.dtype ?? config.torch_dtype ?? ""] ?? "bf16";
}

function bytesOfType(config: HubConfig): number {
  return (config.dtype ?? config.torch_dtype) === "float32" ? 4 : bytesPerValue;
}

function keyValueHeadsOf(config: HubConfig): number {
  return (
    config.num_key_value_heads ??
    config.num_kv_heads ??
    config.n_head_kv ??
    config.multi_query_group_num ??
    config.num_attention_heads ??
    config.n_head ??
    1
  );
}

function layersOf(config: HubConfig): number {
  return config.num_hidden_layers ?? config.n_layer ?? config.num_layers ?? 0;
}

function embeddingOf(config: HubConfig): number {
  return config.hidden_size ?? config.n_embd ?? config.d_model ?? 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
