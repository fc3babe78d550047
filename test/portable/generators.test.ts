/** tests/unit: llm_processing, qa_generator, cot_generator, utils, parsers, additional_parsers */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { extractJson } from "../../src/backends/openai/extract-json.js";
import type { Document } from "../../src/pipeline/document.js";
import { chunkDocument } from "../../src/pipeline/ingest/chunker.js";
import { parseDocument } from "../../src/pipeline/ingest/read.js";
import { conversationOf } from "../../src/pipeline/records/record.js";
import { quern } from "../support/command.js";
import { readJson } from "../support/documents.js";
import { hasSharedDocuments, sharedDocuments } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith } from "../support/folders.js";
import { peerGenerated } from "../support/peer.js";

const text = "Synthetic data is made by a model. It is cheap, and there is as much of it as one likes.\n";

/** A server that enforces no schema, whose model answers in prose around its JSON. */
const unenforced = "api-endpoint: {schema: none, model: fake, context: 2048}\ngeneration: {retries: 0}\n";

async function create(reply: string, ...args: string[]) {
  await using server = await fakeServer({
    reply: ({ prompt }) => (prompt.includes("Summarize") ? '{"summary": "About data."}' : reply),
  });
  const cwd = await folderWith({ "a.txt": text, "c.yaml": unenforced });
  const flags = ["--provider", "api-endpoint", "--api-base", server.url];
  const result = await quern(["-c", "c.yaml", "create", "a.txt", "-o", "out", ...args, ...flags], { cwd });
  return { cwd, ...result };
}

describe("unit/test_llm_processing", () => {
  it("test_parse_qa_pairs", async () => {
    const pairs = [1, 2, 3].map((n) => ({ question: `What is number ${n} here?`, answer: `It is the number ${n}.` }));
    const { cwd, exitCode, stderr } = await create(
      `Here are the pairs:\n\n${JSON.stringify(pairs)}\n\nI hope they help.`,
      "-n",
      "3",
    );
    expect(exitCode, stderr).toBe(0);
    const made = await readJson<{ qa_pairs: unknown[] }>(path.join(cwd, "out/a_qa_pairs.json"));
    expect(made.qa_pairs).toMatchObject(pairs);
  });

  it("test_parse_qa_pairs_with_regex", async () => {
    const { cwd, exitCode, stderr } = await create(
      'First:\n{"question": "What is one?", "answer": "It is a number."}\nSecond:\n{"question": "What is two?", "answer": "It is the next."}',
      "-n",
      "2",
    );
    expect(exitCode, stderr).toBe(0);
    const made = await readJson<{ qa_pairs: unknown[] }>(path.join(cwd, "out/a_qa_pairs.json"));
    expect(made.qa_pairs).toHaveLength(2);
  });

  it("test_convert_to_conversation_format", () => {
    const turns = conversationOf({ question: "What?", answer: "This." });
    expect(turns.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
    expect(turns.slice(1).map(({ content }) => content)).toEqual(["What?", "This."]);
  });
});

describe("unit/test_qa_generator", () => {
  it("test_generate_qa_pairs, test_process_document", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a.txt": text });
    const { exitCode } = await quern(["create", "a.txt", "-n", "2", "-o", "out", ...server.flags], { cwd });
    expect(exitCode).toBe(0);
    const made = await readJson<{ summary: string; qa_pairs: unknown[] }>(path.join(cwd, "out/a_qa_pairs.json"));
    expect(made.summary).not.toBe("");
    expect(made.qa_pairs).toHaveLength(2);
  });

  it("test_rate_qa_pairs", async () => {
    await using server = await fakeServer({ rate: (prompt) => (prompt.includes("Why use it?") ? 6 : 8) });
    const cwd = await folderWith({ "in.json": peerGenerated });
    const args = ["curate", "in.json", "-t", "7", "-o", "out.json", ...server.flags];
    const { exitCode, stderr } = await quern(args, { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(await readJson(path.join(cwd, "out.json"))).toMatchObject({
      qa_pairs: [{ question: peerGenerated.qa_pairs[0]!.question, rating: 8 }],
      metrics: { total: 2, filtered: 1, retention_rate: 0.5 },
    });
  });
});

describe("unit/test_cot_generator", () => {
  it("test_parse_json_output", () => {
    expect(extractJson('Sure: [{"question": "What?"}] Done.', false)).toBe('[{"question": "What?"}]');
    expect(extractJson("no JSON at all", false)).toBe("no JSON at all");
  });

  it("test_generate_cot_examples, test_process_document", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const cwd = await folderWith({ "a.txt": text });
    const args = ["create", "a.txt", "--type", "cot", "-n", "3", "-o", "out", ...server.flags];
    expect((await quern(args, { cwd })).exitCode).toBe(0);
    expect(server.requests.some(({ prompt }) => prompt.includes(text.trim()))).toBe(true);
    const made = await readJson<Record<string, unknown[]>>(path.join(cwd, "out/a_cot_examples.json"));
    expect(made["cot_examples"]).toHaveLength(3);
    expect(made["conversations"]).toHaveLength(3);
    expect(made["summary"]).toEqual(expect.any(String));
    // A summary and one request for all examples.
    expect(server.requests).toHaveLength(2);
  });

  it("test_enhance_with_cot", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "in.json": peerGenerated });
    const args = ["create", "in.json", "--type", "cot-enhance", "-o", "out", ...server.flags];
    const { exitCode, stderr } = await quern(args, { cwd });
    expect(exitCode, stderr).toBe(0);
    const made = await readJson<{ conversations: { role: string; content: string }[][] }>(
      path.join(cwd, "out/in_enhanced.json"),
    );
    expect(made.conversations).toHaveLength(2);
    for (const [i, turns] of made.conversations.entries()) {
      expect(turns.at(-1)!.role).toBe("assistant");
      expect(turns.at(-1)!.content).toContain(peerGenerated.qa_pairs[i]!.answer);
      expect(turns.at(-1)!.content.length).toBeGreaterThan(peerGenerated.qa_pairs[i]!.answer.length);
    }
  });
});

const documentOf = (content: string): Document => ({
  text: content,
  sections: [{ start: 0, end: content.length }],
  mediaType: "text/plain",
  stem: "a",
  source: "a.txt",
  hash: "",
});

describe("unit/test_utils", () => {
  const settings = {
    size: 50,
    overlap: 10,
    unit: "characters" as const,
    countTokens: (texts: readonly string[]) => Promise.resolve(texts.map((one) => Math.ceil(one.length / 4))),
  };

  it("test_split_into_chunks", async () => {
    const paragraphs = "The first paragraph of this text.\n\nThe second paragraph of this text.\n\nThe third of them.";
    const chunks = await chunkDocument(documentOf(paragraphs), settings);
    expect(chunks.length).toBeGreaterThanOrEqual(2);
    for (const chunk of chunks) expect(chunk.text.trim()).not.toBe("");
    expect(await chunkDocument(documentOf(""), settings)).toEqual([]);
  });

  it("test_extract_json_from_text, test_extract_json_list_from_text", () => {
    expect(extractJson('Text\n```json\n{"a": 1}\n```\nmore', true)).toBe('{"a": 1}');
    expect(extractJson("Text\n```json\n[1, 2]\n```\nmore", false)).toBe("[1, 2]");
    // Without JSON the text comes back as it is, and the engine asks again with the reason that it is not JSON.
    expect(() => JSON.parse(extractJson("nothing", true)) as unknown).toThrow(SyntaxError);
  });

  it("test_load_config, test_get_llm_provider, test_get_path_config", async () => {
    const cwd = await folderWith({ "c.yaml": "generation: {temperature: 0.3}\nvllm: {model: mine}\n" });
    const { config } = await loadConfig({ file: path.join(cwd, "c.yaml"), environment: {} });
    expect(config.generation.temperature).toBe(0.3);
    expect(config.vllm.model).toBe("mine");
    expect(config.paths.output.parsed).toBe("data/parsed");
    // The peer takes vLLM where nothing is said; quern takes what the machine and the model allow.
    expect(config.llm.provider).toBe("auto");
  });
});

describe("unit/test_parsers, unit/test_additional_parsers", () => {
  it("test_txt_parser", async () => {
    const cwd = await folderWith({ "a.txt": "Line one.\nLine two.\n\nA paragraph." });
    const { document } = await parseDocument(path.join(cwd, "a.txt"));
    expect(document.text).toBe("Line one.\nLine two.\n\nA paragraph.");
  });

  it.runIf(hasSharedDocuments())("test_docx_parser", async () => {
    const { document } = await parseDocument(path.join(sharedDocuments, "research-paper.docx"));
    expect(document.text).toContain("\n\n");
    expect(document.text.length).toBeGreaterThan(1000);
  });

  it.runIf(hasSharedDocuments())("test_ppt_parser", async () => {
    const { document } = await parseDocument(path.join(sharedDocuments, "slides.pptx"));
    // One section for each slide; its title is a heading where the peer writes "--- Slide N ---" and "Title: ...".
    expect(document.sections.map((section) => section.page)).toEqual(document.sections.map((_, i) => i + 1));
    expect(document.text).toMatch(/^#+ \S/m);
  });
});
