/** Outputs are written aside and renamed: what stands at its name is always complete. */
import { randomBytes } from "node:crypto";
import { access, constants, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf, OutputError } from "../../errors.js";

/** The folder beside outputs that holds journals and locks. */
export const workFolder = ".quern";

/**
 * Makes the folder if need be and checks that files can be made in it, before any work is done.
 * @throws {OutputError} naming the folder
 */
export async function ensureOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
    await sweep(folder);
  } catch (error) {
    throw new OutputError(`cannot write to the folder ${folder}: ${messageOf(error)}`, {
      remedy: "choose another folder with -o",
      cause: error,
    });
  }
}

/** Takes away what runs that were killed had begun to write aside. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = asidePattern.exec(name)?.[1];
    if (pid !== undefined && !isProcess(Number(pid)))
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** Whether a process with this number runs. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const asidePattern = /^\..*\.(\d+)-[0-9a-f]{6}\.tmp$/;

/** A name in the same folder that no other process uses, for writing aside. */
export function asideName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}-${randomBytes(3).toString("hex")}.tmp`);
}

/** Small pieces are gathered to this many bytes before they are written. */
const bufferedBytes = 64 * 1024;

/** A file that appears under its name once it is complete. */
export class FileWriter {
  private buffered: Buffer[] = [];
  private bufferedSize = 0;

  private constructor(
    private readonly file: string,
    private readonly aside: string,
    private readonly handle: Awaited<ReturnType<typeof open>>,
    /** The output that messages name: the file itself, or the folder it is a part of. */
    private readonly shownAs: string,
  ) {}

  /** @throws {OutputError} */
  static async open(file: string, shownAs = file): Promise<FileWriter> {
    await ensureOutputFolder(path.dirname(file));
    const aside = asideName(file);
    return await guarded(shownAs, async () => new FileWriter(file, aside, await open(aside, "wx"), shownAs));
  }

  async write(data: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(data as Uint8Array);
    this.buffered.push(bytes);
    this.bufferedSize += bytes.length;
    if (this.bufferedSize >= bufferedBytes) await this.flush();
  }

  /**
   * Puts the file in its place.
   * @param isWanted asked at the last moment; where it says no, the file is discarded
   * @returns whether it is in its place
   */
  async commit(isWanted: () => Promise<boolean> = () => Promise.resolve(true)): Promise<boolean> {
    await this.flush();
    return await guarded(this.shownAs, async () => {
      await this.handle.sync();
      await this.handle.close();
      if (!(await isWanted())) {
        await rm(this.aside, { force: true });
        return false;
      }
      await rename(this.aside, this.file);
      return true;
    });
  }

  /** Leaves what stood there before. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.aside, { force: true });
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.buffered);
    this.buffered = [];
    this.bufferedSize = 0;
    await guarded(this.shownAs, () => this.handle.writeFile(bytes));
  }
}

/**
 * Writes a whole file.
 * @param isWanted asked at the last moment before it is put in its place
 * @returns whether it is in its place
 * @throws {OutputError}
 */
export async function writeFileAtomic(
  file: string,
  content: string,
  isWanted?: () => Promise<boolean>,
): Promise<boolean> {
  const writer = await FileWriter.open(file);
  try {
    await writer.write(content);
    return await writer.commit(isWanted);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Puts a folder that was written aside in the place of another. */
export async function replaceFolder(aside: string, folder: string): Promise<void> {
  await guarded(folder, async () => {
    const old = asideName(folder);
    const replaced = await rename(folder, old).then(
      () => true,
      () => false,
    );
    await rename(aside, folder);
    if (replaced) await rm(old, { recursive: true, force: true });
  });
}

/** Does what writes `file`, and says of every failure which file it was and whether the disk is full. */
export async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutputError) throw error;
    // Native libraries give the reason in their text only.
    const full = (error as NodeJS.ErrnoException).code === "ENOSPC" || /No space left on device/.test(messageOf(error));
    throw new OutputError(
      full
        ? `the disk is full: ${file} was not written`
        : `cannot write ${file}: ${messageOf(error).split("\n")[0] ?? ""}`,
      {
        remedy: `${full ? "free some space" : "choose another output with -o"}, then run the same command to go on`,
        cause: error,
      },
    );
  }
}
