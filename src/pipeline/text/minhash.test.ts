import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimatedJaccard, MinHash } from "./minhash.js";
import { integers } from "./near-duplicates-hash.js";

/** Two sets of hashes of which `common` are in both. */
function sets(seed: number, common: number, left: number, right: number): [Int32Array, Int32Array] {
  const next = integers(seed);
  const shared = Array.from({ length: common }, next);
  const own = (count: number) => Int32Array.from([...shared, ...Array.from({ length: count }, next)]).sort();
  return [own(left), own(right)];
}

describe("MinHash", () => {
  it("estimates Jaccard similarity without bias and with the spread that theory gives", () => {
    const places = 128;
    for (const [common, left, right] of [
      [80, 10, 10],
      [10, 45, 45],
      [30, 15, 15],
      [5, 1, 1],
      [900, 50, 50],
    ] as const) {
      const truth = common / (common + left + right);
      const trials = 400;
      let sum = 0;
      let squares = 0;
      for (let trial = 0; trial < trials; trial++) {
        const minhash = new MinHash(places, trial);
        const [a, b] = sets(trial * 31 + 1, common, left, right).map((set) => {
          const signature = new Int32Array(places);
          minhash.sign(set, signature);
          return signature;
        });
        const error = estimatedJaccard(a!, b!) - truth;
        sum += error;
        squares += error ** 2;
      }
      const spread = Math.sqrt((truth * (1 - truth)) / places);
      expect(Math.abs(sum / trials), `bias at ${truth}`).toBeLessThan((4 * spread) / Math.sqrt(trials));
      expect(Math.sqrt(squares / trials), `spread at ${truth}`).toBeLessThan(1.2 * spread);
      expect(Math.sqrt(squares / trials), `spread at ${truth}`).toBeGreaterThan(0.8 * spread);
    }
  });

  it("takes the smallest of each permutation, however many there are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer(), { minLength: 1, maxLength: 50 }),
        (places, values) => {
          const minhash = new MinHash(places, 3);
          const whole = new Int32Array(places);
          minhash.sign(Int32Array.from(values), whole);
          const smallest = new Int32Array(places).fill(0x7fffffff);
          for (const value of values) {
            const single = new Int32Array(places);
            minhash.sign(Int32Array.of(value), single);
            for (let at = 0; at < places; at++) smallest[at] = Math.min(smallest[at]!, single[at]!);
          }
          expect(whole).toEqual(smallest);
        },
      ),
      { seed: 4 },
    );
  });
});
