/** Keeps two commands from changing one model of the store at once. A lock whose process is gone is taken over. */
import { randomBytes } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { OutputError } from "../errors.js";
import { ownerMe, runningOwner } from "../files/owner.js";
import { partialFolder, writing } from "./store.js";
import { sweep } from "./unfinished.js";

export class ModelLock implements AsyncDisposable {
  private constructor(readonly file: string) {}

  /**
   * @param name of the model in the store
   * @throws {OutputError} when another command holds it, or the store cannot be written
   */
  static async take(store: string, name: string): Promise<ModelLock> {
    const folder = partialFolder(store);
    const file = path.join(folder, `${name}.lock`);
    const me = await ownerMe();
    for (let attempt = 0; attempt < 3; attempt++) {
      // Linked complete, so that nobody reads a lock that does not say yet whose it is.
      const aside = `${file}.${process.pid}-${randomBytes(3).toString("hex")}`;
      const taken = await writing(store, async () => {
        await mkdir(folder, { recursive: true });
        await writeFile(aside, JSON.stringify(me), { flag: "wx" });
        try {
          await link(aside, file);
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
          return false;
        } finally {
          await rm(aside, { force: true });
        }
      });
      if (taken) {
        await sweep(store);
        return new ModelLock(file);
      }
      const owner = await runningOwner(file);
      if (owner !== undefined)
        throw new OutputError(`another command (process ${owner.pid}) is at work on the model ${name}`, {
          remedy: "wait for it to end",
        });
    }
    throw new OutputError(`cannot lock the model ${name}: the lock file ${file} keeps coming back`, {
      remedy: "check that no other command is at work on it",
    });
  }

  /** Does `work` while the model is locked. */
  static async during<T>(store: string, name: string, work: () => Promise<T>): Promise<T> {
    const lock = await ModelLock.take(store, name);
    try {
      return await work();
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.file, { force: true });
  }
}
