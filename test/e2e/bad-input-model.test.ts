/** Models that cannot be used, and two runs that want the same output. */
import { open } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { quern, root, start } from "../support/command.js";
import { readJson } from "../support/documents.js";
import { expectError } from "../support/expectations.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";

const text = "The mill was built in 1820. It grinds rye and wheat. The miller is called Anna.\n";

/** The beginning of the model that comes with quern. */
async function firstBytesOfModel(count: number): Promise<Uint8Array> {
  const file = await open(path.join(root, "models/quern-embedded.gguf"));
  try {
    return (await file.read(Buffer.alloc(count), 0, count, 0)).buffer;
  } finally {
    await file.close();
  }
}

describe("a model that cannot be used: exit 1, its file named, nothing written", () => {
  it.each([
    ["that is not there", "gone.gguf", "GGUF"],
    ["that is a folder", "folder", "GGUF"],
    ["that is a text", "mill.txt", "GGUF"],
    ["that is empty", "empty.gguf", "GGUF"],
    ["that is cut short in its header", "cut-1k.gguf", "cut off"],
    ["that is cut short in its weights", "cut-100k.gguf", "cut off"],
  ])("%s", async (_, model, said) => {
    const cwd = await folderWith({
      "mill.txt": text,
      "folder/x": "",
      "empty.gguf": "",
      "cut-1k.gguf": await firstBytesOfModel(1000),
      "cut-100k.gguf": await firstBytesOfModel(100_000),
    });
    const result = await quern(["create", "mill.txt", "-n", "1", "-m", model], { cwd });
    expectError(result, 1, model, said);
    expect(await namesIn(cwd)).not.toContain("data");
  });

  it("of a server that is not there: its address and key of the configuration named", async () => {
    const cwd = await folderWith({ "mill.txt": text });
    const address = "http://127.0.0.1:9/v1";
    const args = ["create", "mill.txt", "--provider", "vllm", "--api-base", address];
    expectError(await quern(args, { cwd }), 1, address, "vllm.api_base");
  });

  it("of a server that does not have it: those that it has named", async () => {
    await using server = await fakeServer();
    const cwd = await folderWith({ "mill.txt": text });
    const result = await quern(["create", "mill.txt", "-m", "other", ...server.flags], { cwd });
    expectError(result, 1, '"other"', "fake");
    expect(server.requests).toHaveLength(0);
  });

  it("of a server whose address is missing: exit 2, the key named", async () => {
    const cwd = await folderWith({ "mill.txt": text });
    expectError(await quern(["create", "mill.txt", "--provider", "api-endpoint"], { cwd }), 2, "api-endpoint.api_base");
  });
});

async function waitForLock(folder: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if ((await namesIn(folder, ".quern")).some((name) => name.endsWith(".lock"))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no lock appeared in ${folder}`);
}

describe("two runs that write one output", () => {
  it("the second is refused with exit 1, the first is unharmed, and a third may run", async () => {
    await using server = await fakeServer({ held: true });
    const cwd = await folderWith({ "mill.txt": text });
    const args = ["create", "mill.txt", "-n", "2", ...server.flags];
    const first = start(args, { cwd });
    await waitForLock(path.join(cwd, "data/generated"));

    expectError(await quern(args, { cwd }), 1, "another run", String(first.pid), "mill_qa_pairs.json", "wait for it");

    server.release();
    const { exitCode, stderr } = await first;
    expect(exitCode, stderr).toBe(0);
    const output = path.join(cwd, "data/generated/mill_qa_pairs.json");
    expect((await readJson<{ qa_pairs: unknown[] }>(output)).qa_pairs).toHaveLength(2);
    expect(await namesIn(cwd, "data/generated/.quern")).toEqual(["mill_qa_pairs.json.journal.jsonl"]);

    const third = await quern(args, { cwd });
    expect(third.exitCode, third.stderr).toBe(0);
  });

  it("the lock of a run that was killed does not stand in the way", async () => {
    await using server = await fakeServer({ held: true });
    const cwd = await folderWith({ "mill.txt": text });
    const args = ["create", "mill.txt", "-n", "1", ...server.flags];
    const first = start(args, { cwd });
    await waitForLock(path.join(cwd, "data/generated"));
    first.kill("SIGKILL");
    await first;
    expect(await namesIn(cwd, "data/generated/.quern")).toContain("mill_qa_pairs.json.lock");

    server.release();
    const second = await quern(args, { cwd });
    expect(second.exitCode, second.stderr).toBe(0);
    expect(await namesIn(cwd, "data/generated")).toEqual(["mill_qa_pairs.json", "mill_qa_pairs.report.json"]);
  });
});
