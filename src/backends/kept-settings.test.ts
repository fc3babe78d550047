import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { autoRequest } from "../hw/plan/index.js";
import { earlierBench, noteBench } from "./bench-log.js";
import { keepSettings, type KeptSettings, keptSettings, settingsKey, withKept } from "./kept-settings.js";

const settings: KeptSettings = {
  provider: "llama-cpp",
  sequences: 8,
  threads: 2,
  batchTokens: 256,
  tokensPerSecond: 100,
  measured: "2026-11-20T12:00:00.000Z",
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
  vi.stubEnv("QUERN_STATE", path.join(folder, "state"));
});
afterEach(() => vi.unstubAllEnvs());

describe("kept settings", () => {
  it("are those of this machine and this model", async () => {
    const machine = { cpu: { model: "A", usableCores: 2 }, gpus: [] };
    const key = settingsKey(machine, "model");
    expect(await keptSettings(key)).toBeUndefined();
    const file = await keepSettings(key, settings);
    expect(await keptSettings(key)).toEqual(settings);
    expect(await keptSettings(settingsKey(machine, "other"))).toBeUndefined();
    expect(await keptSettings(settingsKey({ ...machine, gpus: [{ name: "G" }] }, "model"))).toBeUndefined();
    await keepSettings("another", { ...settings, sequences: 1 });
    expect(await keptSettings(key)).toEqual(settings);
    expect(JSON.parse(await readFile(file, "utf8"))).toHaveProperty("another");
    await writeFile(file, "{ damaged");
    expect(await keptSettings(key)).toBeUndefined();
  });

  it("fill in what is open, and nothing else", () => {
    expect(withKept(autoRequest, settings)).toMatchObject({ sequences: 8, threads: 2, batchTokens: 256 });
    expect(withKept({ ...autoRequest, sequences: 3 }, settings)).toMatchObject({ sequences: 3, threads: 2 });
  });

  it("cannot be kept where the folder cannot be written", async () => {
    await writeFile(path.join(folder, "file"), "");
    vi.stubEnv("QUERN_STATE", path.join(folder, "file"));
    await expect(keepSettings("key", settings)).rejects.toThrow(/cannot keep the settings in .*file/);
  });
});

describe("the log of measurements", () => {
  const record = {
    key: "k",
    model: "m",
    date: "2026-11-20T12:00:00.000Z",
    promptTokens: 256,
    answerTokens: 64,
    speeds: [],
    best: { sequences: 1, threads: 1, batchTokens: 512, tokensPerSecond: 1 },
  };

  it("gives the last of the same kind, and skips what cannot be read", async () => {
    expect(await earlierBench(record)).toBeUndefined();
    await noteBench(record);
    await noteBench({ ...record, date: "2026-11-21T12:00:00.000Z" });
    await noteBench({ ...record, promptTokens: 1, date: "2026-11-22T12:00:00.000Z" });
    await writeFile(path.join(folder, "state", "bench.jsonl"), "{ damaged\n", { flag: "a" });
    expect((await earlierBench(record))?.date).toBe("2026-11-21T12:00:00.000Z");
    expect(await earlierBench({ ...record, key: "other" })).toBeUndefined();
  });
});
