/** Facts from the essential parts of published config.json files. */
import { describe, expect, it } from "vitest";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { cacheBytesPerToken } from "../hw/memory.js";
import type { ModelFacts } from "./facts.js";
import { readHuggingFaceFacts } from "./huggingface.js";
import { shape } from "./testing/config-shapes.js";
import { newFolder } from "./testing/folders.js";
import { attentionConfigs } from "./testing/published-configs.js";
import { hybridConfigs } from "./testing/published-hybrids.js";

async function factsOf(config: object): Promise<ModelFacts> {
  const folder = await newFolder();
  await writeFile(path.join(folder, "config.json"), JSON.stringify(config));
  return await readHuggingFaceFacts(folder);
}

describe("KiB of the cache per token, as vLLM counts them", () => {
  it.each([
    [
      "Qwen2.5 0.5B",
      12,
      { model_type: "qwen2", ...shape(24, 896, 14, 2, 4864), sliding_window: 32_768, use_sliding_window: false },
    ],
    ["SmolLM2 135M", 22.5, { model_type: "llama", ...shape(30, 576, 9, 3, 1536) }],
    ["SmolLM2 1.7B", 192, { model_type: "llama", ...shape(24, 2048, 32, 32, 8192) }],
    ["Qwen3 0.6B", 112, { model_type: "qwen3", ...shape(28, 1024, 16, 8, 3072), head_dim: 128 }],
    ["Llama 3.2 1B", 32, { model_type: "llama", ...shape(16, 2048, 32, 8, 8192), head_dim: 64 }],
    ["Qwen2.5 7B", 56, { model_type: "qwen2", ...shape(28, 3584, 28, 4, 18_944), sliding_window: 131_072 }],
    ["Qwen3 8B", 144, { model_type: "qwen3", ...shape(36, 4096, 32, 8, 12_288), head_dim: 128 }],
    ["Llama 3.1 8B", 128, { model_type: "llama", ...shape(32, 4096, 32, 8, 14_336) }],
    ["Qwen3 14B", 160, { model_type: "qwen3", ...shape(40, 5120, 40, 8, 17_408), head_dim: 128 }],
    [
      "Qwen3 30B-A3B",
      96,
      { model_type: "qwen3_moe", ...shape(48, 2048, 32, 4, 6144), head_dim: 128, num_experts: 128 },
    ],
    ["Qwen3 32B", 256, { model_type: "qwen3", ...shape(64, 5120, 64, 8, 25_600), head_dim: 128 }],
    ["Llama 3.3 70B", 320, { model_type: "llama", ...shape(80, 8192, 64, 8, 28_672) }],
    ["DeepSeek V3", 70_272 / 1024, { ...shape(61, 7168, 128, 128, 18_432), kv_lora_rank: 512, qk_rope_head_dim: 64 }],
  ])("%s: %d", async (_, kib, config) => {
    expect(cacheBytesPerToken((await factsOf(config)).cache) / 1024).toBe(kib);
  });
});

describe("facts of a config.json", () => {
  it.each([...attentionConfigs, ...hybridConfigs])("%s", async (_, config, expected) => {
    expect(await factsOf(config)).toMatchObject(expected);
  });
});
