/** What is known of a model from its files alone, without loading it: types only. */

/** Layers that keep the same amount in the cache. */
export type CacheGroup =
  /** Every token of the context is kept: ordinary, grouped-query and multi-head latent attention. */
  | { kind: "full"; layers: number; bytesPerToken: number }
  /** Only the last `window` tokens are kept (sliding-window and chunked attention). */
  | { kind: "window"; layers: number; bytesPerToken: number; window: number }
  /** A state of fixed size per sequence, whatever its length (Mamba, RWKV, gated delta nets). */
  | { kind: "state"; layers: number; bytesPerSequence: number };

/** `bytesPerToken` above is per layer, keys and values together, at 16 bits per value. */
export type CacheLayout = readonly CacheGroup[];

export interface ModelFacts {
  /** The name in the files, or that of the file or folder. */
  name: string;
  format: "gguf" | "safetensors";
  /** As the files name it: `llama`, `qwen3moe`, `LlamaForCausalLM`. */
  architecture: string;
  /** Bytes of all weights. */
  weightBytes: number;
  /** Of those, the bytes of the repeating layers; the rest are embeddings and the output. */
  layerWeightBytes: number;
  /**
   * Bytes of the matrices that are multiplied with, by the type they are stored in (`Q4_K`), the output's included. What
   * llama.cpp copies into another order for the CPU follows from it. Empty for safetensors.
   */
  matrixBytes: Readonly<Record<string, number>>;
  /** Parameters, where the files tell. */
  parameters?: number;
  /** How most weights are stored: `Q4_K_M`, `bf16`, `fp8`, `awq`. */
  quantization: string;
  /** Tokens of context it was trained with. */
  trainContextTokens: number;
  vocabularySize: number;
  /** Values per token between layers. */
  embeddingSize: number;
  /** Values per token within a feed-forward layer, of all experts that one token visits. */
  feedForwardSize: number;
  /** Repeating layers. */
  layers: number;
  /** Heads of attention; tensor parallelism divides them. */
  attentionHeads: number;
  /** Heads whose keys and values are kept; 1 for multi-head latent attention. */
  keyValueHeads: number;
  /** The cache is multi-head latent: tensor parallelism does not divide it. */
  latentAttention: boolean;
  /** Only a part of the experts computes for a token. */
  mixtureOfExperts: boolean;
  cache: CacheLayout;
}
