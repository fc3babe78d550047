import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  BackendLostError,
  BackendStartError,
  ContextOverflowError,
  type GenerateRequest,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import { OpenAIBackend } from "./backend.js";

interface Body {
  model: string;
  messages: unknown[];
  max_tokens: number;
  seed: number;
  response_format?: { json_schema: { schema: Record<string, unknown> } };
}
type Reply = (body: Body, response: ServerResponse, request: IncomingMessage) => unknown;

let server: Server | undefined;
afterEach(() => void server?.close());

async function open(reply: Reply, options: { model?: string; models?: object[] } = {}) {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece: Buffer) => (text += piece.toString()));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/v1/models") {
        response.end(JSON.stringify({ data: options.models ?? [{ id: "m1", max_model_len: 4096 }] }));
        return;
      }
      const content = reply(JSON.parse(text) as Body, response, request);
      if (response.writableEnded || content === undefined) return;
      response.end(
        JSON.stringify({
          choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
          usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return await OpenAIBackend.open({
    provider: "api-endpoint",
    apiBase: `http://127.0.0.1:${port}/v1`,
    apiKey: "secret",
    model: options.model ?? "",
    maxRetries: 0,
    retryDelayMs: 5,
  });
}

const request: GenerateRequest = {
  messages: [{ role: "user", content: "hello" }],
  maxTokens: 50,
  sampling: { temperature: 0.5, topP: 0.9, seed: 4_000_000_000 },
};

function failing(status: number, message: string, headers: Record<string, string> = {}): Reply {
  return (_, response) => {
    response.writeHead(status, headers).end(JSON.stringify({ error: { message } }));
  };
}

describe("OpenAIBackend", () => {
  it("takes model and context from the server, and gives text and usage", async () => {
    const backend = await open(
      (body, _, incoming) => `${body.model} ${body.max_tokens} ${incoming.headers.authorization ?? ""}`,
    );
    expect(backend.limits.contextTokens).toBe(4096);
    expect(await backend.generate(request)).toEqual({
      text: "m1 50 Bearer secret",
      finishReason: "stop",
      usage: { promptTokens: 7, cachedTokens: 4, completionTokens: 3 },
    });
  });

  it("sends the schema, and an array within an object, as servers want it", async () => {
    const schemas: unknown[] = [];
    const backend = await open((body) => {
      const { schema } = body.response_format!.json_schema;
      schemas.push(schema);
      return "items" in (schema["properties"] as object) ? '{"items": [1, 2]}' : '{"a": 1}';
    });
    const array = { type: "array", items: { type: "integer" } };
    expect((await backend.generate({ ...request, schema: array })).text).toBe("[1,2]");
    const object = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
    expect((await backend.generate({ ...request, schema: object })).text).toBe('{"a": 1}');
    expect(schemas).toEqual([
      { type: "object", properties: { items: array }, required: ["items"], additionalProperties: false },
      object,
    ]);
  });

  it("gives the array of an answer that was cut off", async () => {
    const backend = await open(() => '{"items": [{"a": 1}, {"a"');
    expect((await backend.generate({ ...request, schema: { type: "array" } })).text).toBe('[{"a": 1}, {"a"');
  });

  it.each([
    [400, "bad parameter", RequestRefusedError],
    [400, "This model's maximum context length is 10 tokens", ContextOverflowError],
    [401, "wrong key", BackendLostError],
    [404, "no such model", BackendLostError],
    [429, "slow down", TransientError],
    [503, "loading", TransientError],
  ])("tells by a status of %i (%s) what the caller should do", async (status, message, kind) => {
    const backend = await open(failing(status, message));
    const error: unknown = await backend.generate(request).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).not.toContain("secret");
  });

  it("waits as long as the server asks", async () => {
    const backend = await open(failing(429, "slow down", { "retry-after": "2" }));
    await expect(backend.generate(request)).rejects.toMatchObject({ retryAfterMs: 2000 });
  });

  it("says what the server has when it does not have the model, and when there is no server", async () => {
    await expect(open(() => "", { model: "other" })).rejects.toThrow(/does not have the model "other"; it has m1/);
    const gone = OpenAIBackend.open({
      provider: "vllm",
      apiBase: "http://127.0.0.1:9/v1",
      apiKey: "",
      model: "",
      maxRetries: 0,
      retryDelayMs: 1,
    });
    await expect(gone).rejects.toBeInstanceOf(BackendStartError);
    await expect(gone).rejects.toThrow(/vllm: the server at http:\/\/127\.0\.0\.1:9\/v1 does not answer/);
  });

  it("stops when aborted", async () => {
    const backend = await open((_, response) => {
      setTimeout(() => response.end(), 60_000).unref();
      response.write(" ");
      return undefined;
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    await expect(backend.generate(request, { signal: controller.signal })).rejects.toThrow("aborted");
  });
});
