import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnosis } from "../launcher.js";
import { vllmCommand } from "./command.js";
import { easierVllm } from "./ladder.js";
import type { VllmSettings } from "./settings.js";
import { cpuSettings, settingsWith } from "./testing/recorded.js";

const memory = (where: NonNullable<Diagnosis["where"]>, rest: Partial<Diagnosis> = {}): Diagnosis => ({
  kind: "out-of-memory",
  where,
  message: "",
  ...rest,
});

/** The changes of all steps, until nothing is left. */
function walk(settings: VllmSettings, diagnosis: Diagnosis): string[] {
  const changes: string[] = [];
  for (let now = easierVllm(settings, diagnosis); now !== undefined; now = easierVllm(now.settings, diagnosis))
    changes.push(now.change);
  return changes;
}

describe("what is given up", () => {
  it("first is the share of the memory that others use", () => {
    const step = easierVllm(settingsWith(), memory("free", { free: { gib: 40.7, totalGib: 80 } }));
    expect(step).toMatchObject({ settings: { gpuMemoryUtilization: 0.5 }, change: "0.5 of the whole memory" });
    // None is free: then everything else is tried.
    const none = easierVllm(settingsWith(), memory("free", { free: { gib: 1, totalGib: 80 } }));
    expect(none?.change).toBe("steps of 2048 tokens");
  });

  it("is the context where that does not fit: a little less than what would", () => {
    const step = easierVllm(settingsWith(), { kind: "context", contextTokens: 5000, message: "" });
    expect(step).toMatchObject({ settings: { maxModelLen: 4896 }, change: "a context of 4896 tokens" });
    const tooShort = easierVllm(settingsWith(), { kind: "context", contextTokens: 500, message: "" });
    expect(tooShort?.change).toBe("an fp8 KV cache");
  });

  it("are requests at once where the sampler has no room", () => {
    expect(easierVllm(settingsWith(), memory("sampler"))?.change).toBe("128 requests at once");
  });

  it("is everything else in turn, and then nothing", () => {
    const start = settingsWith({ maxNumSeqs: 256, maxNumBatchedTokens: 16_384, maxModelLen: 4096 });
    expect(walk(start, memory("other"))).toEqual([
      "steps of 8192 tokens",
      "steps of 2048 tokens",
      "128 requests at once",
      "64 requests at once",
      "an fp8 KV cache",
      "no CUDA graphs",
      "weights quantized to fp8",
      "32 requests at once",
      "16 requests at once",
      "8 requests at once",
      "4 requests at once",
      "a context of 2048 tokens",
      "a context of 1024 tokens",
    ]);
  });

  it("is no precision that the card or the model does not have", () => {
    for (const changes of [{ computeCapability: 8 }, { isQuantized: true }])
      expect(walk(settingsWith(changes), memory("weights"))).not.toContain("weights quantized to fp8");
    expect(walk(settingsWith({ computeCapability: 8 }), memory("cache"))).not.toContain("an fp8 KV cache");
  });

  it("on a CPU is the cache, and nothing that only GPUs have", () => {
    expect(walk(cpuSettings, memory("other"))).toEqual([
      "a cache of 2 GiB",
      "a cache of 1 GiB",
      "steps of 2048 tokens",
      "16 requests at once",
      "8 requests at once",
      "4 requests at once",
      "a context of 1024 tokens",
    ]);
  });

  it("is not what the user fixed", () => {
    const start = settingsWith({ extraArgs: ["--max-num-batched-tokens", "8192", "--enforce-eager"] });
    expect(walk(start, memory("other")).join()).not.toMatch(/steps|graphs/);
  });

  it("is a flag that is not known, once", () => {
    const diagnosis: Diagnosis = { kind: "flag", flag: "--stream-interval", message: "" };
    const step = easierVllm(settingsWith(), diagnosis);
    expect(step?.settings.dropped).toEqual(["--stream-interval"]);
    expect(easierVllm(step!.settings, diagnosis)).toBeUndefined();
    expect(easierVllm(settingsWith(), { kind: "flag", flag: "--not-ours", message: "" })).toBeUndefined();
    expect(easierVllm(settingsWith(), { kind: "flag", flag: "", message: "" })).toBeUndefined();
  });

  it.each(["hopeless", "unknown", "port"] as const)("is nothing for %s", (kind) => {
    expect(easierVllm(settingsWith(), { kind, message: "" })).toBeUndefined();
  });

  it("always changes the command, and always comes to an end", () => {
    const settings = fc.record({
      gpus: fc.constantFrom([], [0], [0, 1]),
      computeCapability: fc.constantFrom(0, 7.5, 8, 8.9, 9),
      maxModelLen: fc.integer({ min: 1, max: 200_000 }),
      maxNumSeqs: fc.integer({ min: 1, max: 4096 }),
      maxNumBatchedTokens: fc.integer({ min: 1, max: 65_536 }),
      gpuMemoryUtilization: fc.double({ min: 0.05, max: 1, noNaN: true }),
      cacheType: fc.constantFrom("auto" as const, "fp8" as const),
      enforceEager: fc.boolean(),
      isQuantized: fc.boolean(),
      extraArgs: fc.subarray(["--max-num-seqs=4", "--enforce-eager", "--kv-cache-dtype=auto"]),
    });
    const where = fc.constantFrom(
      "free" as const,
      "weights" as const,
      "sampler" as const,
      "cache" as const,
      "other" as const,
    );
    const diagnosis = fc.record({
      kind: fc.constantFrom("out-of-memory" as const, "context" as const),
      where,
      contextTokens: fc.integer({ min: 0, max: 100_000 }),
      free: fc.record({ gib: fc.double({ min: 0, max: 80, noNaN: true }), totalGib: fc.constant(80) }),
    });
    // Another reason at each step, as it may be.
    fc.assert(
      fc.property(
        settings,
        fc.array(diagnosis, { minLength: 80, maxLength: 80 }),
        fc.boolean(),
        (start, reasons, cpu) => {
          let now = settingsWith(cpu ? { ...cpuSettings, ...start, gpus: [] } : start);
          let steps = 0;
          for (const reason of reasons) {
            const next = easierVllm(now, { ...reason, message: "" });
            if (next === undefined) continue;
            const told = (which: VllmSettings) => JSON.stringify(vllmCommand(which, 1, "k"));
            expect(told(next.settings)).not.toBe(told(now));
            expect(next.settings.maxNumBatchedTokens).toBeGreaterThanOrEqual(
              Math.min(next.settings.maxNumSeqs, start.maxNumBatchedTokens),
            );
            now = next.settings;
            steps++;
          }
          expect(steps).toBeLessThan(60);
          expect(walk(now, memory("free")).length).toBeLessThan(40);
        },
      ),
      { numRuns: 200 },
    );
  });
});
