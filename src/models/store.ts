/** The folder of models on this machine: where it is, what is in it. */
import { readdir, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { messageOf, OutputError } from "../errors.js";
import { bytesOf, isWeights, type Manifest, manifestName, readManifest } from "./manifest.js";
import { ggufGroups, isLaterPart, quantizationIn } from "./names.js";

/** A model of the store. */
export interface StoredModel {
  name: string;
  format: "gguf" | "safetensors";
  /** What a backend loads: the file of a GGUF model (its first part), the folder of others. Absolute. */
  path: string;
  /** The folder with all that belongs to it; of a single file that somebody put there, that file. */
  location: string;
  /** Bytes of its weights. */
  weightBytes: number;
  /** As its source or its name tells; null where neither does. */
  quantization: string | null;
  /** Absent where somebody put the files there: then there are no hashes. */
  manifest?: Manifest;
  /** Files that are missing or have another size than they should, one sentence each. */
  damage: readonly string[];
}

export interface StoreListing {
  /** Sorted by name. */
  models: readonly StoredModel[];
  /** What is in the store and cannot be used, one sentence each. */
  problems: readonly string[];
}

/** Where models are kept: `QUERN_MODELS`, or the place that the system has for data of programs. */
export function storeFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const given = environment["QUERN_MODELS"];
  if (given !== undefined && given !== "") return path.resolve(given);
  const home = os.homedir();
  if (platform === "darwin") return path.join(home, "Library", "Application Support", "quern", "models");
  if (platform === "win32")
    return path.join(environment["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "quern", "models");
  const data = environment["XDG_DATA_HOME"];
  return path.join(
    data !== undefined && path.isAbsolute(data) ? data : path.join(home, ".local/share"),
    "quern/models",
  );
}

/** Where what is not complete yet lies, in the store so that it can be renamed into its place. */
export function partialFolder(store: string): string {
  return path.join(store, ".partial");
}

/**
 * Every model of the store. A folder with a broken manifest is told and left out; one that is not there is empty.
 * @throws {OutputError} when the store cannot be read
 */
export async function listModels(store = storeFolder()): Promise<StoreListing> {
  const models: StoredModel[] = [];
  const problems: string[] = [];
  for (const entry of await entriesOf(store)) {
    const location = path.join(store, entry);
    try {
      const model = (await stat(location)).isDirectory() ? await modelInFolder(location) : await modelFile(location);
      if (model !== undefined) models.push(model);
    } catch (error) {
      problems.push(`${entry}: ${messageOf(error)}`);
    }
  }
  models.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { models, problems };
}

async function entriesOf(store: string): Promise<string[]> {
  try {
    return (await readdir(store)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new OutputError(`cannot read the folder of models ${store}: ${messageOf(error)}`, {
      remedy: "set QUERN_MODELS to a folder of yours",
      cause: error,
    });
  }
}

async function modelInFolder(folder: string): Promise<StoredModel | undefined> {
  const names = await readdir(folder);
  if (!names.includes(manifestName)) return modelWithoutManifest(folder, names);
  const manifest = await readManifest(folder);
  return {
    name: manifest.name,
    format: manifest.format,
    path: manifest.entry === null ? folder : path.join(folder, manifest.entry),
    location: folder,
    weightBytes: bytesOf(manifest.files.filter((file) => isWeights(file.path))),
    quantization: manifest.quantization,
    manifest,
    damage: await sizesThatDiffer(folder, manifest),
  };
}

/** What is missing or has another size than the manifest says, one sentence each. */
export async function sizesThatDiffer(folder: string, manifest: Manifest): Promise<string[]> {
  const found = await Promise.all(
    manifest.files.map(async ({ path: inner, size }) => {
      const file = await stat(path.join(folder, inner)).catch(() => undefined);
      if (file?.isFile() !== true) return [`${inner} is missing`];
      return file.size === size ? [] : [`${inner} has ${file.size} bytes instead of ${size}`];
    }),
  );
  return found.flat();
}

async function modelWithoutManifest(folder: string, names: readonly string[]): Promise<StoredModel | undefined> {
  const weights = names.filter((name) => isWeights(name));
  const gguf = weights.filter((name) => name.toLowerCase().endsWith(".gguf")).sort();
  const name = path.basename(folder);
  const common = { name, location: folder, damage: [] };
  if (names.includes("config.json") && weights.length > gguf.length) {
    const safetensors = weights.filter((one) => !gguf.includes(one));
    const weightBytes = await sizesOf(folder, safetensors);
    return { ...common, format: "safetensors", path: folder, weightBytes, quantization: null };
  }
  const [first] = gguf;
  if (first === undefined) return undefined;
  return {
    ...common,
    format: "gguf",
    path: path.join(folder, first),
    weightBytes: await sizesOf(folder, gguf),
    quantization: quantizationIn(first) ?? null,
  };
}

async function modelFile(file: string): Promise<StoredModel | undefined> {
  const base = path.basename(file);
  if (!isWeights(base) || !/\.gguf$/i.test(base) || isLaterPart(base)) return undefined;
  return {
    name: base.replace(/\.gguf$/i, ""),
    format: "gguf",
    path: file,
    location: file,
    weightBytes: await sizesOf(path.dirname(file), await partsOf(file)),
    quantization: quantizationIn(base) ?? null,
    damage: [],
  };
}

/** The names of all parts of a GGUF file, of which this is the first; its own where it is not split. */
export async function partsOf(file: string): Promise<string[]> {
  const base = path.basename(file);
  const names = (await readdir(path.dirname(file))).map((name) => ({ path: name }));
  const group = ggufGroups(names.filter((name) => isWeights(name.path))).find(({ files }) => files[0]?.path === base);
  return group?.files.map((part) => part.path) ?? [base];
}

async function sizesOf(folder: string, names: readonly string[]): Promise<number> {
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name))));
  return bytesOf(found);
}

/** Does what writes into the store, and says of every failure what it was and what to do. */
export async function writing<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const full = code === "ENOSPC" || code === "EDQUOT";
    throw new OutputError(
      full
        ? `the disk is full: the folder of models ${store} takes no more`
        : `cannot write to the folder of models ${store}: ${messageOf(error)}`,
      {
        remedy: full
          ? "free some space or set QUERN_MODELS to a folder on another disk, then run the same command to go on"
          : "set QUERN_MODELS to a folder that you may write to",
        cause: error,
      },
    );
  }
}
