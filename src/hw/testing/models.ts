/**
 * Models for tests of the plan: their published architectures, read by the same functions that read real files. Sizes
 * are those of the published files, rounded.
 */
import { architectureFacts } from "../../models/gguf.js";
import { describeConfig } from "../../models/huggingface.js";
import type { ModelFacts } from "../../models/facts.js";

interface Gguf {
  architecture: string;
  keys: Record<string, unknown>;
  vocabulary: number;
  quantization: string;
  gigabytes: number;
  /** Share of the weights outside the layers. */
  rest: number;
}

function gguf(name: string, { architecture, keys, vocabulary, quantization, gigabytes, rest }: Gguf): ModelFacts {
  const weightBytes = gigabytes * 1e9;
  return {
    name,
    format: "gguf",
    quantization,
    weightBytes,
    layerWeightBytes: weightBytes * (1 - rest),
    matrixBytes: { [quantization.startsWith("Q4_K") ? "Q4_K" : quantization]: weightBytes * (1 - rest) },
    ...architectureFacts({
      general: { architecture },
      [architecture]: nested(keys),
      tokenizer: { ggml: { tokens: { length: vocabulary } } },
    }),
  };
}

function safetensors(name: string, gigabytes: number, config: Parameters<typeof describeConfig>[0]): ModelFacts {
  const described = describeConfig(config);
  const weightBytes = gigabytes * 1e9;
  const embedding = described.vocabularySize * described.embeddingSize * 2;
  return {
    name,
    format: "safetensors",
    weightBytes,
    layerWeightBytes: weightBytes - embedding,
    matrixBytes: {},
    ...described,
  };
}

/** `{"attention.head_count": 8}` as the header of a file has it. */
function nested(keys: Record<string, unknown>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(keys)) {
    const path = key.split(".");
    let branch = tree;
    for (const part of path.slice(0, -1)) branch = (branch[part] ??= {}) as Record<string, unknown>;
    branch[path.at(-1)!] = value;
  }
  return tree;
}

const llama8b = {
  block_count: 32,
  embedding_length: 4096,
  feed_forward_length: 14_336,
  context_length: 131_072,
  "attention.head_count": 32,
  "attention.head_count_kv": 8,
};

export const testModels = {
  embedded: gguf("quern-embedded Q8_0", {
    architecture: "llama",
    vocabulary: 4096,
    quantization: "Q8_0",
    gigabytes: 0.0074,
    rest: 0.15,
    keys: {
      block_count: 8,
      embedding_length: 256,
      feed_forward_length: 704,
      context_length: 2048,
      "attention.head_count": 4,
      "attention.head_count_kv": 2,
    },
  }),
  "qwen2.5-0.5b": gguf("Qwen2.5-0.5B Q4_K_M", {
    architecture: "qwen2",
    vocabulary: 151_936,
    quantization: "Q4_K_M",
    gigabytes: 0.4,
    rest: 0.36,
    keys: {
      block_count: 24,
      embedding_length: 896,
      feed_forward_length: 4864,
      context_length: 32_768,
      "attention.head_count": 14,
      "attention.head_count_kv": 2,
    },
  }),
  "qwen3-4b": gguf("Qwen3-4B Q4_K_M", {
    architecture: "qwen3",
    vocabulary: 151_936,
    quantization: "Q4_K_M",
    gigabytes: 2.5,
    rest: 0.13,
    keys: {
      block_count: 36,
      embedding_length: 2560,
      feed_forward_length: 9728,
      context_length: 40_960,
      "attention.head_count": 32,
      "attention.head_count_kv": 8,
      "attention.key_length": 128,
      "attention.value_length": 128,
    },
  }),
  "llama-3.1-8b": gguf("Llama-3.1-8B Q4_K_M", {
    architecture: "llama",
    vocabulary: 128_256,
    quantization: "Q4_K_M",
    gigabytes: 4.92,
    rest: 0.14,
    keys: llama8b,
  }),
  "gemma-3-12b": gguf("Gemma-3-12B Q4_K_M", {
    architecture: "gemma3",
    vocabulary: 262_144,
    quantization: "Q4_K_M",
    gigabytes: 7.3,
    rest: 0.11,
    keys: {
      block_count: 48,
      embedding_length: 3840,
      feed_forward_length: 15_360,
      context_length: 131_072,
      "attention.head_count": 16,
      "attention.head_count_kv": 8,
      "attention.key_length": 256,
      "attention.value_length": 256,
      "attention.sliding_window": 1024,
    },
  }),
  "qwen3-30b-a3b": gguf("Qwen3-30B-A3B Q4_K_M", {
    architecture: "qwen3moe",
    vocabulary: 151_936,
    quantization: "Q4_K_M",
    gigabytes: 18.6,
    rest: 0.03,
    keys: {
      block_count: 48,
      embedding_length: 2048,
      feed_forward_length: 6144,
      expert_feed_forward_length: 768,
      expert_count: 128,
      expert_used_count: 8,
      context_length: 40_960,
      "attention.head_count": 32,
      "attention.head_count_kv": 4,
      "attention.key_length": 128,
      "attention.value_length": 128,
    },
  }),
  "llama-3.3-70b": gguf("Llama-3.3-70B Q4_K_M", {
    architecture: "llama",
    vocabulary: 128_256,
    quantization: "Q4_K_M",
    gigabytes: 42.5,
    rest: 0.03,
    keys: {
      ...llama8b,
      block_count: 80,
      embedding_length: 8192,
      feed_forward_length: 28_672,
      "attention.head_count": 64,
    },
  }),
  "qwen3-0.6b-bf16": safetensors("Qwen3-0.6B bf16", 1.5, {
    architectures: ["Qwen3ForCausalLM"],
    num_hidden_layers: 28,
    hidden_size: 1024,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    intermediate_size: 3072,
    vocab_size: 151_936,
    max_position_embeddings: 40_960,
    torch_dtype: "bfloat16",
  }),
  "llama-3.1-8b-bf16": safetensors("Llama-3.1-8B bf16", 16.1, {
    architectures: ["LlamaForCausalLM"],
    num_hidden_layers: 32,
    hidden_size: 4096,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14_336,
    vocab_size: 128_256,
    max_position_embeddings: 131_072,
    torch_dtype: "bfloat16",
  }),
  "qwen3-14b-bf16": safetensors("Qwen3-14B bf16", 29.5, {
    architectures: ["Qwen3ForCausalLM"],
    num_hidden_layers: 40,
    hidden_size: 5120,
    num_attention_heads: 40,
    num_key_value_heads: 8,
    head_dim: 128,
    intermediate_size: 17_408,
    vocab_size: 151_936,
    max_position_embeddings: 40_960,
    torch_dtype: "bfloat16",
  }),
  "gemma-3-27b-bf16": safetensors("Gemma-3-27B bf16", 54.9, {
    architectures: ["Gemma3ForConditionalGeneration"],
    model_type: "gemma3_text",
    num_hidden_layers: 62,
    hidden_size: 5376,
    num_attention_heads: 32,
    num_key_value_heads: 16,
    head_dim: 128,
    intermediate_size: 21_504,
    vocab_size: 262_208,
    max_position_embeddings: 131_072,
    sliding_window: 1024,
    sliding_window_pattern: 6,
    torch_dtype: "bfloat16",
  }),
  "gpt-oss-120b": safetensors("gpt-oss-120b mxfp4", 65.3, {
    architectures: ["GptOssForCausalLM"],
    num_hidden_layers: 36,
    hidden_size: 2880,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 64,
    intermediate_size: 2880,
    num_local_experts: 128,
    num_experts_per_tok: 4,
    vocab_size: 201_088,
    max_position_embeddings: 131_072,
    sliding_window: 128,
    layer_types: Array.from({ length: 36 }, (_, i) => (i % 2 === 0 ? "sliding_attention" : "full_attention")),
    quantization_config: { quant_method: "mxfp4" },
  }),
  "llama-3.3-70b-bf16": safetensors("Llama-3.3-70B bf16", 141.1, {
    architectures: ["LlamaForCausalLM"],
    num_hidden_layers: 80,
    hidden_size: 8192,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    intermediate_size: 28_672,
    vocab_size: 128_256,
    max_position_embeddings: 131_072,
    torch_dtype: "bfloat16",
  }),
  "deepseek-v3-fp8": safetensors("DeepSeek-V3 fp8", 688.6, {
    architectures: ["DeepseekV3ForCausalLM"],
    num_hidden_layers: 61,
    hidden_size: 7168,
    num_attention_heads: 128,
    num_key_value_heads: 128,
    kv_lora_rank: 512,
    qk_rope_head_dim: 64,
    intermediate_size: 18_432,
    moe_intermediate_size: 2048,
    n_routed_experts: 256,
    num_experts_per_tok: 8,
    vocab_size: 129_280,
    max_position_embeddings: 163_840,
    torch_dtype: "bfloat16",
    quantization_config: { quant_method: "fp8" },
  }),
} as const satisfies Record<string, ModelFacts>;
