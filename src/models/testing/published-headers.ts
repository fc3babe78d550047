/** Headers of published GGUF models, as far as their caches depend on them. */
import type { CacheGroup } from "../facts.js";

export type Keys = Record<string, unknown>;

/** Every token kept. */
export const full = (layers: number, bytesPerToken: number): CacheGroup => ({ kind: "full", layers, bytesPerToken });
const window = (layers: number, bytesPerToken: number, size: number): CacheGroup => ({
  kind: "window",
  layers,
  bytesPerToken,
  window: size,
});
const state = (layers: number, bytesPerSequence: number): CacheGroup => ({ kind: "state", layers, bytesPerSequence });
const heads = (all: number | number[], keyValue?: number | number[], size?: number): Keys => ({
  "attention.head_count": all,
  ...(keyValue === undefined ? {} : { "attention.head_count_kv": keyValue }),
  ...(size === undefined ? {} : { "attention.key_length": size, "attention.value_length": size }),
});
const ssm = (kernel: number, inner: number, size: number, groups?: number): Keys => ({
  "ssm.conv_kernel": kernel,
  "ssm.inner_size": inner,
  "ssm.state_size": size,
  ...(groups === undefined ? {} : { "ssm.group_count": groups }),
});
/** Listed by layer: `at` where true, else `other`. */
const listed = <Value>(layers: number, isSo: (layer: number) => boolean, at: Value, other: Value): Value[] =>
  Array.from({ length: layers }, (_, layer) => (isSo(layer) ? at : other));

/** Name, architecture, keys of the header, and what its layers keep. */
export const published: [name: string, architecture: string, keys: Keys, cache: CacheGroup[]][] = [
  ["Llama 3.1 8B", "llama", { block_count: 32, embedding_length: 4096, ...heads(32, 8) }, [full(32, 4096)]],
  [
    "Llama 2 7B, keys for every head",
    "llama",
    { block_count: 32, embedding_length: 4096, ...heads(32) },
    [full(32, 16_384)],
  ],
  ["Qwen2.5 0.5B", "qwen2", { block_count: 24, embedding_length: 896, ...heads(14, 2) }, [full(24, 512)]],
  ["Qwen3 30B-A3B", "qwen3moe", { block_count: 48, embedding_length: 2048, ...heads(32, 4, 128) }, [full(48, 2048)]],
  [
    "OpenELM, heads by layer",
    "openelm",
    { block_count: 3, embedding_length: 256, ...heads([4, 8, 8], [1, 2, 4], 64) },
    [full(1, 256), full(1, 512), full(1, 1024)],
  ],
  [
    "heads by layer, none for keys alone",
    "openelm",
    { block_count: 2, embedding_length: 256, ...heads([4, 8], undefined, 64) },
    [full(1, 1024), full(1, 2048)],
  ],
  [
    "DeepSeek V3, latent",
    "deepseek2",
    {
      block_count: 61,
      embedding_length: 7168,
      ...heads(128, 1),
      "attention.key_length": 576,
      "attention.value_length": 512,
      "attention.key_length_mla": 192,
      "attention.value_length_mla": 128,
    },
    [full(61, 1152)],
  ],
  [
    "DeepSeek V2 Lite, made before the latent cache",
    "deepseek2",
    {
      block_count: 27,
      embedding_length: 2048,
      ...heads(16, 16),
      "attention.key_length": 192,
      "attention.value_length": 128,
    },
    [full(27, 10_240)],
  ],
  [
    "DeepSeek V3.2, with an indexer",
    "deepseek32",
    {
      block_count: 62,
      nextn_predict_layers: 1,
      embedding_length: 7168,
      ...heads(128, 1),
      "attention.key_length": 576,
      "attention.value_length": 512,
      "attention.key_length_mla": 192,
      "attention.value_length_mla": 128,
      "attention.indexer.key_length": 128,
    },
    [full(61, 1152), full(61, 256)],
  ],
  [
    "GLM 4.5 Air, one layer predicts",
    "glm4moe",
    { block_count: 47, nextn_predict_layers: 1, embedding_length: 4096, ...heads(96, 8, 128) },
    [full(46, 4096)],
  ],
  [
    "Gemma 2 9B",
    "gemma2",
    { block_count: 42, embedding_length: 3584, ...heads(16, 8, 256) },
    [window(21, 8192, 4096), full(21, 8192)],
  ],
  [
    "Gemma 3 12B",
    "gemma3",
    { block_count: 48, embedding_length: 3840, ...heads(16, 8, 256), "attention.sliding_window": 1024 },
    [window(40, 8192, 1024), full(8, 8192)],
  ],
  [
    "Gemma 3 without a window",
    "gemma3",
    { block_count: 26, embedding_length: 1152, ...heads(4, 1, 256) },
    [full(26, 1024)],
  ],
  [
    "Gemma 3n E4B",
    "gemma3n",
    {
      block_count: 35,
      embedding_length: 2048,
      ...heads(8, 2, 256),
      "attention.sliding_window": 512,
      "attention.shared_kv_layers": 15,
    },
    [window(16, 2048, 512), full(4, 2048)],
  ],
  [
    "Gemma 4, listed windows, wider heads and shared layers",
    "gemma4",
    {
      block_count: 12,
      embedding_length: 1536,
      ...heads(8, 1, 512),
      "attention.key_length_swa": 256,
      "attention.value_length_swa": 256,
      "attention.sliding_window": 512,
      "attention.sliding_window_pattern": listed(12, (layer) => layer % 6 !== 5, true, false),
      "attention.shared_kv_layers": 4,
    },
    [window(7, 1024, 512), full(1, 2048)],
  ],
  [
    "gpt-oss 20B",
    "gpt-oss",
    { block_count: 24, embedding_length: 2880, ...heads(64, 8, 64), "attention.sliding_window": 128 },
    [window(12, 2048, 128), full(12, 2048)],
  ],
  [
    "Command R7B",
    "cohere2",
    { block_count: 32, embedding_length: 4096, ...heads(32, 8), "attention.sliding_window": 4096 },
    [window(24, 4096, 4096), full(8, 4096)],
  ],
  [
    "Llama 4 Scout, without the key",
    "llama4",
    { block_count: 48, embedding_length: 5120, ...heads(40, 8, 128) },
    [window(36, 4096, 8192), full(12, 4096)],
  ],
  [
    "Llama 4 with windows switched off",
    "llama4",
    { block_count: 48, embedding_length: 5120, ...heads(40, 8, 128), "attention.sliding_window": 0 },
    [full(48, 4096)],
  ],
  [
    "EXAONE 4 32B",
    "exaone4",
    { block_count: 64, embedding_length: 5120, ...heads(40, 8), "attention.sliding_window": 4096 },
    [window(48, 4096, 4096), full(16, 4096)],
  ],
  [
    "EXAONE 4 1.2B",
    "exaone4",
    { block_count: 30, embedding_length: 2048, ...heads(32, 8), "attention.sliding_window": 4096 },
    [full(30, 2048)],
  ],
  [
    "SmallThinker, the first of four sees all",
    "smallthinker",
    { block_count: 8, embedding_length: 256, ...heads(4, 2), "attention.sliding_window": 1024 },
    [full(2, 512), window(6, 512, 4096)],
  ],
  [
    "MiMo V2, other heads beside windows",
    "mimo2",
    {
      block_count: 6,
      embedding_length: 4096,
      ...heads(
        64,
        listed(6, (layer) => layer % 6 === 0, 4, 8),
      ),
      "attention.key_length": 192,
      "attention.value_length": 128,
      "attention.sliding_window": 128,
      "attention.sliding_window_pattern": listed(6, (layer) => layer % 6 !== 0, 1, 0),
    },
    [full(1, 2560), window(5, 5120, 128)],
  ],
  [
    "Phi 3, a window that llama.cpp does not use",
    "phi3",
    { block_count: 32, embedding_length: 3072, ...heads(32), "attention.sliding_window": 2047 },
    [full(32, 12_288)],
  ],
  [
    "an unknown architecture that lists windows",
    "later",
    {
      block_count: 2,
      embedding_length: 64,
      ...heads(4),
      "attention.sliding_window": 8,
      "attention.sliding_window_pattern": [true, true],
    },
    [full(2, 256)],
  ],
  ["Mamba 130M", "mamba", { block_count: 24, embedding_length: 768, ...ssm(4, 1536, 16) }, [state(24, 116_736)]],
  [
    "Mamba 2 2.7B",
    "mamba2",
    { block_count: 64, embedding_length: 2560, ...ssm(4, 5120, 128, 1) },
    [state(64, 4 * (3 * 5376 + 128 * 5120))],
  ],
  [
    "RWKV 7 1.5B",
    "rwkv7",
    { block_count: 24, embedding_length: 2048, "wkv.head_size": 64, ...heads(0) },
    [state(24, 4 * (2 * 2048 + 2048 * 64))],
  ],
  [
    "Jamba, every eighth layer attends",
    "jamba",
    {
      block_count: 8,
      embedding_length: 4096,
      ...heads(
        32,
        listed(8, (layer) => layer === 4, 8, 0),
      ),
      ...ssm(4, 8192, 16),
    },
    [state(7, 4 * (3 * 8192 + 16 * 8192)), full(1, 4096)],
  ],
  [
    "Falcon H1 1.5B, both at once",
    "falcon-h1",
    { block_count: 24, embedding_length: 2048, ...heads(8, 2, 128), ...ssm(4, 3072, 256, 1) },
    [state(24, 4 * (3 * 3584 + 256 * 3072)), full(24, 1024)],
  ],
  [
    "Qwen3 Next 80B",
    "qwen3next",
    {
      block_count: 48,
      embedding_length: 2048,
      ...heads(16, 2, 256),
      ...ssm(4, 4096, 128, 16),
      full_attention_interval: 4,
    },
    [state(36, 2_195_456), full(12, 2048)],
  ],
  [
    "Qwen3.5, the interval left to llama.cpp, one layer predicts",
    "qwen35",
    {
      block_count: 33,
      nextn_predict_layers: 1,
      embedding_length: 2560,
      ...heads(16, 4, 256),
      ...ssm(4, 4096, 128, 16),
    },
    [state(24, 2_195_456), full(8, 4096)],
  ],
  [
    "LFM2 1.2B",
    "lfm2",
    { block_count: 4, embedding_length: 2048, ...heads(32, [0, 0, 8, 0]), "shortconv.l_cache": 3 },
    [state(3, 16_384), full(1, 2048)],
  ],
  [
    "Nemotron-H: attention, states and feed-forward layers",
    "nemotron_h",
    {
      block_count: 6,
      embedding_length: 4096,
      ...heads(32, [0, 0, 0, 8, 0, 0], 128),
      feed_forward_length: [0, 21_504, 0, 0, 21_504, 0],
      ...ssm(4, 8192, 128, 8),
    },
    [state(3, 4 * (3 * 10_240 + 128 * 8192)), full(1, 4096)],
  ],
  [
    "Nemotron 3 Nano, experts between",
    "nemotron_h_moe",
    {
      block_count: 4,
      embedding_length: 2688,
      ...heads(32, [0, 0, 2, 0], 128),
      feed_forward_length: [0, 1856, 0, 1856],
      ...ssm(4, 4096, 128, 8),
    },
    [state(1, 4 * (3 * 6144 + 128 * 4096)), full(1, 1024)],
  ],
  [
    "Granite 4 H Tiny",
    "granitehybrid",
    { block_count: 4, embedding_length: 1536, ...heads(12, [0, 0, 0, 4]), ...ssm(4, 3072, 128, 1) },
    [state(3, 4 * (3 * 3328 + 128 * 3072)), full(1, 2048)],
  ],
  [
    "Kimi Linear, latent and delta states",
    "kimi-linear",
    {
      block_count: 4,
      embedding_length: 2304,
      ...heads(32, [0, 0, 0, 1]),
      "attention.key_length": 576,
      "attention.value_length": 512,
      "attention.key_length_mla": 192,
      "attention.value_length_mla": 128,
      "ssm.conv_kernel": 4,
      "kda.head_dim": 128,
    },
    [state(3, 4 * (3 * 3 * 4096 + 128 * 128 * 32)), full(1, 1152)],
  ],
];
