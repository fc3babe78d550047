/** Keeps two runs from writing one output at once. A lock whose process is gone is taken over. */
import { link, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, OutputError } from "../../errors.js";
import { ownerMe, runningOwner } from "../../files/owner.js";
import { asideName, ensureOutputFolder, guarded } from "./write.js";

/** A lock that is given back between two looks is tried for again. */
const mostAttempts = 10;

export class Lock implements AsyncDisposable {
  private constructor(readonly file: string) {}

  /**
   * @param output what is protected, for the message
   * @throws {OutputError} when another run holds it
   */
  static async take(file: string, output: string): Promise<Lock> {
    const me = await ownerMe();
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      try {
        await ensureOutputFolder(path.dirname(file));
        // Linked complete, so that nobody reads a lock that does not say yet whose it is.
        const aside = asideName(file);
        try {
          await guarded(file, () => writeFile(aside, JSON.stringify(me), { flag: "wx" }));
          await link(aside, file);
        } finally {
          await rm(aside, { force: true });
        }
        return new Lock(file);
      } catch (error) {
        if (error instanceof OutputError) throw error;
        if ((error as NodeJS.ErrnoException).code !== "EEXIST")
          throw new OutputError(`cannot write ${file}: ${messageOf(error)}`, {
            remedy: "choose another output folder with -o",
            cause: error,
          });
      }
      const owner = await runningOwner(file);
      if (owner !== undefined)
        throw new OutputError(`another run (process ${owner.pid}) is writing ${output}`, {
          remedy: "wait for it, or choose another output with -o",
        });
    }
    throw new OutputError(`cannot lock ${output}: the lock file ${file} keeps coming back`, {
      remedy: "check that no other run is writing it",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.file, { force: true });
  }
}
