/** Parts that configs and caches of tests are put together from. */
import type { CacheGroup, ModelFacts } from "../facts.js";

/** Name, config.json and some of the facts. */
export type PublishedConfig = [name: string, config: object, facts: Partial<ModelFacts>];

export const full = (layers: number, bytesPerToken: number): CacheGroup => ({ kind: "full", layers, bytesPerToken });
export const window = (layers: number, bytesPerToken: number, size: number): CacheGroup => ({
  kind: "window",
  layers,
  bytesPerToken,
  window: size,
});
export const state = (layers: number, bytesPerSequence: number): CacheGroup => ({
  kind: "state",
  layers,
  bytesPerSequence,
});

/** `num_hidden_layers` and so on, in the order in which people name them. */
export const shape = (layers: number, hidden: number, heads: number, keyValue: number, feedForward: number) => ({
  num_hidden_layers: layers,
  hidden_size: hidden,
  num_attention_heads: heads,
  num_key_value_heads: keyValue,
  intermediate_size: feedForward,
});
export const repeated = (layers: number, names: readonly string[]) =>
  Array.from({ length: layers }, (_, layer) => names[layer % names.length]!);
