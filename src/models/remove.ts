/** Takes models out of the store. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ModelLock } from "./lock.js";
import { partialFolder, partsOf, type StoredModel, storeFolder, writing } from "./store.js";
import type { Unfinished } from "./unfinished.js";

/**
 * Removes a model, in one step for everybody who looks.
 * @throws {OutputError} when it cannot be removed or another command is at work on it
 */
export async function removeModel(model: StoredModel, store = storeFolder()): Promise<void> {
  const { location } = model;
  const base = path.basename(location);
  await ModelLock.during(store, base, () =>
    writing(store, async () => {
      const names = (await stat(location)).isDirectory() ? [base] : await partsOf(location);
      const doomed = path.join(partialFolder(store), `${base}.removed-${process.pid}`);
      await mkdir(doomed, { recursive: true });
      // The first part last: it is what makes the others a model.
      for (const name of names.reverse()) await rename(path.join(store, name), path.join(doomed, name));
      await rm(doomed, { recursive: true, force: true });
    }),
  );
}

/** Throws away what an unfinished pull left. */
export async function removeUnfinished({ name, folder }: Unfinished, store = storeFolder()): Promise<void> {
  await ModelLock.during(store, name, () => writing(store, () => rm(folder, { recursive: true, force: true })));
}
