/** `run` reads, checks and writes with the flags of the four commands that it stands for. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern } from "../support/command.js";
import { documentText, readLines } from "../support/documents.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

describe("run", () => {
  it("reads a column, masks personal data, and divides the dataset, with a card", async () => {
    await using server = await fakeServer({ contextTokens: 8192 });
    const rows = Array.from({ length: 6 }, (_, i) => ({ id: i, text: documentText(i), note: "not this" }));
    const cwd = await folderWith({
      "in/rows.jsonl": rows.map((row) => JSON.stringify(row)).join("\n"),
      "in/mill.txt": documentText(9),
    });
    const args = [
      "run",
      "in",
      "-n",
      "1",
      "--column",
      "text",
      "--personal-data",
      "mask",
      "-f",
      "ft",
      "--storage",
      "jsonl",
    ];
    const shares = ["--split", "train=0.7,test=0.3", "--license", "cc-by-4.0", "--reasoning", "drop", "--show", "2"];
    const { stdout, stderr, exitCode } = await quern([...args, ...shares, ...server.flags], { cwd });
    expect(exitCode, stderr).toBe(0);
    for (const { prompt } of server.requests) expect(prompt).not.toContain("not this");
    const folder = path.join(cwd, "data/final", (await namesIn(cwd, "data/final"))[0]!);
    expect(await namesIn(folder)).toEqual(expect.arrayContaining(["README.md", "test.jsonl", "train.jsonl"]));
    const train = await readLines<{ messages: unknown[] }>(path.join(folder, "train.jsonl"));
    const test = await readLines<{ messages: unknown[] }>(path.join(folder, "test.jsonl"));
    expect(train.length + test.length).toBe(7);
    expect(stdout.match(/^\{"messages":/gm)).toHaveLength(2);
  });

  it("refuses flags that do not go together before any work", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "mill.txt": documentText(1) });
    const system = await quern(["run", "mill.txt", "-f", "jsonl", "--system", "Hello.", ...server.flags], { cwd });
    expect(system.exitCode).toBe(2);
    expect(system.stderr).toContain("--system");
    const storage = await quern(["run", "mill.txt", "--storage", "nonsense", ...server.flags], { cwd });
    expect(storage.exitCode).toBe(2);
    expect(server.requests).toEqual([]);
    expect(await namesIn(cwd)).toEqual(["mill.txt"]);
  });

  it("suggests the command with the flags as they were given", async () => {
    const cwd = await folderWith({ "in/mill.txt": documentText(1) });
    const { stdout, exitCode } = await quern(
      ["run", "in", "--preview", "-n", "3", "--no-judge", "--split", "train=0.9,test=0.1"],
      { cwd },
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain("quern run in -n 3 --no-judge --split train=0.9,test=0.1");
  });
});
