import type { Distribution } from "./report.js";

/** Numbers of which a sample is kept: all of the first 10,000, then every second, every fourth … of them. */
export class Scores {
  count = 0;
  private sum = 0;
  private min = Infinity;
  private max = -Infinity;
  private sample: number[] = [];
  private every = 1;

  add(value: number): void {
    if (this.count % this.every === 0) this.sample.push(value);
    if (this.sample.length > 10_000) {
      this.sample = this.sample.filter((_, i) => i % 2 === 0);
      this.every *= 2;
    }
    this.count++;
    this.sum += value;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  /** 0 where there is none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  distribution(): Distribution | null {
    if (this.count === 0) return null;
    const sorted = [...this.sample].sort((a, b) => a - b);
    const at = (share: number) => tidy(sorted[Math.round(share * (sorted.length - 1))]!);
    return {
      count: this.count,
      mean: tidy(this.mean),
      min: tidy(this.min),
      max: tidy(this.max),
      p5: at(0.05),
      p25: at(0.25),
      p50: at(0.5),
      p75: at(0.75),
      p95: at(0.95),
      histogram: this.histogram(sorted),
    };
  }

  private histogram(sorted: readonly number[]): Distribution["histogram"] {
    const integers = sorted.every(Number.isInteger) && this.max - this.min < 20;
    // Integers have a step each, from one to the next.
    const steps = integers ? this.max - this.min + 1 : this.max > this.min ? 10 : 1;
    const width = integers ? 1 : (this.max - this.min) / steps;
    const scale = this.count / sorted.length;
    const counts = Array.from({ length: steps }, () => 0);
    for (const value of sorted) {
      const step = width === 0 ? 0 : Math.min(steps - 1, Math.floor((value - this.min) / width));
      counts[step]! += scale;
    }
    return counts.map((one, i) => ({
      from: tidy(this.min + i * width),
      to: tidy(integers ? this.min + i : this.min + (i + 1) * width),
      count: Math.round(one),
    }));
  }
}

function tidy(value: number): number {
  return Number(value.toFixed(4));
}
