/** Writes models of the store into one tar file, to carry them to a machine without a network. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { Header, Pax } from "tar";
import { InputError, messageOf, OutputError, QuernError } from "../../errors.js";
import { FileHash } from "../hashing.js";
import { freeBytesAt } from "../hub/disk.js";
import { bytesOf, type Manifest, manifestName, manifestText } from "../manifest.js";
import { sizeText } from "../sizes.js";
import type { StoredModel } from "../store.js";

export interface ExportOptions {
  signal: AbortSignal;
  /** Bytes that are written, and of all that will be. */
  onProgress?: (done: number, total: number) => void;
}

const block = 512;

/**
 * Writes a bundle: the manifests of all models first, then their files. Each file is hashed on its way; the bundle
 * appears under its name only when all were as their manifests say.
 * @returns bytes of the bundle
 * @throws {InputError} when a model has no hashes, or its files are not what they were
 * @throws {OutputError} when the bundle cannot be written
 */
export async function exportBundle(
  models: readonly StoredModel[],
  output: string,
  { signal, onProgress = () => undefined }: ExportOptions,
): Promise<number> {
  const manifests = models.map(withManifest);
  const total = manifests.reduce((sum, { manifest }) => sum + bytesOf(manifest.files), 0);
  const target = path.resolve(output);
  const free = await freeBytesAt(path.dirname(target));
  if (free !== undefined && free < total)
    throw new OutputError(`${sizeText(total)} are needed for ${output}, and ${sizeText(free)} are free`, {
      remedy: "free some space or choose another disk with -o",
    });
  const aside = `${target}.${process.pid}-${randomBytes(3).toString("hex")}.tmp`;
  let handle: FileHandle | undefined;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    handle = await open(aside, "wx");
    const tar = new TarWriter(handle);
    for (const { manifest } of manifests)
      await tar.entry(`${manifest.name}/${manifestName}`, Buffer.from(manifestText(manifest)));
    let done = 0;
    for (const { manifest, location } of manifests)
      for (const file of manifest.files) {
        const source = path.join(location, file.path);
        await tar.begin(`${manifest.name}/${file.path}`, file.size);
        const hash = new FileHash(file.size);
        let length = 0;
        for await (const piece of createReadStream(source, {
          highWaterMark: 1 << 20,
          signal,
        }) as AsyncIterable<Buffer>) {
          length += piece.length;
          if (length > file.size) break;
          hash.update(piece);
          await tar.data(piece);
          onProgress((done += piece.length), total);
        }
        if (length !== file.size || hash.digest().sha256 !== file.sha256)
          throw new InputError(`${file.path} of ${manifest.name} is not what its manifest says`, {
            remedy: `pull it again: \`quern models verify ${manifest.name}\` says what differs`,
          });
        await tar.pad(file.size);
      }
    const bytes = await tar.end();
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(aside, target);
    return bytes;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(aside, { force: true }).catch(() => undefined);
    signal.throwIfAborted();
    if (error instanceof QuernError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new OutputError(
      code === "ENOSPC" ? `the disk is full: ${output} was not written` : `cannot write ${output}: ${messageOf(error)}`,
      {
        remedy: code === "ENOSPC" ? "free some space or choose another disk with -o" : "choose another place with -o",
        cause: error,
      },
    );
  }
}

function withManifest({ name, manifest, location, damage }: StoredModel): { manifest: Manifest; location: string } {
  if (manifest === undefined)
    throw new InputError(`${name} was not pulled, so there are no hashes to check it by`, {
      remedy: "copy its file as it is, or pull the model",
    });
  if (damage.length > 0)
    throw new InputError(`${name} is not whole: ${damage.join(", ")}`, { remedy: "remove it and pull it again" });
  return { manifest, location };
}

/** Entries of a tar file, one after the other. */
class TarWriter {
  private written = 0;

  constructor(private readonly handle: FileHandle) {}

  async entry(name: string, content: Buffer): Promise<void> {
    await this.begin(name, content.length);
    await this.data(content);
    await this.pad(content.length);
  }

  async begin(name: string, size: number): Promise<void> {
    // The same model gives the same bundle: no dates, no owners.
    const fields = { path: name, size, mode: 0o644, mtime: new Date(0) };
    const header = new Header({ ...fields, type: "File" });
    // What the plain header has no room for goes into one before it.
    if (header.encode()) await this.data(new Pax({ path: name, size }).encode());
    await this.data(header.block!);
  }

  async data(bytes: Uint8Array): Promise<void> {
    await this.handle.writeFile(bytes);
    this.written += bytes.length;
  }

  async pad(size: number): Promise<void> {
    const rest = size % block;
    if (rest > 0) await this.data(Buffer.alloc(block - rest));
  }

  async end(): Promise<number> {
    await this.data(Buffer.alloc(2 * block));
    return this.written;
  }
}
