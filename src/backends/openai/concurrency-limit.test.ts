import { describe, expect, it } from "vitest";
import { ConcurrencyLimit, type LimitOptions } from "./concurrency-limit.js";

/**
 * A server in virtual time that always has work. Each request makes `tokens` tokens at a speed that depends on how many
 * are worked on; beyond `places` they wait in line.
 */
class VirtualServer {
  time = 0;
  readonly limit: ConcurrencyLimit;
  /** Highest value of the limit so far. */
  peak = 0;
  private readonly active: Request[] = [];
  private readonly line: Request[] = [];

  constructor(
    options: Omit<LimitOptions, "now">,
    /** Tokens per second of each request when `active` are worked on. */
    public speed: (active: number) => number,
    public places = Infinity,
    private readonly tokens = 100,
  ) {
    this.limit = new ConcurrencyLimit({ ...options, now: () => this.time });
  }

  run(seconds: number, stepMs = 50): void {
    const end = this.time + seconds * 1000;
    while (this.time < end) {
      this.fill();
      this.time += stepMs;
      const each = (this.speed(this.active.length) * stepMs) / 1000;
      for (const request of this.active) {
        request.firstAt ??= this.time;
        request.left -= each;
        this.limit.madeTokens(each);
      }
      for (const request of this.active.filter(({ left }) => left <= 0)) {
        this.active.splice(this.active.indexOf(request), 1);
        const { sentAt, firstAt } = request;
        this.limit.finished({ ms: this.time - sentAt, firstMs: firstAt! - sentAt, tokens: this.tokens });
        this.fill();
      }
      this.peak = Math.max(this.peak, this.limit.value);
    }
  }

  private fill(): void {
    while (this.active.length + this.line.length < this.limit.value)
      this.line.push({ sentAt: this.time, firstAt: undefined, left: this.tokens });
    while (this.line.length > 0 && this.active.length < this.places) this.active.push(this.line.shift()!);
  }
}

interface Request {
  sentAt: number;
  firstAt: number | undefined;
  left: number;
}

/** As a GPU: speed for each stays the same up to `knee` together, and is shared out beyond. */
const gpu = (knee: number) => (active: number) => 50 * Math.min(1, knee / active);

describe("ConcurrencyLimit", () => {
  it("grows to the maximum while throughput does", () => {
    const server = new VirtualServer({ initial: 8, max: 256 }, gpu(1000));
    server.run(120);
    expect(server.limit.value).toBe(256);
  });

  it("stops where more brings nothing, and does not stay above it", () => {
    const server = new VirtualServer({ initial: 8, max: 256 }, gpu(64));
    server.run(600);
    expect(server.limit.value).toBeGreaterThanOrEqual(50);
    expect(server.limit.value).toBeLessThanOrEqual(150);
    expect(server.peak).toBeLessThanOrEqual(200);
  });

  it("gives fewer to a server that slows down beyond four", () => {
    // Twice as many take more than twice as long each.
    const server = new VirtualServer({ initial: 8, max: 64 }, (active) => 50 * Math.min(1, (4 / active) ** 1.5), 6);
    server.run(600);
    expect(server.peak).toBeLessThanOrEqual(12);
    expect(server.limit.value).toBeLessThanOrEqual(7);
    expect(server.limit.value).toBeGreaterThanOrEqual(4);
  });

  it("does not let a server's line grow, and keeps its places filled", () => {
    const server = new VirtualServer({ initial: 32, max: 64 }, () => 50, 8);
    server.run(600);
    expect(server.limit.value).toBeLessThanOrEqual(18);
    expect(server.limit.value).toBeGreaterThanOrEqual(8);
  });

  it("takes a step down back where that costs throughput", () => {
    // All wait as long as they work before their first token, but together they are faster.
    let time = 0;
    const limit = new ConcurrencyLimit({ initial: 20, max: 20, now: () => time });
    const seen = new Set<number>();
    for (let window = 0; window < 30; window++) {
      seen.add(limit.value);
      time += 10_000;
      limit.madeTokens(limit.value * 1000);
      const { value } = limit;
      for (let i = 0; i < value; i++) limit.finished({ ms: 1000, firstMs: 900, tokens: 10 });
    }
    expect([...seen]).toEqual([20, 16]);
    expect(limit.value).toBe(20);
  });

  it("never goes below its floor for the sake of speed", () => {
    const server = new VirtualServer({ initial: 11, max: 11, floor: 11 }, () => 50, 1);
    server.run(600);
    expect(server.limit.value).toBe(11);
  });

  it("does not grow without enough work to tell", () => {
    let time = 0;
    const limit = new ConcurrencyLimit({ initial: 8, max: 64, now: () => time });
    for (let i = 0; i < 100; i++) {
      time += 1000;
      limit.madeTokens(100);
      limit.notFull();
      limit.finished({ ms: 1000, firstMs: 10, tokens: 100 });
      expect(limit.value).toBe(8);
    }
  });

  it("is cut by a third for a refusal, once for each jam, and never below one", () => {
    let time = 1000;
    const limit = new ConcurrencyLimit({ initial: 20, max: 64, floor: 20, now: () => time });
    limit.refused(900);
    expect(limit.value).toBe(14);
    for (let i = 0; i < 10; i++) limit.refused(950);
    expect(limit.value).toBe(14);
    for (let i = 0; i < 20; i++) limit.refused((time += 1000));
    expect(limit.value).toBe(1);
  });

  it("grows again after a refusal, but waits with it", () => {
    const server = new VirtualServer({ initial: 20, max: 20 }, gpu(1000));
    server.run(5);
    server.limit.refused(server.time);
    server.run(5);
    expect(server.limit.value).toBe(14);
    server.run(60);
    expect(server.limit.value).toBe(20);
  });

  it("is cut by a fifth for a preemption", () => {
    const limit = new ConcurrencyLimit({ initial: 20, max: 64, now: () => 0 });
    limit.preempted();
    expect(limit.value).toBe(16);
  });

  it("does not grow while held", () => {
    const server = new VirtualServer({ initial: 8, max: 256 }, gpu(1000));
    server.limit.hold(true);
    server.run(60);
    expect(server.limit.value).toBe(8);
    server.limit.hold(false);
    server.run(60);
    expect(server.limit.value).toBeGreaterThan(100);
  });

  it("finds new room when a server becomes faster", () => {
    const server = new VirtualServer({ initial: 8, max: 128 }, gpu(16));
    server.run(300);
    expect(server.limit.value).toBeLessThanOrEqual(40);
    server.speed = gpu(1000);
    server.run(900);
    expect(server.limit.value).toBe(128);
  });
});
