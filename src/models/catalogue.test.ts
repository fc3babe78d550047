import { describe, expect, it } from "vitest";
import { catalogue, catalogueReferences, sourcesOf } from "./catalogue.js";
import { factsOfEntry } from "./catalogue-facts.js";
import { parseHubUri } from "./hub/uri.js";
import { memoryClassOf } from "./sizes.js";

/** Bits per weight of whole files, embeddings included. */
const bits: Record<string, number> = { Q8_0: 8.5, Q4_K_M: 4.9, "UD-Q4_K_M": 5, MXFP4: 4.5 };

describe("the catalogue", () => {
  it("has models for each size of memory, least first", () => {
    const memory = catalogue().map((entry) => entry.memory);
    expect(memory).toEqual([...memory].sort((a, b) => a - b));
    expect([...new Set(memory)]).toEqual([2, 4, 8, 12, 16, 24, 32, 48, 80, 160]);
    expect(new Set(catalogue().map((entry) => entry.id)).size).toBe(catalogue().length);
  });

  it.each(catalogue().map((entry) => [entry.id, entry] as const))("%s is plausible", (_, entry) => {
    const { parameters, gguf, safetensors, architecture } = entry;
    expect(entry.memory).toBe(memoryClassOf(gguf.bytes));
    expect(parameters.active).toBeLessThanOrEqual(parameters.total);
    const within = (bytes: number, bitsPerWeight: number) => {
      const share = (bytes * 8) / (parameters.total * bitsPerWeight);
      expect(Math.abs(share - 1)).toBeLessThan(0.25);
    };
    within(gguf.bytes, bits[gguf.quantization!]!);
    if (safetensors?.bytes != null) within(safetensors.bytes, 16);
    expect(architecture.heads % architecture.keyValueHeads).toBe(0);
    const groups = architecture.cache ?? [{ layers: architecture.layers }];
    expect(groups.reduce((sum, group) => sum + group.layers, 0)).toBe(architecture.layers);
    // Every fact has a source, and every source is told.
    for (const fact of ["architecture", "licence", "gguf"]) expect(Object.keys(entry.sources)).toContain(fact);
    for (const source of Object.values(entry.sources)) expect(catalogueReferences()).toHaveProperty([source]);
    for (const source of sourcesOf(entry)) expect(parseHubUri(source).repo).toMatch(/\//);
  });

  it("gives facts for a plan before anything is fetched", () => {
    const entry = catalogue().find((one) => one.id === "gemma-3-27b")!;
    const facts = factsOfEntry(entry);
    expect(facts).toMatchObject({ format: "gguf", architecture: "gemma3", weightBytes: entry.gguf.bytes, layers: 62 });
    expect(facts.cache).toEqual([
      { kind: "full", layers: 10, bytesPerToken: 8192 },
      { kind: "window", layers: 52, bytesPerToken: 8192, window: 1024 },
    ]);
    expect(facts.layerWeightBytes / facts.weightBytes).toBeCloseTo(0.95, 2);
    const folder = factsOfEntry(entry, "safetensors");
    expect(folder).toMatchObject({ format: "safetensors", architecture: "Gemma3ForConditionalGeneration" });
    expect(folder.weightBytes).toBe(2 * entry.parameters.total);
  });
});
