import { mkdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lineOf } from "../errors.js";
import { embeddedModelPath, findModel } from "./find.js";
import { writeManifest } from "./manifest.js";
import { newFolder } from "./testing/folders.js";

describe("a model", () => {
  let store = "";

  beforeEach(async () => {
    store = await newFolder();
    vi.stubEnv("QUERN_MODELS", store);
  });
  afterEach(() => void vi.unstubAllEnvs());

  const failure = (name: string) => findModel(name).then(String, lineOf);

  it("is the embedded one, a file, or a folder", async () => {
    expect(await findModel("embedded")).toBe(embeddedModelPath);
    expect(await findModel(path.relative(process.cwd(), embeddedModelPath))).toBe(embeddedModelPath);
    const folder = await newFolder();
    expect(await failure(folder)).toMatch(/^no model at .*: the folder has no config\.json with .*; give a GGUF file/);
    await writeFile(path.join(folder, "config.json"), "{}");
    await writeFile(path.join(folder, "model.safetensors"), "1");
    expect(await findModel(folder)).toBe(folder);
  });

  it("is one of the store: the first part of a split file, unless it is not whole", async () => {
    const folder = path.join(store, "o--m--Q4_K_M");
    await mkdir(path.join(folder, "Q4_K_M"), { recursive: true });
    const files = ["Q4_K_M/m-00001-of-00002.gguf", "Q4_K_M/m-00002-of-00002.gguf"];
    for (const file of files) await writeFile(path.join(folder, file), "1234");
    await writeManifest(folder, {
      quern_model: 1,
      name: "o--m--Q4_K_M",
      format: "gguf",
      source: "hf:o/m:Q4_K_M",
      revision: "0".repeat(40),
      licence: null,
      quantization: "Q4_K_M",
      entry: files[0]!,
      pulled: "2026-01-02T03:04:05.000Z",
      verified: "2026-01-02T03:04:05.000Z",
      files: files.map((file) => ({ path: file, size: 4, sha256: "0".repeat(64) })),
    });
    expect(await findModel("o--m")).toBe(path.join(folder, files[0]!));
    await truncate(path.join(folder, files[1]!), 2);
    expect(await failure("o--m")).toMatch(/is not whole: Q4_K_M\/m-00002\S+ has 2 bytes instead of 4; remove it with/);
  });

  it("that is not there is told with what to do", async () => {
    expect(await failure("models/none.gguf")).toMatch(/^no model at models\/none\.gguf; give the path of a GGUF file/);
    expect(await failure("my-model")).toMatch(/^no model at my-model; the store has no models; give the path/);
    expect(await failure("qwen3-8b")).toMatch(/^no model at qwen3-8b: .*; fetch it with `quern models pull qwen3-8b`$/);
    expect(await failure("qwen3-9b")).toMatch(/did you mean qwen3-8b or/);
  });
});
