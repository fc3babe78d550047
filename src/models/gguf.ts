/** Facts of a model from the header of its GGUF file, as llama.cpp will read it. */
import path from "node:path";
import { InputError } from "../errors.js";
import { groupLayers } from "./cache-layout.js";
import type { ModelFacts } from "./facts.js";
import { type GgufHeader, type GgufTree, readGgufHeader } from "./gguf-header.js";
import { countLayers, isLatent, layerCaches, type LayerKeys } from "./gguf-layers.js";
import { fileTypeName, tensorBytes, tensorTypeName } from "./tensor-types.js";

/** llama.cpp's limit (LLAMA_MAX_LAYERS). */
const mostLayers = 512;
/** These turn text into a vector, and cannot continue it. */
const embeddingArchitectures =
  /^(bert|modern-bert|nomic-bert|nomic-bert-moe|neo-bert|jina-bert-v[23]|eurobert|gemma-embedding|t5encoder|wavtokenizer-dec)$/;

/**
 * @param file a `.gguf` file; of a split model, its first part
 * @throws {InputError} when the file is missing, is not GGUF, ends before its weights do, or is no language model
 */
export async function readGgufFacts(file: string): Promise<ModelFacts> {
  const header = await readGgufHeader(file);
  const { metadata } = header;
  checkLanguageModel(file, header);
  const headers = [{ file, header }];
  for (const part of furtherParts(file, metadata)) headers.push({ file: part, header: await readPart(file, part) });
  const described = architectureFacts(metadata as unknown as Metadata);
  if (described.layers < 1 || described.layers > mostLayers || described.embeddingSize < 1)
    throw new InputError(
      `${file} does not describe a language model: ${described.layers} layers, ${described.embeddingSize} values wide`,
      { remedy: "give the file of a language model; fetch it again if it should be one" },
    );
  const named = lookUp(metadata, "general.name");
  return {
    name: typeof named === "string" && named !== "" ? named : path.basename(file, ".gguf"),
    format: "gguf",
    quantization: fileTypeName(lookUp(metadata, "general.file_type")),
    ...sumWeights(headers),
    ...described,
  };
}

/** Adapters, projectors and vocabularies are GGUF files too. */
function checkLanguageModel(file: string, { metadata, tensors }: GgufHeader): void {
  const kind = lookUp(metadata, "general.type");
  const architecture = lookUp(metadata, "general.architecture");
  const refuse = (what: string, remedy: string) => new InputError(`${file} ${what}`, { remedy });
  if (kind === "adapter")
    throw refuse("is an adapter (LoRA), not a model", "give a model into which the adapter has been merged");
  if (kind === "mmproj" || architecture === "clip")
    throw refuse(
      "is the part of a model that sees or hears (mmproj), not the language model",
      "give the language model's own file, which is published beside it",
    );
  if (kind === "imatrix" || architecture === "imatrix")
    throw refuse("holds statistics for quantizing (imatrix), not a model", "give the model's own file");
  if (typeof architecture !== "string")
    throw refuse("does not name the architecture of its model", "give the file of a language model");
  if (embeddingArchitectures.test(architecture))
    throw refuse(`is a model for embeddings (${architecture}), which writes no text`, "give a language model");
  if (tensors.length === 0 && splitCount(metadata) < 2)
    throw refuse("holds a vocabulary and no weights", "give the file of a whole model");
}

const partName = /^(?<stem>.*)-(?<part>\d{5})-of-(?<parts>\d{5})\.gguf$/;

function splitCount(metadata: GgufTree): number {
  const count = lookUp(metadata, "split.count");
  return typeof count === "number" ? count : 1;
}

/** The files that go on where this one ends. */
function furtherParts(file: string, metadata: GgufTree): string[] {
  const named = partName.exec(path.basename(file))?.groups;
  const count = splitCount(metadata);
  if (count < 2) return [];
  if (named === undefined || Number(named["parts"]) !== count)
    throw new InputError(`${file} is one of ${count} parts of a model, and llama.cpp finds the others by its name`, {
      remedy: `give the parts their names back: NAME-00001-of-${String(count).padStart(5, "0")}.gguf and so on`,
    });
  const parts = Array.from({ length: count }, (_, index) =>
    path.join(path.dirname(file), `${named["stem"]!}-${String(index + 1).padStart(5, "0")}-of-${named["parts"]!}.gguf`),
  );
  if (Number(named["part"]) !== 1)
    throw new InputError(`${file} is part ${Number(named["part"])} of a model in ${count} parts`, {
      remedy: `give the first: ${parts[0]!}`,
    });
  return parts.slice(1);
}

async function readPart(first: string, part: string): Promise<GgufHeader> {
  try {
    return await readGgufHeader(part);
  } catch (error) {
    const missing =
      error instanceof InputError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    if (!missing) throw error;
    throw new InputError(`${first} lacks a part of its model: there is no ${part}`, {
      remedy: "fetch all parts into one folder",
      cause: error,
    });
  }
}

interface Metadata {
  general: { architecture: string };
  tokenizer?: { ggml?: { tokens?: { readonly length: number } } };
  [architecture: string]: unknown;
}

type ArchitectureFacts = Omit<
  ModelFacts,
  "name" | "format" | "quantization" | "weightBytes" | "layerWeightBytes" | "matrixBytes" | "parameters"
>;

/** The part of the header that describes the architecture; what is missing takes llama.cpp's defaults. */
export function architectureFacts(metadata: Metadata): ArchitectureFacts {
  const keys = keysOf(metadata);
  const { architecture, number, list } = keys;
  const most = (key: string) => Math.max(0, ...(list(key) ?? []).map(Number), number(key) ?? 0);
  const attentionHeads = Math.max(1, most("attention.head_count"));
  const experts = number("expert_count") ?? 0;
  const expertFeedForward = experts > 0 ? most("expert_feed_forward_length") * most("expert_used_count") : 0;
  const latentAttention = isLatent(keys);
  const layers = countLayers(keys);
  return {
    architecture,
    trainContextTokens: number("context_length") ?? 4096,
    vocabularySize: metadata.tokenizer?.ggml?.tokens?.length ?? number("vocab_size") ?? 32_000,
    embeddingSize: number("embedding_length") ?? 0,
    feedForwardSize: expertFeedForward > 0 ? expertFeedForward : most("feed_forward_length"),
    layers,
    attentionHeads,
    keyValueHeads: latentAttention ? 1 : Math.max(1, most("attention.head_count_kv") || attentionHeads),
    latentAttention,
    mixtureOfExperts: experts > 0,
    cache: layers <= mostLayers ? groupLayers(layerCaches(keys)) : [],
  };
}

function keysOf(metadata: Metadata): LayerKeys {
  const { architecture } = metadata.general;
  const section = metadata[architecture];
  const count = (value: unknown) => {
    const size = typeof value === "bigint" ? Number(value) : value;
    return typeof size === "number" && Number.isFinite(size) && size >= 0 ? size : undefined;
  };
  const list = (key: string) => {
    const value = lookUp(section, key);
    return Array.isArray(value) ? (value as readonly (number | boolean)[]) : undefined;
  };
  const number = (key: string) => count(lookUp(section, key));
  return {
    architecture,
    number,
    list,
    ofLayer: (key, layer) => {
      const listed = list(key);
      return listed === undefined ? number(key) : count(Number(listed[layer] ?? 0));
    },
  };
}

interface Weights extends Pick<ModelFacts, "weightBytes" | "layerWeightBytes" | "matrixBytes"> {
  parameters: number;
}

function sumWeights(parts: readonly { file: string; header: GgufHeader }[]): Weights {
  const matrixBytes: Record<string, number> = {};
  const weights: Weights = { weightBytes: 0, layerWeightBytes: 0, matrixBytes, parameters: 0 };
  let embedding: { type: string; bytes: number } | undefined;
  let hasOutput = false;
  for (const { file, header } of parts) {
    let end = 0;
    for (const tensor of header.tensors) {
      const values = tensor.dimensions.reduce((product, size) => product * size, 1);
      const known = tensorBytes(values, tensor.type);
      const bytes = known ?? values * 2;
      weights.parameters += values;
      weights.weightBytes += bytes;
      const isLayer = tensor.name.startsWith("blk.");
      const type = tensorTypeName(tensor.type);
      if (isLayer) weights.layerWeightBytes += bytes;
      if (tensor.name === "token_embd.weight") embedding = { type, bytes };
      if (tensor.name === "output.weight") hasOutput = true;
      if (tensor.dimensions.length > 1 && (isLayer || tensor.name === "output.weight"))
        matrixBytes[type] = (matrixBytes[type] ?? 0) + bytes;
      end = Math.max(end, tensor.offset + (known ?? 0));
    }
    if (end > header.fileBytes)
      throw new InputError(`${file} is cut off: its weights take ${end} bytes, the file has ${header.fileBytes}`, {
        remedy: "fetch it again; `quern models verify` checks models that quern fetched",
      });
  }
  // Without an output of its own a model multiplies with its embeddings once more.
  if (!hasOutput && embedding !== undefined)
    matrixBytes[embedding.type] = (matrixBytes[embedding.type] ?? 0) + embedding.bytes;
  return weights;
}

/** `a.b.c` in a tree of keys. */
function lookUp(tree: unknown, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? (value as GgufTree)[part] : undefined),
      tree,
    );
}
