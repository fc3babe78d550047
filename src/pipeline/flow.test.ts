import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { mapConcurrent } from "./flow.js";

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

describe("mapConcurrent", () => {
  it("keeps the order, whatever takes longest", async () => {
    const times = [30, 1, 20, 2, 10];
    expect(
      await collect(
        mapConcurrent(times, 3, async (ms) => {
          await delay(ms);
          return ms;
        }),
      ),
    ).toEqual(times);
  });

  it("has no more in work than it may", async () => {
    let inWork = 0;
    let most = 0;
    const results = await collect(
      mapConcurrent(Array.from({ length: 50 }).keys(), 5, async (i) => {
        most = Math.max(most, ++inWork);
        await delay(i % 3);
        inWork--;
        return i;
      }),
    );
    expect(most).toBe(5);
    expect(results).toEqual([...Array.from({ length: 50 }).keys()]);
  });

  it("goes on with others while one takes long, and lets only so many wait for it", async () => {
    let started = 0;
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const all = collect(
      mapConcurrent(Array.from({ length: 500 }).keys(), 4, async (i) => {
        started++;
        if (i === 0) await slow;
        return i;
      }),
    );
    await delay(50);
    expect(started).toBe(4 * 16);
    release();
    expect(await all).toHaveLength(500);
  });

  it("gives a result while the source waits for it to be taken", async () => {
    let taken: () => void = () => undefined;
    const source = (async function* () {
      yield 1;
      await new Promise<void>((resolve) => (taken = resolve));
      yield 2;
    })();
    const seen: number[] = [];
    for await (const one of mapConcurrent(source, 4, (item) => Promise.resolve(item))) {
      seen.push(one);
      taken();
    }
    expect(seen).toEqual([1, 2]);
  });

  it("asks a limit that changes each time", async () => {
    let limit = 1;
    let inWork = 0;
    const seen: number[] = [];
    await collect(
      mapConcurrent(
        Array.from({ length: 40 }).keys(),
        () => limit,
        async (i) => {
          seen.push(++inWork);
          if (i === 10) limit = 6;
          await delay(1);
          inWork--;
        },
      ),
    );
    expect(Math.max(...seen.slice(0, 10))).toBe(1);
    expect(Math.max(...seen)).toBe(6);
  });

  it("closes its source when whoever reads stops", async () => {
    let isClosed = false;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield await Promise.resolve(i);
      } finally {
        isClosed = true;
      }
    }
    for await (const i of mapConcurrent(source(), 3, (i) => Promise.resolve(i))) if (i === 5) break;
    expect(isClosed).toBe(true);
  });

  it("passes a failure on after what is in work has settled", async () => {
    let settled = 0;
    const failing = collect(
      mapConcurrent([1, 2, 3], 3, async (n) => {
        await delay(n * 5);
        settled++;
        if (n === 1) throw new Error("first");
        return n;
      }),
    );
    await expect(failing).rejects.toThrow("first");
    expect(settled).toBe(3);
  });
});
