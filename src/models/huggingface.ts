/** Facts of a model from a Hugging Face folder: config.json and the sizes of its safetensors files. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf } from "../errors.js";
import { groupLayers } from "./cache-layout.js";
import type { ModelFacts } from "./facts.js";
import {
  attentionHeadsOf,
  configSchema,
  embeddingOf,
  headSizeOf,
  type HubConfig,
  keyValueHeadsOf,
  layersOf,
  mostOf,
  withDefaults,
} from "./huggingface-config.js";
import { layerCaches } from "./huggingface-layers.js";
import { safetensorsBytes } from "./safetensors.js";

const bytesPerValue = 2;
/** More than any model has; guards loops against nonsense. */
const mostLayers = 10_000;

/**
 * @param folder holds config.json and, unless the weights are to be made up, *.safetensors
 * @throws {InputError} when there is no config.json, it is not valid, or a file of the weights is missing or cut off
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
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      throw new InputError(`${file} cannot be read: ${messageOf(error)}`, {
        remedy: "check the path and who may read it",
        cause: error,
      });
    const gguf = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith(".gguf"));
    throw new InputError(`${folder} is no model folder: it has no config.json`, {
      remedy:
        gguf.length > 0
          ? `give a GGUF file in it: ${path.join(folder, gguf.sort()[0]!)}`
          : "give a folder as Hugging Face has it, with config.json, tokenizer and *.safetensors, or a GGUF file",
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
    throw new InputError(`${file} does not describe a model: it holds no object with keys`, {
      remedy: "fetch it again",
      cause: parsed.error,
    });
  const config = withDefaults(parsed.data);
  const layers = layersOf(config);
  if (layers === 0 || layers > mostLayers || embeddingOf(config) === 0)
    throw new InputError(
      `${file} does not describe a language model: ${layers} layers, ${embeddingOf(config)} values wide`,
      { remedy: "check that this is a language model; only those can be run" },
    );
  return config;
}

/** What a config says of its architecture (the rules of vLLM's model_arch_config_convertor.py). */
export function describeConfig(
  config: HubConfig,
): Omit<ModelFacts, "name" | "format" | "weightBytes" | "layerWeightBytes" | "matrixBytes"> {
  const embeddingSize = embeddingOf(config);
  const latentAttention = (config.kv_lora_rank ?? 0) > 0;
  const experts = expertsOf(config);
  const dense = denseSizeOf(config);
  const expertSize = mostOf(config.moe_intermediate_size ?? dense);
  return {
    architecture: config.architectures?.[0] ?? config.model_type ?? "unknown",
    quantization: quantizationOf(config),
    trainContextTokens: config.max_position_embeddings ?? config.seq_length ?? 4096,
    vocabularySize: config.vocab_size ?? config.padded_vocab_size ?? 32_000,
    embeddingSize,
    feedForwardSize: experts > 0 ? expertSize * (mostOf(config.num_experts_per_tok) || 1) : dense || 4 * embeddingSize,
    layers: layersOf(config),
    attentionHeads: attentionHeadsOf(config),
    keyValueHeads: latentAttention ? 1 : keyValueHeadsOf(config),
    latentAttention,
    mixtureOfExperts: experts > 0,
    cache: groupLayers(layerCaches(config)),
  };
}

function expertsOf(config: HubConfig): number {
  return mostOf(config.num_experts ?? config.num_local_experts ?? config.n_routed_experts);
}

function denseSizeOf(config: HubConfig): number {
  return mostOf(config.intermediate_size ?? config.ffn_hidden_size);
}

/** A rough count for folders without weights, whose bytes are needed all the same (`--load-format dummy`). */
function estimateParameters(config: HubConfig, facts: ReturnType<typeof describeConfig>): number {
  const { embeddingSize, layers, vocabularySize, attentionHeads } = facts;
  const attention = embeddingSize * headSizeOf(config) * (2 * attentionHeads + 2 * keyValueHeadsOf(config));
  const experts = expertsOf(config);
  const dense = denseSizeOf(config);
  const expertSize = mostOf(config.moe_intermediate_size ?? dense);
  const feedForward = 3 * embeddingSize * (experts > 0 ? experts * expertSize : dense);
  const tied = config["tie_word_embeddings"] === true ? 1 : 2;
  return tied * vocabularySize * embeddingSize + layers * (attention + feedForward);
}

function quantizationOf(config: HubConfig): string {
  const quantized = config.quantization_config;
  if (quantized != null) {
    const { quant_method: method, bits } = quantized;
    return bits == null ? (method ?? "quantized") : `${method ?? "quantized"} ${bits} bit`;
  }
  const type = (config.dtype ?? config.torch_dtype ?? "").replace(/^torch\./, "");
  return { bfloat16: "bf16", float16: "f16", float32: "f32" }[type] ?? "bf16";
}

function bytesOfType(config: HubConfig): number {
  return (config.dtype ?? config.torch_dtype) === "float32" ? 4 : bytesPerValue;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
