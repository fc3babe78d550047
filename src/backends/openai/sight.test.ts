import { describe, expect, it } from "vitest";
import { fakeServer } from "../../../test/support/fake-server.js";
import { OpenAIBackend } from "./backend.js";
import { wireMessage } from "./request-body.js";

const picture = { mediaType: "image/jpeg", bytes: Uint8Array.from([0xff, 0xd8, 0xff, 1, 2, 3]) };

describe("pictures in messages", () => {
  it("become data URIs of their type, before the text", () => {
    expect(wireMessage({ role: "user", content: "What is it?", images: [picture] })).toEqual({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:image/jpeg;base64,/9j/AQID" } },
        { type: "text", text: "What is it?" },
      ],
    });
    expect(wireMessage({ role: "user", content: "x", images: [] })).toEqual({ role: "user", content: "x" });
  });

  it("arrive at the server byte for byte, also from a view into a larger buffer", async () => {
    await using server = await fakeServer({ sees: true });
    await using backend = await OpenAIBackend.open({ provider: "vllm", apiBase: server.url, model: "" });
    const pool = Uint8Array.from([9, 9, ...picture.bytes, 9]);
    const view = pool.subarray(2, 8);
    await backend.generate({
      messages: [{ role: "user", content: "What?", images: [{ ...picture, bytes: view }] }],
      schema: { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] },
      maxTokens: 10,
      sampling: { temperature: 0, topP: 1, seed: 0 },
    });
    expect(server.requests[0]!.images).toEqual(["data:image/jpeg;base64,/9j/AQID"]);
    expect(server.requests[0]!.prompt).toBe("What?");
  });

  it.each([true, false])("a server that does not say is shown one: it sees, %s", async (sees) => {
    await using server = await fakeServer({ sees });
    await using backend = await OpenAIBackend.open({ provider: "vllm", apiBase: server.url, model: "" });
    expect(backend.limits.images).toBe(false);
    expect(await backend.seesImages()).toBe(sees);
    expect(backend.limits.images).toBe(sees);
  });
});
