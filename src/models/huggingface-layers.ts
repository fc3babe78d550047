/** What vLLM keeps in its cache for each layer of a Hugging Face model, by its config.json. */
import type { LayerCache } from "./cache-layout.js";
import {
  attentionHeadsOf,
  embeddingOf,
  headSizeOf,
  type HubConfig,
  keyValueHeadsOf,
  layersOf,
} from "./huggingface-config.js";

const bytesPerValue = 2;
/** States are kept at 32 bits, or at 16 where vLLM finds it safe; the larger is reckoned with. */
const bytesPerStateValue = 4;

/** Every n-th layer sees the whole context, where the config does not say it (configuration_*.py of transformers). */
const windowPeriods: Readonly<Record<string, number>> = {
  cohere2: 4,
  exaone4: 4,
  gemma2: 2,
  gemma3_text: 6,
  gemma3n_text: 5,
  gemma4_text: 6,
  gpt_oss: 2,
  olmo3: 4,
};

type LayerKind = "full" | "window" | "state" | "both" | "none";

export function layerCaches(config: HubConfig): LayerCache[] {
  const layers = layersOf(config);
  // The last layers of some models look into the caches of earlier ones.
  const own = layers - (config.num_kv_shared_layers ?? 0);
  const caches: LayerCache[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const kind = layerKind(config, layer);
    if (kind === "state" || kind === "both") caches.push({ kind: "state", bytes: stateBytes(config) });
    if (kind === "state" || kind === "none" || layer >= own) continue;
    const window = kind === "window" ? (config.attention_chunk_size ?? config.sliding_window ?? 0) : 0;
    const bytes = attentionBytes(config, layer, window > 0);
    caches.push(window > 0 ? { kind: "window", bytes, window } : { kind: "full", bytes });
  }
  return caches;
}

function layerKind(config: HubConfig, layer: number): LayerKind {
  const type = config.model_type ?? "";
  if (type === "falcon_h1") return "both";
  const listed = (config.layer_types ?? config.layers_block_type)?.[layer];
  if (listed !== undefined) return kindOfName(listed);
  const pattern = config.hybrid_override_pattern;
  if (typeof pattern === "string") return pattern[layer] === "M" ? "state" : pattern[layer] === "*" ? "full" : "none";
  const attention = config.attn_layer_indices ?? config.full_attn_idxs;
  if (attention != null) return attention.includes(layer) ? "full" : "state";
  const interval = config.full_attention_interval ?? 0;
  if (interval > 0) return (layer + 1) % interval === 0 ? "full" : "state";
  const period = config.attn_layer_period ?? 0;
  if (period > 0) return layer % period === (config.attn_layer_offset ?? 0) ? "full" : "state";
  if (/mamba|rwkv|bamba|granitemoehybrid/i.test(type)) return "state";
  if ((config.attention_chunk_size ?? 0) > 0) {
    const rotary = config.no_rope_layers ?? [];
    return (rotary.length > 0 ? rotary[layer] === 1 : (layer + 1) % 4 !== 0) ? "window" : "full";
  }
  return windowKind(config, type, layer);
}

function kindOfName(name: string): LayerKind {
  if (/hybrid/.test(name)) return "both";
  if (/sliding|chunked|local/.test(name)) return "window";
  if (/linear|mamba|conv|recurrent|gdn|kda/.test(name)) return "state";
  return /attention|full/.test(name) ? "full" : "none";
}

function windowKind(config: HubConfig, type: string, layer: number): LayerKind {
  if ((config.sliding_window ?? 0) === 0 || config.use_sliding_window === false) return "full";
  if (type.startsWith("qwen")) {
    // Qwen carries a window that it only uses when told to, and then in its last layers.
    const uses = config.use_sliding_window === true && layer >= (config.max_window_layers ?? 28);
    return uses ? "window" : "full";
  }
  const pattern = config.sliding_window_pattern ?? windowPeriods[type];
  if (typeof pattern === "string")
    return pattern[layer % pattern.length] === "L" && layer + 1 < layersOf(config) ? "window" : "full";
  return pattern !== undefined && pattern > 0 && (layer + 1) % pattern === 0 ? "full" : "window";
}

/** Keys and values of one token. */
function attentionBytes(config: HubConfig, layer: number, isWindow: boolean): number {
  if ((config.kv_lora_rank ?? 0) > 0) {
    // Sparse attention keeps one more key for each token, at 8 bits with a scale for 128 values.
    const index = config.index_head_dim ?? 0;
    const latent = (config.kv_lora_rank ?? 0) + (config.qk_rope_head_dim ?? 0);
    return latent * bytesPerValue + index + Math.ceil(index / 128) * 4;
  }
  const isGlobal = !isWindow && config.global_head_dim != null;
  const headSize = isGlobal ? (config.global_head_dim ?? 0) : headSizeOf(config);
  const heads =
    isGlobal && config.attention_k_eq_v === true
      ? (config.num_global_key_value_heads ?? keyValueHeadsOf(config, layer))
      : keyValueHeadsOf(config, layer);
  return 2 * heads * headSize * bytesPerValue;
}

/** Fixed bytes of one recurrent layer for one sequence (vLLM, mamba_utils.py, `MambaStateShapeCalculator`). */
function stateBytes(config: HubConfig): number {
  const number = (...keys: string[]) => {
    for (const key of keys) if (typeof config[key] === "number") return config[key];
    return 0;
  };
  const embedding = embeddingOf(config);
  const shortConvolution = number("conv_L_cache");
  if (shortConvolution > 0) return (shortConvolution - 1) * embedding * bytesPerStateValue;
  const deltaHeads = number("linear_num_value_heads");
  if (deltaHeads > 0) {
    const keySize = number("linear_key_head_dim");
    const valueSize = number("linear_value_head_dim");
    const channels = 2 * number("linear_num_key_heads") * keySize + deltaHeads * valueSize;
    const kernel = Math.max(0, number("linear_conv_kernel_dim") - 1);
    return (deltaHeads * keySize * valueSize + kernel * channels) * bytesPerStateValue;
  }
  const state = number("mamba_d_state", "ssm_state_size", "state_size", "mamba_state_dim");
  // Linear attention without keys of its own (MiniMax): a square for each head.
  if (state === 0) return attentionHeadsOf(config) * headSizeOf(config) ** 2 * bytesPerStateValue;
  const heads = number("mamba_n_heads", "mamba_num_heads");
  const headSize = number("mamba_d_head", "mamba_head_dim");
  const expand = number("mamba_expand", "expand");
  const inner = number("mamba_d_ssm") || (heads > 0 && headSize > 0 ? heads * headSize : (expand || 2) * embedding);
  // Only the second generation's convolution also covers what goes into and comes out of the state.
  const groups = heads > 0 ? number("mamba_n_groups", "n_groups", "mamba_ngroups") || 1 : 0;
  const kernel = Math.max(0, number("mamba_d_conv", "conv_kernel") - 1);
  return (inner * state + kernel * (inner + 2 * groups * state)) * bytesPerStateValue;
}
