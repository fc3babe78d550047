import { describe, expect, it } from "vitest";
import type { GenerateRequest } from "../../backends/backend.js";
import { requestKey } from "./journal.js";

const request = (bytes?: number[], mediaType = "image/png"): GenerateRequest => ({
  messages: [
    {
      role: "user",
      content: "What is it?",
      ...(bytes === undefined ? {} : { images: [{ mediaType, bytes: Uint8Array.from(bytes) }] }),
    },
  ],
  maxTokens: 10,
  sampling: { temperature: 0, topP: 1, seed: 0 },
});

describe("the key of a request with pictures", () => {
  it("follows their bytes and their type", () => {
    const keys = [request(), request([1, 2]), request([1, 3]), request([1, 2], "image/jpeg")].map((one) =>
      requestKey("m", one),
    );
    expect(new Set(keys).size).toBe(4);
    expect(requestKey("m", request([1, 2]))).toBe(keys[1]);
  });

  it("is that of the text alone where there are none", () => {
    const { messages, ...rest } = request();
    expect(requestKey("m", { ...rest, messages: [{ ...messages[0]!, images: [] }] })).toBe(requestKey("m", request()));
  });
});
