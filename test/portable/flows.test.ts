/** tests/integration: save_as_flow, directory_edge_cases, end_to_end_workflow, multimodal_flow; functional/test_multimodal.py */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "@lancedb/lancedb";
import { beforeAll, describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { readJson, readLines } from "../support/documents.js";
import { hasSharedDocuments, sharedDocuments } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { peerCurated, peerGenerated, peerPairs } from "../support/peer.js";

const text = "Synthetic data is made by a model. It is cheap.\n";
const isData = (name: string) => !/\.(?:report|provenance)\./.test(name);

async function saved(content: unknown, format: string): Promise<string> {
  const cwd = await folderWith({ "in.json": content });
  const { stderr, exitCode } = await quern(["save-as", "in.json", "-f", format, "-o", "out.json"], { cwd });
  expect(exitCode, stderr).toBe(0);
  return path.join(cwd, "out.json");
}

describe("integration/test_save_as_flow", () => {
  it("test_convert_format", async () => {
    const lines = await readLines<Record<string, unknown>>(await saved(peerGenerated, "jsonl"));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toHaveProperty("question");
    const alpaca = await readJson<Record<string, unknown>[]>(await saved(peerGenerated, "alpaca"));
    for (const record of alpaca) expect(Object.keys(record)).toEqual(["instruction", "input", "output"]);
  });

  it("test_convert_format_with_filtered_pairs", async () => {
    const ft = await readJson<{ messages: { role: string; content: string }[] }[]>(
      await saved({ filtered_pairs: peerPairs }, "ft"),
    );
    expect(ft.map(({ messages }) => messages.map(({ role }) => role))).toEqual([
      ["system", "user", "assistant"],
      ["system", "user", "assistant"],
    ]);
    expect(ft[0]!.messages[1]!.content).toBe(peerPairs[0]!.question);
    expect(ft[0]!.messages[2]!.content).toBe(peerPairs[0]!.answer);
  });

  it("test_convert_format_with_conversations", async () => {
    const chatml = await readLines<{ messages: unknown[] }>(
      await saved({ conversations: peerCurated.conversations }, "chatml"),
    );
    expect(chatml.map(({ messages }) => messages.length)).toEqual([3, 3]);
  });

  it("test_process_multiple_files, test_process_directory", async () => {
    const one = { qa_pairs: [peerPairs[0]] };
    const cwd = await folderWith({ "in/a.json": one, "in/b.json": one });
    const { stdout, exitCode } = await quern(["--json", "save-as", "in", "-f", "jsonl", "-o", "out"], { cwd });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outputs: [expect.anything(), expect.anything()], failures: [] });
    expect((await namesIn(cwd, "out")).filter(isData)).toEqual(["a.jsonl", "b.jsonl"]);
    for (const name of ["a", "b"]) expect(await readLines(path.join(cwd, `out/${name}.jsonl`))).toHaveLength(1);
  });
});

describe("integration/test_directory_edge_cases", () => {
  it("test_empty_directory_handling", async () => {
    const cwd = await folderWith({ "docs/.keep": "" });
    const { stderr, exitCode } = await quern(["ingest", "docs"], { cwd });
    // Nothing to do is told and is no success, where the peer says that all went well.
    expect(exitCode).toBe(1);
    expect(stderr).toContain("No supported files found");
  });

  it("test_mixed_file_types_directory", async () => {
    const cwd = await folderWith({ "docs/a.txt": text, "docs/b.xyz": "x", "docs/c.bin": "x" });
    expect((await quern(["ingest", "docs"], { cwd })).exitCode).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance"]);
  });

  it("test_directory_stats_functionality", async () => {
    const cwd = await folderWith({ "docs/a.txt": text, "docs/b.txt": text, "docs/c.xyz": "" });
    const { stdout } = await quern(["ingest", "docs", "--preview"], { cwd });
    expect(stdout).toContain("Supported files: 2");
    expect(stdout).toContain("Unsupported files: 1");
    expect(stdout).toMatch(/\.txt: 2/);
  });

  it("test_nonexistent_directory_error, test_file_as_directory_error", async () => {
    const cwd = await folderWith({ "file.txt": text });
    const missing = await quern(["ingest", "nowhere/"], { cwd });
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("not found");
    const file = await quern(["ingest", "file.txt/"], { cwd });
    expect(file.exitCode).toBe(1);
    expect(file.stderr).toContain("not a directory");
  });

  it("test_partial_processing_failures", async () => {
    const cwd = await folderWith({ "in/good.json": peerGenerated, "in/bad.json": "{not json" });
    const { stdout, exitCode } = await quern(["--json", "save-as", "in", "-f", "jsonl"], { cwd });
    expect(exitCode).toBe(3);
    const { outputs, failures } = JSON.parse(stdout) as { outputs: unknown[]; failures: unknown[] };
    expect([outputs.length, failures.length]).toEqual([1, 1]);
  });

  it("test_directory_with_subdirectories", async () => {
    const cwd = await folderWith({ "docs/a.txt": text, "docs/sub/b.txt": text });
    expect((await quern(["ingest", "docs"], { cwd })).exitCode).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance"]);
  });
});

describe("integration/test_end_to_end_workflow", () => {
  it("test_complete_workflow", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "document.txt": text });
    for (const args of [
      ["ingest", "document.txt"],
      ["create", "data/parsed/document.lance", "-n", "1", ...server.flags],
      ["curate", "data/generated/document_qa_pairs.json", ...server.flags],
      ["save-as", "data/curated/document_qa_pairs_cleaned.json", "-f", "jsonl"],
    ]) {
      const { stderr, exitCode } = await quern(args, { cwd });
      expect(exitCode, stderr).toBe(0);
    }
    expect(await readLines(path.join(cwd, "data/final/document_qa_pairs_cleaned.jsonl"))).toHaveLength(1);
  });
});

describe.runIf(hasSharedDocuments())("functional/test_multimodal, integration/test_multimodal_flow", () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await folderWith();
  });

  it("test_ingest_pdf_default", async () => {
    expect((await quern(["ingest", path.join(sharedDocuments, "with-image.pdf")], { cwd })).exitCode).toBe(0);
    const rows = await rowsOf(path.join(cwd, "data/parsed"), "with-image");
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row["text"]).toMatch(/\S/);
    expect(Object.keys(rows[0]!)).not.toContain("image");
  });

  it("test_ingest_pdf_multimodal", async () => {
    const args = ["ingest", path.join(sharedDocuments, "with-image.pdf"), "--multimodal", "-o", "seen"];
    expect((await quern(args, { cwd })).exitCode).toBe(0);
    const rows = await rowsOf(path.join(cwd, "seen"), "with-image");
    for (const row of rows) expect(row["text"]).toEqual(expect.any(String));
    expect(rows.filter((row) => row["image"] !== null && row["image"] !== undefined).length).toBeGreaterThan(0);
  });

  it.each([
    ["pdf", "with-image"],
    ["docx", "research-paper"],
    ["pptx", "slides"],
  ])("test_multimodal_flow[%s]", async (extension, stem) => {
    await using server = await fakeServer({ sees: true, contextTokens: 16_384 });
    const folder = `flow-${extension}`;
    const ingested = await quern(
      ["ingest", path.join(sharedDocuments, `${stem}.${extension}`), "--multimodal", "-o", folder],
      { cwd },
    );
    expect(ingested.exitCode, ingested.stderr).toBe(0);
    const args = ["create", path.join(folder, `${stem}.lance`), "--type", "multimodal-qa", "-n", "2", "-o", folder];
    const created = await quern([...args, ...server.flags], { cwd });
    expect(created.exitCode, created.stderr).toBe(0);
    expect((await namesIn(cwd, folder)).filter((name) => name.endsWith(".json") && isData(name))).toHaveLength(1);
    expect(server.requests.some(({ images }) => images.length > 0)).toBe(true);

    // A model that does not see is refused before any work, where the peer would send pictures all the same.
    await using blind = await fakeServer();
    const refused = await quern([...args, ...blind.flags], { cwd });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("needs a model that sees pictures");
    expect(blind.requests).toEqual([]);
  });
});

async function rowsOf(folder: string, name: string): Promise<Record<string, unknown>[]> {
  const db = await connect(folder);
  const table = await db.openTable(name);
  const rows = (await table.query().toArray()) as Record<string, unknown>[];
  const columns = (await table.schema()).fields.map((field) => field.name);
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
}

describe("unit/test_context", () => {
  it("test_ensure_data_dirs_integration", async () => {
    // The peer makes its five folders whatever the command; here each appears with the first file that goes into it.
    await using server = await fakeServer();
    const cwd = await folderWith({ "document.txt": text });
    const { exitCode, stderr } = await quern(["run", "document.txt", "-n", "1", ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(await namesIn(cwd, "data")).toEqual(["curated", "final", "generated", "parsed"]);
    expect(await readFile(path.join(cwd, "data/final/document.jsonl"), "utf8")).not.toBe("");
  });
});
