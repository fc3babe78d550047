/** The commands and configurations that synthetic-data-kit's README prints, with the command's name changed. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { documentText, readJson } from "../support/documents.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

const model = "google/gemini-2.5-flash-lite";

/** Runs lines as they are printed, comments included. */
async function runLines(cwd: string, lines: string, flags: readonly string[] = []): Promise<void> {
  for (const line of lines.trim().split("\n")) {
    const args = line
      .replace(/#.*$/, "")
      .trim()
      .split(/\s+/)
      .slice(1)
      .filter((word) => word !== "");
    const needsModel = args.some((word) => word === "create" || word === "curate" || word === "system-check");
    const { stderr, exitCode } = await quern([...args, ...(needsModel ? flags : [])], { cwd });
    expect(exitCode, `${line}\n${stderr}`).toBe(0);
  }
}

/** The configuration of the README, with an address that is there. */
const endpointConfig = (address: string) => `llm:
  provider: "api-endpoint"

api-endpoint:
  api_base: "${address}"
  api_key: "your_api_key_here"
  model: "google/gemini-2.5-flash-lite"
`;

describe("the README of synthetic-data-kit", () => {
  it("basic end-to-end example for a single file, without a config", async () => {
    await using server = await fakeServer();
    // A PDF in the README; the format is not the point here.
    const cwd = await folderWith({ "docs/report.txt": documentText(1) });
    await runLines(
      cwd,
      `synthetic-data-kit system-check
synthetic-data-kit ingest docs/report.txt                      # Parses document (saves to data/parsed/report.lance)
synthetic-data-kit create data/parsed/report.lance --type qa   # Generates QA pairs (saves to data/generated/report_qa_pairs.json)
synthetic-data-kit curate data/generated/report_qa_pairs.json  # Filters content by quality (saves to data/curated/report_cleaned.json)
synthetic-data-kit save-as data/curated/report_cleaned.json --format alpaca --storage hf # Converts to fine-tuning format`,
      server.flags,
    );
    expect((await namesIn(cwd, "data/final")).filter((name) => name.endsWith("_alpaca_hf"))).toHaveLength(1);
  });

  it("basic end-to-end example with the config of two sections", async () => {
    await using server = await fakeServer({ model });
    const cwd = await folderWith({ "docs/report.txt": documentText(1), "config.yaml": endpointConfig(server.url) });
    await runLines(
      cwd,
      `synthetic-data-kit -c config.yaml ingest docs/report.txt
synthetic-data-kit -c config.yaml create data/parsed/report.lance --type qa
synthetic-data-kit -c config.yaml curate data/generated/report_qa_pairs.json
synthetic-data-kit -c config.yaml save-as data/curated/report_cleaned.json --format alpaca --storage hf`,
    );
    expect((await namesIn(cwd, "data/final")).filter((name) => name.endsWith("_alpaca_hf"))).toHaveLength(1);
  });

  it("batch directory processing", async () => {
    await using server = await fakeServer({ model });
    const cwd = await folderWith({
      "documents/a.txt": documentText(1),
      "documents/b.txt": documentText(2),
      "config.yaml": endpointConfig(server.url),
    });
    await runLines(
      cwd,
      `synthetic-data-kit -c config.yaml ingest ./documents/ --output-dir data/parsed
synthetic-data-kit -c config.yaml create ./data/parsed/ --type qa --output-dir data/generated
synthetic-data-kit -c config.yaml curate ./data/generated/ --threshold 8.0 --output data/curated
synthetic-data-kit -c config.yaml save-as ./data/curated/ -f ft --storage hf --output data/final`,
    );
    expect((await namesIn(cwd, "data/final")).filter((name) => name.endsWith("_hf"))).toHaveLength(2);
  });

  it("chunking examples", async () => {
    await using server = await fakeServer({ model, contextTokens: 8192 });
    const long = Array.from({ length: 40 }, (_, i) => documentText(i, 1)).join("\n");
    const cwd = await folderWith({ "document.txt": long, "config.yaml": endpointConfig(server.url) });
    await runLines(cwd, `synthetic-data-kit -c config.yaml ingest document.txt`);
    await runLines(
      cwd,
      `synthetic-data-kit create document.txt --type qa --chunk-size 2000 --chunk-overlap 100`,
      server.flags,
    );
    await runLines(
      cwd,
      `synthetic-data-kit -c config.yaml create document.txt --type qa --chunk-size 2000 --chunk-overlap 100
synthetic-data-kit -c config.yaml create ./data/parsed/ --type cot --chunk-size 6000 --verbose
synthetic-data-kit -c config.yaml ingest ./data --preview
synthetic-data-kit -c config.yaml create ./data/parsed --preview`,
    );
    const report = await readJson<{ chunks: number }>(path.join(cwd, "data/generated/document_qa_pairs.report.json"));
    expect(report.chunks).toBeGreaterThan(3);
  });

  it("the custom prompt, with single braces", async () => {
    await using server = await fakeServer({ model, contextTokens: 8192 });
    const cwd = await folderWith({
      "law.txt": documentText(3),
      "config.yaml": `${endpointConfig(server.url)}
prompts:
  qa_generation: |
    You are creating question-answer pairs for fine-tuning a legal assistant.
    Focus on technical legal concepts, precedents, and statutory interpretation.

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
`,
    });
    await runLines(cwd, "synthetic-data-kit -c config.yaml create law.txt -n 3");
    const asked = server.requests.map(({ prompt }) => prompt).find((prompt) => prompt.includes("legal assistant"));
    expect(asked).toContain("a chunk of text about: What the text is about....");
    expect(asked).toContain("Create 3 high-quality");
    expect(asked).toContain('  {\n    "question": "Detailed legal question?"');
    expect(asked).toContain(documentText(3).trim());
  });
});
