import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { create, Header } from "tar";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../errors.js";
import { FileHash } from "../hashing.js";
import { type Manifest, manifestText, writeManifest } from "../manifest.js";
import { listModels } from "../store.js";
import { newFolder, someBytes } from "../testing/folders.js";
import { exportBundle } from "./export.js";
import { importBundle, type ImportOptions } from "./import.js";

const signal = new AbortController().signal;
const contents: Record<string, Buffer> = {
  "README.md": Buffer.from("# A model\n"),
  "config.json": Buffer.from("{}"),
  "model.safetensors": someBytes(3_000_001),
  [`${"a".repeat(90)}/${"b".repeat(120)}.json`]: Buffer.from("a long name"),
  "empty.txt": Buffer.alloc(0),
};

function manifestOf(name: string, files: Record<string, Buffer>): Manifest {
  const now = "2026-01-02T03:04:05.000Z";
  return {
    quern_model: 1,
    name,
    format: "safetensors",
    source: "hf:o/m",
    revision: "0".repeat(40),
    licence: "mit",
    quantization: null,
    entry: null,
    pulled: now,
    verified: now,
    files: Object.entries(files).map(([inner, bytes]) => {
      const hash = new FileHash(bytes.length);
      hash.update(bytes);
      return { path: inner, size: bytes.length, ...hash.digest() };
    }),
  };
}

async function storeWith(name: string, files = contents): Promise<string> {
  const store = await newFolder();
  for (const [inner, bytes] of Object.entries(files)) {
    const file = path.join(store, name, inner);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await writeManifest(path.join(store, name), manifestOf(name, files));
  return store;
}

async function bundleOf(store: string): Promise<string> {
  const bundle = path.join(await newFolder(), "models.tar");
  await exportBundle((await listModels(store)).models, bundle, { signal });
  return bundle;
}

async function refusal(bundle: string, options: Partial<ImportOptions> = {}): Promise<string> {
  const store = options.store ?? (await newFolder());
  const before = await listModels(store);
  const line = await importBundle(bundle, { signal, store, ...options }).then(
    () => "(it was taken)",
    (error: unknown) => lineOf(error),
  );
  expect(await listModels(store)).toEqual(before);
  const left = await readdir(path.join(store, ".partial")).catch(() => []);
  expect(left).toEqual([]);
  return line;
}

interface EntryFields {
  type?: "SymbolicLink" | "Link" | "Directory";
  linkpath?: string;
}

/** A tar file of plain entries, or of others. */
async function tarOf(entries: [string, Buffer | string, EntryFields?][]) {
  const blocks: Buffer[] = [];
  for (const [name, content, more] of entries) {
    const bytes = Buffer.from(content);
    const header = new Header({ path: name, size: bytes.length, type: "File", mode: 0o644, ...more });
    header.encode();
    blocks.push(header.block!, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  const file = path.join(await newFolder(), "made.tar");
  await writeFile(file, Buffer.concat([...blocks, Buffer.alloc(1024)]));
  return file;
}

describe("a bundle", () => {
  it("carries models from one store to another, byte for byte", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    const store = await newFolder();
    expect(await importBundle(bundle, { signal, store })).toEqual([{ name: "o--m", present: false }]);
    for (const [inner, bytes] of Object.entries(contents))
      expect((await readFile(path.join(store, "o--m", inner))).equals(bytes)).toBe(true);
    expect((await listModels(store)).models[0]).toMatchObject({ name: "o--m", damage: [] });
    expect(await readdir(path.join(store, ".partial"))).toEqual([]);
    expect(await importBundle(bundle, { signal, store })).toEqual([{ name: "o--m", present: true }]);
  });

  it("is one that any tar reads", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    const { list } = await import("tar");
    const names: string[] = [];
    await list({ file: bundle, strict: true, onReadEntry: (entry) => names.push(entry.path) });
    expect(names).toEqual(["o--m/quern-model.json", ...Object.keys(contents).map((inner) => `o--m/${inner}`)]);
  });

  it("is not written of files that are not what they were", async () => {
    const store = await storeWith("o--m");
    const changed = Buffer.from(contents["model.safetensors"]!);
    changed[1_000_000]! ^= 1;
    await writeFile(path.join(store, "o--m/model.safetensors"), changed);
    const folder = await newFolder();
    const work = exportBundle((await listModels(store)).models, path.join(folder, "x.tar"), { signal });
    await expect(work).rejects.toThrow(/model\.safetensors of o--m is not what its manifest says/);
    expect(await readdir(folder)).toEqual([]);
  });

  it("replaces another model only with --force", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    const other = { ...contents, "config.json": Buffer.from('{"other": true}') };
    const store = await storeWith("o--m", other);
    expect(await refusal(bundle, { store })).toMatch(/the store has another model called o--m; add --force/);
    await importBundle(bundle, { signal, store, force: true });
    expect(await readFile(path.join(store, "o--m/config.json"), "utf8")).toBe("{}");
  });
});

describe("a bundle that was tampered with is refused, and nothing of it stays", () => {
  it("cut short, anywhere", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    const bytes = await readFile(bundle);
    for (const length of [0, 100, 512, 2000, 1_000_000, 3_000_000, bytes.length - 4000]) {
      await writeFile(bundle, bytes.subarray(0, length));
      expect(await refusal(bundle), String(length)).toMatch(
        /is no whole tar file|lacks|has no models|cannot be used|JSON/,
      );
    }
  });

  it("with one bit changed", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    const bytes = await readFile(bundle);
    bytes[1_500_000]! ^= 4;
    await writeFile(bundle, bytes);
    expect(await refusal(bundle)).toMatch(/has the SHA-256 \w+ instead of \w+; copy the bundle again/);
  });

  const files = { "config.json": Buffer.from("{}"), "m.safetensors": Buffer.from("1234") };
  const manifest: [string, string] = ["m/quern-model.json", manifestText(manifestOf("m", files))];
  const good: [string, Buffer][] = Object.entries(files).map(([inner, bytes]) => [`m/${inner}`, bytes]);

  it("(as it stands it is taken)", async () => {
    expect(await importBundle(await tarOf([manifest, ...good]), { signal, store: await newFolder() })).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof tarOf>[0], RegExp]>([
    [
      "a path out of the store",
      [manifest, ...good, ["../evil.txt", "x"]],
      /holds \.\.\/evil\.txt, which belongs to no/,
    ],
    ["a path out of the model", [manifest, ...good, ["m/../../evil", "x"]], /holds m\/\.\.\/\.\.\/evil, which/],
    ["an absolute path", [manifest, ["/etc/evil", "x"]], /holds \/etc\/evil, which belongs to no model/],
    ["a file too many", [manifest, ...good, ["m/more.py", "x"]], /holds m\/more\.py, which belongs to no model/],
    ["a file twice", [manifest, ...good, good[0]!], /holds m\/config\.json, which belongs to no model/],
    ["a file of another size", [manifest, ["m/config.json", "{  }"]], /has 4 bytes instead of 2/],
    ["a file less", [manifest, good[0]!], /lacks m\/m\.safetensors; copy the bundle again/],
    ["a manifest after files", [manifest, ...good, ["n/quern-model.json", "{}"]], /holds n\/quern-model\.json/],
    ["a manifest of another name", [["n/quern-model.json", manifest[1]]], /is of another model \(m\)/],
    ["a manifest that is none", [["m/quern-model.json", "{}"]], /quern-model\.json in .* cannot be used/],
    [
      "a symbolic link",
      [manifest, ["m/config.json", "", { type: "SymbolicLink", linkpath: "/etc/passwd" }]],
      /which is no plain file \(SymbolicLink\)/,
    ],
    ["a hard link", [manifest, ["m/config.json", "", { type: "Link", linkpath: "x" }]], /no plain file \(Link\)/],
    ["a folder", [manifest, ["m/", "", { type: "Directory" }]], /no plain file \(Directory\)/],
  ])("with %s", async (_, entries, message) => {
    expect(await refusal(await tarOf(entries))).toMatch(message);
  });

  it("that is something else, or not there", async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, "a.txt"), "some text\n".repeat(1000));
    expect(await refusal(path.join(folder, "a.txt"))).toMatch(/is no whole tar file/);
    expect(await refusal(path.join(folder, "none.tar"))).toMatch(/cannot read .*none\.tar.*; check the path/);
    expect(await refusal(folder)).toMatch(/cannot read/);
    await create({ file: path.join(folder, "b.tar"), cwd: folder }, ["a.txt"]);
    expect(await refusal(path.join(folder, "b.tar"))).toMatch(/holds a\.txt, which belongs to no model/);
  });

  it("for which there is no room", async () => {
    const bundle = await bundleOf(await storeWith("o--m"));
    expect((await stat(bundle)).size).toBeGreaterThan(3_000_000);
    expect(await refusal(bundle, { freeBytes: async () => Promise.resolve(10) })).toMatch(/3\.0 MB are needed/);
  });
});
