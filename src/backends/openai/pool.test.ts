import { afterEach, describe, expect, it } from "vitest";
import { type Chat, type ScriptOptions, ScriptedServer, silence, until } from "../../../test/support/server-scripts.js";
import {
  AbortedError,
  BackendLostError,
  type GenerateRequest,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import { OpenAIBackend, type OpenAIOptions } from "./backend.js";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(options: ScriptOptions = {}): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(options);
  opened.push(server);
  return server;
}

async function open(servers: ScriptedServer[], options: Partial<OpenAIOptions> = {}) {
  const notices: string[] = [];
  const backend = await OpenAIBackend.open({
    provider: "vllm",
    endpoints: servers.map(({ apiBase }) => ({ apiBase, apiKey: "" })),
    model: "",
    retryDelayMs: 1,
    onNotice: (text) => notices.push(text),
    timing: { probe: 5, probeMax: 20, full: 1, fullMax: 4 },
    ...options,
  });
  opened.push(backend);
  return { backend, notices };
}

function ask(prompt: string): GenerateRequest {
  return {
    messages: [{ role: "user", content: prompt }],
    maxTokens: 50,
    sampling: { temperature: 0, topP: 1, seed: prompt.length },
  };
}

const prompts = (count: number) => Array.from({ length: count }, (_, i) => `prompt ${i}.`);
const echo = (chat: Chat) => chat.answer(`to ${chat.prompt}`);

describe("a server that is full", () => {
  it("is left alone for as long as it asks, and gets fewer requests after", async () => {
    const times: number[] = [];
    const server = await serve({
      onChat: (chat) => {
        times.push(performance.now());
        if (chat.number === 0) chat.fail(429, "slow down", { "retry-after": "0.2" });
        else echo(chat);
      },
    });
    const { backend } = await open([server], { concurrency: 10 });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(199);
    expect(backend.limits.concurrentRequests).toBe(7);
    expect(backend.stats.retries).toEqual({ "server full": 1 });
  });

  it("may say until when, as a date", async () => {
    const times: number[] = [];
    const server = await serve({
      onChat: (chat) => {
        times.push(Date.now());
        // Dates have whole seconds; this one is between one and two seconds away.
        const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
        if (chat.number === 0) chat.fail(503, "busy", { "retry-after": date.toUTCString() });
        else echo(chat);
      },
    });
    const { backend } = await open([server]);
    await backend.generate(ask("x"));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(999);
  });

  it("may not ask for longer than is sensible", async () => {
    const server = await serve({
      onChat: (chat) => (chat.number === 0 ? chat.fail(429, "slow", { "retry-after": "100000" }) : echo(chat)),
    });
    const { backend } = await open([server], { timing: { retryAfterMax: 10 } });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
  });

  it("may say so without saying for how long", async () => {
    const server = await serve({
      onChat: (chat) => (chat.number === 0 ? chat.fail(503, "overloaded", { "retry-after": "0" }) : echo(chat)),
    });
    const { backend } = await open([server], { concurrency: 10 });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
    server.onChat = (chat) => (chat.number === 2 ? chat.fail(503, "overloaded") : echo(chat));
    expect((await backend.generate(ask("y"))).text).toBe("to y");
    expect(backend.stats.retries).toEqual({ "server full": 1, "server lost": 1 });
    // Seven, and seven tenths of that.
    expect(backend.limits.concurrentRequests).toBe(4);
  });

  it("is not asked for ever", async () => {
    const server = await serve({ onChat: (chat) => chat.fail(429, "never") });
    const { backend } = await open([server]);
    await expect(backend.generate(ask("x"))).rejects.toThrow(TransientError);
    expect(server.chats).toHaveLength(21);
  });

  it("does not hold up another one", async () => {
    const full = await serve({ onChat: (chat) => chat.fail(429, "slow", { "retry-after": "100" }) });
    const free = await serve({ onChat: echo });
    const { backend } = await open([full, free]);
    const answers = await Promise.all(prompts(20).map((prompt) => backend.generate(ask(prompt))));
    expect(answers.map(({ text }) => text)).toEqual(prompts(20).map((prompt) => `to ${prompt}`));
    expect(full.chats.length).toBeLessThanOrEqual(8);
  });
});

describe("a server to which requests are sent with pauses", () => {
  it("gets them one after the other, at least so far apart, though it has room for all", async () => {
    const times: number[] = [];
    const server = await serve({
      onChat: (chat) => {
        times.push(performance.now());
        echo(chat);
      },
    });
    const { backend } = await open([server], { concurrency: 10, spacingMs: 40 });
    const answers = await Promise.all(prompts(4).map((prompt) => backend.generate(ask(prompt))));
    expect(answers.map(({ text }) => text)).toEqual(prompts(4).map((prompt) => `to ${prompt}`));
    expect(times).toHaveLength(4);
    // What is on its way may come together; the first and the last are never nearer than the pauses between them.
    expect(times[3]! - times[0]!).toBeGreaterThan(80);
  });
});

describe("a server that errs", () => {
  it.each<[string, (chat: Chat) => unknown]>([
    ["500", (chat) => chat.fail(500, "oops")],
    ["502 with a page", (chat) => chat.send(502, "<html><title>Bad Gateway</title></html>")],
    ["408", (chat) => chat.fail(408, "too slow")],
    [
      "an error within a reply",
      (chat) => {
        chat.piece("some");
        chat.event({ error: { message: "it broke", type: "InternalServerError", code: 500 } });
        chat.event("[DONE]");
        chat.response.end();
      },
    ],
    ["a reply that is no JSON", (chat) => chat.send(200, "what?")],
    ["a page", (chat) => chat.send(200, "<html><title>Welcome</title></html>")],
    ["no choices", (chat) => chat.send(200, { choices: [] })],
    [
      "a stream of nonsense",
      (chat) => {
        chat.event("nonsense");
        chat.response.end();
      },
    ],
    [
      "a stream with no choices",
      (chat) => {
        chat.event("[DONE]");
        chat.response.end();
      },
    ],
    ["silence", () => undefined],
    ["silence in the middle", (chat) => chat.piece("some")],
  ])("with %s is asked again a few times", async (_, fail) => {
    const server = await serve({ onChat: (chat) => (chat.number < 2 ? fail(chat) : echo(chat)) });
    const { backend } = await open([server], { maxRetries: 2, requestTimeoutMs: 300 });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
    expect(backend.stats.retries).toEqual({ "server error": 2 });

    server.onChat = fail;
    const error = await backend.generate(ask("y")).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientError);
    expect(server.chats).toHaveLength(6);
  });

  it("says what is wrong with a request by an error within a reply, and is not asked again", async () => {
    const server = await serve({
      onChat: (chat) => {
        chat.event({ error: { message: "bad schema", code: 400 } });
        chat.response.end();
      },
    });
    const { backend } = await open([server]);
    await expect(backend.generate(ask("x"))).rejects.toThrow(/400: bad schema/);
    await expect(backend.generate(ask("x"))).rejects.toThrow(RequestRefusedError);
    expect(server.chats).toHaveLength(2);
  });

  it("is given another one's work in its place", async () => {
    const bad = await serve({ onChat: (chat) => chat.fail(500, "oops") });
    const good = await serve({ onChat: echo });
    const { backend } = await open([bad, good], { maxRetries: 1 });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
    expect(bad.chats).toHaveLength(1);
  });

  it("hands no piece on twice", async () => {
    const server = await serve({
      onChat: (chat) => {
        chat.piece("one ");
        if (chat.number === 0) {
          chat.piece("two");
          return setTimeout(() => chat.cut(), 20);
        }
        chat.piece("two thr");
        return chat.answer("ee");
      },
    });
    const { backend } = await open([server]);
    const pieces: string[] = [];
    const { text } = await backend.generate(ask("x"), { onDelta: (piece) => pieces.push(piece) });
    expect(text).toBe("one two three");
    expect(pieces.join("|")).toBe("one |two| thr|ee");
  });
});

describe("a server that is lost", () => {
  it("gets everything again when it is back at its address, and each request is answered once", async () => {
    const server = await serve({ onChat: () => undefined });
    const { backend } = await open([server], { concurrency: 30 });
    let settled = 0;
    const answers = prompts(30).map((prompt) => backend.generate(ask(prompt)).finally(() => settled++));
    await until(() => server.chats.length === 30);
    await server.kill();
    const before = server.chats.slice();
    server.onChat = echo;
    await server.listen();
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(prompts(30).map((prompt) => `to ${prompt}`));
    expect(settled).toBe(30);
    expect(server.chats).toHaveLength(60);
    const bodies = (chats: Chat[]) => chats.map(({ body }) => JSON.stringify(body)).sort();
    expect(bodies(server.chats.slice(30))).toEqual(bodies(before));
    expect(backend.stats.retries).toEqual({ "server lost": 30 });
  });

  it.each<[string, (chat: Chat) => unknown]>([
    ["a reset", (chat) => chat.cut()],
    [
      "a reply that ends early",
      (chat) => {
        chat.piece("half");
        chat.response.end();
      },
    ],
    [
      "a reply that breaks off",
      (chat) => {
        chat.piece("half");
        setTimeout(() => chat.cut(), 10);
      },
    ],
    ["JSON that ends early", (chat) => chat.send(200, '{"choices": [{"mess')],
    ["503", (chat) => chat.fail(503, "loading model")],
    ["a dead engine", (chat) => chat.fail(500, "EngineCore encountered an issue. See stack trace")],
  ])("by %s is asked again once it answers", async (_, lose) => {
    const server = await serve({ onChat: (chat) => (chat.number === 0 ? lose(chat) : echo(chat)) });
    const { backend } = await open([server], { maxRetries: 0 });
    expect((await backend.generate(ask("x"))).text).toBe("to x");
    expect(backend.stats.retries).toEqual({ "server lost": 1 });
    expect(server.asked.filter((route) => route === "GET /v1/models")).toHaveLength(2);
  });

  it("leaves its work to another one", async () => {
    const [dying, healthy] = [await serve({ onChat: () => undefined }), await serve()];
    const held: Chat[] = [];
    healthy.onChat = (chat) => held.push(chat);
    const { backend } = await open([dying, healthy], { concurrency: 8, maxConcurrent: 8 });
    const answers = prompts(16).map((prompt) => backend.generate(ask(prompt)));
    await until(() => dying.chats.length === 8 && held.length === 8);
    await dying.kill();
    healthy.onChat = echo;
    held.forEach(echo);
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(prompts(16).map((prompt) => `to ${prompt}`));
    expect(healthy.chats).toHaveLength(16);
  });

  it("ends all requests when it stays away too long, with what to do", async () => {
    const server = await serve({ onChat: () => undefined });
    const { backend } = await open([server], { waitForServerMs: 60 });
    const answers = prompts(5).map((prompt) => backend.generate(ask(prompt)).catch((error: unknown) => error));
    await until(() => server.chats.length === 5);
    await server.kill();
    for (const error of await Promise.all(answers)) {
      expect(error).toBeInstanceOf(BackendLostError);
      expect((error as BackendLostError).message).toContain(server.apiBase);
      expect((error as BackendLostError).remedy).toMatch(/start the server again/);
    }
    await expect(backend.generate(ask("later"))).rejects.toThrow(BackendLostError);
  });

  it("counts as gone when it comes back again and again without making anything", async () => {
    const server = await serve({ onChat: (chat) => chat.fail(503, "no engine") });
    const { backend } = await open([server], { waitForServerMs: 2000 });
    await expect(backend.generate(ask("x"))).rejects.toThrow(BackendLostError);
    expect(server.chats.length).toBeGreaterThan(1);
  });

  it("is not killed for ever by one request, and answers the others", async () => {
    const server = await serve();
    let deaths = 0;
    let isDying = false;
    server.onChat = (chat) => {
      if (chat.prompt === "poison") {
        isDying = true;
        setTimeout(() => {
          deaths++;
          isDying = false;
          void server.kill().then(() => server.listen());
        }, 10);
      } else if (deaths >= 2)
        // Until then all are together, and none is answered; then, only what comes at the same time as poison is not.
        setTimeout(() => {
          if (!isDying) echo(chat);
        }, 20);
    };
    const { backend } = await open([server], { concurrency: 32 });
    let sent = 0;
    const others = prompts(40);
    const answers: string[] = [];
    const workers = Array.from({ length: 10 }, async () => {
      while (sent < others.length) answers.push((await backend.generate(ask(others[sent++]!))).text);
    });
    const poison = backend.generate(ask("poison"));
    await expect(poison).rejects.toThrow(/was lost 5 times while it worked on this/);
    await expect(poison).rejects.toThrow(RequestRefusedError);
    await Promise.all(workers);
    expect(answers.sort()).toEqual(others.map((prompt) => `to ${prompt}`).sort());
    // After two deaths with all of the first, it took no more with it.
    for (const prompt of others.slice(10))
      expect(server.chats.filter((chat) => chat.prompt === prompt)).toHaveLength(1);
  });

  it("gives up its connections when nobody listens any more", async () => {
    const server = await serve({ onChat: () => undefined });
    const { backend } = await open([server]);
    const first = backend.generate(ask("first"));
    await until(() => server.chats.length === 1);
    server.stopListening();
    const second = backend.generate(ask("second"));
    // Not answered, and not closed by the server either.
    await server.chats[0]!.closed;
    server.onChat = echo;
    await server.listen();
    expect([(await first).text, (await second).text]).toEqual(["to first", "to second"]);
  });

  it("that was down at the start is told, and used once it is up", async () => {
    const [up, down] = [await serve(), await serve({ onChat: echo })];
    await down.kill();
    up.onChat = () => undefined;
    const { backend, notices } = await open([up, down], { concurrency: 1, maxConcurrent: 1 });
    expect(notices).toEqual([expect.stringMatching(new RegExp(`${down.apiBase} does not answer.*tried again`))]);
    expect(backend.description.join("\n")).toContain(`${down.apiBase} is down`);
    const first = backend.generate(ask("stays")).catch(() => undefined);
    await until(() => up.chats.length === 1);
    const second = backend.generate(ask("goes"));
    await down.listen();
    expect((await second).text).toBe("to goes");
    up.chats[0]!.answer("at last");
    await first;
  });
});

describe("servers that somebody runs", () => {
  it("may move while requests are with them", async () => {
    const [old, moved] = [await serve({ onChat: () => undefined }), await serve({ onChat: echo })];
    const { backend } = await open([old], { managed: true, waitForServerMs: 1 });
    const answers = prompts(4).map((prompt) => backend.generate(ask(prompt)));
    await until(() => old.chats.length === 4);
    const [endpoint] = backend.endpoints;
    endpoint!.down("its process ended");
    await Promise.all(old.chats.map((chat) => chat.closed));
    expect(endpoint!.isUp).toBe(false);
    // Longer than any server is waited for that nobody runs.
    await new Promise((resolve) => setTimeout(resolve, 30));
    endpoint!.up(moved.apiBase);
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(prompts(4).map((prompt) => `to ${prompt}`));
    expect(backend.stats.restarts).toBe(1);
  });

  it("end all requests when they are given up", async () => {
    const server = await serve({ onChat: () => undefined });
    const { backend } = await open([server], { managed: true });
    const answer = backend.generate(ask("x"));
    await until(() => server.chats.length === 1);
    backend.endpoints[0]!.lost(new BackendLostError("it died four times"));
    await expect(answer).rejects.toThrow("it died four times");
    await expect(backend.generate(ask("y"))).rejects.toThrow("it died four times");
  });

  it("are not asked while they are said to be down", async () => {
    const server = await serve();
    const { backend } = await open([server], { managed: true });
    backend.endpoints[0]!.down("restarting");
    const asked = server.asked.length;
    const answer = backend.generate(ask("x"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.asked).toHaveLength(asked);
    backend.endpoints[0]!.up();
    expect((await answer).text).toBe("answer 0");
  });
});

it("a server that closes connections when they are taken up again does not count as lost", async () => {
  const server = await serve();
  const used = new Set<unknown>();
  server.onChat = (chat) => {
    if (used.has(chat.response.socket)) return chat.cut();
    used.add(chat.response.socket);
    return echo(chat);
  };
  const { backend } = await open([server]);
  for (const prompt of prompts(20)) await backend.generate(ask(prompt));
  expect(backend.stats.retries).toEqual({});
});

describe("aborting", () => {
  it("closes the connection at once, and leaves the others alone", async () => {
    const server = await serve({ onChat: (chat) => chat.piece("so far") });
    const { backend } = await open([server]);
    const controller = new AbortController();
    const aborted = backend.generate(ask("a"), { signal: controller.signal });
    const other = backend.generate(ask("b"));
    await until(() => server.chats.length === 2);
    controller.abort();
    await expect(aborted).rejects.toThrow(AbortedError);
    await server.chats.find((chat) => chat.prompt === "a")!.closed;
    server.chats.find((chat) => chat.prompt === "b")!.answer(" and on");
    expect((await other).text).toBe("so far and on");
  });

  it("ends what waits for room, for a pause, or for a server", async () => {
    const server = await serve({ onChat: (chat) => chat.fail(429, "slow", { "retry-after": "100" }) });
    const { backend } = await open([server], { concurrency: 1 });
    const controller = new AbortController();
    const answers = [1, 2, 3].map((i) => backend.generate(ask(`${i}`), { signal: controller.signal }));
    await until(() => backend.stats.retries["server full"] === 1);
    controller.abort();
    for (const answer of answers) await expect(answer).rejects.toThrow(AbortedError);
    await expect(backend.generate(ask("x"), { signal: controller.signal })).rejects.toThrow(AbortedError);
    expect(server.chats).toHaveLength(1);
  });

  it("comes with closing the backend", async () => {
    const server = await serve({ onChat: () => undefined });
    const { backend } = await open([server]);
    const answer = backend.generate(ask("x"));
    await until(() => server.chats.length === 1);
    const rejected = expect(answer).rejects.toThrow(AbortedError);
    await backend[Symbol.asyncDispose]();
    await rejected;
    await server.chats[0]!.closed;
  });
});

describe("several servers", () => {
  it("share the work by room", async () => {
    const servers = [await serve({ onChat: () => undefined }), await serve({ onChat: () => undefined })];
    const { backend } = await open(servers, { concurrency: 8 });
    const answers = prompts(10).map((prompt) => backend.generate(ask(prompt)).catch(() => undefined));
    await until(() => servers[0]!.chats.length + servers[1]!.chats.length === 10);
    expect(servers.map(({ chats }) => chats.length)).toEqual([5, 5]);
    await backend[Symbol.asyncDispose]();
    await Promise.all(answers);
  });

  it("get the prompts whose beginning they know", async () => {
    const servers = [await serve(), await serve()];
    const { backend } = await open(servers);
    const beginnings = ["a", "b", "c", "d"].map((letter) => letter.repeat(2000));
    // Held together, so that room sends them to both.
    for (const server of servers) server.onChat = () => undefined;
    const first = beginnings.map((text) => backend.generate(ask(text)));
    await until(() => servers[0]!.chats.length + servers[1]!.chats.length === 4);
    expect(servers.map(({ chats }) => chats.length)).toEqual([2, 2]);
    for (const server of servers) {
      server.chats.forEach(echo);
      server.onChat = echo;
    }
    await Promise.all(first);
    const homes = new Map(servers.flatMap((server, i) => server.chats.map((chat) => [chat.prompt[0], i] as const)));
    // One after another, so that there is room everywhere and only the beginning tells.
    for (const question of ["What?", "Why?"])
      for (const text of beginnings) await backend.generate(ask(`${text}\n${question}`));
    servers.forEach((server, i) => {
      for (const chat of server.chats) expect(homes.get(chat.prompt[0])).toBe(i);
    });
    expect(servers.map(({ chats }) => chats.length)).toEqual([6, 6]);
  });

  it("may know the model by different names", async () => {
    const servers = [
      await serve({ models: [{ id: "one", max_model_len: 4096 }] }),
      await serve({ models: [{ id: "two", max_model_len: 2048 }] }),
    ];
    const { backend } = await open(servers, { concurrency: 1 });
    await Promise.all(prompts(2).map((prompt) => backend.generate(ask(prompt))));
    expect(servers.map(({ chats }) => chats[0]?.body.model)).toEqual(["one", "two"]);
    expect(backend.limits.contextTokens).toBe(2048);
  });
});

describe("llama.cpp's server", () => {
  it("is asked for whole replies, and for pieces where somebody wants them", async () => {
    const server = await serve({
      models: [{ id: "m", owned_by: "llamacpp" }],
      routes: {
        "GET /props": () => ({ default_generation_settings: { n_ctx: 2048 }, total_slots: 8 }),
        "GET /health": () => ({ status: "ok" }),
      },
    });
    server.onChat = echo;
    const { backend } = await open([server]);
    const whole = await backend.generate(ask("prompt 1"));
    let pieces = "";
    const streamed = await backend.generate(ask("prompt 2"), { onDelta: (text) => (pieces += text) });
    expect(server.chats.map(({ body }) => body.stream)).toEqual([false, true]);
    expect(server.chats[0]!.body).not.toHaveProperty("stream_options");
    expect(pieces).toBe(streamed.text);
    expect(whole.text).not.toBe("");
  });
});

describe("how much a server gets", () => {
  it("is never less than its slots while work remains", async () => {
    const server = await serve({
      models: [{ id: "m", owned_by: "llamacpp" }],
      routes: {
        "GET /props": () => ({ default_generation_settings: { n_ctx: 2048 }, total_slots: 8 }),
        "GET /health": () => ({ status: "ok" }),
      },
    });
    const total = 200;
    let sent = 0;
    let answered = 0;
    let least = Infinity;
    const waiting: Chat[] = [];
    server.onChat = (chat) => waiting.push(chat);
    const { backend } = await open([server]);
    expect(backend.limits.concurrentRequests).toBe(11);
    // As the engine does: a quarter more than the limit is outstanding.
    const outstanding = Math.ceil(backend.limits.concurrentRequests * 1.25);
    const work = Array.from({ length: outstanding }, async () => {
      while (sent < total) await backend.generate(ask(`prompt ${sent++}`));
    });
    while (answered < total) {
      // One at a time, and each only once the place of the one before is taken again.
      await until(() => server.inFlight >= Math.min(8, total - answered));
      least = Math.min(least, server.inFlight - Math.min(0, total - answered - 8));
      const chat = waiting.shift()!;
      echo(chat);
      await chat.closed;
      answered++;
    }
    await Promise.all(work);
    expect(server.chats).toHaveLength(200);
    expect(least).toBeGreaterThanOrEqual(8);
    expect(server.peak).toBe(11);
  });

  it("follows a server that works on four at a time and lets the rest wait", async () => {
    const queue: Chat[] = [];
    const server = await serve({ onChat: (chat) => queue.push(chat) });
    let clock = 0;
    const { backend } = await open([server], { now: () => clock });
    expect(backend.limits.concurrentRequests).toBe(8);
    const total = 1200;
    let sent = 0;
    let answered = 0;
    const work = Array.from({ length: 100 }, async () => {
      while (sent < total) await backend.generate(ask(`prompt ${sent++}`));
    });
    const seen: number[] = [];
    while (answered < total) {
      // Time passes only once everything has arrived that will.
      await until(() => queue.length >= Math.min(backend.limits.concurrentRequests, total - answered));
      clock += 100;
      for (const chat of queue.splice(0, 4)) {
        chat.answer("done", "stop", 20);
        await chat.closed;
        answered++;
      }
      seen.push(backend.limits.concurrentRequests);
    }
    await Promise.all(work);
    expect(server.peak).toBeLessThanOrEqual(12);
    const later = seen.slice(seen.length / 2, -30);
    expect(Math.max(...later)).toBeLessThanOrEqual(6);
    expect(later.filter((value) => value >= 4).length).toBeGreaterThan(0.8 * later.length);
  });

  it("is held back while a vLLM is nearly full, and cut when it throws work away", async () => {
    let preemptions = 0;
    const server = await serve({
      models: [{ id: "m", owned_by: "vllm", max_model_len: 4096 }],
      routes: {
        "GET /metrics": () =>
          `vllm:num_requests_running{engine="0"} 20\nvllm:num_preemptions_total{engine="0"} ${preemptions++}\n`,
      },
      onChat: () => undefined,
    });
    const { backend } = await open([server], { timing: { metrics: 5 } });
    expect(backend.limits.concurrentRequests).toBe(32);
    const answer = backend.generate(ask("x"));
    await until(() => backend.limits.concurrentRequests < 20);
    server.chats[0]!.answer("done");
    await answer;
    // Nobody reads metrics of a server that has nothing to do.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const asked = server.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.asked).toHaveLength(asked);
  });
});

describe("a hanging server", () => {
  it("does not hold up opening another", async () => {
    const silent = await serve({ routes: { "GET /v1/models": () => silence } });
    const { backend } = await open([silent, await serve()], { timing: { start: 1000 } });
    expect((await backend.generate(ask("x"))).text).toBe("answer 0");
  });
});
