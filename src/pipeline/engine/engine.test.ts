import { describe, expect, it } from "vitest";
import { FakeBackend } from "../../../test/support/fake-backend.js";
import {
  BackendLostError,
  ContextOverflowError,
  type GenerateRequest,
  RequestRefusedError,
  TransientError,
} from "../../backends/backend.js";
import { Engine, type Task, UnusableAnswer } from "./engine.js";
import { MemoryAnswers } from "./journal.js";

const schema = {
  type: "object",
  properties: { n: { type: "integer" } },
  required: ["n"],
  additionalProperties: false,
} as const;

function task(overrides: Partial<Task<number>> = {}): Task<number> {
  return {
    messages: [{ role: "user", content: "n?" }],
    schema,
    maxTokens: 20,
    temperature: 0.5,
    topP: 0.9,
    seedKey: "a",
    accept: (answer) => (answer as { n: number }).n,
    answers: new MemoryAnswers(),
    ...overrides,
  };
}

function engineOn(
  backend: FakeBackend,
  options: { retries?: number; concurrency?: number; signal?: AbortSignal } = {},
) {
  return new Engine(backend, { concurrency: 3, retries: 2, seed: 1, ...options });
}

describe("Engine", () => {
  it("gives the value of a valid answer and counts its tokens", async () => {
    const engine = engineOn(new FakeBackend(() => '{"n": 7}'));
    const outcome = await engine.run(() => task());
    expect(outcome).toMatchObject({ ok: true, value: 7, attempts: 1, cut: false });
    expect(engine.stats).toMatchObject({ done: 1, failed: 0, requests: 1, promptTokens: 10, cachedTokens: 2 });
  });

  it("tries again with another seed when an answer is not JSON, not valid or not usable", async () => {
    const replies = ["prose", '{"n": "x"}', '{"n": 1}'];
    const backend = new FakeBackend((_, call) => replies[call] ?? "");
    const engine = engineOn(backend);
    expect(await engine.run(() => task())).toMatchObject({ ok: true, value: 1, attempts: 3 });
    expect(new Set(backend.requests.map((request) => request.sampling.seed)).size).toBe(3);
    expect(Object.keys(engine.stats.retries)).toHaveLength(2);

    const picky = engineOn(new FakeBackend((_, call) => `{"n": ${call}}`));
    const accept = (answer: unknown) => {
      const { n } = answer as { n: number };
      if (n < 2) throw new UnusableAnswer("too small");
      return n;
    };
    expect(await picky.run(() => task({ accept }))).toMatchObject({ ok: true, value: 2, attempts: 3 });
    expect(picky.stats.retries).toEqual({ "too small": 2 });
  });

  it("gives a reason when no attempt succeeds", async () => {
    const engine = engineOn(new FakeBackend(() => "nonsense"));
    expect(await engine.run(() => task())).toEqual({ ok: false, reason: "the answer is not JSON", attempts: 3 });
    expect(engine.stats).toMatchObject({ failed: 1, failures: { "the answer is not JSON": 1 } });
  });

  it("keeps the complete items of a list that was cut at the token limit", async () => {
    const list = { type: "array", items: schema, minItems: 1 };
    const engine = engineOn(new FakeBackend(() => ({ text: '[{"n": 1}, {"n": 2}, {"n', finishReason: "length" })));
    const outcome = await engine.run(() => task({ schema: list, accept: (answer) => (answer as unknown[]).length }));
    expect(outcome).toMatchObject({ ok: true, value: 2, cut: true });
    expect(engine.stats.cut).toBe(1);
  });

  it("retries an answer that was cut and holds nothing complete", async () => {
    const backend = new FakeBackend((_, call) =>
      call === 0 ? { text: '{"n": 1', finishReason: "length" } : '{"n": 3}',
    );
    expect(await engineOn(backend).run(() => task())).toMatchObject({ ok: true, value: 3, attempts: 2 });
  });

  it("does not repeat what would fail again", async () => {
    for (const error of [new ContextOverflowError(100, 20, 64), new RequestRefusedError("no such keyword")]) {
      const backend = new FakeBackend(() => error);
      expect(await engineOn(backend).run(() => task())).toMatchObject({ ok: false, reason: error.message });
      expect(backend.requests).toHaveLength(1);
    }
  });

  it("sends the same request again, with the same seed, after a passing failure of the backend", async () => {
    const backend = new FakeBackend((_, call) => (call < 2 ? new TransientError("busy", 1) : '{"n": 4}'));
    expect(await engineOn(backend).run(() => task())).toMatchObject({ ok: true, value: 4, attempts: 1 });
    expect(new Set(backend.requests.map((request) => request.sampling.seed)).size).toBe(1);
  });

  it("ends the run when the backend is lost, and asks nothing more", async () => {
    const backend = new FakeBackend(() => new BackendLostError("gone"));
    const engine = engineOn(backend, { concurrency: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => engine.run(() => task({ seedKey: String(n) }))));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(backend.requests).toHaveLength(1);
  });

  it("takes answers from the journal instead of asking again", async () => {
    const answers = new MemoryAnswers();
    const backend = new FakeBackend(() => '{"n": 5}');
    await engineOn(backend).run(() => task({ answers }));
    const again = engineOn(backend);
    expect(await again.run(() => task({ answers }))).toMatchObject({ ok: true, value: 5 });
    expect(again.stats).toMatchObject({ requests: 0, fromJournal: 1 });
    expect(backend.requests).toHaveLength(1);
    for (const changed of [
      { temperature: 0.6 },
      { maxTokens: 21 },
      { seedKey: "b" },
      { schema: { ...schema, title: "x" } },
    ])
      await again.run(() => task({ answers, ...changed }));
    expect(backend.requests).toHaveLength(5);
  });

  it("keeps as many requests in flight as it may, and starts the next the moment one ends", async () => {
    const backend = new FakeBackend(() => '{"n": 1}', { contextTokens: 99, concurrentRequests: 4, images: false }, 5);
    const engine = engineOn(backend, { concurrency: 4 });
    await Promise.all(Array.from({ length: 30 }, (_, i) => engine.run(() => task({ seedKey: String(i) }))));
    expect(backend.mostInFlight).toBe(4);
    expect(backend.requests).toHaveLength(30);
  });

  it("stops at once when aborted", async () => {
    const controller = new AbortController();
    const backend = new FakeBackend(() => '{"n": 1}', undefined, 60_000);
    const running = engineOn(backend, { signal: controller.signal }).run(() => task());
    setTimeout(() => controller.abort(), 10);
    await expect(running).rejects.toThrow("aborted");
  });

  it("lets tasks of higher priority go first", async () => {
    const order: string[] = [];
    const backend = new FakeBackend((request: GenerateRequest) => {
      order.push(request.messages[0]!.content);
      return '{"n": 1}';
    });
    const engine = engineOn(backend, { concurrency: 1 });
    const ask = (content: string, priority: number) =>
      engine.run(() => task({ messages: [{ role: "user", content }] }), priority);
    await Promise.all([ask("first", 0), ask("low", 0), ask("high", 1)]);
    expect(order).toEqual(["first", "high", "low"]);
  });
});
