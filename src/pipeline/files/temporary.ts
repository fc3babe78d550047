/** Temporary files: a folder of this run's own, gone with the run however it ends. */
import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { OutputError } from "../../errors.js";
import { isProcess } from "./write.js";

const prefix = "quern-tmp-";
const pattern = /^quern-tmp-(\d+)-/;

/** A folder that is made when it is first needed. Only its owner may look into it. */
export class TemporaryFolder implements AsyncDisposable {
  private folder: Promise<string> | undefined;
  private made: string | undefined;
  private count = 0;
  private readonly onExit = () => {
    if (this.made !== undefined) rmSync(this.made, { recursive: true, force: true });
  };

  /** @throws {OutputError} when no folder for temporary files can be made */
  path(): Promise<string> {
    this.folder ??= this.make();
    return this.folder;
  }

  /**
   * A path in the folder under a number of its own; nothing is there yet.
   * @param extension with dot; only letters, digits and dots of it are kept
   */
  async next(extension = ""): Promise<string> {
    this.count++;
    return path.join(await this.path(), `${this.count}${extension.replace(/[^A-Za-z0-9.]/g, "")}`);
  }

  private async make(): Promise<string> {
    const root = os.tmpdir();
    await sweep(root);
    try {
      this.made = await mkdtemp(path.join(root, `${prefix}${process.pid}-`));
    } catch (cause) {
      throw new OutputError(`no folder for temporary files can be made in ${root}`, {
        remedy: "free some space, or set TMPDIR to another folder",
        cause,
      });
    }
    process.on("exit", this.onExit);
    return this.made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.folder === undefined) return;
    const folder = await this.folder.catch(() => undefined);
    process.off("exit", this.onExit);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Takes away what runs that were killed have left. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const pid = pattern.exec(name)?.[1];
    if (pid !== undefined && !isProcess(Number(pid)))
      await rm(path.join(root, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
