import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../errors.js";
import { readManifest } from "../manifest.js";
import { ModelLock } from "../lock.js";
import { listModels } from "../store.js";
import { type FakeHub, fakeCommit, fakeHub, type FakeHubOptions, type FakeRepo } from "../testing/fake-hub.js";
import { newFolder, someBytes } from "../testing/folders.js";
import { pull, type PullOptions } from "./pull.js";
import { parseHubUri } from "./uri.js";

const weights = someBytes(300_000);
const gguf: FakeRepo = {
  licence: "apache-2.0",
  files: {
    "README.md": "# A model\n",
    "model-Q4_K_M.gguf": weights,
    "model-Q8_0.gguf": someBytes(400_000, 2),
    "mmproj-model-f16.gguf": someBytes(1000, 3),
  },
};
const folder: FakeRepo = {
  files: {
    LICENSE: "Do as you like.\n",
    "config.json": '{"model_type": "llama"}',
    "model-00001-of-00002.safetensors": someBytes(100_000, 4),
    "model-00002-of-00002.safetensors": someBytes(90_000, 5),
    "model.safetensors.index.json": "{}",
    "original/consolidated.00.pth": "pickle",
    "pytorch_model.bin": "pickle",
    "tokenizer.json": "{}",
    "onnx/model.onnx": "no",
  },
};
const patience = { retries: 3, backoffMs: 5, stallMs: 2000 };

async function setUp(options: FakeHubOptions = {}, repos: Record<string, FakeRepo> = { "o/m": gguf, "o/f": folder }) {
  const [hub, store] = [await fakeHub(repos, options), await newFolder()];
  const notes: string[] = [];
  const get = (text: string, more: Partial<PullOptions> & { token?: string } = {}) =>
    pull(parseHubUri(text), {
      access: async () =>
        Promise.resolve({ endpoint: hub.url, ...(more.token === undefined ? {} : { token: more.token }) }),
      observer: { note: (note) => notes.push(note), progress: () => undefined },
      signal: new AbortController().signal,
      store,
      patience,
      ...more,
    });
  return { hub, store, notes, get, [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose]() };
}

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "(it did not fail)",
    (error: unknown) => lineOf(error),
  );
}

const fetched = (hub: FakeHub) => hub.requests.filter(({ path }) => path.includes("/resolve/"));

describe("a pull", () => {
  it("brings a quantization with card and manifest, every hash compared", async () => {
    await using one = await setUp();
    const { model, present } = await one.get("hf:o/m:q4_k_m");
    expect(present).toBe(false);
    expect(model).toMatchObject({ name: "o--m--Q4_K_M", format: "gguf", quantization: "Q4_K_M", damage: [] });
    expect(await readFile(model.path)).toEqual(weights);
    const manifest = await readManifest(model.location);
    expect(manifest).toMatchObject({ source: "hf:o/m:Q4_K_M", revision: fakeCommit, licence: "apache-2.0" });
    expect(manifest.files.map((file) => file.path)).toEqual(["README.md", "model-Q4_K_M.gguf"]);
    const sha256 = createHash("sha256").update(weights).digest("hex");
    expect(manifest.files[1]).toEqual({ path: "model-Q4_K_M.gguf", size: weights.length, sha256 });
    expect(manifest.files[0]?.gitSha1).toMatch(/^[0-9a-f]{40}$/);
    expect(await readdir(one.store)).toEqual([".partial", "o--m--Q4_K_M"]);
    expect(await readdir(path.join(one.store, ".partial"))).toEqual([]);
    expect(fetched(one.hub).every(({ path }) => path.includes(fakeCommit))).toBe(true);
  });

  it("chooses Q4_K_M where nobody says which, and tells the others", async () => {
    await using one = await setUp();
    const { model } = await one.get("hf:o/m");
    expect(model.name).toBe("o--m--Q4_K_M");
    expect(one.notes.join()).toContain("Q4_K_M of: Q4_K_M (300 kB), Q8_0 (400 kB)");
  });

  it("prefers the model to the draft in a folder below, and leaves notes about quantization", async () => {
    const files = { "m-Q4_0.gguf": weights, "MTP/mtp-m-Q4_0.gguf": someBytes(10), "imatrix.gguf": someBytes(20) };
    await using one = await setUp({}, { "o/d": { files: { ...files, LICENSE: "a", License: "b" } } });
    const { model } = await one.get("hf:o/d");
    expect(model.name).toBe("o--d--m-Q4_0");
    expect(model.manifest?.source).toBe("hf:o/d/m-Q4_0.gguf");
    expect(model.manifest?.files.map((file) => file.path)).toEqual(["LICENSE", "m-Q4_0.gguf"]);
    expect(await one.get("hf:o/d")).toMatchObject({ present: true });
  });

  it("brings all parts of a split model", async () => {
    const files = { "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf": weights, "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf": weights };
    await using one = await setUp({}, { "o/s": { files } });
    const { model } = await one.get("hf:o/s:Q4_K_M");
    expect(model).toMatchObject({ name: "o--s--Q4_K_M", weightBytes: 600_000 });
    expect(model.path).toBe(path.join(one.store, "o--s--Q4_K_M/Q4_K_M/m-Q4_K_M-00001-of-00002.gguf"));
    one.hub.repos["o/s"] = { files: { "Q4_K_M/m-Q4_K_M-00001-of-00002.gguf": weights } };
    expect(await failure(one.get("hf:o/s:Q4_K_M", { update: true }))).toMatch(/has not all parts of .*: 2 missing/);
  });

  it("brings the part that reads pictures only when asked", async () => {
    await using one = await setUp();
    const { model } = await one.get("hf:o/m", { projector: true });
    expect(model.manifest?.files.map((file) => file.path)).toContain("mmproj-model-f16.gguf");
    expect(path.basename(model.path)).toBe("model-Q4_K_M.gguf");
  });

  it("brings a Hugging Face folder without pickles and other formats, over several pages", async () => {
    await using one = await setUp({ pageSize: 2 });
    const { model } = await one.get("hf:o/f");
    expect(model).toMatchObject({ name: "o--f", format: "safetensors", path: path.join(one.store, "o--f") });
    expect((await readdir(model.path)).sort()).toEqual([
      "LICENSE",
      "config.json",
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
      "quern-model.json",
      "tokenizer.json",
    ]);
    expect(one.notes.join()).toContain("not fetched: .bin");
    // The next pages were asked for at the endpoint, though the links name another host.
    expect(one.hub.requests.filter(({ path }) => path.includes("/tree/")).length).toBeGreaterThan(3);
  });

  it("of what is there asks nobody", async () => {
    await using one = await setUp();
    await one.get("hf:o/m:Q4_K_M");
    const before = one.hub.requests.length;
    expect(await one.get("hf:o/m:Q4_K_M")).toMatchObject({ present: true, fetchedBytes: 0 });
    expect(one.hub.requests.length).toBe(before);
  });

  it("replaces a model only when asked, and fetches one again that is damaged", async () => {
    await using one = await setUp();
    const { model } = await one.get("hf:o/m:Q4_K_M");
    one.hub.repos["o/m"] = { ...gguf, commit: "f".repeat(40), files: { "model-Q4_K_M.gguf": someBytes(50_000, 9) } };
    expect(await failure(one.get("hf:o/m"))).toMatch(/is there at revision 0123456789ab, .*; add --update/);
    await one.get("hf:o/m", { update: true });
    expect((await stat(model.path)).size).toBe(50_000);
    await truncate(model.path, 10);
    expect((await listModels(one.store)).models[0]?.damage).toEqual([
      "model-Q4_K_M.gguf has 10 bytes instead of 50000",
    ]);
    expect(await one.get("hf:o/m:Q4_K_M")).toMatchObject({ present: false });
    expect((await stat(model.path)).size).toBe(50_000);
  });

  it("leaves alone what it did not make", async () => {
    await using one = await setUp();
    await mkdir(path.join(one.store, "o--f"));
    expect(await failure(one.get("hf:o/f"))).toMatch(/is no model that quern can read; remove or rename/);
    await writeFile(path.join(one.store, "o--f", "mine.gguf"), "mine");
    expect(await failure(one.get("hf:o/f"))).toMatch(/was not pulled by quern/);
  });
});

describe("a connection that fails", () => {
  it("in the middle of a file goes on from there", async () => {
    await using one = await setUp({
      mischief: (file, number) => (file.endsWith(".gguf") && number === 0 ? { cutAfter: 131_072 } : undefined),
    });
    const { model } = await one.get("hf:o/m:Q4_K_M");
    expect(await readFile(model.path)).toEqual(weights);
    const ranges = fetched(one.hub).filter(({ path }) => path.endsWith("gguf"));
    expect(ranges.map(({ range }) => range)).toEqual([undefined, "bytes=131072-"]);
  });

  it("again and again is given up, what came is kept, and the next pull fetches the rest only", async () => {
    await using one = await setUp({
      mischief: (file, number) =>
        file.endsWith(".gguf") ? (number === 0 ? { cutAfter: 200_000 } : { cutAfter: 1 }) : undefined,
    });
    const line = await failure(one.get("hf:o/m:Q4_K_M"));
    expect(line).toMatch(/^model-Q4_K_M.gguf broke off at 200003 of 300000 bytes: .*; check the network, .* to go on$/);
    expect((await listModels(one.store)).models).toEqual([]);
    one.hub.options = {};
    const before = one.hub.sentBytes();
    const { model, fetchedBytes } = await one.get("hf:o/m:Q4_K_M");
    expect(await readFile(model.path)).toEqual(weights);
    expect(fetchedBytes).toBe(99_997);
    expect(one.hub.sentBytes() - before).toBe(99_997);
  });

  it("to nothing for too long is given up and tried again", async () => {
    await using one = await setUp({
      mischief: (file, number) => (file.endsWith(".gguf") && number === 0 ? { stallAfter: 1000 } : undefined),
    });
    const { model } = await one.get("hf:o/m:Q4_K_M", { patience: { ...patience, stallMs: 200 } });
    expect(await readFile(model.path)).toEqual(weights);
    expect(one.notes.join()).toContain("nothing came in for 0.2 s");
  });

  it("with a server that ignores ranges begins anew", async () => {
    await using one = await setUp({
      mischief: (file, number) =>
        file.endsWith(".gguf") ? (number === 0 ? { cutAfter: 70_000 } : { ignoreRange: true }) : undefined,
    });
    const { model } = await one.get("hf:o/m:Q4_K_M");
    expect(await readFile(model.path)).toEqual(weights);
  });

  it("with a server that refuses the range begins anew", async () => {
    await using one = await setUp({
      mischief: (file, number) =>
        file.endsWith(".gguf") && number < 2 ? (number === 0 ? { cutAfter: 70_000 } : { status: 416 }) : undefined,
    });
    const { model } = await one.get("hf:o/m:Q4_K_M");
    expect(await readFile(model.path)).toEqual(weights);
  });

  it.each([429, 503])("with %d waits as long as the server says", async (status) => {
    await using one = await setUp({
      mischief: (_, number) => (number === 0 ? { status, headers: { "retry-after": "0" } } : undefined),
    });
    await one.get("hf:o/m:Q4_K_M");
    expect(one.notes.join()).toContain(`answers ${status} for the file model-Q4_K_M.gguf`);
  });

  it("to a server that is not there names it", async () => {
    await using one = await setUp();
    const access = async () => Promise.resolve({ endpoint: "http://127.0.0.1:9" });
    expect(await failure(one.get("hf:o/m", { access, patience: { ...patience, retries: 0 } }))).toMatch(
      /^cannot reach 127\.0\.0\.1:9 \(\w+.*\); check the network and HF_ENDPOINT/,
    );
  });
});

describe("a hub that says no", () => {
  it.each([
    ["hf:o/none", /no such thing: the model o\/none \(404: Repository not found\); check owner, name/],
    ["hf:o/m@v9", /the model o\/m at v9 \(404: Invalid rev id\)/],
    ["hf:o/m:Q2_K", /has nothing stored as Q2_K; choose one of: Q4_K_M \(300 kB\), Q8_0 \(400 kB\)/],
    ["hf:o/m/other.gguf", /has no file other\.gguf; choose one of/],
  ])("%s", async (uri, message) => {
    await using one = await setUp();
    expect(await failure(one.get(uri))).toMatch(message);
    expect((await listModels(one.store)).models).toEqual([]);
  });

  it("for want of a token: HF_TOKEN and the page are named", async () => {
    await using one = await setUp({}, { "o/m": { ...gguf, gated: true } });
    expect(await failure(one.get("hf:o/m"))).toMatch(
      /\(401: Access to model is restricted\); accept the licence on http:\S+\/o\/m, then set HF_TOKEN/,
    );
    expect(await one.get("hf:o/m", { token: "secret" })).toMatchObject({ present: false });
  });
});

describe("a token", () => {
  it("goes to the endpoint alone, not where it redirects to, and is written nowhere", async () => {
    await using one = await setUp({ redirect: true });
    const { model } = await one.get("hf:o/m:Q4_K_M", { token: "hf_secret" });
    const elsewhere = one.hub.requests.filter((request) => request.elsewhere);
    expect(elsewhere.length).toBe(2);
    expect(elsewhere.every(({ authorization }) => authorization === undefined)).toBe(true);
    expect(one.hub.requests.filter((request) => !request.elsewhere).map((request) => request.authorization)).toEqual(
      expect.arrayContaining(["Bearer hf_secret"]),
    );
    expect(await readFile(path.join(model.location, "quern-model.json"), "utf8")).not.toContain("hf_secret");
  });
});

describe("bytes that are not what the hub says", () => {
  it("are deleted, and both hashes told", async () => {
    const wrong = someBytes(300_000, 77);
    await using one = await setUp({ mischief: (file) => (file.endsWith(".gguf") ? { content: wrong } : undefined) });
    const line = await failure(one.get("hf:o/m:Q4_K_M"));
    for (const content of [weights, wrong]) expect(line).toContain(createHash("sha256").update(content).digest("hex"));
    expect(line).toMatch(/; what was fetched of it is deleted/);
    expect((await listModels(one.store)).models).toEqual([]);
    expect(await readdir(path.join(one.store, ".partial", "o--m--Q4_K_M"))).not.toContain("model-Q4_K_M.gguf");
    one.hub.options = {};
    expect(await readFile((await one.get("hf:o/m:Q4_K_M")).model.path)).toEqual(weights);
  });

  it("of a small file are told by git's hash", async () => {
    await using one = await setUp({
      mischief: (file) => (file === "config.json" ? { content: Buffer.from('{"model_type": "LLAMA"}') } : undefined),
    });
    expect(await failure(one.get("hf:o/f"))).toMatch(/config\.json is not what the hub says: git's SHA-1/);
  });
});

describe("before anything is fetched", () => {
  it("the disk is looked at", async () => {
    await using one = await setUp();
    const line = await failure(one.get("hf:o/m:Q4_K_M", { freeBytes: async () => Promise.resolve(1000) }));
    expect(line).toMatch(/^300 kB are needed in .*, and 1\.0 kB are free; free some space, set QUERN_MODELS/);
    expect(fetched(one.hub)).toEqual([]);
  });

  it("another pull of the same model is told, and a dead one's lock taken over", async () => {
    await using one = await setUp();
    const lock = await ModelLock.take(one.store, "o--m--Q4_K_M");
    expect(await failure(one.get("hf:o/m:Q4_K_M"))).toMatch(/another command \(process \d+\) is at work on the model/);
    await writeFile(lock.file, '{"pid": 999999999, "started": "1"}');
    await one.get("hf:o/m:Q4_K_M");
  });

  it("a store that cannot be written is told", async () => {
    await using one = await setUp();
    await writeFile(path.join(one.store, ".partial"), "a file");
    expect(await failure(one.get("hf:o/m"))).toMatch(/cannot write to the folder of models .*; set QUERN_MODELS/);
  });
});

describe("an interrupt", () => {
  it("keeps what came", async () => {
    await using one = await setUp({ mischief: () => ({ speed: 200_000 }) });
    const interrupt = new AbortController();
    const work = one.get("hf:o/m:Q4_K_M", {
      signal: interrupt.signal,
      observer: { note: () => undefined, progress: (done) => done > 50_000 && interrupt.abort(new Error("stop")) },
    });
    expect(await failure(work)).toBe("stop");
    const kept = await stat(path.join(one.store, ".partial/o--m--Q4_K_M/model-Q4_K_M.gguf"));
    expect(kept.size).toBeGreaterThan(40_000);
    expect(kept.size).toBeLessThan(300_000);
  });
});
