import { describe, expect, it } from "vitest";
import { meetingProbability } from "./lsh-bands.js";
import { VectorIndex } from "./lsh-vectors.js";
import { integers } from "./near-duplicates-hash.js";

const dimensions = 64;

function stream(seed: number) {
  const next = integers(seed);
  const number = () => (next() >>> 0) / 2 ** 31 - 1;
  const unit = (values: number[]) => {
    const length = Math.hypot(...values);
    return Float32Array.from(values, (value) => value / length);
  };
  const random = () => unit(Array.from({ length: dimensions }, () => number() + number() + number()));
  /** A vector with a given cosine to another. */
  const near = (to: Float32Array, cosine: number) => {
    const other = random();
    let dot = 0;
    for (let at = 0; at < dimensions; at++) dot += to[at]! * other[at]!;
    const across = unit(Array.from(other, (value, at) => value - dot * to[at]!));
    const sine = Math.sqrt(1 - cosine ** 2);
    return Float32Array.from(to, (value, at) => cosine * value + sine * across[at]!);
  };
  return { random, near };
}

describe("VectorIndex", () => {
  it("finds what is near enough, tells its cosine, and nothing else", () => {
    const { random, near } = stream(3);
    const index = new VectorIndex({ dimensions, threshold: 0.95 });
    const vectors = Array.from({ length: 1500 }, random);
    for (const vector of vectors) expect(index.add(vector).duplicateOf).toBeUndefined();
    expect(index.size).toBe(1500);
    let found = 0;
    for (const [number, vector] of vectors.entries()) {
      expect(index.add(vector).duplicateOf).toBe(number);
      const { duplicateOf, similarity } = index.add(near(vector, 0.97));
      if (duplicateOf !== undefined) {
        expect(duplicateOf).toBe(number);
        expect(Math.abs(similarity - 0.97)).toBeLessThan(0.005);
        found++;
      }
    }
    const expected = meetingProbability(1 - Math.acos(0.97) / Math.PI, index.bands);
    expect(expected).toBeGreaterThan(0.95);
    expect(found / 1500).toBeGreaterThan(expected - 0.03);
    const before = index.size;
    for (const vector of vectors.slice(0, 200)) expect(index.add(near(vector, 0.9)).duplicateOf).toBeUndefined();
    expect(index.size).toBe(before + 200);
  });

  it("says the same for the same seed, and takes vectors of zeros for none", () => {
    const told = () => {
      const { random, near } = stream(8);
      const index = new VectorIndex({ dimensions, threshold: 0.9, seed: 4 });
      return Array.from({ length: 300 }, () => {
        const vector = random();
        return [index.add(vector), index.add(near(vector, 0.92))];
      });
    };
    expect(told()).toEqual(told());
    const index = new VectorIndex({ dimensions, threshold: 0.9 });
    for (let times = 0; times < 3; times++) expect(index.add(new Float32Array(dimensions))).toEqual({ similarity: 0 });
    expect(() => new VectorIndex({ dimensions: 0, threshold: 0.9 })).toThrow(RangeError);
    expect(() => new VectorIndex({ dimensions, threshold: 1.1 })).toThrow(RangeError);
  });
});
