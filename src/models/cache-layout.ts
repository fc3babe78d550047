/** Groups layers that keep the same amount in the cache. */
import type { CacheGroup, CacheLayout } from "./facts.js";

/** What one layer keeps: `bytes` per token (full, window) or per sequence (state); keys and values at 16 bits. */
export type LayerCache =
  | { kind: "full"; bytes: number }
  | { kind: "window"; bytes: number; window: number }
  | { kind: "state"; bytes: number };

/** @param layers one or more entries per layer, in any order; layers that keep nothing have none */
export function groupLayers(layers: readonly LayerCache[]): CacheLayout {
  const groups = new Map<string, CacheGroup>();
  for (const layer of layers) {
    if (layer.bytes <= 0) continue;
    const key = `${layer.kind} ${layer.bytes} ${layer.kind === "window" ? layer.window : ""}`;
    const group = groups.get(key);
    if (group !== undefined) group.layers++;
    else if (layer.kind === "full") groups.set(key, { kind: "full", layers: 1, bytesPerToken: layer.bytes });
    else if (layer.kind === "window")
      groups.set(key, { kind: "window", layers: 1, bytesPerToken: layer.bytes, window: layer.window });
    else groups.set(key, { kind: "state", layers: 1, bytesPerSequence: layer.bytes });
  }
  return [...groups.values()];
}
