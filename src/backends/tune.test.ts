import { describe, expect, it } from "vitest";
import { FakeBackend } from "../../test/support/fake-backend.js";
import type { GenerateOptions, GenerateRequest, GenerateResult } from "./backend.js";
import { measure } from "./measure.js";
import { type Settings, tune } from "./tune.js";

/** Answers after a time that depends on the settings, in steps that a test can tell apart whatever the machine does. */
class PacedBackend extends FakeBackend {
  constructor(private readonly msFor: (inFlight: number) => number) {
    super(() => "", { contextTokens: 2048, concurrentRequests: 64, images: false });
  }

  override async generate(request: GenerateRequest, options: GenerateOptions = {}): Promise<GenerateResult> {
    this.requests.push(request);
    this.inFlight++;
    await Promise.resolve();
    options.onDelta?.("a");
    await new Promise((resolve) => setTimeout(resolve, this.msFor(this.inFlight)));
    return { text: "a", finishReason: "length", usage: { promptTokens: 100, cachedTokens: 0, completionTokens: 20 } };
  }
}

const load = { promptTokens: 100, answerTokens: 20 };

describe("measure", () => {
  it("sends all requests together, with prompts that differ from the first words on, and adds up their tokens", async () => {
    const backend = new PacedBackend(() => 20);
    const speed = await measure(backend, { ...load, requests: 5 }, 1);
    expect(backend.requests).toHaveLength(5);
    expect(backend.inFlight).toBe(5);
    expect(new Set(backend.requests.map(({ messages }) => messages[0]!.content.slice(0, 20))).size).toBe(5);
    for (const { messages } of backend.requests) {
      const [count] = await backend.countTokens([messages[0]!.content]);
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(160);
    }
    expect(speed).toMatchObject({ requests: 5, promptTokensTotal: 500, completionTokensTotal: 100 });
    expect(speed.tokensPerSecond).toBeCloseTo(600 / speed.seconds, 5);
    expect(speed.firstTokenMs).toBeLessThan(speed.seconds * 1000);
  });

  it("gives the same prompts for the same seed, and others for another", async () => {
    const texts = async (seed: number) => {
      const backend = new PacedBackend(() => 0);
      await measure(backend, { ...load, requests: 2 }, seed);
      return backend.requests.map(({ messages }) => messages[0]!.content);
    };
    expect(await texts(1)).toEqual(await texts(1));
    expect(await texts(1)).not.toEqual(await texts(2));
  });
});

describe("tune", () => {
  it("finds the requests at once, threads and batch with which most gets done", async () => {
    const opened: Settings[] = [];
    const trials: string[] = [];
    const result = await tune({
      open: (settings) => {
        opened.push(settings);
        // Up to 4 at once cost no more than one; two threads and a batch of 512 take half the time.
        const factor = (settings.threads === 2 ? 1 : 2) * (settings.batchTokens === 512 ? 1 : 2);
        return Promise.resolve(new PacedBackend((inFlight) => 60 * factor * Math.max(1, inFlight / 4)));
      },
      base: { sequences: 8, threads: 4, batchTokens: 256 },
      requests: [1, 4, 8],
      load,
      cores: 4,
      onTrial: (_, what) => trials.push(what),
    });
    expect(trials).toEqual([
      "1 requests at once",
      "4 requests at once",
      "8 requests at once",
      "threads 2",
      "batchTokens 512",
      "batchTokens 1024",
    ]);
    expect(result.best.settings).toMatchObject({ threads: 2 });
    expect(result.best.speed.tokensPerSecond).toBe(
      Math.max(...[...result.byRequests, ...result.others].map(({ speed }) => speed.tokensPerSecond)),
    );
    expect(opened[0]).toEqual({ sequences: 8, threads: 4, batchTokens: 256 });
  });
});
