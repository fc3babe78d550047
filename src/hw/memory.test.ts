import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { architectureFacts } from "../models/gguf.js";
import { type CacheType, cacheBytes, cacheBytesPerToken } from "./memory.js";

/** What llama.cpp said (bench/cache-arithmetic.mjs --record). */
interface Recorded {
  contexts: { contextTokens: number; sequences: number; batchTokens: number; type: CacheType }[];
  models: { name: string; architecture: string; keys: Record<string, unknown>; bytes: number[] }[];
}
const recorded = JSON.parse(
  readFileSync(new URL("../../test/models/cache-arithmetic.json", import.meta.url), "utf8"),
) as Recorded;

/** Models without a window in their header get the library's extra token of the batch here, and not there. */
const mayBeLarger = new Set(["gemma2, the window left to llama.cpp"]);

describe("the arithmetic of caches", () => {
  it("has many kinds of models to be held against", () => {
    expect(recorded.models.length).toBeGreaterThanOrEqual(40);
  });

  describe.each(recorded.models)("$name", ({ name, architecture, keys, bytes }) => {
    const { cache } = architectureFacts({ general: { architecture }, [architecture]: nested(keys) });

    it.each(recorded.contexts.map((context, index) => ({ ...context, expected: bytes[index]! })))(
      "is llama.cpp's for $sequences x $contextTokens tokens, $batchTokens at once, $type",
      ({ expected, ...use }) => {
        const share = cacheBytes(cache, use) / expected;
        expect(share).toBeGreaterThanOrEqual(0.9999);
        expect(share).toBeLessThanOrEqual(mayBeLarger.has(name) ? 1.02 : 1.0001);
      },
    );
  });

  const group = fc.oneof(
    fc.record({ kind: fc.constant("full" as const), layers: fc.nat(80), bytesPerToken: fc.nat(65_536) }),
    fc.record({
      kind: fc.constant("window" as const),
      layers: fc.nat(80),
      bytesPerToken: fc.nat(65_536),
      window: fc.integer({ min: 1, max: 8192 }),
    }),
    fc.record({ kind: fc.constant("state" as const), layers: fc.nat(80), bytesPerSequence: fc.nat(1e7) }),
  );
  const use = fc.record({
    contextTokens: fc.integer({ min: 1, max: 262_144 }),
    sequences: fc.integer({ min: 1, max: 256 }),
    batchTokens: fc.integer({ min: 1, max: 4096 }),
    type: fc.constantFrom<CacheType>("f16", "q8_0", "fp8"),
  });

  it("never takes less for more tokens, sequences, or a wider type", () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), use, fc.nat(5000), (layout, one, more) => {
        const bytes = cacheBytes(layout, one);
        expect(cacheBytes(layout, { ...one, contextTokens: one.contextTokens + more })).toBeGreaterThanOrEqual(bytes);
        expect(cacheBytes(layout, { ...one, sequences: one.sequences + 1 })).toBeGreaterThanOrEqual(bytes);
        expect(cacheBytes(layout, { ...one, type: "f16" })).toBeGreaterThanOrEqual(bytes);
      }),
    );
  });

  it("keeps windows no larger than the whole context would be", () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), use, (layout, one) => {
        const whole = layout.map((part) => (part.kind === "window" ? { ...part, kind: "full" as const } : part));
        expect(cacheBytes(layout, one)).toBeLessThanOrEqual(cacheBytes(whole, one));
      }),
    );
  });

  it("grows by the bytes of one token where nothing but whole contexts is kept", () => {
    const layout = [{ kind: "full", layers: 32, bytesPerToken: 4096 }] as const;
    expect(cacheBytesPerToken(layout)).toBe(131_072);
    const of = (contextTokens: number) =>
      cacheBytes(layout, { contextTokens, sequences: 1, batchTokens: 512, type: "f16" });
    expect(of(8192) - of(4096)).toBe(4096 * 131_072);
  });
});

/** `{"attention.head_count": 8}` as readers of headers give it. */
function nested(keys: Record<string, unknown>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(keys)) {
    const path = key.split(".");
    let branch = tree;
    for (const part of path.slice(0, -1)) branch = (branch[part] ??= {}) as Record<string, unknown>;
    branch[path.at(-1)!] = value;
  }
  return tree;
}
