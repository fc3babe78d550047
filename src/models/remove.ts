/** Takes models out of the store. */
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { ModelLock } from "./lock.js";
import { partialFolder, type StoredModel, storeFolder, writing } from "./store.js";

/**
 * Removes a model, in one step for everybody who looks.
 * @throws {OutputError} when it cannot be removed or another command is at work on it
 */
export async function removeModel(model: StoredModel, store = storeFolder()): Promise<void> {
  const base = path.basename(model.location);
  const doomed = path.join(partialFolder(store), `${base}.removed-${process.pid}`);
  await ModelLock.during(store, base, () =>
    writing(store, async () => {
      await rename(model.location, doomed);
      await rm(doomed, { recursive: true, force: true });
    }),
  );
}
