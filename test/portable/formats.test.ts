/** tests/unit/test_format_converter.py and tests/unit/test_error_handling.py */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { readJson, readLines } from "../support/documents.js";
import { folderWith, namesIn } from "../support/folders.js";
import { fakeServer } from "../support/fake-server.js";
import { peerGenerated, peerPairs } from "../support/peer.js";

async function save(...args: string[]): Promise<string> {
  const cwd = await folderWith({ "in.json": peerGenerated });
  const { stderr, exitCode } = await quern(["save-as", "in.json", ...args], { cwd });
  expect(exitCode, stderr).toBe(0);
  return path.join(cwd, "data/final");
}

const [first] = peerPairs;

describe("unit/test_format_converter", () => {
  it("test_to_jsonl", async () => {
    expect(await readLines(path.join(await save("-f", "jsonl"), "in.jsonl"))).toEqual(peerPairs);
  });

  it("test_to_alpaca", async () => {
    const [record] = await readJson<unknown[]>(path.join(await save("-f", "alpaca"), "in_alpaca.json"));
    expect(record).toEqual({ instruction: first!.question, input: "", output: first!.answer });
  });

  it("test_to_fine_tuning", async () => {
    const [record] = await readJson<unknown[]>(path.join(await save("-f", "ft"), "in_ft.json"));
    expect(record).toEqual({
      messages: [
        { role: "system", content: "You are a helpful assistant." },
        { role: "user", content: first!.question },
        { role: "assistant", content: first!.answer },
      ],
    });
  });

  it("test_to_chatml", async () => {
    const [record] = await readLines(path.join(await save("-f", "chatml"), "in_chatml.json"));
    expect(record).toEqual({
      messages: [
        { role: "system", content: "You are a helpful AI assistant." },
        { role: "user", content: first!.question },
        { role: "assistant", content: first!.answer },
      ],
    });
  });

  it("test_to_hf_dataset", async () => {
    const folder = path.join(await save("-f", "jsonl", "--storage", "hf"), "in_jsonl_hf");
    expect(await namesIn(folder)).toEqual(
      expect.arrayContaining(["data-00000-of-00001.arrow", "dataset_info.json", "state.json"]),
    );
    const table = tableFromIPC(await readFile(path.join(folder, "data-00000-of-00001.arrow")));
    expect(table.schema.fields.map((field) => field.name)).toEqual(["question", "answer"]);
    expect(table.toArray().map((row) => (row as { question: string }).question)).toEqual(
      peerPairs.map((pair) => pair.question),
    );
  });
});

describe("unit/test_error_handling", () => {
  it("test_save_as_unknown_format", async () => {
    const cwd = await folderWith({ "in.json": peerGenerated });
    const { exitCode, stderr } = await quern(["save-as", "in.json", "-f", "nonsense"], { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Unknown format type");
  });

  it("test_save_as_unrecognized_data_format", async () => {
    const cwd = await folderWith({ "in.json": { something: "else" } });
    const { exitCode, stderr } = await quern(["save-as", "in.json", "-f", "jsonl"], { cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Unrecognized data format");
  });

  it("test_create_invalid_content_type", async () => {
    const cwd = await folderWith({ "a.txt": "Text." });
    const { exitCode, stderr } = await quern(["create", "a.txt", "--type", "invalid_type"], { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("content type");
    expect(stderr).toContain("invalid_type");
  });

  it("test_curate_input_validation", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "in.json": {} });
    const { exitCode, stderr } = await quern(["curate", "in.json", ...server.flags], { cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("No QA pairs or CoT examples found");
  });

  it("test_parse_qa_pairs_invalid_json", async () => {
    // Whatever the model says, the command ends with a reason and never with a stack.
    await using server = await fakeServer({ reply: () => 'Here you are: [{"question": "What is' });
    const cwd = await folderWith({ "a.txt": "Synthetic data is made by a model." });
    const { exitCode, stderr } = await quern(["create", "a.txt", "-n", "1", ...server.flags], { cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("no record could be made");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
