import { afterEach, describe, expect, it } from "vitest";
import { type ScriptOptions, ScriptedServer, silence, until } from "../../../test/support/server-scripts.js";
import type { GenerateRequest } from "../backend.js";
import { OpenAIBackend, type OpenAIOptions } from "./backend.js";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(script: ScriptOptions, options: Partial<OpenAIOptions> = {}) {
  const server = await ScriptedServer.start(script);
  opened.push(server);
  const notices: string[] = [];
  const backend = await OpenAIBackend.open({
    provider: "vllm",
    endpoints: [{ apiBase: server.apiBase, apiKey: "" }],
    model: "",
    onNotice: (text) => notices.push(text),
    timing: { probe: 5 },
    ...options,
  });
  opened.push(backend);
  return { server, backend, notices, description: backend.description.join("\n") };
}

const request: GenerateRequest = {
  messages: [{ role: "user", content: "hello" }],
  maxTokens: 50,
  sampling: { temperature: 0, topP: 1, seed: 1 },
};

/** A token for each word, so that tests see who has counted. */
const words = (text: string) => text.split(" ").filter((word) => word !== "");

const vllm: ScriptOptions = {
  models: [{ id: "m", owned_by: "vllm", max_model_len: 4096 }],
  routes: {
    "GET /version": () => ({ version: "0.28.0" }),
    "GET /health": () => "",
    "POST /tokenize": (body) => {
      const { prompt, messages } = body as { prompt?: string; messages?: { content: string }[] };
      const text = prompt ?? messages!.map(({ content }) => `<start> ${content}`).join(" ");
      return { count: words(text).length, max_model_len: 4096 };
    },
  },
};

const llamaServer: ScriptOptions = {
  models: [{ id: "m.gguf", owned_by: "llamacpp", meta: { n_ctx_train: 32768 } }],
  routes: {
    "GET /health": () => ({ status: "ok" }),
    "GET /props": () => ({
      default_generation_settings: { n_ctx: 2048 },
      total_slots: 4,
      build_info: "b6000-abc",
      modalities: { vision: true },
    }),
    "POST /tokenize": (body) => ({ tokens: words((body as { content: string }).content) }),
    "POST /apply-template": (body) => ({
      prompt: (body as { messages: { content: string }[] }).messages
        .map(({ content }) => `<s> ${content} </s>`)
        .join(" "),
    }),
  },
};

describe("what a server is", () => {
  it("is found out of vLLM", async () => {
    const { backend, server, description } = await open(vllm);
    expect(backend.limits).toMatchObject({ contextTokens: 4096, concurrentRequests: 32, images: false });
    expect(description).toMatch(/m at http.*, vLLM 0\.28\.0/);
    expect(description).toMatch(/context 4096 tokens: the server says so/);
    expect(description).toMatch(/requests at once: 32/);
    expect(description).toMatch(/tokens are counted by the server/);
    await backend.generate(request);
    expect(server.chats[0]!.body.chat_template_kwargs).toEqual({ enable_thinking: false });
  });

  it("is found out of llama.cpp's server", async () => {
    const { backend, server, description } = await open(llamaServer);
    expect(backend.limits).toMatchObject({ contextTokens: 2048, concurrentRequests: 6, images: true });
    expect(description).toMatch(/llama\.cpp's server b6000-abc/);
    expect(description).toMatch(/6, for 4 slots/);
    await backend.generate(request);
    expect(server.chats[0]!.body.chat_template_kwargs).toEqual({ enable_thinking: false });
  });

  it.each<[string, ScriptOptions, number, RegExp]>([
    [
      "SGLang",
      {
        models: [{ id: "m", owned_by: "sglang", max_model_len: 8000 }],
        routes: { "GET /get_server_info": () => ({ version: "0.5.1" }) },
      },
      8000,
      /SGLang 0\.5\.1/,
    ],
    [
      "Ollama, whose context is what it has loaded",
      {
        models: [{ id: "m:1b", owned_by: "library" }],
        routes: {
          "GET /api/version": () => ({ version: "0.9.0" }),
          "POST /api/show": () => ({
            model_info: { "llama.context_length": 131072 },
            parameters: "stop x\nnum_ctx 6000",
          }),
          "GET /api/ps": () => ({ models: [{ name: "m:1b", context_length: 5000 }] }),
        },
      },
      5000,
      /Ollama 0\.9\.0/,
    ],
    [
      "Ollama, whose context is what the model sets",
      {
        models: [{ id: "m:1b", owned_by: "library" }],
        routes: {
          "GET /api/version": () => ({ version: "0.9.0" }),
          "POST /api/show": () => ({
            model_info: { "llama.context_length": 131072 },
            parameters: "stop x\nnum_ctx 6000",
          }),
        },
      },
      6000,
      /num_ctx/,
    ],
    [
      "Ollama, which by default uses less than the model could",
      {
        models: [{ id: "m:1b", owned_by: "library" }],
        routes: {
          "GET /api/version": () => ({ version: "0.9.0" }),
          "POST /api/show": (body) =>
            (body as { model: string }).model === "m:1b" ? { model_info: { "llama.context_length": 131072 } } : 404,
        },
      },
      4096,
      /Ollama's default/,
    ],
    [
      "LM Studio",
      {
        models: [{ id: "m", owned_by: "organization_owner" }],
        routes: { "GET /api/v0/models": () => ({ data: [{ id: "m", type: "vlm", max_context_length: 9000 }] }) },
      },
      9000,
      /LM Studio/,
    ],
    [
      "Text Generation Inference",
      { models: [{ id: "m" }], routes: { "GET /info": () => ({ version: "3.0", max_total_tokens: 7000 }) } },
      7000,
      /Text Generation Inference 3\.0/,
    ],
    ["no server in particular", { models: [{ id: "m" }] }, 8192, /OpenAI-compatible server\n.*assumed/],
  ])("is found out of %s", async (_, script, contextTokens, described) => {
    const { backend, server, description } = await open(script);
    expect(backend.limits.contextTokens).toBe(contextTokens);
    expect(description).toMatch(described);
    await backend.generate(request);
    expect("chat_template_kwargs" in server.chats[0]!.body).toBe(/SGLang/.test(description));
  });

  it("does not matter where it does not answer such questions", async () => {
    const mute = Object.fromEntries(
      ["/props", "/version", "/api/version", "/info", "/api/v0/models"].map((path) => [`GET ${path}`, () => silence]),
    );
    const { description } = await open({ models: [{ id: "m" }], routes: mute }, { timing: { ask: 50 } });
    expect(description).toMatch(/OpenAI-compatible server/);
  });

  it("gives way to what is set", async () => {
    const { backend, description } = await open(vllm, { contextTokens: 1000, concurrency: 5, maxConcurrent: 7 });
    expect(backend.limits).toMatchObject({ contextTokens: 1000, concurrentRequests: 5 });
    expect(description).toMatch(/context 1000 tokens: as set/);
  });

  it("is asked again when it comes back", async () => {
    let slots = 4;
    const { backend, server } = await open({
      ...llamaServer,
      routes: {
        ...llamaServer.routes,
        "GET /props": () => ({ default_generation_settings: { n_ctx: 1024 * slots }, total_slots: slots }),
      },
      onChat: (chat) => {
        slots = 8;
        if (chat.number === 0) chat.cut();
        else chat.answer("back");
      },
    });
    expect(backend.limits).toMatchObject({ contextTokens: 4096, concurrentRequests: 6 });
    await backend.generate(request);
    expect(backend.limits).toMatchObject({ contextTokens: 8192, concurrentRequests: 11 });
    expect(server.asked).toContain("GET /health");
  });
});

describe("counting tokens", () => {
  it.each([
    ["vLLM", vllm, 5],
    ["llama.cpp's server", llamaServer, 7],
  ])("is %s's own work, with its template for messages", async (_, script, ofMessages) => {
    const { backend } = await open(script);
    expect(await backend.countTokens(["a b c", "", "one"])).toEqual([3, 0, 1]);
    const messages = [
      { role: "system" as const, content: "a b" },
      { role: "user" as const, content: "c" },
    ];
    expect(await backend.countMessageTokens(messages)).toBe(ofMessages);
  });

  it("asks once for each text", async () => {
    const { backend, server } = await open(vllm);
    const before = server.asked.length;
    const texts = Array.from({ length: 50 }, (_, i) => "word ".repeat(i + 1));
    expect(await backend.countTokens(texts)).toEqual(texts.map((_, i) => i + 1));
    expect(await backend.countTokens(texts)).toEqual(texts.map((_, i) => i + 1));
    expect(server.asked.length - before).toBe(50);
  });

  it("is an estimate from above where a server does not count", async () => {
    const { backend, description } = await open({});
    expect(await backend.countTokens(["123456789", "äöü"])).toEqual([3, 2]);
    expect(await backend.countMessageTokens([{ role: "user", content: "123456789" }])).toBe(19);
    expect(description).toMatch(/estimated from above/);
  });

  it("waits for a server that is gone rather than count differently", async () => {
    const { backend, server } = await open(vllm);
    await server.kill();
    const counts = backend.countTokens(["a b c"]);
    await until(() => !backend.endpoints[0]!.isUp);
    await server.listen();
    expect(await counts).toEqual([3]);
  });

  it("falls back to the estimate, and says so once, where a server stops counting", async () => {
    let isBroken = false;
    const { backend, notices } = await open({
      ...vllm,
      routes: { ...vllm.routes, "POST /tokenize": () => (isBroken ? 400 : { count: 1 }) },
    });
    isBroken = true;
    expect(await backend.countTokens(["123456789", "123"])).toEqual([3, 1]);
    expect(notices).toEqual([expect.stringMatching(/tokens are estimated/)]);
  });
});
