/**
 * MinHash signatures (Broder 1997; Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.3): of each permutation
 * of all hashes the smallest that a set has. Two sets agree in a place with a probability of their Jaccard similarity.
 */
import { integers } from "./near-duplicates-hash.js";

/** Makes signatures; keeps the parameters of its permutations. */
export class MinHash {
  private readonly factors: Int32Array;
  private readonly terms: Int32Array;

  /**
   * @param permutations places in a signature
   * @param seed of the permutations
   */
  constructor(
    readonly permutations: number,
    seed: number,
  ) {
    // Places are computed in fours; those beyond the last one go nowhere.
    const padded = Math.ceil(permutations / 4) * 4;
    const next = integers(seed);
    // x -> factor * x + term modulo 2^32 with an odd factor is a permutation of 32-bit integers.
    this.factors = Int32Array.from({ length: padded }, () => next() | 1);
    this.terms = Int32Array.from({ length: padded }, () => next());
  }

  /**
   * @param set hashes, at least one, evenly spread over 32 bits
   * @param signature filled with the smallest of each permutation; as many places as there are permutations
   */
  sign(set: Int32Array, signature: Int32Array): void {
    const { factors, terms } = this;
    const { length } = set;
    for (let place = 0; place < factors.length; place += 4) {
      const f0 = factors[place]!;
      const f1 = factors[place + 1]!;
      const f2 = factors[place + 2]!;
      const f3 = factors[place + 3]!;
      const t0 = terms[place]!;
      const t1 = terms[place + 1]!;
      const t2 = terms[place + 2]!;
      const t3 = terms[place + 3]!;
      let m0 = 0x7fffffff;
      let m1 = 0x7fffffff;
      let m2 = 0x7fffffff;
      let m3 = 0x7fffffff;
      for (let at = 0; at < length; at++) {
        const hash = set[at]!;
        const v0 = (Math.imul(f0, hash) + t0) | 0;
        const v1 = (Math.imul(f1, hash) + t1) | 0;
        const v2 = (Math.imul(f2, hash) + t2) | 0;
        const v3 = (Math.imul(f3, hash) + t3) | 0;
        if (v0 < m0) m0 = v0;
        if (v1 < m1) m1 = v1;
        if (v2 < m2) m2 = v2;
        if (v3 < m3) m3 = v3;
      }
      signature[place] = m0;
      signature[place + 1] = m1;
      signature[place + 2] = m2;
      signature[place + 3] = m3;
    }
  }
}

/**
 * The estimate of Jaccard similarity that two signatures give: its standard error is sqrt(s(1-s)/places).
 * @param a a signature
 * @param b one of the same permutations
 * @returns share of places that are equal, 0 to 1
 */
export function estimatedJaccard(a: Int32Array, b: Int32Array): number {
  let equal = 0;
  for (let place = 0; place < a.length; place++) if (a[place] === b[place]) equal++;
  return equal / a.length;
}
