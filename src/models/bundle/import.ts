/** Brings the models of a bundle into the store: all that is in it, checked, or nothing. */
import { mkdir, open, rm, stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { FileHash } from "../hashing.js";
import { requireSpace } from "../hub/disk.js";
import { putInPlace } from "../hub/pull.js";
import { ModelLock } from "../lock.js";
import {
  bytesOf,
  isModelName,
  type Manifest,
  manifestName,
  type ModelFile,
  parseManifest,
  writeManifest,
} from "../manifest.js";
import { listModels, partialFolder, type StoredModel, storeFolder, writing } from "../store.js";
import { type BundleEntry, readBundle } from "./read.js";

export interface ImportOptions {
  signal: AbortSignal;
  /** Replace models of the same names that are not the same. */
  force?: boolean;
  store?: string;
  /** Bytes that were read, and of the whole bundle. */
  onProgress?: (done: number, total: number) => void;
  /** For tests: free bytes of the disk. */
  freeBytes?: (folder: string) => Promise<number | undefined>;
}

export interface Imported {
  name: string;
  /** The store had the same model already. */
  present: boolean;
}

const remedy = "take a bundle that `quern models export` wrote";
const mostManifestBytes = 8 * 2 ** 20;

/** What is being read of one model. */
interface Incoming {
  manifest: Manifest;
  /** Where it is written before all is checked; absent where the store has the same model. */
  folder?: string;
  /** By path; a file goes when it was read. */
  missing: Map<string, ModelFile>;
}

/**
 * @throws {InputError} when the bundle is damaged, cut short, or holds what it must not, or another model of that name
 *   is there
 * @throws {OutputError} when the store cannot be written
 */
export async function importBundle(file: string, options: ImportOptions): Promise<Imported[]> {
  const store = options.store ?? storeFolder();
  const total = (await stat(file).catch(() => undefined))?.size ?? 0;
  const models = new Map<string, Incoming>();
  await using locks = new Locks();
  try {
    let done = 0;
    let filesBegun = false;
    await readBundle(file, options.signal, async (entry) => {
      const [name, inner] = splitPath(file, entry.path);
      if (inner === manifestName) {
        if (filesBegun || models.has(name)) throw unexpected(file, entry.path);
        const manifest = await readEntryManifest(file, name, entry);
        locks.add(await ModelLock.take(store, name));
        models.set(name, await prepare(store, manifest, options));
        return;
      }
      if (!filesBegun) {
        filesBegun = true;
        const needed = [...models.values()].filter((one) => one.folder !== undefined);
        await requireSpace(
          store,
          needed.reduce((sum, one) => sum + bytesOf(one.manifest.files), 0),
          options.freeBytes,
        );
      }
      const model = models.get(name);
      const wanted = model?.missing.get(inner);
      if (model === undefined || wanted === undefined) throw unexpected(file, entry.path);
      model.missing.delete(inner);
      await takeFile(store, file, entry, wanted, model.folder, (count) => options.onProgress?.((done += count), total));
    });
    if (models.size === 0) throw new InputError(`${file} has no models`, { remedy });
    for (const [name, { missing }] of models)
      if (missing.size > 0)
        throw new InputError(`${file} lacks ${[...missing.keys()].map((inner) => `${name}/${inner}`).join(", ")}`, {
          remedy: "copy the bundle again: it may have been cut short on its way",
        });
    for (const [name, { manifest, folder }] of models) {
      if (folder === undefined) continue;
      await writing(store, async () => {
        await writeManifest(folder, { ...manifest, verified: new Date().toISOString() });
        await putInPlace(store, name, folder);
      });
    }
  } finally {
    for (const { folder } of models.values())
      if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
  return [...models].map(([name, { folder }]) => ({ name, present: folder === undefined }));
}

/** Locks that are given back together. */
class Locks implements AsyncDisposable {
  private readonly held: AsyncDisposable[] = [];

  add(one: AsyncDisposable): void {
    this.held.push(one);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.held) await one[Symbol.asyncDispose]();
  }
}

/** `model/inner/path`; nothing else can be meant, as only files of the manifests are taken. */
function splitPath(file: string, entry: string): [string, string] {
  const slash = entry.indexOf("/");
  const name = entry.slice(0, Math.max(0, slash));
  if (!isModelName(name)) throw unexpected(file, entry);
  return [name, entry.slice(slash + 1)];
}

function unexpected(file: string, entry: string): InputError {
  return new InputError(`${file} holds ${entry}, which belongs to no model in it`, { remedy });
}

async function readEntryManifest(file: string, name: string, entry: BundleEntry): Promise<Manifest> {
  if (entry.size > mostManifestBytes) throw new InputError(`${entry.path} in ${file} is too large`, { remedy });
  const pieces: Buffer[] = [];
  for await (const piece of entry.content) pieces.push(piece);
  const manifest = parseManifest(Buffer.concat(pieces).toString("utf8"), `${entry.path} in ${file}`);
  if (manifest.name !== name)
    throw new InputError(`${entry.path} in ${file} is of another model (${manifest.name})`, { remedy });
  return manifest;
}

async function prepare(store: string, manifest: Manifest, options: ImportOptions): Promise<Incoming> {
  const missing = new Map(manifest.files.map((one) => [one.path, one]));
  const target = path.join(store, manifest.name);
  const stored = (await listModels(store)).models.find((model) => model.location === target);
  if (stored !== undefined && isSame(stored, manifest)) return { manifest, missing };
  const taken = stored !== undefined || (await stat(target).catch(() => undefined)) !== undefined;
  if (taken && options.force !== true)
    throw new InputError(`the store has another model called ${manifest.name}`, {
      remedy: "add --force to replace it",
    });
  const folder = path.join(partialFolder(store), `${manifest.name}.import`);
  await writing(store, async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  });
  return { manifest, folder, missing };
}

function isSame({ manifest, damage }: StoredModel, other: Manifest): boolean {
  const list = (one: Manifest) =>
    one.files
      .map(({ path: inner, sha256 }) => `${sha256} ${inner}`)
      .sort()
      .join("\n");
  return manifest !== undefined && damage.length === 0 && list(manifest) === list(other);
}

/** Reads a file into the folder, or only through its hash where there is none. */
async function takeFile(
  store: string,
  bundle: string,
  entry: BundleEntry,
  wanted: ModelFile,
  folder: string | undefined,
  onBytes: (count: number) => void,
): Promise<void> {
  if (entry.size !== wanted.size)
    throw new InputError(`${entry.path} in ${bundle} has ${entry.size} bytes instead of ${wanted.size}`, { remedy });
  const hash = new FileHash(wanted.size);
  const target = folder === undefined ? undefined : path.join(folder, wanted.path);
  if (target !== undefined) await writing(store, () => mkdir(path.dirname(target), { recursive: true }));
  const handle = target === undefined ? undefined : await writing(store, () => open(target, "wx"));
  try {
    for await (const piece of entry.content) {
      hash.update(piece);
      await writing(store, async () => handle?.writeFile(piece));
      onBytes(piece.length);
    }
    await writing(store, async () => handle?.sync());
  } finally {
    await handle?.close();
  }
  const { sha256 } = hash.digest();
  if (sha256 !== wanted.sha256)
    throw new InputError(`${entry.path} in ${bundle} has the SHA-256 ${sha256} instead of ${wanted.sha256}`, {
      remedy: "copy the bundle again: it was damaged on its way",
    });
}
