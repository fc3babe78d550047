import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BackendLostError, BackendStartError } from "../backend.js";
import { OpenAIEmbedder } from "./embedder.js";

interface Asked {
  model: string;
  input: string[];
}

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A server whose vectors are the counts of a, b, c and all other letters. */
async function server(
  intercept: (asked: Asked, response: ServerResponse, number: number) => boolean = () => false,
): Promise<{ apiBase: string; asked: Asked[]; headers: IncomingMessage["headers"][] }> {
  const asked: Asked[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const listening = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      headers.push(request.headers);
      response.setHeader("content-type", "application/json");
      if (request.url === "/v1/models") return response.end(JSON.stringify({ data: [{ id: "letters" }] }));
      if (request.url !== "/v1/embeddings") return response.writeHead(404).end("{}");
      const one = JSON.parse(body) as Asked;
      asked.push(one);
      if (intercept(one, response, asked.length)) return;
      const data = one.input.map((text, index) => ({ index, embedding: vectorOf(text) }));
      // Out of order, as servers may answer.
      return response.end(JSON.stringify({ data: data.reverse() }));
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { apiBase: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/v1`, asked, headers };
}

function vectorOf(text: string): number[] {
  const count = (letter: string) => text.split(letter).length - 1;
  return [count("a"), count("b"), count("c"), text.length];
}

function refuse(response: ServerResponse, status: number, message: string): true {
  response.writeHead(status).end(JSON.stringify({ error: { message } }));
  return true;
}

const base = { apiKey: "", model: "", batchSize: 3, retryDelayMs: 1 };

describe("OpenAIEmbedder", () => {
  it("gives unit vectors in the order of the texts, in batches", async () => {
    const { apiBase, asked, headers } = await server();
    await using embedder = await OpenAIEmbedder.open({ ...base, apiBase, apiKey: "secret" });
    expect(embedder.model.name).toBe("letters");
    expect(embedder.dimensions).toBe(4);
    const texts = ["aaa", "b", "", "abc", "cc"];
    const vectors = await embedder.embed(texts);
    expect(asked.slice(1).map(({ input }) => input.length)).toEqual([3, 2]);
    for (const [at, vector] of vectors.entries()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      const raw = vectorOf(texts[at] || " ");
      expect(vector[3]).toBeCloseTo(raw[3]! / Math.hypot(...raw), 6);
    }
    expect(headers.every(({ authorization }) => authorization === "Bearer secret")).toBe(true);
  });

  it("cuts what is too long for the server, and only that, and counts it", async () => {
    const { apiBase, asked } = await server(({ input }, response) =>
      input.some((text) => text.length > 100)
        ? refuse(response, 500, "input is too large to process. increase the physical batch size")
        : false,
    );
    await using embedder = await OpenAIEmbedder.open({ ...base, apiBase });
    const vectors = await embedder.embed(["a", "b".repeat(350), "c"]);
    expect(embedder.cut).toBe(1);
    expect(vectors).toHaveLength(3);
    expect(Math.max(...asked.map(({ input }) => Math.max(...input.map((text) => text.length))))).toBe(350);
    expect(vectors[1]![1]).toBeGreaterThan(0.5);
  });

  it("asks again where the server fails for once", async () => {
    const { apiBase } = await server((_, response, number) =>
      number === 2 || number === 3 ? refuse(response, number === 2 ? 429 : 503, "busy") : false,
    );
    await using embedder = await OpenAIEmbedder.open({ ...base, apiBase });
    await expect(embedder.embed(["a"])).resolves.toHaveLength(1);
  });

  it("gives up with the server's words, without the key", async () => {
    let fail = false;
    const { apiBase } = await server((_, response) =>
      fail ? refuse(response, 401, "no such key: hidden-key") : false,
    );
    await using embedder = await OpenAIEmbedder.open({ ...base, apiBase, apiKey: "hidden-key" });
    fail = true;
    const error = await embedder.embed(["a"]).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(BackendLostError);
    expect((error as Error).message).toContain("401");
    expect((error as Error).message).not.toContain("hidden-key");
  });

  it("refuses answers that are none", async () => {
    for (const answer of [
      "no json",
      "{}",
      JSON.stringify({ data: [] }),
      JSON.stringify({ data: [{ embedding: ["x"] }] }),
    ]) {
      const { apiBase } = await server((_, response) => {
        response.end(answer);
        return true;
      });
      await expect(OpenAIEmbedder.open({ ...base, apiBase, model: "m" })).rejects.toThrow(BackendStartError);
    }
    await expect(OpenAIEmbedder.open({ ...base, apiBase: "http://127.0.0.1:1/v1" })).rejects.toThrow(BackendStartError);
  });
});
