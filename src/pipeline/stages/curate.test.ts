import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, FakeBackend } from "../../../test/support/fake-backend.js";
import { loadConfig } from "../../config/load.js";
import { curate } from "./curate.js";
import { exitCodeOf, silentObserver } from "./stage.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "quern-curate-"));
});
afterEach(() => rm(folder, { recursive: true }));

const pairs = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    question: `What is made in the mill of village number ${i}?`,
    answer: `In village ${i} people make ${["rye", "wheat", "oat", "spelt"][i % 4]!} flour number ${i}.`,
  }));

const criteria = { correctness: 8, groundedness: 8, completeness: 8, clarity: 8, usefulness: 8 };
const rated = (rating: number) => ({ reason: "As the text says.", criteria, rating });
const off = { near_duplicates: "off", semantic_duplicates: "off" };

interface Curated {
  qa_pairs: { question: string; answer: string; rating?: number; quality?: Record<string, unknown> }[];
  conversations: unknown[];
  metrics: Record<string, number>;
}

/** Curates files of `x.json`, `y.json` … in the folder. */
async function run(
  files: Readonly<Record<string, unknown>>,
  settings: Record<string, unknown>,
  answer?: Answer,
  concurrent = 4,
) {
  const inputs: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    inputs.push(file);
  }
  const { checks = {}, ...others } = settings;
  const curation = {
    ...others,
    checks: { ...off, ...(answer === undefined ? { judge: "off" } : {}), ...(checks as object) },
  };
  const { config } = await loadConfig({ flags: { curate: curation, generation: { retries: 1 } } });
  const backend =
    answer === undefined
      ? undefined
      : new FakeBackend(answer, { contextTokens: 4096, concurrentRequests: concurrent, images: false });
  const warnings: string[] = [];
  const outputFor = (input: string) =>
    path.join(
      folder,
      "out",
      path.basename(input).replace(/\.jsonl?$/, (ending) => `_cleaned${ending}`),
    );
  const observer = { ...silentObserver, warn: (text: string) => void warnings.push(text) };
  const result = await curate(inputs, { backend, config, outputFor, observer });
  const read = async (name: string) => JSON.parse(await readFile(path.join(folder, "out", name), "utf8")) as Curated;
  const readDropped = async (name: string) =>
    (await readFile(path.join(folder, "out", name), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { question: string; dropped: { check: string; reason: string } });
  return { result, backend, warnings, read, readDropped };
}

const promptOf = (request: { messages: readonly { content: string }[] }) => request.messages[0]!.content;

describe("curate", () => {
  it("test_rate_qa_pairs: ratings of 8 and 6 at 7 keep one; the original text, in the peer's shape", async () => {
    const { read, result } = await run({ "x.json": { summary: "S", qa_pairs: pairs(2), more: [1] } }, {}, (request) =>
      JSON.stringify(rated(promptOf(request).includes("number 0?") ? 8 : 6)),
    );
    const curated = await read("x_cleaned.json");
    expect(Object.keys(curated)).toEqual(["summary", "qa_pairs", "conversations", "metrics", "more"]);
    expect(curated.qa_pairs).toMatchObject([{ ...pairs(1)[0], rating: 8, rating_reason: "As the text says." }]);
    expect(curated.qa_pairs[0]!.quality).toMatchObject({ judge: criteria });
    expect(curated.metrics).toEqual({ total: 2, filtered: 1, retention_rate: 0.5, avg_score: 7, rated: 2 });
    expect(curated.conversations).toMatchObject([
      [{ role: "system" }, { role: "user", content: pairs(1)[0]!.question }, { role: "assistant" }],
    ]);
    expect(exitCodeOf(result)).toBe(0);
  });

  it("opens no journal and asks nothing without the judge, and keeps the order of many", async () => {
    const { read } = await run({ "x.json": pairs(500) }, {});
    const { qa_pairs, metrics } = await read("x_cleaned.json");
    expect(qa_pairs.map(({ question }) => question)).toEqual(pairs(500).map(({ question }) => question));
    expect(metrics).toMatchObject({ total: 500, filtered: 500, rated: 0, avg_score: 0 });
    expect(await readdir(path.join(folder, "out"))).not.toContain("x_cleaned.json.journal.jsonl");
  });

  it("never asks about what a check without a model has dropped", async () => {
    const bad = { question: "According to the text, what is made?", answer: "Flour." };
    const { backend, readDropped } = await run({ "x.json": [bad, ...pairs(3)] }, {}, () => JSON.stringify(rated(9)));
    expect(backend!.requests).toHaveLength(3);
    expect(await readDropped("x_cleaned.dropped.jsonl")).toMatchObject([
      { ...bad, dropped: { check: "coherence", reason: "the question speaks of its text" } },
    ]);
  });

  it("drops what an earlier file has, the first staying", async () => {
    const { read, readDropped } = await run({ "x.json": pairs(3), "y.json": [...pairs(4)].reverse() }, {});
    expect((await read("x_cleaned.json")).qa_pairs).toHaveLength(3);
    expect((await read("y_cleaned.json")).qa_pairs).toMatchObject([pairs(4)[3]!]);
    for (const { dropped } of await readDropped("y_cleaned.dropped.jsonl"))
      expect(dropped).toMatchObject({ check: "exact_duplicates" });
  });

  it("flags instead of dropping where it is told so", async () => {
    const bad = { question: "According to the text, what is made?", answer: "Flour." };
    const { read } = await run({ "x.json": [bad] }, { checks: { coherence: "flag" } });
    expect((await read("x_cleaned.json")).qa_pairs[0]!.quality).toMatchObject({
      flags: [{ check: "coherence", reason: "the question speaks of its text" }],
    });
  });

  it("masks personal data in the record, beside it and for the judge", async () => {
    const source = { document: "a@mill.de.txt", chunks: [{ index: 0, text: "Mail a@mill.de for flour." }] };
    const pair = { question: "How is flour had?", answer: "Mail a@mill.de for flour.", provenance: { chunk: 0 } };
    const { backend, read } = await run(
      { "x.json": { qa_pairs: [pair], source } },
      { checks: { personal_data: "mask" } },
      () => JSON.stringify(rated(9)),
    );
    expect(promptOf(backend!.requests[0]!)).not.toContain("a@mill.de");
    const curated = await read("x_cleaned.json");
    expect(curated.qa_pairs[0]).toMatchObject({ answer: "Mail [EMAIL_1] for flour." });
    expect(JSON.stringify({ ...curated, source: undefined })).not.toContain("a@mill.de");
    expect(curated).toMatchObject({ source: { chunks: [{ text: "Mail [EMAIL_1] for flour." }] } });
  });

  it("takes JSON Lines and gives JSON Lines", async () => {
    const lines = pairs(3).map((pair) => `${JSON.stringify(pair)}\n`);
    await run({ "x.jsonl": lines.join("") }, {});
    const out = await readFile(path.join(folder, "out", "x_cleaned.jsonl"), "utf8");
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject(pairs(3));
  });

  it("keeps reasoning, and all turns of a conversation", async () => {
    const cot = {
      question: "What is 12 times 12?",
      reasoning: "Ten times 12 is 120.\nTwo more are 24.",
      answer: "144",
    };
    const turns = [
      { role: "system", content: "You are a miller." },
      { role: "user", content: "When was the mill built?" },
      { role: "assistant", content: "In 1820." },
      { role: "user", content: "And what does it grind?" },
      { role: "assistant", content: "Rye." },
    ];
    const { read, backend } = await run(
      { "x.json": { cot_examples: [cot] }, "y.json": [{ conversations: turns }] },
      {},
      () => JSON.stringify(rated(9)),
    );
    expect(await read("x_cleaned.json")).toMatchObject({ cot_examples: [cot] });
    expect(JSON.stringify(await read("y_cleaned.json"))).toContain('"content":"Rye."');
    expect(backend!.requests.map(promptOf).join()).toContain("Two more are 24.");
    expect(backend!.requests.map(promptOf).join()).toContain("Rye.");
  });

  it("goes on with what is done, whatever the batches", async () => {
    const answer: Answer = (request) =>
      JSON.stringify(
        JSON.stringify(request.schema).includes('"array"') ? Array.from({ length: 5 }, () => rated(9)) : rated(9),
      );
    const first = await run({ "x.json": pairs(10) }, { batch_size: 5 }, answer);
    expect(first.backend!.requests).toHaveLength(2);
    const again = await run({ "x.json": pairs(10) }, { batch_size: 5 }, answer, 1);
    expect(again.backend!.requests).toHaveLength(0);
    expect((await again.read("x_cleaned.json")).metrics).toMatchObject({ total: 10, rated: 10 });
  });

  it("has no more ratings in flight than curate.inference_batch", async () => {
    const { backend } = await run({ "x.json": pairs(12) }, { inference_batch: 2 }, () => JSON.stringify(rated(9)), 8);
    expect(backend!.mostInFlight).toBeLessThanOrEqual(2);
  });
});

describe("a judge that misbehaves", () => {
  it.each([
    ["nothing", ""],
    ["half an object", '{"reason": "good", "crit'],
    ["out of range", JSON.stringify({ ...rated(900) })],
    ["a word for a number", JSON.stringify({ ...rated(9), rating: "8" })],
    ["words", "I would rate this 8 of 10."],
    ["the pair again", JSON.stringify([{ ...pairs(1)[0], rating: 8 }])],
  ])("%s: not rated, kept aside with the reason, exit 3", async (_, said) => {
    const { result, readDropped, read, warnings } = await run({ "x.json": pairs(2) }, {}, () => said);
    expect(exitCodeOf(result)).toBe(3);
    expect(result.counts["not rated"]).toBe(2);
    expect((await read("x_cleaned.json")).metrics).toMatchObject({ total: 2, filtered: 0, rated: 0 });
    for (const { dropped } of await readDropped("x_cleaned.dropped.jsonl"))
      expect(dropped).toMatchObject({ check: "judge", reason: expect.stringMatching(/^not rated: /) as string });
    expect(warnings.join("\n")).toContain("could not be rated");
  });

  it("batches that give nothing are rated one by one", async () => {
    const { backend, read, result } = await run({ "x.json": pairs(4) }, { batch_size: 4 }, (request) =>
      JSON.stringify(request.schema).includes('"array"') ? JSON.stringify([rated(9)]) : JSON.stringify(rated(9)),
    );
    expect((await read("x_cleaned.json")).metrics).toMatchObject({ total: 4, filtered: 4, rated: 4 });
    // The batch twice, since answers that do not fit are tried once more, then each pair.
    expect(backend!.requests).toHaveLength(2 + 4);
    expect(exitCodeOf(result)).toBe(0);
  });

  it("always the same: the user is told", async () => {
    const { warnings } = await run({ "x.json": pairs(25) }, {}, () => JSON.stringify(rated(9)));
    expect(warnings.join("\n")).toContain("all 25 records the rating 9");
  });
});

describe("groundedness that may drop", () => {
  const source = {
    chunks: [
      { index: 0, text: "The mill at Ballin was built in 1820 by Anna Kessler. It grinds rye for twelve villages." },
    ],
  };
  const pair = (answer: string) => ({ question: "What is known of it?", answer, provenance: { chunk: 0 } });
  const settings = { checks: { groundedness: "drop", judge: "off" } };
  const file = (answer: string) => ({ "x.json": { qa_pairs: [pair(answer)], source } });

  it("asks the model only where words cannot tell", async () => {
    const clear = await run(file("The mill at Ballin was built in 1820 by Anna Kessler."), settings, () => "no");
    expect(clear.backend!.requests).toHaveLength(0);
    expect((await clear.read("x_cleaned.json")).qa_pairs[0]!.quality).toMatchObject({
      groundedness: { verdict: "supported" },
    });
    const wrong = await run(file("Photosynthesis turns light into sugar."), settings, () => "no");
    expect(wrong.backend!.requests).toHaveLength(0);
    expect(await wrong.readDropped("x_cleaned.dropped.jsonl")).toMatchObject([{ dropped: { check: "groundedness" } }]);
  });

  it.each([
    [{ quote: "built in 1820 by Anna Kessler", supported: true }, "kept"],
    [
      { quote: "built in 1840 by somebody else entirely", supported: true },
      "the evidence that the model gives is not in the text",
    ],
    [{ quote: "", supported: false }, "the model finds the answer not supported by the text"],
  ])("believes only evidence that is there: %j", async (said, expected) => {
    const { backend, read, readDropped } = await run(
      file("Anna Kessler built the mill at Ballin in 1840."),
      settings,
      () => JSON.stringify(said),
    );
    expect(backend!.requests).toHaveLength(1);
    if (expected === "kept") expect((await read("x_cleaned.json")).qa_pairs).toHaveLength(1);
    else expect(await readDropped("x_cleaned.dropped.jsonl")).toMatchObject([{ dropped: { reason: expected } }]);
  });
});
