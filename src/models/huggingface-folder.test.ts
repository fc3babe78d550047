/** Folders as Hugging Face has them: which files count, and what is said of those that are missing or wrong. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../errors.js";
import { readModelFacts } from "./describe.js";
import { newFolder } from "./testing/folders.js";

const config = JSON.stringify({
  architectures: ["LlamaForCausalLM"],
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  vocab_size: 100,
  torch_dtype: "bfloat16",
});

/** A file with one tensor of that many bytes. */
function weights(bytes: number): Buffer {
  const header = Buffer.from(JSON.stringify({ w: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
}

const index = (...files: string[]) =>
  JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(files.map((file, at) => [`w${at}`, file])) });
const one = weights(1000);
const two = weights(2000);

async function folderOf(files: Record<string, Buffer | string>): Promise<string> {
  const folder = await newFolder();
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
  return folder;
}

describe("the weights of a folder", () => {
  it.each([
    ["one file", { "model.safetensors": one }, one.length],
    [
      "shards without an index",
      { "model-00001-of-00002.safetensors": one, "model-00002-of-00002.safetensors": two },
      one.length + two.length,
    ],
    [
      "shards, and the same once more",
      {
        "model.safetensors.index.json": index("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"),
        "model-00001-of-00002.safetensors": one,
        "model-00002-of-00002.safetensors": two,
        "consolidated.safetensors": two,
        "adapter_model.safetensors": two,
      },
      one.length + two.length,
    ],
    ["one file, and the same once more", { "model.safetensors": one, "consolidated.safetensors": one }, one.length],
    ["only the file for other programs", { "consolidated.safetensors": one }, one.length],
    ["other weights in a folder below", { "model.safetensors": one, "original/model.safetensors": two }, one.length],
    ["none, to be made up", {}, 2 * (2 * 100 * 64 + 2 * (64 * 16 * 12 + 3 * 64 * 96))],
  ])("%s", async (_, files, bytes) => {
    expect((await readModelFacts(await folderOf({ "config.json": config, ...files }))).weightBytes).toBe(bytes);
  });

  it.skipIf(process.platform === "win32")("behind links, as in the cache of Hugging Face", async () => {
    const folder = await folderOf({ "blobs/1": config, "blobs/2": one, "snapshot/x": "" });
    await symlink("../blobs/1", path.join(folder, "snapshot/config.json"));
    await symlink("../blobs/2", path.join(folder, "snapshot/model.safetensors"));
    expect((await readModelFacts(path.join(folder, "snapshot"))).weightBytes).toBe(one.length);
    await symlink("../blobs/3", path.join(folder, "snapshot/more.safetensors"));
    await expect(readModelFacts(path.join(folder, "snapshot"))).rejects.toThrow(
      /lacks 1 of 2 files .*: more\.safetensors/,
    );
  });
});

describe("a folder that cannot be used", () => {
  const shard = "model-00001-of-00003.safetensors";
  it.each<[string, Record<string, Buffer | string>, RegExp, RegExp]>([
    [
      "without a config",
      { "model.safetensors": one },
      /is no model folder: it has no config\.json/,
      /as Hugging Face has it/,
    ],
    ["of GGUF files", { "b.gguf": "", "a.gguf": "" }, /is no model folder/, /give a GGUF file in it: .*a\.gguf/],
    ["config cut off", { "config.json": config.slice(0, 40) }, /config\.json is not valid JSON/, /fetch it again/],
    ["config empty", { "config.json": "" }, /config\.json is not valid JSON/, /fetch it again/],
    ["config a list", { "config.json": "[1, 2]" }, /config\.json does not describe a model/, /fetch it again/],
    ["config null", { "config.json": "null" }, /config\.json does not describe a model/, /fetch it again/],
    [
      "config of no language model",
      { "config.json": '{"model_type": "vae"}' },
      /: 0 layers, 0 values wide/,
      /language model/,
    ],
    [
      "too many layers",
      { "config.json": '{"num_hidden_layers": 1e15, "hidden_size": 1}' },
      /: 1000000000000000 layers/,
      /language model/,
    ],
    [
      "layers in words",
      { "config.json": '{"num_hidden_layers": "two", "hidden_size": 1}' },
      /: 0 layers/,
      /language model/,
    ],
    [
      "index cut off",
      { "config.json": config, "model.safetensors.index.json": '{"weight_map": {' },
      /index\.json is not valid JSON/,
      /fetch/,
    ],
    [
      "index without files",
      { "config.json": config, "model.safetensors.index.json": "{}" },
      /names no files of weights/,
      /fetch/,
    ],
    [
      "a shard that the index names is missing",
      {
        "config.json": config,
        "model.safetensors.index.json": index("a.safetensors", "b.safetensors"),
        "a.safetensors": one,
      },
      /lacks 1 of 2 files of its weights: b\.safetensors/,
      /fetch/,
    ],
    [
      "shards that the names tell are missing",
      { "config.json": config, [shard]: one },
      /lacks 2 of 3 files of its weights: model-00002-of-00003/,
      /fetch/,
    ],
    [
      "weights cut off",
      { "config.json": config, "model.safetensors": two.subarray(0, 500) },
      /model\.safetensors is cut off: it should have 2\d\d\d bytes and has 500/,
      /fetch/,
    ],
    [
      "a header cut off",
      { "config.json": config, "model.safetensors": one.subarray(0, 30) },
      /is cut off: it should have \d+ bytes and has 30/,
      /fetch/,
    ],
    [
      "a pointer",
      { "config.json": config, "model.safetensors": "version https://git-lfs.github.com/spec/v1\nsize 1\n" },
      /only a pointer of Git LFS/,
      /git lfs pull/,
    ],
  ])("%s", async (_, files, message, remedy) => {
    const folder = await folderOf(files);
    const error: unknown = await readModelFacts(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
    expect((error as InputError).message).toContain(folder);
    expect((error as InputError).remedy).toMatch(remedy);
  });

  it("is told from a file and from nothing", async () => {
    const folder = await folderOf({ "config.json": config });
    expect((await readModelFacts(folder)).format).toBe("safetensors");
    await expect(readModelFacts(path.join(folder, "config.json"))).rejects.toThrow(/config\.json is not a GGUF file/);
    await expect(readModelFacts(path.join(folder, "absent"))).rejects.toThrow(/no model at .*absent/);
  });
});
