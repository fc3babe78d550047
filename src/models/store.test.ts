import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf } from "../errors.js";
import { FileHash } from "./hashing.js";
import { findStored, requireStored } from "./find.js";
import { fingerprintModel } from "./fingerprint.js";
import { type Manifest, writeManifest } from "./manifest.js";
import { removeModel } from "./remove.js";
import { listModels, storeFolder } from "./store.js";
import { newFolder } from "./testing/folders.js";
import { verifyModel } from "./verify.js";

const signal = new AbortController().signal;

/** A model in the store as a pull leaves it. */
async function stored(store: string, name: string, source: string, content = "weights"): Promise<void> {
  const bytes = Buffer.from(content);
  const hash = new FileHash(bytes.length);
  hash.update(bytes);
  const now = "2026-01-02T03:04:05.000Z";
  const manifest: Manifest = {
    quern_model: 1,
    name,
    format: "gguf",
    source,
    revision: "0".repeat(40),
    licence: "mit",
    quantization: "Q4_K_M",
    entry: "model.gguf",
    pulled: now,
    verified: now,
    files: [{ path: "model.gguf", size: bytes.length, ...hash.digest() }],
  };
  await mkdir(path.join(store, name), { recursive: true });
  await writeFile(path.join(store, name, "model.gguf"), bytes);
  await writeManifest(path.join(store, name), manifest);
}

describe("the place of the store", () => {
  const home = os.homedir();
  it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ["linux", {}, path.join(home, ".local/share/quern/models")],
    ["linux", { XDG_DATA_HOME: "/data" }, "/data/quern/models"],
    ["linux", { XDG_DATA_HOME: "not/absolute" }, path.join(home, ".local/share/quern/models")],
    ["darwin", { XDG_DATA_HOME: "/data" }, path.join(home, "Library/Application Support/quern/models")],
    ["win32", { LOCALAPPDATA: "/local" }, "/local/quern/models"],
    ["linux", { QUERN_MODELS: "/mine", XDG_DATA_HOME: "/data" }, "/mine"],
  ])("on %s with %j", (platform, environment, folder) => {
    expect(storeFolder(environment, platform)).toBe(folder);
  });
});

describe("a listing", () => {
  it("of a store that is not there is empty", async () => {
    expect(await listModels(path.join(await newFolder(), "none"))).toEqual({ models: [], problems: [] });
  });

  it("has what was pulled and what somebody put there; what is broken is told and left out", async () => {
    const store = await newFolder();
    await stored(store, "o--m--Q4_K_M", "hf:o/m:Q4_K_M");
    await stored(store, "broken", "hf:o/broken");
    await writeFile(path.join(store, "broken", "quern-model.json"), "{");
    await stored(store, "other-name", "hf:o/other");
    await rename(path.join(store, "other-name"), path.join(store, "renamed"));
    await writeFile(path.join(store, "mine.Q8_0.gguf"), "mine");
    await writeFile(path.join(store, "big-00001-of-00002.gguf"), "12345");
    await writeFile(path.join(store, "big-00002-of-00002.gguf"), "123");
    await mkdir(path.join(store, "folder"));
    await writeFile(path.join(store, "folder/config.json"), "{}");
    await writeFile(path.join(store, "folder/model.safetensors"), "1234");
    await mkdir(path.join(store, ".partial/half"), { recursive: true });
    await writeFile(path.join(store, "notes.txt"), "not a model");
    const { models, problems } = await listModels(store);
    expect(
      models.map(({ name, format, weightBytes, quantization }) => [name, format, weightBytes, quantization]),
    ).toEqual([
      ["big-00001-of-00002", "gguf", 8, null],
      ["folder", "safetensors", 4, null],
      ["mine.Q8_0", "gguf", 4, "Q8_0"],
      ["o--m--Q4_K_M", "gguf", 7, "Q4_K_M"],
    ]);
    expect(problems.length).toBe(2);
    expect(problems[0]).toMatch(/^broken: .*quern-model\.json is not valid JSON/);
    expect(problems[1]).toMatch(/^renamed: .* is of the model other-name/);
  });

  it.each<[string, (manifest: Record<string, unknown>) => void]>([
    ["a path out of the folder", (m) => (m["files"] = [{ path: "../x.gguf", size: 1, sha256: "0".repeat(64) }])],
    ["an absolute path", (m) => (m["files"] = [{ path: "/etc/x.gguf", size: 1, sha256: "0".repeat(64) }])],
    ["a drive", (m) => (m["files"] = [{ path: "C:\\x.gguf", size: 1, sha256: "0".repeat(64) }])],
    ["a hash that is none", (m) => (m["files"] = [{ path: "model.gguf", size: 1, sha256: "x" }])],
    ["an entry that is not there", (m) => (m["entry"] = "other.gguf")],
    ["a name out of the store", (m) => (m["name"] = "../m")],
    ["another version", (m) => (m["quern_model"] = 2)],
  ])("refuses a manifest with %s", async (_, change) => {
    const store = await newFolder();
    await stored(store, "m", "hf:o/m");
    const file = path.join(store, "m/quern-model.json");
    const manifest = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    change(manifest);
    await writeFile(file, JSON.stringify(manifest));
    const { models, problems } = await listModels(store);
    expect(models).toEqual([]);
    expect(problems[0]).toMatch(/^m: .*quern-model\.json/);
  });
});

describe("a model is found", () => {
  it("by name in any case, by a beginning, by its id in the catalogue", async () => {
    const store = await newFolder();
    await stored(store, "Qwen--Qwen3-8B-GGUF--Q4_K_M", "hf:Qwen/Qwen3-8B-GGUF:Q4_K_M");
    await stored(store, "Qwen--Qwen3-14B-GGUF--Q4_K_M", "hf:Qwen/Qwen3-14B-GGUF:Q4_K_M");
    for (const name of ["qwen--qwen3-8b-gguf--q4_k_m", "Qwen--Qwen3-8", "qwen3-8b"])
      expect((await findStored(name, store))?.name).toBe("Qwen--Qwen3-8B-GGUF--Q4_K_M");
    expect(await findStored("nothing", store)).toBeUndefined();
    await expect(findStored("qwen--", store)).rejects.toThrow(/several models begin with qwen--: .*14B.*, .*8B/);
  });

  it("or there is an error with what there is, and what is near", async () => {
    const store = await newFolder();
    await stored(store, "my-model", "hf:o/m");
    const message = (name: string) => requireStored(name, store).then(String, lineOf);
    expect(await message("my-modle")).toMatch(
      /^no model called my-modle; the store has my-model; did you mean my-model\?; `quern models list`/,
    );
    expect(await message("qwen3-14b")).toMatch(/not in the store yet; fetch it with `quern models pull qwen3-14b`/);
  });
});

describe("a verification", () => {
  it("tells what differs, is missing, has another size or does not belong", async () => {
    const store = await newFolder();
    await stored(store, "m", "hf:o/m");
    const verify = async () => verifyModel((await findStored("m", store))!, signal);
    expect(await verify()).toEqual({ name: "m", intact: true, differences: [], bytes: 7 });
    expect((await findStored("m", store))!.manifest!.verified).not.toBe("2026-01-02T03:04:05.000Z");
    const file = path.join(store, "m/model.gguf");
    await writeFile(file, "Weights");
    expect((await verify()).differences).toEqual([
      expect.stringMatching(/^model\.gguf has the SHA-256 \w+ instead of/),
    ]);
    await truncate(file, 3);
    expect((await verify()).differences).toEqual(["model.gguf has 3 bytes instead of 7"]);
    await rm(file);
    await writeFile(path.join(store, "m/more.bin"), "more");
    const { intact, differences } = await verify();
    expect(intact).toBe(false);
    expect(differences).toEqual(["model.gguf is missing", "more.bin is no file of the model"]);
  });
});

describe("a removal", () => {
  it("takes the folder away", async () => {
    const store = await newFolder();
    await stored(store, "m", "hf:o/m");
    await removeModel((await findStored("m", store))!, store);
    expect(await listModels(store)).toEqual({ models: [], problems: [] });
    expect(await readdir(path.join(store, ".partial"))).toEqual([]);
  });

  it("of a split file that somebody put there takes all parts, and nothing else", async () => {
    const store = await newFolder();
    for (const name of ["big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "bigger.gguf"])
      await writeFile(path.join(store, name), "1");
    await removeModel((await findStored("big-0", store))!, store);
    expect(await readdir(store)).toEqual([".partial", "bigger.gguf"]);
  });
});

describe("the fingerprint of a folder", () => {
  it("changes with configuration and weights, not with notes", async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, "config.json"), "{}");
    await writeFile(path.join(folder, "model.safetensors"), "1234");
    const before = await fingerprintModel(folder);
    await writeFile(path.join(folder, "README.md"), "words");
    expect(await fingerprintModel(folder)).toBe(before);
    await writeFile(path.join(folder, "model.safetensors"), "1235");
    const weights = await fingerprintModel(folder);
    expect(weights).not.toBe(before);
    await writeFile(path.join(folder, "config.json"), "{ }");
    expect(await fingerprintModel(folder)).not.toBe(weights);
  });
});
