/**
 * Spreads 32 bits evenly over 32 bits (a bijection): the finaliser of MurmurHash3 by Austin Appleby, public domain.
 * @param value any integer; its low 32 bits count
 * @returns a signed 32-bit integer
 */
export function mix(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

/**
 * A seeded stream of 32-bit integers: a Weyl sequence through {@link mix}.
 * @param seed any integer
 * @returns a function that gives the next signed 32-bit integer
 */
export function integers(seed: number): () => number {
  let state = mix(seed ^ 0x5bd1e995);
  return () => mix((state = (state + 0x9e3779b9) | 0));
}
