/** Facts from headers of published shapes. test/models/cache-arithmetic.json holds the rules against llama.cpp itself. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cacheBytesPerToken } from "../hw/memory.js";
import { readModelFacts } from "./describe.js";
import { embeddedModelPath } from "./find.js";
import { architectureFacts, readGgufFacts } from "./gguf.js";
import { newFolder } from "./testing/folders.js";
import { full, type Keys, published } from "./testing/published-headers.js";
import { ggufBytes, tinyGguf, tinyKeys, tinyTensors } from "./testing/gguf-file.js";

function facts(architecture: string, keys: Keys) {
  const section: Keys = {};
  for (const [key, value] of Object.entries(keys)) {
    const path = key.split(".");
    let branch = section;
    for (const part of path.slice(0, -1)) branch = (branch[part] ??= {}) as Keys;
    branch[path.at(-1)!] = value;
  }
  return architectureFacts({ general: { architecture }, [architecture]: section });
}

describe("facts of a GGUF header", () => {
  it.each(published)("cache of %s", (_, architecture, keys, cache) => {
    expect(facts(architecture, keys).cache).toEqual(cache);
  });

  it("counts 128 KiB for a token of Llama 3.1 8B and 70,272 bytes for one of DeepSeek V3", () => {
    const perToken = (name: string) => {
      const [, architecture, keys] = published.find(([one]) => one.startsWith(name))!;
      return cacheBytesPerToken(facts(architecture, keys).cache);
    };
    expect(perToken("Llama 3.1 8B")).toBe(128 * 1024);
    expect(perToken("DeepSeek V3")).toBe(70_272);
  });

  it("takes llama.cpp's defaults for keys that are missing", () => {
    expect(facts("llama", { block_count: 2, embedding_length: 64 })).toMatchObject({
      trainContextTokens: 4096,
      vocabularySize: 32_000,
      attentionHeads: 1,
      keyValueHeads: 1,
      latentAttention: false,
      mixtureOfExperts: false,
      feedForwardSize: 0,
    });
  });

  it.each([
    [
      "the experts that a token visits",
      { expert_count: 128, expert_used_count: 8, expert_feed_forward_length: 768, feed_forward_length: 6144 },
      6144,
    ],
    [
      "by layer",
      {
        expert_count: 64,
        expert_used_count: [6, 8],
        expert_feed_forward_length: [0, 1408],
        feed_forward_length: 10_944,
      },
      11_264,
    ],
    ["without a size of their own", { expert_count: 8, expert_used_count: 2, feed_forward_length: 14_336 }, 14_336],
  ])("experts: %s", (_, keys, expected) => {
    const found = facts("qwen3moe", { block_count: 2, embedding_length: 64, ...keys });
    expect(found).toMatchObject({ mixtureOfExperts: true, feedForwardSize: expected });
  });

  it("knows latent attention, which tensor parallelism does not divide", () => {
    const [, architecture, keys] = published.find(([name]) => name.startsWith("DeepSeek V3"))!;
    expect(facts(architecture, keys)).toMatchObject({ latentAttention: true, keyValueHeads: 1, attentionHeads: 128 });
  });
});

describe("a GGUF file", () => {
  it("is described by its header and the sizes of its tensors", async () => {
    const file = path.join(await newFolder(), "tiny.gguf");
    await writeFile(file, ggufBytes(tinyGguf));
    expect(await readModelFacts(file)).toEqual({
      name: "tiny",
      format: "gguf",
      architecture: "llama",
      quantization: "F16",
      weightBytes: 384 + 4352 + 2304 + 256,
      layerWeightBytes: 4352 + 2304 + 256,
      // The embeddings are multiplied with once more, for there is no output of its own.
      matrixBytes: { Q8_0: 4352, Q4_K: 2304, F16: 384 },
      parameters: 192 + 4096 + 4096 + 64,
      trainContextTokens: 2048,
      vocabularySize: 3,
      embeddingSize: 64,
      feedForwardSize: 96,
      layers: 2,
      attentionHeads: 4,
      keyValueHeads: 2,
      latentAttention: false,
      mixtureOfExperts: false,
      cache: [full(2, 128)],
    });
  });

  it.each([
    ["the file's name where it has none", { "general.name": "" }, { name: "other" }],
    ["version 2", {}, { name: "tiny" }],
    ["an unknown way of storing", { "general.file_type": 999 }, { quantization: "unknown" }],
    [
      "keys by strange names",
      { __proto__x: 1, "constructor.prototype.x": 1, "general.name.below": "x" },
      { name: "tiny" },
    ],
  ])("%s", async (_, keys, expected) => {
    const file = path.join(await newFolder(), "other.gguf");
    await writeFile(file, ggufBytes({ keys: { ...tinyKeys, ...keys }, tensors: tinyTensors, version: 2 }));
    expect(await readGgufFacts(file)).toMatchObject(expected);
  });

  it("with an output of its own does not count the embeddings as a matrix", async () => {
    const file = path.join(await newFolder(), "output.gguf");
    const output = { name: "output.weight", dimensions: [64, 3], type: 30, bytes: 384 };
    await writeFile(file, ggufBytes({ keys: tinyKeys, tensors: [...tinyTensors, output] }));
    expect((await readGgufFacts(file)).matrixBytes).toEqual({ Q8_0: 4352, Q4_K: 2304, BF16: 384 });
  });

  it("that comes with quern", async () => {
    expect(await readGgufFacts(embeddedModelPath)).toMatchObject({
      architecture: "llama",
      quantization: "Q8_0",
      vocabularySize: 4096,
      layers: 8,
      cache: [full(8, 512)],
    });
  });

  it("is read through more than one piece when its header is long", async () => {
    const file = path.join(await newFolder(), "long.gguf");
    const tokens = Array.from({ length: 200_000 }, (_, index) => `token number ${index} of many`);
    await writeFile(file, ggufBytes({ keys: { ...tinyKeys, "tokenizer.ggml.tokens": tokens }, tensors: tinyTensors }));
    expect(await readGgufFacts(file)).toMatchObject({ vocabularySize: 200_000, weightBytes: 7296 });
  });
});
