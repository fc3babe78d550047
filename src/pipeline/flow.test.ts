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

  it("takes no more from its source than are in work", async () => {
    let taken = 0;
    let done = 0;
    function* source() {
      for (let i = 0; i < 50; i++) {
        taken++;
        expect(taken - done).toBeLessThanOrEqual(5);
        yield i;
      }
    }
    for await (const _ of mapConcurrent(source(), 5, () => delay(1))) {
      expect(_).toBeUndefined();
      done++;
    }
    expect(done).toBe(50);
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
