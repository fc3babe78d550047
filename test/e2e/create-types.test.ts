/** The kinds of records beside pairs and summaries, as the command makes them, and what it refuses before any work. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, root } from "../support/command.js";
import { readJson } from "../support/documents.js";
import { expectError, sharedDocuments, skipLoudly } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

const text = "Synthetic data is made by a model. It is cheap, and there is as much of it as one likes.\n";
const pairs = { qa_pairs: [{ question: "What is it?", answer: "Data.\nMade by a model." }] };

describe("create --type cot-enhance", () => {
  it("makes a file that curate and save-as take, with the answer as it was", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "in/a.json": pairs, "in/b.jsonl": '{"question": "Who?", "answer": "I."}\n' });
    const made = await quern(["create", "in", "--type", "cot-enhance", ...server.flags], { cwd });
    expect(made.exitCode, made.stderr).toBe(0);
    expect(await namesIn(cwd, "data/generated")).toEqual([
      "a_enhanced.json",
      "a_enhanced.report.json",
      "b_enhanced.json",
      "b_enhanced.report.json",
    ]);
    const enhanced = await readJson<{ cot_examples: Record<string, string>[] }>(
      path.join(cwd, "data/generated/a_enhanced.json"),
    );
    expect(enhanced.cot_examples[0]).toMatchObject({
      ...pairs.qa_pairs[0],
      reasoning: expect.stringMatching(/^Step/) as string,
    });
    const curated = await quern(["curate", "data/generated/a_enhanced.json", ...server.flags], { cwd });
    expect(curated.exitCode, curated.stderr).toBe(0);
    const saved = await quern(["save-as", "data/curated/a_enhanced_cleaned.json", "-f", "chatml"], { cwd });
    expect(saved.exitCode, saved.stderr).toBe(0);
    const [name] = (await namesIn(cwd, "data/final")).filter((one) => one.startsWith("a_enhanced_cleaned_chatml"));
    const line = (await readFile(path.join(cwd, "data/final", name!), "utf8")).split("\n")[0]!;
    expect(line).toContain("Let me think through this step by step");
    expect(line).toContain("So the answer is: Data.\\nMade by a model.");
  });
});

describe("create --type multimodal-qa", () => {
  it("sends each picture of a document with its bytes and type", async () => {
    await using server = await fakeServer({ sees: true, contextTokens: 8192 });
    const slides = path.join(sharedDocuments, "slides.pptx");
    const cwd = await folderWith();
    if (!existsSync(slides)) return skipLoudly(`multimodal-qa of ${slides}`);
    const made = await quern(["create", slides, "--type", "multimodal-qa", "-n", "3", ...server.flags], { cwd });
    if (made.stderr.includes("no pictures in it")) return skipLoudly("slides.pptx gives no pictures yet");
    expect(made.exitCode, made.stderr).toBe(0);
    const sent = server.requests.flatMap(({ images }) => images);
    expect(sent.length).toBeGreaterThan(0);
    for (const image of sent) expect(image).toMatch(/^data:image\/(png|jpeg);base64,(iVBOR|\/9j\/)/);
    const { qa_pairs } = await readJson<{ qa_pairs: { provenance: { images: unknown[] } }[] }>(
      path.join(cwd, "data/generated/slides.json"),
    );
    for (const { provenance } of qa_pairs) expect(provenance.images.length).toBeGreaterThan(0);
  });

  it("says before any work that the model cannot see, and which could", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a.txt": text });
    const blind = await quern(["create", "a.txt", "--type", "multimodal-qa", ...server.flags], { cwd });
    expectError(blind, 2, "needs a model that sees pictures", "llama-server.mmproj", "vision model");
    const inPlace = await quern(["create", "a.txt", "--type", "multimodal-qa", "--provider", "llama-cpp"], { cwd });
    expectError(inPlace, 2, "needs a model that sees pictures, and the provider llama-cpp cannot");
    expectError(
      await quern(["create", "a.txt", "--type", "vqa"], { cwd }),
      2,
      '"vqa" is not available',
      "multimodal-qa",
    );
    expect(await namesIn(cwd)).toEqual(["a.txt"]);
  });
});

describe("what is wrong with settings", () => {
  it.each([
    [
      ["--chunk-size", "100", "--chunk-overlap", "100"],
      "the overlap of chunks (100) must be less than their size (100)",
    ],
    [["--difficulty", "extreme"], "extreme is none of easy, medium, hard"],
    [["--question-types", "what:x"], "the share of what must be a number"],
    [["--language", "klingonese"], "expected auto, any, or a language code"],
    [["--examples", "missing.json"], "missing.json"],
    [["-c", "prompt.yaml"], "prompts.qa_generation has no placeholder {text}"],
  ])("%j is told before a model is loaded", async (flags, words) => {
    const cwd = await folderWith({ "a.txt": text, "prompt.yaml": "prompts: {qa_generation: 'Ask.'}" });
    // Loading this would be another error.
    const result = await quern(["create", "a.txt", "-m", "no-such-model.gguf", ...flags], { cwd });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toContain("no-such-model");
  });

  it("--preview suggests the command with all its flags", async () => {
    const cwd = await folderWith({ "docs/a.txt": text });
    const { stdout } = await quern(
      ["create", "docs", "--type", "cot", "-n", "7", "--difficulty", "hard", "--chunk-size", "512 tokens", "--preview"],
      { cwd },
    );
    expect(stdout).toContain(
      "quern create docs --type cot -n 7 --difficulty hard --chunk-size '512 tokens'\n".trimEnd(),
    );
  });
});

describe("prompts and plans on the command line", () => {
  it("the README's prompt of synthetic-data-kit works as it is printed", async () => {
    await using server = await fakeServer();
    const config = `prompts:
  qa_generation: |
    You are creating question-answer pairs for fine-tuning a legal assistant.
    Below is a chunk of text about: {summary}...

    Create {num_pairs} high-quality question-answer pairs based ONLY on this text.

    Return ONLY valid JSON formatted as:
    [
      {
        "question": "Detailed legal question?",
        "answer": "Precise legal answer."
      },
      ...
    ]

    Text:
    ---
    {text}
    ---
`;
    const cwd = await folderWith({ "a.txt": text, "c.yaml": config });
    const made = await quern(["-c", "c.yaml", "create", "a.txt", "-n", "4", ...server.flags], { cwd });
    expect(made.exitCode, made.stderr).toBe(0);
    expect(made.stderr).not.toContain("no placeholder");
    const asked = server.requests.find(({ prompt }) => prompt.includes("legal assistant"))!;
    expect(asked.prompt).toContain("about: What the text is about....");
    expect(asked.prompt).toMatch(/Create \d high-quality/);
    expect(asked.prompt).toContain('"question": "Detailed legal question?"');
  });

  it("--json tells the mix in the report beside the output", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "a.txt": text });
    await quern(
      ["create", "a.txt", "-n", "4", "--question-types", "why,how", "--difficulty", "hard", ...server.flags],
      { cwd },
    );
    const report = await readJson<{ mix: unknown }>(path.join(cwd, "data/generated/a_qa_pairs.report.json"));
    expect(report.mix).toMatchObject({
      question_types: { asked: { why: 2, how: 2 } },
      difficulty: { made: { hard: 4 } },
    });
  });

  it("every type has its example in the help", async () => {
    const { stdout } = await quern(["create", "--help"], { cwd: root });
    for (const type of ["qa", "cot", "summary", "cot-enhance", "multimodal-qa"])
      expect(stdout).toContain(`--type ${type}`);
  });
});
