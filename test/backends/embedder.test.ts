/** Embeddings by llama.cpp in a child process. The embedded model is no embedding model: only how it works is tested. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { LlamaCppEmbedder } from "../../dist/backends/llama-cpp/embedder.js";
import { BackendStartError } from "../../dist/backends/backend.js";
import { folderWith } from "../support/folders.js";

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);

describe("LlamaCppEmbedder", () => {
  it("gives a vector of unit length for any text, the same for the same, and outlives its process", async () => {
    const notices: string[] = [];
    await using embedder = await LlamaCppEmbedder.open({
      model: "embedded",
      gpu: false,
      onNotice: (text) => notices.push(text),
    });
    expect(embedder.dimensions).toBeGreaterThan(0);
    const long = "a very long text ".repeat(3000);
    const texts = ["How does a hand mill work?", "", "Tides rise.", "How does a hand mill work?", long, "\0👍"];
    const vectors = await embedder.embed(texts);
    expect(vectors.map(({ length }) => length)).toEqual(texts.map(() => embedder.dimensions));
    expect(embedder.cut).toBe(1);
    for (const [at, vector] of vectors.entries()) if (texts[at] !== "") expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
    expect(cosine(vectors[0]!, vectors[3]!)).toBeGreaterThan(0.9999);
    expect(cosine(vectors[0]!, vectors[2]!)).toBeLessThan(0.9999);
    process.kill(embedder.processId!, "SIGKILL");
    const again = await embedder.embed(["How does a hand mill work?"]);
    expect(cosine(vectors[0]!, again[0]!)).toBeGreaterThan(0.999);
    expect(notices.join()).toContain("starting it again");
  });

  it("says what is wrong with a model that is none", async () => {
    const file = path.join(await folderWith({ "broken.gguf": "no model" }), "broken.gguf");
    await expect(LlamaCppEmbedder.open({ model: file, gpu: false })).rejects.toThrow(BackendStartError);
  });
});
