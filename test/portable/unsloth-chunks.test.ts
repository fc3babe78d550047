/** unsloth's tests/test_synthetic_chunk_data.py: chunks of at most 400 tokens, 64 of which are repeated. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { chunkDocument } from "../../src/pipeline/ingest/chunker.js";

/** A token is a word, as in the tokenizer that unsloth's tests play. */
const countTokens = (texts: readonly string[]) =>
  Promise.resolve(texts.map((text) => text.split(/\s+/).filter((word) => word !== "").length));

function chunks(tokens: number, size = 400, overlap = 64) {
  const text = Array.from({ length: tokens }, (_, i) => `w${i}${i % 12 === 11 ? "." : ""}`).join(" ");
  const document = { text, sections: [{ start: 0, end: text.length }], mediaType: "", stem: "", source: "", hash: "" };
  return chunkDocument(document, { size, overlap, unit: "tokens", countTokens });
}

describe("test_synthetic_chunk_data", () => {
  it("a document that fits one chunk is one file", async () => {
    expect(await chunks(300)).toHaveLength(1);
  });

  it("a long document is more than one", async () => {
    expect((await chunks(2_000)).length).toBeGreaterThan(1);
  });

  it("an empty document is none", async () => {
    expect(await chunks(0)).toEqual([]);
  });

  it("50 tokens, fewer than the overlap, are one chunk with all of them", async () => {
    const [only, ...others] = await chunks(50);
    expect(others).toEqual([]);
    expect(only!.tokens).toBe(50);
  });

  it("an overlap as large as the chunk is an error that names it", async () => {
    await expect(chunks(500, 64, 64)).rejects.toThrow(/overlap/);
  });

  it.each([500, 2_000])("no chunk of %d tokens is longer than the limit", async (tokens) => {
    for (const chunk of await chunks(tokens)) expect(chunk.tokens).toBeLessThanOrEqual(400);
  });

  it("673 tokens are exactly two chunks", async () => {
    expect(await chunks(673)).toHaveLength(2);
  });

  it("the error is of the class that callers catch", async () => {
    await expect(chunks(500, 64, 80)).rejects.toBeInstanceOf(UsageError);
  });
});
