/** The walk of a newcomer: documents in, a dataset out, by the four commands and by the one that does all four. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readDocument } from "../../dist/index.js";
import { quern, temporaryFolder } from "../support/command.js";
import { readJson, readLines, smallConfig, writeConfig, writeDocuments } from "../support/documents.js";

interface Provenance {
  document: string;
  hash: string;
  chunk: number;
  span: [number, number];
  model: string;
  prompt: string;
  seed: number;
}
interface Pair {
  question: string;
  answer: string;
  reasoning?: string;
  rating?: number;
  rating_reason?: string;
  provenance: Provenance;
}
interface Generated {
  summary: string;
  qa_pairs: Pair[];
  cot_examples: Pair[];
  conversations: { role: string; content: string }[][];
  metrics: Record<string, number>;
  source: { document: string; chunks: { index: number; start: number; end: number; text: string }[] };
}

let cwd: string;
const run = (...args: string[]) => quern(["-c", "config.yaml", ...args], { cwd });

beforeAll(async () => {
  cwd = await temporaryFolder();
  await writeConfig(cwd);
  await writeDocuments(path.join(cwd, "docs"), 2, 6);
});

/** What the embedded model writes is rated whatever it is: the other checks would drop much of it. */
const onlyRated = ["coherence", "exact_duplicates", "near_duplicates"].flatMap((check) => ["--check", `${check}=off`]);

describe("the four commands", () => {
  it("ingest: the text with its provenance", async () => {
    const { stdout, exitCode } = await run("ingest", "docs");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Text successfully extracted");
    const document = await readDocument(path.join(cwd, "data/parsed/d0.lance"));
    expect(document.text).toBe(await readFile(path.join(cwd, "docs/d0.txt"), "utf8"));
    expect(document).toMatchObject({ source: "docs/d0.txt", mediaType: "text/plain" });
    expect(document.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("create: exactly as many pairs as asked for, each traceable to its span", async () => {
    const { stdout, exitCode } = await run("create", "data/parsed", "--type", "qa", "-n", "5");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Content saved to data/generated/d0_qa_pairs.json");
    const made = await readJson<Generated>(path.join(cwd, "data/generated/d0_qa_pairs.json"));
    expect(made.qa_pairs).toHaveLength(5);
    expect(made.summary).not.toBe("");
    const { text } = await readDocument(path.join(cwd, "data/parsed/d0.lance"));
    expect(new Set(made.qa_pairs.map((pair) => pair.provenance.chunk)).size).toBeGreaterThan(1);
    for (const { question, answer, provenance } of made.qa_pairs) {
      expect(question.length).toBeGreaterThan(0);
      expect(answer.length).toBeGreaterThan(0);
      const chunk = made.source.chunks.find((candidate) => candidate.index === provenance.chunk)!;
      expect(text.slice(...provenance.span)).toBe(chunk.text);
      expect(provenance).toMatchObject({ document: "docs/d0.txt", model: "quern-embedded" });
    }
    const report = await readJson<{ wanted: number; made: number }>(
      path.join(cwd, "data/generated/d0_qa_pairs.report.json"),
    );
    expect(report).toMatchObject({ wanted: 5, made: 5 });
  });

  it("create again: all from the journal, the same bytes", async () => {
    const file = path.join(cwd, "data/generated/d0_qa_pairs.json");
    const before = await readFile(file, "utf8");
    const { stdout, exitCode } = await run("create", "data/parsed/", "--type", "qa", "-n", "5", "--json");
    expect(exitCode).toBe(0);
    const summary = JSON.parse(stdout) as { engine: { requests: number; fromJournal: number } };
    expect(summary.engine.requests).toBe(0);
    expect(summary.engine.fromJournal).toBeGreaterThan(0);
    expect(await readFile(file, "utf8")).toBe(before);
  });

  it("curate: the records as they were, with rating and reason; the others beside them", async () => {
    const { exitCode } = await run("curate", "data/generated/d0_qa_pairs.json", "-t", "5", ...onlyRated);
    expect(exitCode).toBe(0);
    const made = await readJson<Generated>(path.join(cwd, "data/generated/d0_qa_pairs.json"));
    const curated = await readJson<Generated>(path.join(cwd, "data/curated/d0_qa_pairs_cleaned.json"));
    const dropped = await readLines<Pair & { dropped: string }>(
      path.join(cwd, "data/curated/d0_qa_pairs_cleaned.dropped.jsonl"),
    );
    expect(curated.metrics).toMatchObject({ total: 5, filtered: curated.qa_pairs.length, rated: 5 });
    expect(curated.qa_pairs.length + dropped.length).toBe(5);
    for (const pair of [...curated.qa_pairs, ...dropped]) {
      const original = made.qa_pairs.find((candidate) => candidate.question === pair.question)!;
      expect(pair).toMatchObject(original);
      expect(pair.rating).toBeGreaterThanOrEqual(1);
      expect(pair.rating).toBeLessThanOrEqual(10);
      expect(pair.rating_reason).not.toBe("");
    }
    for (const pair of curated.qa_pairs) expect(pair.rating).toBeGreaterThanOrEqual(5);
    for (const pair of dropped) expect(pair.dropped).toContain("below the threshold of 5");
    expect(curated.conversations).toHaveLength(curated.qa_pairs.length);
  });

  it("save-as: what was generated, in a trainer's format", async () => {
    const { stdout, exitCode } = await run("save-as", "data/generated/d0_qa_pairs.json", "-f", "alpaca");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Converted to alpaca format");
    const records = await readJson<object[]>(path.join(cwd, "data/final/d0_qa_pairs_alpaca.json"));
    expect(records).toHaveLength(5);
    expect(Object.keys(records[0]!)).toEqual(["instruction", "input", "output"]);
    const provenance = await readLines<Provenance>(path.join(cwd, "data/final/d0_qa_pairs_alpaca.provenance.jsonl"));
    expect(provenance).toHaveLength(5);
  });
});

describe("other kinds", () => {
  it("chain of thought keeps its reasoning through curation and saving", async () => {
    expect((await run("create", "docs/d1.txt", "--type", "cot", "-n", "2")).exitCode).toBe(0);
    const made = await readJson<Generated>(path.join(cwd, "data/generated/d1_cot_examples.json"));
    expect(made.cot_examples).toHaveLength(2);
    expect(made.conversations).toHaveLength(2);
    const [first] = made.cot_examples;
    expect(made.conversations[0]!.at(-1)!.content).toContain(first!.reasoning);
    expect((await run("curate", "data/generated/d1_cot_examples.json", "-t", "1", ...onlyRated)).exitCode).toBe(0);
    const curated = await readJson<Generated>(path.join(cwd, "data/curated/d1_cot_examples_cleaned.json"));
    expect(curated.cot_examples[0]).toMatchObject(first!);
    expect((await run("save-as", "data/curated/d1_cot_examples_cleaned.json", "-f", "chatml")).exitCode).toBe(0);
    const saved = await readLines<{ messages: { role: string; content: string }[] }>(
      path.join(cwd, "data/final/d1_cot_examples_cleaned_chatml.json"),
    );
    expect(saved[0]!.messages.map((message) => message.role)).toEqual(["system", "user", "assistant"]);
    expect(saved[0]!.messages[2]!.content).toContain(first!.reasoning);
  });

  it("a summary covers every chunk", async () => {
    expect((await run("create", "docs/d1.txt", "--type", "summary")).exitCode).toBe(0);
    const made = await readJson<{ summary: string; parts: { provenance: Provenance }[] }>(
      path.join(cwd, "data/generated/d1_summary.json"),
    );
    expect(made.summary).not.toBe("");
    expect(made.parts.map((part) => part.provenance.chunk)).toEqual(made.parts.map((_, i) => i));
    expect(made.parts.length).toBeGreaterThan(1);
  });

  it("a number for each chunk instead of for the document", async () => {
    expect((await run("create", "docs/d0.txt", "--num-pairs-per-chunk", "1", "-o", "per-chunk")).exitCode).toBe(0);
    const made = await readJson<Generated>(path.join(cwd, "per-chunk/d0_qa_pairs.json"));
    const report = await readJson<{ chunks: number }>(path.join(cwd, "per-chunk/d0_qa_pairs.report.json"));
    expect(made.qa_pairs).toHaveLength(report.chunks);
  });
});

describe("a folder of everything that was created", () => {
  it("is curated and saved without the summaries in it, and without a failure", async () => {
    const { exitCode, stdout } = await run("save-as", "data/generated", "-o", "everything", "--json");
    expect(exitCode).toBe(0);
    const { outputs } = JSON.parse(stdout) as { outputs: string[] };
    expect(outputs.map((file) => path.basename(file))).toEqual([
      "d0_qa_pairs.jsonl",
      "d1_cot_examples.jsonl",
      "d1_qa_pairs.jsonl",
    ]);
  });
});

describe("run", () => {
  it("does all four in one stream and leaves each stage's files", async () => {
    const { stdout, exitCode } = await run("run", "docs", "-n", "3", "-t", "1", "-o", "all", "--show", "2");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Dataset of 6 records saved to all/final/docs.jsonl");
    const records = await readLines<Pair>(path.join(cwd, "all/final/docs.jsonl"));
    expect(records).toHaveLength(6);
    expect(records.map((record) => record.provenance.document)).toEqual([
      ...Array<string>(3).fill("docs/d0.txt"),
      ...Array<string>(3).fill("docs/d1.txt"),
    ]);
    for (const record of records) expect(record.rating).toBeGreaterThanOrEqual(1);
    for (const file of ["parsed/d1.lance", "generated/d1_qa_pairs.json", "curated/d1_qa_pairs_cleaned.json"])
      expect(existsSync(path.join(cwd, "all", file))).toBe(true);
    expect(stdout.split("\n").filter((line) => line.startsWith('{"question"'))).toHaveLength(2);
  });

  it("gives the same bytes when it is repeated from nothing, one request after the other", async () => {
    // Sums depend a little on what is decoded together, so only then is every token certain to be the same.
    await writeConfig(cwd, smallConfig.replace("sequences: 4", "sequences: 1, threads: 1"), "alone.yaml");
    const once = async (folder: string) => {
      const args = ["-c", "alone.yaml", "run", "docs/d0.txt", "-n", "2", "-t", "1", "-o", folder, "--seed", "7"];
      expect((await quern(args, { cwd })).exitCode).toBe(0);
      return await readFile(path.join(cwd, folder, "final/d0.jsonl"), "utf8");
    };
    expect(await once("first")).toBe(await once("second"));
  });
});
