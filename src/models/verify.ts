/** Compares the files of stored models with the hashes in their manifests. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { FileHash, hashInto } from "./hashing.js";
import { bytesOf, manifestName, writeManifest } from "./manifest.js";
import type { StoredModel } from "./store.js";

export interface Verified {
  name: string;
  /** Whether every file is as it was fetched; absent for models without hashes. */
  intact?: boolean;
  /** What differs, one sentence each, beginning with the file. */
  differences: string[];
  /** Bytes that were compared. */
  bytes: number;
}

/**
 * Reads all of a model and compares it with its manifest. When all is well, the manifest notes the date.
 * @param onBytes is told how many bytes were read
 */
export async function verifyModel(
  model: StoredModel,
  signal: AbortSignal,
  onBytes: (count: number) => void = () => undefined,
): Promise<Verified> {
  const { manifest } = model;
  if (manifest === undefined) return { name: model.name, differences: [], bytes: 0 };
  const differences: string[] = [];
  for (const file of manifest.files) {
    const target = path.join(model.location, file.path);
    const found = await stat(target).catch(() => undefined);
    if (found?.isFile() !== true) differences.push(`${file.path} is missing`);
    else if (found.size !== file.size) differences.push(`${file.path} has ${found.size} bytes instead of ${file.size}`);
    else {
      const hash = new FileHash(file.size);
      await hashInto(hash, target, file.size, signal, onBytes);
      const { sha256 } = hash.digest();
      if (sha256 !== file.sha256) differences.push(`${file.path} has the SHA-256 ${sha256} instead of ${file.sha256}`);
    }
  }
  for (const extra of await extraFiles(model.location, new Set(manifest.files.map((file) => file.path))))
    differences.push(`${extra} is no file of the model`);
  const intact = differences.length === 0;
  // A store that is only read is verified all the same.
  if (intact)
    await writeManifest(model.location, { ...manifest, verified: new Date().toISOString() }).catch(() => undefined);
  return { name: model.name, intact, differences, bytes: bytesOf(manifest.files) };
}

/** Files that the manifest does not list, hidden ones and notes of the system left aside. */
async function extraFiles(folder: string, listed: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .filter((name) => name !== manifestName && !/(^|\/)(\.|desktop\.ini$|Thumbs\.db$)/.test(name) && !listed.has(name))
    .sort();
}
