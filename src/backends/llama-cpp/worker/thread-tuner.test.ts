import { describe, expect, it } from "vitest";
import { ThreadTuner } from "./thread-tuner.js";

/** Runs steps whose cost depends on the threads, and tells how often each number was used. */
function run(tuner: ThreadTuner, steps: number, cost: (threads: number, step: number) => number): Map<number, number> {
  const used = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const { threads } = tuner;
    used.set(threads, (used.get(threads) ?? 0) + 1);
    tuner.learn(cost(threads, step));
  }
  return used;
}

describe("ThreadTuner", () => {
  it("begins with all threads and stays there while they are fastest", () => {
    const tuner = new ThreadTuner(8);
    const used = run(tuner, 1000, (threads) => 100 / threads);
    expect(tuner.threads).toBe(8);
    expect(used.get(8)).toBeGreaterThan(970);
  });

  it("leaves a number of threads that another program slows down, and comes back when it has ended", () => {
    const tuner = new ThreadTuner(2);
    const busy = (threads: number) => (threads === 2 ? 300 : 4);
    const used = run(tuner, 300, busy);
    expect(used.get(2)).toBeLessThan(25);
    run(tuner, 3000, (threads) => (threads === 2 ? 2 : 4));
    expect(tuner.threads).toBe(2);
  });

  it("finds a number in the middle", () => {
    const tuner = new ThreadTuner(16);
    run(tuner, 1000, (threads) => Math.abs(threads - 4) + 10);
    expect(tuner.threads).toBe(4);
  });

  it("doubts ever less what has proved right", () => {
    const tuner = new ThreadTuner(4);
    run(tuner, 2000, (threads) => 100 / threads);
    const late = run(tuner, 2000, (threads) => 100 / threads);
    expect((late.get(2) ?? 0) + (late.get(1) ?? 0)).toBeLessThan(8);
  });

  it("has nothing to try with one thread", () => {
    const tuner = new ThreadTuner(1);
    run(tuner, 100, () => 1);
    expect(tuner.threads).toBe(1);
  });
});
