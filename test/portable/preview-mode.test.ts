/** tests/functional/test_preview_mode.py */
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { folderWith, namesIn } from "../support/folders.js";
import { peerGenerated } from "../support/peer.js";

const text = "A test document.\n";

describe("functional/test_preview_mode", () => {
  it("test_ingest_preview_mode", async () => {
    const cwd = await folderWith({ "docs/document1.txt": text, "docs/document2.html": `<p>${text}</p>` });
    const { stdout, exitCode } = await quern(["ingest", "docs", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    for (const part of ["Preview:", "Total files:", "Supported files:", "document1.txt", "document2.html"])
      expect(stdout).toContain(part);
    expect(stdout).toContain("To process these files, run:");
  });

  it("test_create_preview_mode", async () => {
    const cwd = await folderWith({ "docs/document1.txt": text, "docs/document2.txt": text });
    const { stdout, exitCode } = await quern(["create", "docs", "--type", "qa", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    for (const part of ["qa processing", "Supported files: 2", "document1.txt", "document2.txt"])
      expect(stdout).toContain(part);
  });

  it("test_curate_preview_mode", async () => {
    const cwd = await folderWith({ "in/file1_qa_pairs.json": peerGenerated, "in/file2_qa_pairs.json": peerGenerated });
    const { stdout, exitCode } = await quern(["curate", "in", "--threshold", "7.0", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    for (const part of ["curation", "Supported files: 2", "file1_qa_pairs.json", "file2_qa_pairs.json"])
      expect(stdout).toContain(part);
  });

  it("test_save_as_preview_mode", async () => {
    const cwd = await folderWith({ "in/file1_cleaned.json": peerGenerated, "in/file2_cleaned.json": peerGenerated });
    const { stdout, exitCode } = await quern(["save-as", "in", "--format", "alpaca", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    for (const part of ["for format", "conversion", "alpaca format", "Supported files: 2"])
      expect(stdout).toContain(part);
  });

  it("test_preview_mode_empty_directory", async () => {
    const cwd = await folderWith({ "docs/.keep": "" });
    const { stdout, exitCode } = await quern(["ingest", "docs", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Total files: 0");
    expect(stdout).toContain("No supported files found");
  });

  it("test_preview_mode_single_file_warning", async () => {
    const cwd = await folderWith({ "document.txt": text });
    const { stdout, exitCode } = await quern(["ingest", "document.txt", "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Preview mode is only available for directories");
    // The peer then processes the file all the same; a preview does nothing here.
    expect(await namesIn(cwd)).toEqual(["document.txt"]);
  });
});
