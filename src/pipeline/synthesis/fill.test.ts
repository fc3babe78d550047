import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ask, Filler, type FillOptions, type Target } from "./fill.js";

class Bucket implements Target {
  has = 0;
  givenUp: number | undefined;
  full = false;
  constructor(readonly wanted: number) {}
  missing(): number {
    return this.wanted - this.has;
  }
  onGivenUp(missing: number): void {
    this.givenUp = missing;
  }
  onFull(): void {
    this.full = true;
  }
}

function filler(ask: (ask: Ask<Bucket>) => Promise<number>, options: Partial<FillOptions<Bucket>> = {}) {
  const seen = { inFlight: 0, most: 0, asks: [] as Ask<Bucket>[] };
  const made = new Filler<Bucket>({
    slots: () => 4,
    most: () => 10,
    least: 1,
    hedge: false,
    barren: 3,
    ...options,
    ask: async (one) => {
      seen.asks.push(one);
      seen.most = Math.max(seen.most, ++seen.inFlight);
      try {
        const given = Math.min(await ask(one), one.target.missing());
        one.target.has += given;
        return { added: given, abandoned: one.signal.aborted };
      } finally {
        seen.inFlight--;
      }
    },
  });
  return { filler: made, seen };
}

describe("Filler", () => {
  it("fills every target, with as many requests at once as there are slots and no more", async () => {
    const { filler: one, seen } = filler(async ({ count }) => {
      await delay(1);
      return count;
    });
    const buckets = Array.from({ length: 20 }, () => new Bucket(15));
    for (const bucket of buckets) one.add(bucket);
    await one.close();
    expect(buckets.every(({ full, has }) => full && has === 15)).toBe(true);
    expect(seen.most).toBe(4);
  });

  it("asks for less at a time as the rest shrinks", async () => {
    const { filler: one, seen } = filler(({ count }) => Promise.resolve(count));
    for (let i = 0; i < 10; i++) one.add(new Bucket(20));
    await one.close();
    const counts = seen.asks.map(({ count }) => count);
    expect(counts[0]).toBe(10);
    expect(counts.at(-1)).toBeLessThan(3);
    expect(counts.reduce((a, b) => a + b)).toBe(200);
  });

  it("asks again for what was not new, and gives a target up when nothing new comes", async () => {
    let left = 7;
    const { filler: one } = filler(({ count }) => {
      const given = Math.min(left, Math.ceil(count / 2));
      left -= given;
      return Promise.resolve(given);
    });
    const bucket = new Bucket(10);
    one.add(bucket);
    await one.close();
    expect(bucket.has).toBe(7);
    expect(bucket.givenUp).toBe(3);
  });

  it("does not take requests that were sent side by side for many failures in a row", async () => {
    let calls = 0;
    const { filler: one } = filler(
      async ({ count }) => {
        const call = calls++;
        await delay(2);
        return call < 4 ? 0 : count;
      },
      { barren: 2 },
    );
    const bucket = new Bucket(8);
    one.add(bucket);
    await one.close();
    expect(bucket.full).toBe(true);
  });

  it("fills targets that come while others are filled, such as those below a target that is full", async () => {
    const { filler: one } = filler(({ count }) => Promise.resolve(count));
    const below = [new Bucket(3), new Bucket(4)];
    const top = new Bucket(2);
    top.onFull = () => below.forEach((bucket) => one.add(bucket));
    one.add(top);
    await one.close();
    expect(below.map(({ has }) => has)).toEqual([3, 4]);
  });

  it("asks idle requests for what others are slow with, and ends these once the target is full", async () => {
    const aborted: boolean[] = [];
    const { filler: one, seen } = filler(
      async ({ count, isHedge, signal }) => {
        if (isHedge) return count;
        await delay(5000, undefined, { signal }).catch(() => aborted.push(true));
        return 0;
      },
      { hedge: true, slots: () => 3 },
    );
    const bucket = new Bucket(1);
    one.add(bucket);
    await one.close();
    expect(bucket.full).toBe(true);
    expect(seen.asks.some(({ isHedge }) => isHedge)).toBe(true);
    expect(aborted).toEqual([true]);
  });

  it("stops with what a request threw, once all in flight have ended", async () => {
    let ended = 0;
    const { filler: one } = filler(async ({ part, target }) => {
      await delay(part === 0 && target.wanted === 5 ? 1 : 10);
      ended++;
      if (target.wanted === 5) throw new Error("gone");
      return 0;
    });
    one.add(new Bucket(5));
    one.add(new Bucket(6));
    await expect(one.close()).rejects.toThrow("gone");
    expect(ended).toBe(4);
  });

  it("ends whatever requests give", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: -1, max: 12 })),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (wanted, given, slots, hedge) => {
          const { filler: one } = filler(() => Promise.resolve(Math.max(0, given.next().value as number)), {
            slots: () => slots,
            hedge,
          });
          const buckets = wanted.map((count) => new Bucket(count));
          for (const bucket of buckets) one.add(bucket);
          await one.close();
          for (const { full, givenUp, has, wanted: count } of buckets) {
            expect(full).toBe(givenUp === undefined);
            expect(has).toBe(full ? count : count - givenUp!);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
