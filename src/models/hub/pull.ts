/** Brings a model of a hub into the store, all of it or nothing. */
import { rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { ModelLock } from "../lock.js";
import { bytesOf, isProjector, type Manifest, type ModelFile, writeManifest } from "../manifest.js";
import { listModels, partialFolder, storeFolder, type StoredModel, writing } from "../store.js";
import type { HubAccess } from "./access.js";
import { requireSpace } from "./disk.js";
import { download } from "./download.js";
import { bytesIn, forgetState, preparePartial } from "./partial.js";
import { readRepo, type Repo } from "./repo.js";
import { defaultPatience, type Patience } from "./request.js";
import { selectFiles, type Selection } from "./select.js";
import { type HubUri, sourceText } from "./uri.js";

export interface PullObserver {
  /** A sentence for the user. */
  note: (text: string) => void;
  /** Bytes of the model that are there, and of all of it. */
  progress: (done: number, total: number) => void;
}

export interface PullOptions {
  /** Asked for only when something must be fetched. */
  access: () => Promise<HubAccess>;
  observer: PullObserver;
  signal: AbortSignal;
  store?: string;
  /** Also the part that reads pictures. */
  projector?: boolean;
  /** Replace a stored model by what the hub has now. */
  update?: boolean;
  patience?: Patience;
  /** For tests: free bytes of the disk. */
  freeBytes?: (folder: string) => Promise<number | undefined>;
}

export interface Pulled {
  model: StoredModel;
  /** Nothing was fetched: it was there. */
  present: boolean;
  /** Bytes that came over the network. */
  fetchedBytes: number;
}

const parallel = 4;

/**
 * @throws {InputError} when the hub does not have it, does not give it, or gives something else than it says
 * @throws {OutputError} when the store cannot be written
 */
export async function pull(uri: HubUri, options: PullOptions): Promise<Pulled> {
  const store = options.store ?? storeFolder();
  const { observer, signal, patience = defaultPatience } = options;
  if (options.update !== true) {
    const stored = await storedAlready(store, uri, options.projector === true);
    if (stored !== undefined) return present(stored);
  }
  const access = await options.access();
  const onRetry = (reason: string, waitMs: number) =>
    observer.note(`${reason}; trying again in ${Math.ceil(waitMs / 1000)} s`);
  const repo = await readRepo(access, uri.repo, uri.revision ?? "main", patience, signal, onRetry);
  const selection = selectFiles(repo, uri, options.projector);
  for (const note of selection.notes) observer.note(note);
  if (repo.gated && access.token === undefined)
    observer.note(`${repo.id} is given to those who accepted its licence; HF_TOKEN is not set`);

  const task = { repo, selection, access, options: { ...options, store, patience } };
  return await ModelLock.during(store, selection.name, () => pullSelected(task));
}

interface PullTask {
  repo: Repo;
  selection: Selection;
  access: HubAccess;
  options: PullOptions & { store: string; patience: Patience };
}

async function pullSelected({ repo, selection, access, options }: PullTask): Promise<Pulled> {
  const { store } = options;
  const inPlace = path.join(store, selection.name);
  const stored = (await listModels(store)).models.find((model) => model.location === inPlace);
  if (stored?.manifest !== undefined && stored.damage.length === 0) {
    if (holds(stored.manifest, repo, selection)) return present(stored);
    if (options.update !== true)
      throw new InputError(
        stored.manifest.revision === repo.commit
          ? `${selection.name} is there without all the files that are asked for`
          : `${selection.name} is there at revision ${stored.manifest.revision.slice(0, 12)}, and ${repo.commit.slice(0, 12)} is asked for`,
        { remedy: "add --update to replace it" },
      );
  } else if (stored === undefined && (await stat(inPlace).catch(() => undefined)) !== undefined)
    throw new InputError(`${inPlace} is there and is no model that quern can read`, {
      remedy: "remove or rename that folder",
    });
  else if (stored !== undefined && stored.manifest === undefined)
    throw new InputError(`${inPlace} was not pulled by quern, which does not replace it`, {
      remedy: "rename that folder, or use the model as it is",
    });

  const partial = path.join(partialFolder(store), selection.name);
  await writing(store, () => preparePartial(partial, repo.commit, selection.files));
  const there = await bytesIn(partial, selection.files);
  await requireSpace(store, bytesOf(selection.files) - there, options.freeBytes);
  const { files, fetchedBytes } = await fetchAll(partial, access, repo, selection, there, options);
  const now = new Date().toISOString();
  const manifest: Manifest = {
    quern_model: 1,
    name: selection.name,
    format: selection.format,
    source: selection.source,
    revision: repo.commit,
    licence: repo.licence,
    quantization: selection.quantization,
    entry: selection.entry,
    pulled: now,
    verified: now,
    files,
  };
  await writing(store, async () => {
    await forgetState(partial);
    await writeManifest(partial, manifest);
    await putInPlace(store, selection.name, partial);
  });
  const { models } = await listModels(store);
  return { model: models.find((model) => model.location === inPlace)!, present: false, fetchedBytes };
}

/** Puts a complete folder in the place of the model of that name, whose old one goes only then. */
export async function putInPlace(store: string, name: string, folder: string): Promise<void> {
  const target = path.join(store, name);
  const old = path.join(partialFolder(store), `${name}.old-${process.pid}`);
  const replaces = await rename(target, old).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    },
  );
  await rename(folder, target);
  if (replaces) await rm(old, { recursive: true, force: true });
}

function present(model: StoredModel): Pulled {
  return { model, present: true, fetchedBytes: 0 };
}

/** The model that this names, where the store has it whole: nobody is asked then. */
async function storedAlready(store: string, uri: HubUri, projector: boolean): Promise<StoredModel | undefined> {
  const source = sourceText(uri);
  const { models } = await listModels(store);
  return models.find(
    ({ manifest, damage }) =>
      manifest?.source === source &&
      damage.length === 0 &&
      (!projector || manifest.files.some((file) => isProjector(file.path))) &&
      (uri.revision === undefined || (uri.revision.length >= 7 && manifest.revision.startsWith(uri.revision))),
  );
}

/** The stored model is what is asked for: each of its files has the hash that the hub tells. */
function holds(manifest: Manifest, repo: Repo, { files }: Selection): boolean {
  if (manifest.revision === repo.commit && files.every((file) => manifest.files.some((one) => one.path === file.path)))
    return true;
  const hashes = new Map(manifest.files.map((file) => [file.path, file]));
  return files.every(({ path: inner, sha256, gitSha1 }) => {
    const stored = hashes.get(inner);
    if (stored === undefined) return false;
    return sha256 !== undefined ? stored.sha256 === sha256 : gitSha1 !== undefined && stored.gitSha1 === gitSha1;
  });
}

async function fetchAll(
  partial: string,
  access: HubAccess,
  repo: Repo,
  { files }: Selection,
  there: number,
  { observer, signal, patience, store }: PullOptions & { store: string; patience: Patience },
): Promise<{ files: ModelFile[]; fetchedBytes: number }> {
  const total = bytesOf(files);
  let done = 0;
  // The first that fails stops the others: what they have is kept.
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results: ModelFile[] = [];
  // Largest first, so that the last minutes are not those of one file.
  const queue = [...files].sort((a, b) => b.size - a.size);
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const task = file;
      const onBytes = (count: number) => observer.progress((done += count), total);
      const onRetry = (reason: string, waitMs: number) =>
        observer.note(`${reason}; trying again in ${Math.ceil(waitMs / 1000)} s`);
      const target = path.join(partial, task.path);
      results.push(
        await writing(store, () =>
          download({ access, repo, file: task, target, patience, signal: stop, observer: { onBytes, onRetry } }),
        ),
      );
    }
  };
  const reasons: Error[] = [];
  await Promise.all(
    Array.from({ length: parallel }, () =>
      worker().catch((error: unknown) => {
        reasons.push(error instanceof Error ? error : new Error(String(error)));
        failed.abort();
      }),
    ),
  );
  signal.throwIfAborted();
  if (reasons[0] !== undefined) throw reasons[0];
  results.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: results, fetchedBytes: Math.max(0, total - there) };
}
