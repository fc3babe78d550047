/** Fetches one file, going on where an earlier try ended, and checks that it is what the hub says. */
import { mkdir, open, rm, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf, QuernError } from "../../errors.js";
import { FileHash, hashInto } from "../hashing.js";
import type { ModelFile } from "../manifest.js";
import type { HubAccess } from "./access.js";
import type { Repo, RepoFile } from "./repo.js";
import { get, type Patience, PassingError, retrying } from "./request.js";

export interface DownloadObserver {
  /** Bytes that came in; negative where bytes that were there had to be thrown away. */
  onBytes: (count: number) => void;
  onRetry: (reason: string, waitMs: number) => void;
}

interface Download {
  access: HubAccess;
  repo: Repo;
  file: RepoFile;
  target: string;
  patience: Patience;
  signal: AbortSignal;
  observer: DownloadObserver;
}

/** So much more since the last error, and it counts as the first. */
const enoughBytes = 2 ** 20;

/** What of the file is there. */
interface Written {
  hash: FileHash;
  length: number;
}

/**
 * Brings `target` to the whole of the file. What is there already is hashed and kept as its beginning; on an error or an
 * interrupt it stays.
 * @returns what a manifest says of it
 * @throws {InputError} when the hashes differ (what was fetched is deleted then), or the hub does not give it
 */
export async function download(task: Download): Promise<ModelFile> {
  const { file, target, patience, signal, observer } = task;
  await mkdir(path.dirname(target), { recursive: true });
  const written = await hashExisting(task);
  let most = written.length;
  await retrying(
    patience,
    signal,
    () => fetchRest(task, written),
    observer.onRetry,
    () => {
      const more = written.length >= most + enoughBytes;
      if (more) most = written.length;
      return more;
    },
  );
  const hashes = written.hash.digest();
  const wanted = file.sha256 ?? file.gitSha1;
  const got = file.sha256 !== undefined ? hashes.sha256 : hashes.gitSha1;
  if (wanted !== undefined && got !== wanted) {
    await rm(target, { force: true });
    observer.onBytes(-written.length);
    const kind = file.sha256 !== undefined ? "SHA-256" : "git's SHA-1";
    throw new InputError(`${file.path} is not what the hub says: ${kind} ${got ?? ""} instead of ${wanted}`, {
      remedy:
        "what was fetched of it is deleted; run the same command again, and check HF_ENDPOINT should it come back",
    });
  }
  return { path: file.path, size: file.size, ...hashes };
}

/** Hashes what an earlier try left; more than the whole file cannot be its beginning. */
async function hashExisting({ file, target, signal, observer }: Download): Promise<Written> {
  const found = (await stat(target).catch(() => undefined))?.size ?? 0;
  const kept = found <= file.size ? found : 0;
  if (found > 0 && kept === 0) await rm(target, { force: true });
  const hash = new FileHash(file.size, file.sha256 === undefined);
  await hashInto(hash, target, kept, signal, observer.onBytes);
  return { hash, length: kept };
}

async function fetchRest(task: Download, written: Written): Promise<void> {
  const { access, repo, file, target, patience, observer } = task;
  // Opened even where nothing is missing: an empty file must be there too.
  const handle = await open(target, written.length === 0 ? "w" : "r+");
  const stalled = new AbortController();
  const signal = AbortSignal.any([task.signal, stalled.signal]);
  let timer = setTimeout(() => stalled.abort(), patience.stallMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), patience.stallMs);
  };
  try {
    if (written.length === file.size) return;
    const address = `${access.endpoint}/${repo.id}/resolve/${repo.commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
    const asked = { what: `the file ${file.path}`, repo: repo.id };
    const range = written.length > 0 ? { range: `bytes=${written.length}-` } : {};
    const response = await get(access, address, asked, signal, { ...range });
    alive();
    if (response.status === 416 || !beginsWhereAsked(response, written.length)) {
      await response.body?.cancel();
      await startOver(task, written, handle);
      throw new PassingError(`${new URL(access.endpoint).host} does not go on with ${file.path} where it ended`, {
        remedy: "run the same command again",
      });
    }
    // The server sends all of it again: what is there is written over.
    if (response.status === 200 && written.length > 0) await startOver(task, written, handle);
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      alive();
      if (written.length + piece.length > file.size) {
        await startOver(task, written, handle);
        throw new PassingError(`more than the ${file.size} bytes of ${file.path} came in`, {
          remedy: "run the same command again",
        });
      }
      await writeAll(handle, piece, written.length);
      written.hash.update(piece);
      written.length += piece.length;
      observer.onBytes(piece.length);
    }
    if (written.length < file.size) throw broken(file, written, "the connection was closed");
  } catch (error) {
    task.signal.throwIfAborted();
    if (stalled.signal.aborted) throw broken(file, written, `nothing came in for ${patience.stallMs / 1000} s`, error);
    // Errors of the disk have a system call's name; they are not the network's.
    if (error instanceof QuernError || isDiskError(error)) throw error;
    throw broken(file, written, messageOf(error instanceof Error ? (error.cause ?? error) : error), error);
  } finally {
    clearTimeout(timer);
    await handle.sync().catch(() => undefined);
    await handle.close();
  }
}

/** A disk that is nearly full takes a part of what it is given, and says so only by the count. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function beginsWhereAsked(response: Response, offset: number): boolean {
  if (response.status !== 206) return true;
  const first = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return Number(first ?? Number.NaN) === offset;
}

async function startOver({ file, observer }: Download, written: Written, handle: FileHandle): Promise<void> {
  await handle.truncate(0);
  observer.onBytes(-written.length);
  written.length = 0;
  written.hash = new FileHash(file.size, file.sha256 === undefined);
}

function broken(file: RepoFile, { length }: Written, why: string, cause?: unknown): PassingError {
  return new PassingError(`${file.path} broke off at ${length} of ${file.size} bytes: ${why}`, {
    remedy: "check the network, then run the same command to go on",
    cause,
  });
}

function isDiskError(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && /^(write|open|ftruncate|fsync)$/.test(syscall ?? "") && code !== "EPIPE";
}
