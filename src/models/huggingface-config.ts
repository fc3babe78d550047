/** The keys of config.json that sizes depend on, and what transformers takes for those that families leave out. */
import { z } from "zod";

/** A key of another type than expected is as good as missing: what cannot be done without is asked for later. */
const count = z.number().nonnegative().nullish().catch(undefined);
const counts = z.array(z.number()).nullish().catch(undefined);
const countOrCounts = z
  .union([z.number().nonnegative(), z.array(z.number())])
  .nullish()
  .catch(undefined);
const words = z.array(z.string()).nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);
const word = z.string().nullish().catch(undefined);

/** Names differ between families, so most are optional. */
export const configSchema = z.looseObject({
  architectures: words,
  model_type: word,
  num_hidden_layers: count,
  n_layer: count,
  n_layers: count,
  num_layers: count,
  hidden_size: count,
  n_embd: count,
  d_model: count,
  num_attention_heads: count,
  n_head: count,
  n_heads: count,
  num_key_value_heads: countOrCounts,
  num_kv_heads: countOrCounts,
  n_head_kv: count,
  multi_query_group_num: count,
  num_attention_groups: count,
  multi_query: flag,
  new_decoder_architecture: flag,
  head_dim: count,
  attention_head_dim: count,
  kv_channels: count,
  global_head_dim: count,
  num_global_key_value_heads: count,
  attention_k_eq_v: flag,
  intermediate_size: countOrCounts,
  ffn_hidden_size: count,
  moe_intermediate_size: countOrCounts,
  num_experts_per_tok: countOrCounts,
  num_experts: countOrCounts,
  num_local_experts: count,
  n_routed_experts: count,
  vocab_size: count,
  padded_vocab_size: count,
  max_position_embeddings: count,
  seq_length: count,
  kv_lora_rank: count,
  qk_rope_head_dim: count,
  index_head_dim: count,
  sliding_window: count,
  use_sliding_window: flag,
  max_window_layers: count,
  sliding_window_pattern: z.union([z.number().nonnegative(), z.string()]).nullish().catch(undefined),
  attention_chunk_size: count,
  no_rope_layers: counts,
  layer_types: words,
  layers_block_type: words,
  full_attention_interval: count,
  full_attn_idxs: counts,
  hybrid_override_pattern: word,
  attn_layer_indices: counts,
  attn_layer_period: count,
  attn_layer_offset: count,
  num_kv_shared_layers: count,
  torch_dtype: word,
  dtype: word,
  quantization_config: z.looseObject({ quant_method: word, bits: count }).nullish().catch(undefined),
});
export type HubConfig = z.output<typeof configSchema>;

/**
 * Nested configs only hold what differs from the class's defaults (configuration_*.py of transformers); published files
 * of these families do leave out what is here.
 */
const familyDefaults: Readonly<Record<string, Partial<HubConfig>>> = {
  gemma3_text: {
    vocab_size: 262_208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
  },
  gemma3n_text: {
    vocab_size: 262_400,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    head_dim: 256,
    max_position_embeddings: 32_768,
    sliding_window: 512,
    num_kv_shared_layers: 15,
  },
  gemma4_text: {
    vocab_size: 262_144,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    global_head_dim: 512,
    max_position_embeddings: 131_072,
    sliding_window: 512,
  },
  llama4_text: {
    vocab_size: 202_048,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 131_072,
    attention_chunk_size: 8192,
  },
  qwen3_next: { head_dim: 256, full_attention_interval: 4 },
  qwen3_5_text: { head_dim: 256, full_attention_interval: 4 },
  qwen3_5_moe_text: { head_dim: 256, full_attention_interval: 4 },
  gpt_oss: { head_dim: 64, sliding_window: 128 },
  jamba: { attn_layer_period: 8, attn_layer_offset: 4 },
};

/** The config with its family's defaults for keys that it does not have; `null` is a value. */
export function withDefaults(config: HubConfig): HubConfig {
  const defaults = familyDefaults[config.model_type ?? ""];
  if (defaults === undefined) return config;
  const own = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(own) as HubConfig) };
}

export function layersOf(config: HubConfig): number {
  const listed = (config.layer_types ?? config.layers_block_type)?.length;
  return config.num_hidden_layers ?? config.n_layer ?? config.n_layers ?? config.num_layers ?? listed ?? 0;
}

export function embeddingOf(config: HubConfig): number {
  return config.hidden_size ?? config.n_embd ?? config.d_model ?? 0;
}

export function attentionHeadsOf(config: HubConfig): number {
  return config.num_attention_heads ?? config.n_head ?? config.n_heads ?? 1;
}

/** Heads whose keys and values are kept, of one layer or of that with the most (vLLM, model_arch_config_convertor.py). */
export function keyValueHeadsOf(config: HubConfig, layer?: number): number {
  // Falcon's first generation: one head, whatever the other keys say.
  if (config.multi_query === true && config.new_decoder_architecture !== true) return 1;
  const heads =
    config.n_head_kv ??
    config.num_kv_heads ??
    config.num_key_value_heads ??
    config.multi_query_group_num ??
    config.num_attention_groups ??
    attentionHeadsOf(config);
  if (typeof heads === "number") return heads;
  return layer === undefined ? mostOf(heads) : (heads[layer] ?? 0);
}

export function headSizeOf(config: HubConfig): number {
  const heads = attentionHeadsOf(config);
  return (
    config.head_dim ??
    config.attention_head_dim ??
    config.kv_channels ??
    (heads === 0 ? 0 : Math.floor(embeddingOf(config) / heads))
  );
}

/** The number, or the largest of a list. */
export function mostOf(value: number | readonly number[] | null | undefined): number {
  return typeof value === "number" ? value : Math.max(0, ...(value ?? []));
}
