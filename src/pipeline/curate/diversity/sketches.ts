/** Counting of large sets in little memory, the same each time. */
import { integers, mix } from "../../text/near-duplicates-hash.js";

/**
 * How many different values there were: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 2^14 registers, a
 * standard error of 0.8 %, and linear counting while there are few.
 */
export class DistinctCounter {
  private readonly registers = new Uint8Array(1 << registerBits);
  /** Values, with repeats. */
  total = 0;

  /** @param hash of the value, evenly spread over 32 bits */
  add(hash: number): void {
    this.total++;
    const register = hash >>> (32 - registerBits);
    // A second look at the same value gives the same bits, as they are made from the hash alone.
    const rank = Math.clz32(mix(hash ^ 0x2545f491)) + 1;
    if (rank > this.registers[register]!) this.registers[register] = rank;
  }

  /** About how many different ones there were. */
  get distinct(): number {
    const { length } = this.registers;
    let sum = 0;
    let empty = 0;
    for (const rank of this.registers) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const raw = ((0.7213 / (1 + 1.079 / length)) * length ** 2) / sum;
    const estimate = raw <= 2.5 * length && empty > 0 ? length * Math.log(length / empty) : raw;
    return Math.min(this.total, Math.round(estimate));
  }
}

const registerBits = 14;

/**
 * An even sample of a stream whose length is not known: algorithm R (Vitter 1985), seeded.
 */
export class Reservoir<T> {
  readonly items: T[] = [];
  private seen = 0;
  private readonly next: () => number;

  /**
   * @param size most that are kept
   * @param seed of the choice
   */
  constructor(
    private readonly size: number,
    seed: number,
  ) {
    this.next = integers(seed);
  }

  /** @param make is called only where its value is kept */
  add(make: () => T): void {
    this.seen++;
    if (this.items.length < this.size) {
      this.items.push(make());
      return;
    }
    // Two draws, as 32 bits do not divide evenly among a number of records that may be large.
    const at = Math.floor((((this.next() >>> 5) * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53) * this.seen);
    if (at < this.size) this.items[at] = make();
  }
}

/**
 * The most frequent values of a stream: lossy counting (Manku, Motwani 2002). Counts are exact until there are more
 * than `most` different values, and then too low by at most the number of times that rare ones were let go.
 */
export class FrequentValues {
  private readonly counts = new Map<string, number>();
  private letGo = 0;

  /** @param most different values that are kept */
  constructor(private readonly most: number) {}

  add(value: string): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
    while (this.counts.size > this.most) {
      this.letGo++;
      for (const [key, count] of this.counts) if (count <= this.letGo) this.counts.delete(key);
    }
  }

  /** @returns the most frequent ones, most frequent first */
  top(count: number): { value: string; count: number }[] {
    return [...this.counts]
      .map(([value, times]) => ({ value, count: times }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, count);
  }
}

/**
 * Shannon entropy of counts, and its share of the most that so many kinds could have.
 * @param counts of each kind
 * @returns bits, and evenness from 0 (all of one kind) to 1 (all kinds as often)
 */
export function entropyOf(counts: readonly number[]): { bits: number; evenness: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.filter((count) => count > 0).map((count) => count / total);
  const bits = Math.max(
    0,
    shares.reduce((sum, share) => sum - share * Math.log2(share), 0),
  );
  return { bits, evenness: shares.length < 2 ? 0 : bits / Math.log2(shares.length) };
}
