/** What is wrong with a GGUF file is said in one sentence with the file's name, at once, whatever its header claims. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../errors.js";
import { readModelFacts } from "./describe.js";
import { readGgufFacts } from "./gguf.js";
import { newFolder } from "./testing/folders.js";
import { ggufBytes, string, tinyGguf, tinyKeys, tinyTensors, uint32, uint64 } from "./testing/gguf-file.js";

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});

async function put(name: string, bytes: Buffer | string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

async function refusalOf(file: string): Promise<InputError> {
  const error: unknown = await readGgufFacts(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

const head = (tensors: number | bigint, keys: number | bigint) =>
  Buffer.concat([Buffer.from("GGUF"), uint32(3), uint64(tensors), uint64(keys)]);
const padding = Buffer.alloc(4096);
const key = (type: number, ...value: Buffer[]) => Buffer.concat([string("a.b"), uint32(type), ...value]);
const withoutKeys = (...names: string[]) =>
  Object.fromEntries(Object.entries(tinyKeys).filter(([name]) => !names.includes(name)));

const cases: [name: string, bytes: Buffer | string, message: RegExp][] = [
  ["empty", "", /is empty/],
  ["one letter", "G", /is not a GGUF file/],
  ["only the magic", "GGUF", /cut off or damaged: .*the file has 4/],
  ["a page", "<!DOCTYPE html><html>Not found</html>", /is not a GGUF file/],
  ["a pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", /only a pointer of Git LFS/],
  ["version 1", ggufBytes({ ...tinyGguf, version: 1 }), /has version 1 of GGUF; 2 and 3 can be read/],
  ["version 77", ggufBytes({ ...tinyGguf, version: 77 }), /has version 77 of GGUF/],
  ["big-endian", Buffer.concat([Buffer.from("GGUF"), Buffer.from([0, 0, 0, 3]), padding]), /for big-endian machines/],
  ["2^60 tensors", Buffer.concat([head(2n ** 60n, 1), padding]), /claims 1152921504606847000 tensors/],
  ["2^64 - 1 keys", Buffer.concat([head(1, 2n ** 64n - 1n), padding]), /claims 18446744073709552000 keys/],
  ["more keys than room", Buffer.concat([head(0, 400), padding]), /claims 400 keys, for which its 4120 bytes/],
  ["a key of 2^60 letters", Buffer.concat([head(0, 1), uint64(2n ** 60n), padding]), /key 1 of 1 would end at byte/],
  ["a text of 2^60 letters", Buffer.concat([head(0, 1), key(8, uint64(2n ** 60n)), padding]), /the key a\.b would end/],
  [
    "a list of 2^60 numbers",
    Buffer.concat([head(0, 1), key(9, uint32(4), uint64(2n ** 60n)), padding]),
    /the key a\.b would end/,
  ],
  [
    "a list of 2^60 texts",
    Buffer.concat([head(0, 1), key(9, uint32(8), uint64(2n ** 60n)), padding]),
    /the key a\.b would end/,
  ],
  ["a list of lists", Buffer.concat([head(0, 1), key(9, uint32(9), uint64(1)), padding]), /unknown type 9/],
  ["an unknown type", Buffer.concat([head(0, 1), key(13), padding]), /the key a\.b has a value of the unknown type 13/],
  [
    "a tensor of 2^60 x 2^60",
    ggufBytes({ keys: tinyKeys, tensors: [{ name: "t", dimensions: [2 ** 60, 2 ** 60], bytes: 32 }] }),
    /tensor 1 of 1 has 1152921504606847000 x 1152921504606847000 values/,
  ],
  [
    "five dimensions",
    ggufBytes({ keys: tinyKeys, tensors: [{ name: "t", dimensions: [1, 1, 1, 1, 1] }] }),
    /tensor 1 of 1 has 5 dimensions/,
  ],
  [
    "data cut off",
    ggufBytes({ ...tinyGguf, missing: 100 }),
    /is cut off: its weights take 8000 bytes, the file has 7900/,
  ],
  ["a vocabulary", ggufBytes({ keys: tinyKeys }), /holds a vocabulary and no weights/],
  [
    "an adapter",
    ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "general.type": "adapter" } }),
    /is an adapter \(LoRA\)/,
  ],
  ["a projector", ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "general.architecture": "clip" } }), /\(mmproj\)/],
  [
    "a projector by its kind",
    ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "general.type": "mmproj" } }),
    /\(mmproj\)/,
  ],
  ["statistics", ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "general.type": "imatrix" } }), /\(imatrix\)/],
  [
    "embeddings",
    ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "general.architecture": "bert" } }),
    /for embeddings \(bert\)/,
  ],
  [
    "no architecture",
    ggufBytes({ ...tinyGguf, keys: withoutKeys("general.architecture") }),
    /does not name the architecture/,
  ],
  ["no layers", ggufBytes({ ...tinyGguf, keys: withoutKeys("llama.block_count") }), /: 0 layers, 64 values wide/],
  ["no width", ggufBytes({ ...tinyGguf, keys: withoutKeys("llama.embedding_length") }), /: 2 layers, 0 values wide/],
  [
    "four billion layers",
    ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "llama.block_count": 4_294_967_295 } }),
    /: 4294967295 layers/,
  ],
  [
    "a part without its number",
    ggufBytes({ ...tinyGguf, keys: { ...tinyKeys, "split.count": 3 } }),
    /is one of 3 parts of a model, and llama\.cpp finds the others by its name/,
  ],
];

describe("a GGUF file that cannot be used", () => {
  it.each(cases)("%s", async (name, bytes, message) => {
    const file = await put(`${name}.gguf`, bytes);
    const begin = performance.now();
    const error = await refusalOf(file);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(file);
    expect(error.remedy ?? "").not.toBe("");
  });

  it("a folder by such a name", async () => {
    const file = path.join(folder, "x.gguf");
    await mkdir(file, { recursive: true });
    expect((await refusalOf(file)).message).toBe(`${file} is a folder, not a GGUF file`);
    await expect(readModelFacts(file)).rejects.toThrow(/x\.gguf is no model folder: it has no config\.json/);
  });

  it("a missing file", async () => {
    const file = path.join(folder, "absent.gguf");
    expect((await refusalOf(file)).message).toMatch(/absent\.gguf cannot be read: ENOENT/);
    await expect(readModelFacts(file)).rejects.toThrow(/no model at .*absent\.gguf/);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("a file that may not be read", async () => {
    const file = await put("secret.gguf", ggufBytes(tinyGguf));
    await chmod(file, 0);
    expect((await refusalOf(file)).message).toMatch(/secret\.gguf cannot be read: EACCES/);
  });
});

describe("a model in parts", () => {
  const keys = { ...tinyKeys, "split.count": 2 };
  const first = ggufBytes({ keys, tensors: tinyTensors.slice(0, 2) });
  const second = ggufBytes({ keys: { "split.count": 2 }, tensors: tinyTensors.slice(2) });

  it("is read as one", async () => {
    const file = await put("whole-00001-of-00002.gguf", first);
    await put("whole-00002-of-00002.gguf", second);
    const one = await readGgufFacts(await put("one.gguf", ggufBytes(tinyGguf)));
    expect(await readGgufFacts(file)).toEqual(one);
  });

  it("lacks one", async () => {
    const file = await put("lone-00001-of-00002.gguf", first);
    const { message } = await refusalOf(file);
    expect(message).toMatch(/lone-00001-of-00002\.gguf lacks a part of its model: there is no .*lone-00002-of-00002/);
  });

  it("has one that is cut off", async () => {
    const file = await put("short-00001-of-00002.gguf", first);
    await put("short-00002-of-00002.gguf", second.subarray(0, second.length - 64));
    expect((await refusalOf(file)).message).toMatch(/short-00002-of-00002\.gguf is cut off: its weights take/);
  });

  it("is not begun with its second", async () => {
    await put("two-00001-of-00002.gguf", first);
    const file = await put("two-00002-of-00002.gguf", ggufBytes({ keys, tensors: tinyTensors.slice(2) }));
    const error = await refusalOf(file);
    expect(error.message).toMatch(/is part 2 of a model in 2 parts/);
    expect(error.remedy).toMatch(/give the first: .*two-00001-of-00002\.gguf/);
  });
});

describe("any damage", () => {
  const whole = ggufBytes(tinyGguf);

  it("is refused wherever the file is cut", async () => {
    for (let length = 0; length < whole.length; length++) {
      // Behind the last tensor there is only padding.
      if (length >= whole.length - 31) continue;
      const file = await put("cut.gguf", whole.subarray(0, length));
      await expect(readGgufFacts(file), `${length} bytes`).rejects.toBeInstanceOf(InputError);
    }
  });

  it("gives facts or a refusal, and nothing else, whatever bytes are changed", async () => {
    const change = fc.tuple(fc.nat(700), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 8, 9, 127, 128, 255)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const file = await put("changed.gguf", bytes);
        const begin = performance.now();
        const facts = await readGgufFacts(file).catch((error: unknown) => {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).toContain(file);
          return undefined;
        });
        if (facts !== undefined)
          for (const value of [facts.weightBytes, facts.layers, facts.embeddingSize, facts.vocabularySize])
            expect(Number.isFinite(value)).toBe(true);
        expect(performance.now() - begin).toBeLessThan(1000);
      }),
      { numRuns: 500 },
    );
  });

  it("takes no memory for what is only claimed", async () => {
    const claims = [2n ** 31n, 2n ** 40n, 2n ** 62n].flatMap((size) => [
      head(size, 1),
      head(1, size),
      Buffer.concat([head(0, 1), uint64(size)]),
      Buffer.concat([head(0, 1), key(8, uint64(size))]),
      ...[0, 4, 8, 12].map((type) => Buffer.concat([head(0, 1), key(9, uint32(type), uint64(size))])),
    ]);
    const before = process.memoryUsage().rss;
    for (const claim of claims) await refusalOf(await put("claim.gguf", Buffer.concat([claim, padding])));
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 ** 2);
  });
});
