import { describe, expect, it } from "vitest";
import { expectedContexts, plan, type PlanRequest } from "./plan.js";
import { quotaInCores } from "./probe.js";

const gib = 1024 ** 3;
const machine = { cores: 8, availableMemoryBytes: 16 * gib };
// Facts of Qwen2.5 0.5B Instruct in Q4_0: 24 layers, 2 KV heads of 64.
const small = {
  name: "qwen2.5-0.5b",
  architecture: "qwen2",
  weightBytes: 0.35 * gib,
  trainContextTokens: 32_768,
  vocabularySize: 151_936,
  kvBytesPerToken: 24 * 2 * (64 + 64) * 2,
};
const auto: PlanRequest = { context: "auto", sequences: "auto", threads: "auto", batchSize: 512 };

describe("plan", () => {
  it("takes the whole machine when all fits", () => {
    expect(plan(machine, small, auto)).toMatchObject({
      contextTokens: 8192,
      sequences: 16,
      threads: 8,
      batchSize: 512,
    });
  });

  it("keeps to what the model was trained with", () => {
    expect(plan(machine, { ...small, trainContextTokens: 2048 }, auto).contextTokens).toBe(2048);
  });

  it("takes fewer sequences, then less context, when memory is short, and stays within it", () => {
    let last = Infinity;
    for (const memory of [8, 4, 2.5, 2.2, 2, 1.8]) {
      const available = memory * gib;
      const sizes = plan({ ...machine, availableMemoryBytes: available }, small, auto);
      expect(sizes.expectedBytes).toBeLessThanOrEqual(available - 512 * 1024 ** 2);
      const tokens = sizes.sequences * sizes.contextTokens;
      expect(tokens).toBeLessThanOrEqual(last);
      if (sizes.contextTokens < 8192) expect(sizes.sequences).toBe(1);
      last = tokens;
    }
  });

  it("refuses with the arithmetic what cannot fit", () => {
    expect(() => plan({ ...machine, availableMemoryBytes: gib }, small, auto)).toThrow(
      /does not fit: weights 358 MiB, KV cache .*available 1024 MiB/,
    );
    expect(() => plan(machine, small, { ...auto, context: 131_072, sequences: 64 })).toThrow(
      /131072 tokens x 64 sequences/,
    );
  });

  it("gives each core sequences of its own where the model is small enough for the caches", () => {
    const tiny = { ...small, weightBytes: 8 * 1024 ** 2 };
    expect(plan(machine, tiny, auto)).toMatchObject({ contexts: 8, sequences: 16, threads: 8 });
    expect(plan({ ...machine, cores: 2 }, tiny, { ...auto, sequences: 5 }).contexts).toBe(1);
    expect(plan({ ...machine, cores: 6 }, tiny, { ...auto, sequences: 16 }).contexts).toBe(2);
    expect(plan(machine, small, auto).contexts).toBe(1);
    expect(expectedContexts(machine, tiny.weightBytes, auto)).toBe(8);
  });

  it("does as it is told, and says so", () => {
    const sizes = plan(machine, small, { context: 4096, sequences: 3, threads: 2, batchSize: 256 });
    expect(sizes).toMatchObject({ contextTokens: 4096, sequences: 3, threads: 2, batchSize: 256 });
    expect(sizes.reasons.join()).toContain("as configured");
    expect(plan(machine, small, { ...auto, context: 40_000, sequences: 1 }).reasons.join()).toContain(
      "beyond the 32768",
    );
  });
});

describe("quotaInCores", () => {
  it("reads the limits of a container", () => {
    expect(quotaInCores("150000", "100000")).toBe(1.5);
    expect(quotaInCores("max", "100000")).toBeUndefined();
    expect(quotaInCores("-1", "100000")).toBeUndefined();
    expect(quotaInCores("", "")).toBeUndefined();
  });
});
