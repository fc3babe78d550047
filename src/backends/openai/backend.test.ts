import { afterEach, describe, expect, it } from "vitest";
import { type ScriptOptions, ScriptedServer, silence } from "../../../test/support/server-scripts.js";
import {
  BackendLostError,
  BackendStartError,
  ContextOverflowError,
  type GenerateRequest,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import { OpenAIBackend, type OpenAIOptions } from "./backend.js";

const key = "sk-very-secret-0815";
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(options: ScriptOptions = {}): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(options);
  opened.push(server);
  return server;
}

async function open(server: ScriptedServer, options: Partial<OpenAIOptions> = {}) {
  const notices: string[] = [];
  const backend = await OpenAIBackend.open({
    provider: "api-endpoint",
    endpoints: [{ apiBase: server.apiBase, apiKey: key }],
    model: "",
    maxRetries: 0,
    retryDelayMs: 1,
    onNotice: (text) => notices.push(text),
    ...options,
  });
  opened.push(backend);
  return { backend, notices };
}

const request: GenerateRequest = {
  messages: [{ role: "user", content: "hello" }],
  maxTokens: 50,
  sampling: { temperature: 0.5, topP: 0.9, seed: 4_000_000_000 },
};

type Failure = Error & { remedy?: string; cause?: Error };

function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as Failure,
  );
}

describe("a request", () => {
  it("is streamed, and gives text, usage and pieces", async () => {
    const server = await serve({
      onChat: (chat) => {
        chat.piece("one ");
        chat.answer("two");
      },
    });
    const { backend } = await open(server);
    const pieces: string[] = [];
    expect(await backend.generate(request, { onDelta: (text) => pieces.push(text) })).toEqual({
      text: "one two",
      finishReason: "stop",
      usage: { promptTokens: 7, cachedTokens: 4, completionTokens: 3 },
    });
    expect(pieces).toEqual(["one ", "two"]);
    const [chat] = server.chats;
    expect(chat!.headers.authorization).toBe(`Bearer ${key}`);
    expect(chat!.body).toEqual({
      model: "m1",
      messages: [{ role: "user", content: "hello" }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      seed: 2_000_000_000,
    });
  });

  it("is understood from a server that does not stream", async () => {
    const server = await serve({
      onChat: (chat) =>
        chat.send(200, {
          choices: [{ message: { content: "whole" }, finish_reason: "length" }],
          usage: { prompt_tokens: 1, completion_tokens: 2 },
        }),
    });
    const { backend } = await open(server);
    expect(await backend.generate(request)).toEqual({
      text: "whole",
      finishReason: "length",
      usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 2 },
    });
  });

  it("sends the key without the end of the line it was kept in", async () => {
    const server = await serve();
    const { backend } = await open(server, { endpoints: [{ apiBase: server.apiBase, apiKey: `${key}\n` }] });
    await backend.generate(request);
    expect(server.chats[0]!.headers.authorization).toBe(`Bearer ${key}`);
  });

  it("sends no key where there is none", async () => {
    const server = await serve();
    const { backend } = await open(server, { endpoints: [{ apiBase: server.apiBase, apiKey: "" }] });
    await backend.generate(request);
    expect(server.chats[0]!.headers.authorization).toBeUndefined();
  });

  it("sends a login of the address, and never shows it", async () => {
    const server = await serve();
    const apiBase = server.apiBase.replace("http://", "http://me:pass-word@");
    const { backend } = await open(server, { endpoints: [{ apiBase, apiKey: "" }] });
    await backend.generate(request);
    expect(server.chats[0]!.headers.authorization).toBe(`Basic ${Buffer.from("me:pass-word").toString("base64")}`);
    expect(backend.description.join() + backend.model.fingerprint).not.toContain("pass-word");
  });
});

describe("opening", () => {
  it("names what the server has when it does not have the model", async () => {
    const server = await serve({ models: [{ id: "a" }, { id: "b" }] });
    const error = await failureOf(open(server, { model: "other" }));
    expect(error).toBeInstanceOf(BackendStartError);
    expect(error.message).toMatch(/does not have the model "other"; it has a, b/);
  });

  it("says that there is no server", async () => {
    const server = await serve();
    await server.kill();
    const error = await failureOf(open(server));
    expect(error).toBeInstanceOf(BackendStartError);
    expect(error.message).toContain(`the server at ${server.apiBase} does not answer: connect ECONNREFUSED`);
    expect(error.remedy).toMatch(/start it/);
  });

  it.each([
    ["a page of another kind of server", () => "<html><title>Router</title></html>", /not JSON/, /end in \/v1/],
    ["no such route", () => 404, /404/, /end in \/v1/],
    ["a list that is none", () => ({ models: [] }), /is none/, /start it/],
    ["no models at all", () => ({ data: [] }), /it has none/, /choose one/],
  ])("tells of %s", async (_, models, message, remedy) => {
    const error = await failureOf(open(await serve({ routes: { "GET /v1/models": models } })));
    expect(error).toBeInstanceOf(BackendStartError);
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
  });

  it.each([401, 403])("takes %i for a wrong key", async (status) => {
    const error = await failureOf(open(await serve({ routes: { "GET /v1/models": () => status } })));
    expect(error).toBeInstanceOf(BackendStartError);
    expect(error.message).toMatch(/refuses the key/);
  });

  it("gives up on a server that accepts connections and says nothing", async () => {
    const silent = await serve({ routes: { "GET /v1/models": () => silence } });
    const error = await failureOf(open(silent, { timing: { start: 50 } }));
    expect(error.message).toMatch(/no answer within/);
    expect(error).toBeInstanceOf(BackendStartError);
  });

  it("refuses what is no address without showing it", async () => {
    const error = await failureOf(open(await serve(), { endpoints: [{ apiBase: "ftp://me:pw123@host", apiKey: "" }] }));
    expect(error.name).toBe("ConfigError");
    expect(error.message).not.toContain("pw123");
  });

  it("follows no redirect, so that the key goes nowhere else", async () => {
    const other = await serve();
    const server = await serve({
      onChat: (chat) => chat.send(307, "", { location: `${other.apiBase}/chat/completions` }),
    });
    const { backend } = await open(server);
    const error = await failureOf(backend.generate(request));
    expect(error).toBeInstanceOf(BackendLostError);
    expect(error.message).toContain(`redirects to ${other.apiBase}/chat/completions`);
    expect(other.chats).toHaveLength(0);
  });
});

describe("refusals", () => {
  it.each([
    [400, { error: { message: "bad parameter" } }, RequestRefusedError, /bad parameter/],
    [422, { detail: [{ loc: ["body", "messages"], msg: "field required" }] }, RequestRefusedError, /field required/],
    [400, { error: "schema has unsupported keyword: pattern" }, RequestRefusedError, /pattern/],
    [401, { error: { message: "wrong key" } }, BackendLostError, /wrong key/],
    [403, { error: { message: "forbidden" } }, BackendLostError, /forbidden/],
    [403, { error: { message: "flagged by moderation" } }, RequestRefusedError, /moderation/],
    [404, { error: { message: "The model `x` does not exist." } }, BackendLostError, /does not exist/],
    [429, { error: { code: "insufficient_quota", message: "pay" } }, BackendLostError, /pay/],
  ])("with %i %j are not sent again", async (status, body, kind, message) => {
    const server = await serve({ onChat: (chat) => chat.send(status, body) });
    const { backend } = await open(server, { maxRetries: 3 });
    const error = await failureOf(backend.generate(request));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    expect(server.chats).toHaveLength(1);
  });

  it("for an unknown model name those there are", async () => {
    const server = await serve({ models: [{ id: "a" }, { id: "b" }], onChat: (chat) => chat.fail(404, "no") });
    const { backend } = await open(server);
    expect((await failureOf(backend.generate(request))).remedy).toContain("it has a, b");
  });

  it.each([
    [
      {
        error: {
          message:
            "This model's maximum context length is 4096 tokens. However, you requested 50 output tokens and your prompt contains at least 4100 input tokens, for a total of at least 4150 tokens.",
        },
      },
      4100,
      4096,
    ],
    [
      {
        error: {
          code: 400,
          message: "the request exceeds the available context size, try increasing it",
          type: "exceed_context_size_error",
          n_prompt_tokens: 9000,
          n_ctx: 2048,
        },
      },
      9000,
      2048,
    ],
    [
      {
        error: {
          message:
            "This model's maximum context length is 8,192 tokens, however you requested 9,000 tokens (8,950 in the messages, 50 in the completion).",
          code: "context_length_exceeded",
        },
      },
      8950,
      8192,
    ],
    [
      {
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4000. Given: 5000 `inputs` tokens and 50 `max_new_tokens`",
        error_type: "validation",
      },
      5000,
      4000,
    ],
    [{ error: { message: "Prompt is too long", code: "context_length_exceeded" } }, 0, 4096],
  ])("for a prompt that is too long say how long: %j", async (body, promptTokens, contextTokens) => {
    const server = await serve({ onChat: (chat) => chat.send(400, body) });
    const { backend } = await open(server, { maxRetries: 3 });
    const error = await failureOf(backend.generate(request));
    expect(error).toBeInstanceOf(ContextOverflowError);
    expect(error).toMatchObject({ promptTokens, maxTokens: 50, contextTokens });
    expect(server.chats).toHaveLength(1);
  });

  it.each([
    ["content_filter", RequestRefusedError],
    ["tool_calls", RequestRefusedError],
    ["abort", TransientError],
    ["error", TransientError],
  ])("come as a finish reason of %s too", async (finish, kind) => {
    const { backend } = await open(await serve({ onChat: (chat) => chat.finish(finish) }));
    expect(await failureOf(backend.generate(request))).toBeInstanceOf(kind);
  });

  it("take unknown finish reasons for an end", async () => {
    const { backend } = await open(await serve({ onChat: (chat) => chat.answer("done", "eos_token") }));
    expect(await backend.generate(request)).toMatchObject({ text: "done", finishReason: "stop" });
  });

  it.each(["reasoning", "reasoning_content"])("say when all tokens went into %s", async (field) => {
    const server = await serve({
      onChat: (chat) => {
        chat.event({ choices: [{ delta: { content: null, [field]: "let me think" } }] });
        chat.finish("length");
      },
    });
    const { backend } = await open(server);
    const error = await failureOf(backend.generate(request));
    expect(error).toBeInstanceOf(RequestRefusedError);
    expect(error.message).toMatch(/all 50 tokens of its answer on thinking/);
  });
});

describe("parameters a server does not take", () => {
  it("are left out from then on, and those that matter are told", async () => {
    const server = await serve({
      onChat: (chat) => {
        const { body } = chat;
        if (body.stream_options !== undefined) chat.fail(400, "Unknown parameter: stream_options");
        else if (body.temperature !== undefined)
          chat.send(400, {
            error: { message: "Unsupported value: 0.5 is not supported, only the default", param: "temperature" },
          });
        else if (body.seed !== undefined)
          chat.send(422, { detail: [{ loc: ["body", "seed"], msg: "Extra inputs are not permitted" }] });
        else if (body.max_tokens !== undefined)
          chat.fail(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
        else chat.answer("fine");
      },
    });
    const { backend, notices } = await open(server);
    expect((await backend.generate(request)).text).toBe("fine");
    expect(server.chats).toHaveLength(5);
    expect(server.chats.at(-1)!.body).toMatchObject({ max_completion_tokens: 50, top_p: 0.9 });
    await backend.generate(request);
    expect(server.chats).toHaveLength(6);
    expect(notices.map((text) => /not take (\w+)/.exec(text)?.[1])).toEqual(["temperature", "seed"]);
  });

  it("end in a refusal where leaving them out changes nothing", async () => {
    const server = await serve({ onChat: (chat) => chat.fail(400, "unsupported: seed") });
    const { backend } = await open(server);
    expect(await failureOf(backend.generate(request))).toBeInstanceOf(RequestRefusedError);
    expect(server.chats).toHaveLength(2);
  });
});

describe("the key", () => {
  it("is in nothing that is shown, even where the server echoes it", async () => {
    const bodies: [number, object | string][] = [
      [400, { error: { message: `bad key ${key}` } }],
      [401, { error: { message: `bad key ${key}` } }],
      [404, `<html><title>${key}</title></html>`],
      [500, { error: { message: `${"x".repeat(390)}${key}` } }],
      [200, `<html>${key}</html>`],
    ];
    const server = await serve({ onChat: (chat) => chat.send(...bodies[chat.number % bodies.length]!) });
    const { backend, notices } = await open(server);
    const shown: unknown[] = [backend.description, backend.model, notices];
    for (const [status] of bodies) {
      const error = await failureOf(backend.generate(request));
      shown.push(error.message, error.remedy, error.stack, error.cause?.message, error.cause?.stack);
      expect(error.message).toContain(status === 200 ? "not JSON" : String(status));
    }
    const start = await failureOf(
      open(await serve({ routes: { "GET /v1/models": () => ({ data: [{ id: "x" }], error: key }) } }), { model: "y" }),
    );
    const refused = await failureOf(open(await serve({ routes: { "GET /v1/models": () => key } })));
    const unusable = await failureOf(
      open(server, { endpoints: [{ apiBase: server.apiBase, apiKey: `${key}\u0001x` }] }),
    );
    expect(unusable).toBeInstanceOf(BackendStartError);
    shown.push(unusable.message, unusable.cause?.message);
    shown.push(start.message, refused.message, refused.cause?.message, JSON.stringify(refused.cause));
    expect(JSON.stringify(shown)).not.toContain(key.slice(0, 12));
  });
});
