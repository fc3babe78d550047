/** tests/functional/test_cli.py and tests/integration/test_backward_compatibility.py */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { readJson, readLines } from "../support/documents.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { peerGenerated, peerPairs } from "../support/peer.js";

const text = "Synthetic data is made by a model. It is cheap.\n";

describe("functional/test_cli", () => {
  it("test_system_check_command_vllm", async () => {
    await using server = await fakeServer();
    const args = ["system-check", "--provider", "vllm", "--api-base", server.url];
    const { stdout, stderr, exitCode } = await quern(args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("vLLM server is running");
  });

  it("test_system_check_command_api_endpoint", async () => {
    await using server = await fakeServer();
    const args = ["system-check", "--provider", "api-endpoint", "--api-base", server.url];
    const { stderr, exitCode } = await quern(args);
    expect(exitCode, stderr).toBe(0);
  });

  it("test_ingest_command", async () => {
    const cwd = await folderWith({ "document.txt": text });
    const { stdout, exitCode } = await quern(["ingest", "document.txt"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Text successfully extracted");
  });

  it("test_create_command", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "document.txt": text });
    const { stdout, exitCode } = await quern(["create", "document.txt", "--type", "qa", ...server.flags], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Content saved to");
  });

  it("test_curate_command", async () => {
    await using server = await fakeServer();
    // A bare list, as the peer's test gives it and its own command refuses it.
    const cwd = await folderWith({ "pairs.json": peerPairs });
    const { stdout, exitCode } = await quern(["curate", "pairs.json", "--threshold", "7.0", ...server.flags], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Cleaned content saved to");
  });

  it("test_save_as_command", async () => {
    const cwd = await folderWith({ "pairs.json": peerPairs });
    const { stdout, exitCode } = await quern(["save-as", "pairs.json", "--format", "jsonl"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Converted to jsonl format");
  });
});

describe("integration/test_backward_compatibility", () => {
  it("test_single_file_ingest_still_works", async () => {
    const cwd = await folderWith({ "document.txt": text });
    const { stdout, exitCode } = await quern(["ingest", "document.txt", "--output-dir", "out"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Text successfully extracted");
    expect(await namesIn(cwd, "out")).toEqual(["document.lance"]);
  });

  it("test_single_file_create_still_works", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "document.txt": text });
    const args = ["create", "document.txt", "--type", "qa", "--output-dir", "out", ...server.flags];
    const { stdout, exitCode } = await quern(args, { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Content saved to");
    expect(await namesIn(cwd, "out")).toContain("document_qa_pairs.json");
  });

  it("test_single_file_curate_still_works", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "document_qa_pairs.json": peerGenerated });
    const args = ["curate", "document_qa_pairs.json", "--output", "out/cleaned.json", ...server.flags];
    const { stdout, exitCode } = await quern(args, { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Cleaned content saved to");
    expect(await readJson(path.join(cwd, "out/cleaned.json"))).toMatchObject({ metrics: { total: 2 } });
  });

  it("test_single_file_save_as_still_works", async () => {
    const cwd = await folderWith({ "document_cleaned.json": peerGenerated });
    const args = ["save-as", "document_cleaned.json", "--format", "jsonl", "--output", "out/final.jsonl"];
    const { stdout, exitCode } = await quern(args, { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Converted to jsonl format");
    expect(await readLines(path.join(cwd, "out/final.jsonl"))).toHaveLength(2);
  });

  it("test_single_file_with_name_option", async () => {
    const cwd = await folderWith({ "document.txt": text });
    expect((await quern(["ingest", "document.txt", "--name", "custom.txt"], { cwd })).exitCode).toBe(0);
    expect((await namesIn(cwd, "data/parsed")).join()).toContain("custom");
  });

  it("test_single_file_error_handling_unchanged", async () => {
    const { exitCode, stderr } = await quern(["ingest", "missing.txt"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("missing.txt");
  });

  it("test_directory_name_option_ignored", async () => {
    const cwd = await folderWith({ "docs/a.txt": text });
    const { stdout, stderr, exitCode } = await quern(["ingest", "docs", "--name", "x"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout + stderr).toContain("Warning: --name option is ignored when processing directories");
  });
});
