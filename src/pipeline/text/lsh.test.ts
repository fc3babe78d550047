import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bestBands, meetingProbability } from "./lsh-bands.js";
import { LshTable } from "./lsh-table.js";
import { integers } from "./near-duplicates-hash.js";
import { NearDuplicateIndex } from "./near-duplicates.js";

describe("bands", () => {
  it("are those that others compute for equal weights", () => {
    // What datasketch 1.6 chooses for 128 permutations.
    expect(bestBands(0.8, 128, 0.5)).toEqual({ bands: 9, rows: 13 });
    expect(bestBands(0.5, 128, 0.5)).toEqual({ bands: 25, rows: 5 });
    expect(bestBands(0.9, 128, 0.5)).toEqual({ bands: 5, rows: 25 });
  });

  it("use no more places than there are, and miss less the more that weighs", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 160 }),
        (threshold, places) => {
          const even = bestBands(threshold, places, 0.5);
          const careful = bestBands(threshold, places, 0.95);
          for (const { bands, rows } of [even, careful]) {
            expect(bands * rows).toBeLessThanOrEqual(places);
            expect(Math.min(bands, rows)).toBeGreaterThanOrEqual(1);
          }
          const above = (1 + threshold) / 2;
          expect(meetingProbability(above, careful)).toBeGreaterThanOrEqual(meetingProbability(above, even) - 1e-9);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  it("make texts meet as often as the formula says", () => {
    const bands = { bands: 16, rows: 8 };
    const next = integers(21);
    // 60 words in common of 60 + n each: runs of one word, so the similarity is 60 / (60 + 2n).
    for (const own of [5, 8, 12, 20]) {
      const trials = 300;
      let met = 0;
      for (let trial = 0; trial < trials; trial++) {
        const index = new NearDuplicateIndex({
          threshold: 1,
          shingle: { kind: "words", words: 1 },
          bands,
          seed: trial,
        });
        const common = Array.from({ length: 60 }, () => `c${next()}`).join(" ");
        const text = () => `${common} ${Array.from({ length: own }, () => `o${next()}`).join(" ")}`;
        index.add(text());
        if (index.find(text()).similarity > 0) met++;
      }
      const expected = meetingProbability(60 / (60 + 2 * own), bands);
      const spread = Math.sqrt((expected * (1 - expected)) / trials);
      expect(Math.abs(met / trials - expected), `${own}`).toBeLessThan(4 * spread + 0.01);
    }
  });
});

describe("LshTable", () => {
  it("gives back under each key what was put in, newest first", () => {
    const key = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer().map((value) => value << 12),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key), { maxLength: 3000 }), (entries) => {
        const table = new LshTable(2);
        const expected = new Map<number, number[]>();
        entries.forEach((keys, entry) => {
          table.insert(Int32Array.from(keys));
          for (const one of keys.map((value) => value | 0)) expected.set(one, [entry, ...(expected.get(one) ?? [])]);
        });
        for (const [one, numbers] of expected) {
          const found: number[] = [];
          for (let node = table.newest(one); node >= 0; node = table.olderThan(node)) found.push(table.entryOf(node));
          expect(found).toEqual(numbers);
        }
        expect(expected.has(77) || table.newest(77) === -1).toBe(true);
      }),
      { seed: 6, numRuns: 60 },
    );
  });
});
