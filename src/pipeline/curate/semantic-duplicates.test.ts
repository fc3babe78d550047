import { describe, expect, it } from "vitest";
import { type Embedder, normalised } from "../../backends/embedder.js";
import { loadConfig } from "../../config/load.js";
import type { Candidate, Looker } from "./check.js";
import { semanticDuplicates } from "./semantic-duplicates.js";

/** Texts mean the same when they are about the same of three things. */
class Meaning implements Embedder {
  readonly model = { name: "meaning", fingerprint: "1" };
  readonly dimensions = 4;
  cut = 0;
  closed = false;

  embed(texts: readonly string[]): Promise<Float32Array[]> {
    return Promise.resolve(
      texts.map((text) => normalised(["mill", "tide", "bread"].map((word) => (text.includes(word) ? 1 : 0)).concat(0))),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

async function opened(embedder: Embedder | undefined): Promise<Looker> {
  const { config } = await loadConfig({ environment: {} });
  const openEmbedder = embedder === undefined ? undefined : () => Promise.resolve(embedder);
  return await semanticDuplicates.open({
    config,
    engine: undefined,
    openEmbedder,
    warn: () => undefined,
    signal: undefined,
  });
}

function candidate(question: string, position: number): Candidate {
  const record = { question, answer: "Yes.", raw: {} };
  return {
    record,
    source: "a.json",
    position,
    text: undefined,
    language: undefined,
    answers: undefined as never,
  };
}

describe("semantic_duplicates", () => {
  it("finds what says the same in other words", async () => {
    const embedder = new Meaning();
    const looker = await opened(embedder);
    const verdicts = await looker.look(
      [
        "Does a mill grind?",
        "Is there a tide?",
        "Can one grind with a mill?",
        "Is nothing said?",
        "Nothing at all?",
      ].map(candidate),
    );
    expect(verdicts.map(({ problems }) => problems?.[0]?.detail)).toEqual([
      undefined,
      undefined,
      "record 1 in a.json: “Does a mill grind?”, cosine 1.00",
      undefined,
      undefined,
    ]);
    expect(looker.summary!()).toMatchObject({
      ran: true,
      model: "meaning",
      different: 2,
      duplicates: 1,
      without_vector: 2,
      self_similarity: { records: 3 },
    });
    await looker.close!();
    expect(embedder.closed).toBe(true);
  });

  it("says that it did not run where there is no model", async () => {
    const looker = await opened(undefined);
    expect(await looker.look([candidate("Does a mill grind?", 0), candidate("Does a mill grind?", 1)])).toEqual([
      {},
      {},
    ]);
    expect(looker.summary!()).toMatchObject({ ran: false, why: expect.stringContaining("curate.embedding") as string });
  });
});
