import { describe, expect, it } from "vitest";
import { type Answer, FakeBackend } from "../../../test/support/fake-backend.js";
import type { GenerateRequest } from "../../backends/backend.js";
import { loadConfig } from "../../config/load.js";
import type { Chunk, Document } from "../document.js";
import { Engine } from "../engine/engine.js";
import { MemoryAnswers } from "../engine/journal.js";
import { compilePrompt } from "../prompts.js";
import type { Item } from "../records/record.js";
import { generatePairs } from "./pairs.js";
import type { Amount, Creation } from "./type.js";

const kind = { countPlaceholder: "num_pairs", texts: { question: 400, answer: 1500 }, tokensPerItem: 100 };

async function creationOn(answer: Answer, chunkCount: number, amount: Amount, flags = {}) {
  const { config } = await loadConfig({ flags, environment: {} });
  const chunks: Chunk[] = Array.from({ length: chunkCount }, (_, index) => ({
    index,
    start: index * 10,
    end: index * 10 + 9,
    text: `chunk-${index}`,
    tokens: 9,
  }));
  const document: Document = {
    text: "x",
    sections: [],
    mediaType: "text/plain",
    stem: "d",
    source: "d.txt",
    hash: "h",
  };
  const backend = new FakeBackend(answer);
  const creation: Creation = {
    document,
    chunks,
    engine: new Engine(backend, { concurrency: 4, retries: 1, seed: 0 }),
    answers: new MemoryAnswers(),
    config,
    prompts: {
      main: compilePrompt("qa_generation", config.prompts.qa_generation),
      summary: compilePrompt("summary", config.prompts.summary),
    },
    sizes: { chunk: { size: 100, overlap: 0, unit: "tokens" }, answerTokens: 400, maxChunkTokens: 1000 },
    amount,
    report: {
      document: "d.txt",
      characters: 1,
      chunks: chunkCount,
      made: 0,
      duplicates: 0,
      copied: 0,
      empty: 0,
      otherLanguage: 0,
      topUpRounds: 0,
      cutAnswers: 0,
      failures: {},
    },
  };
  const items: Item[] = [];
  for await (const item of generatePairs(creation, kind, () => Promise.resolve("about"))) items.push(item);
  return { items, report: creation.report, backend };
}

const wantedIn = (request: GenerateRequest) => (request.schema as { maxItems: number }).maxItems;
const chunkIn = (request: GenerateRequest) => /chunk-\d+/.exec(request.messages[0]!.content)![0];
const pairs = (count: number, name: (i: number) => string) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ question: name(i), answer: "a" })));

/** A model that always gives what is asked, each time something new. */
const obliging: Answer = (request, call) =>
  pairs(wantedIn(request), (i) => `${chunkIn(request)} call ${call} number ${i}?`);

describe("generatePairs", () => {
  it.each([1, 3, 10, 25])("makes exactly %i, spread over the document", async (total) => {
    const { items, report } = await creationOn(obliging, 8, { total });
    expect(items).toHaveLength(total);
    expect(report).toMatchObject({ wanted: total, made: total, topUpRounds: 0 });
    const used = new Set(items.map((item) => item.provenance.chunk));
    expect(used.size).toBe(Math.min(total, 8));
    expect(Math.max(...used)).toBeGreaterThanOrEqual(3);
  });

  it("asks for no more at once than an answer has room for", async () => {
    const { backend } = await creationOn(obliging, 1, { total: 25 });
    for (const request of backend.requests) expect(wantedIn(request)).toBeLessThanOrEqual(4);
    // Requests about the same chunk must not ask for the same.
    expect(new Set(backend.requests.map((request) => request.messages[0]!.content)).size).toBeGreaterThan(4);
  });

  it("makes the number asked for of each chunk", async () => {
    const { items } = await creationOn(obliging, 3, { perChunk: 2 });
    expect(items.map((item) => item.provenance.chunk)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("makes up for answers that give less than asked, and tells the model what is there already", async () => {
    const stingy: Answer = (request, call) => pairs(1, () => `${chunkIn(request)} ${call}?`);
    const { items, report, backend } = await creationOn(stingy, 4, { total: 8 });
    expect(items).toHaveLength(8);
    expect(report.topUpRounds).toBe(1);
    expect(backend.requests.at(-1)!.messages[0]!.content).toContain("asked already");
  });

  it("keeps each question once and makes up for the others", async () => {
    let asked = 0;
    const repeating: Answer = (request) =>
      pairs(wantedIn(request), () => (asked++ < 4 ? "The same question?" : `Other ${asked}?`));
    const { items, report } = await creationOn(repeating, 4, { total: 8 });
    expect(items).toHaveLength(8);
    expect(new Set(items.map((item) => item.fields.question)).size).toBe(8);
    expect(report.duplicates).toBe(3);
  });

  it("keeps equal questions when told to", async () => {
    const same: Answer = (request) => pairs(wantedIn(request), () => "Same?");
    const { items } = await creationOn(same, 2, { total: 6 }, { generation: { enable_deduplication: false } });
    expect(items).toHaveLength(6);
  });

  it("ends with a shortfall when the text gives no more, instead of going on forever", async () => {
    const poor: Answer = (request) => pairs(1, () => `Only this about ${chunkIn(request)}?`);
    const { items, report, backend } = await creationOn(poor, 3, { total: 30 });
    expect(items).toHaveLength(3);
    expect(report).toMatchObject({ wanted: 30, made: 3 });
    expect(backend.requests.length).toBeLessThan(30);
  });

  it("counts failures by reason and makes up for them from other chunks", async () => {
    const partly: Answer = (request, call) => (chunkIn(request) === "chunk-0" ? "broken" : obliging(request, call));
    const { items, report } = await creationOn(partly, 4, { total: 8 });
    expect(items).toHaveLength(8);
    expect(report.failures).toEqual({ "the answer is not JSON": 1 });
    expect(items.some((item) => item.provenance.chunk === 0)).toBe(false);
  });

  it("records where each came from", async () => {
    const { items } = await creationOn(obliging, 2, { total: 2 });
    expect(items[1]!.provenance).toMatchObject({
      document: "d.txt",
      hash: "h",
      chunk: 1,
      span: [10, 19],
      model: "fake",
    });
    expect(items[1]!.provenance.prompt).toMatch(/^qa_generation@[0-9a-f]{12}$/);
  });
});
