/** Whether the disk holds what is to be written. */
import { statfs } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { sizeText } from "../sizes.js";

/** Free bytes for this user where the folder is or will be made; undefined where the system does not tell. */
export async function freeBytesAt(folder: string): Promise<number | undefined> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch {
      if (at === path.dirname(at)) return undefined;
    }
  }
}

/** Left free, so that a model does not fill a disk to its last byte. */
const spareBytes = 64 * 2 ** 20;

/** @throws {InputError} with what is needed and what is free */
export async function requireSpace(
  store: string,
  bytes: number,
  freeBytes: (folder: string) => Promise<number | undefined> = freeBytesAt,
): Promise<void> {
  const free = await freeBytes(store);
  if (free === undefined || bytes === 0 || free >= bytes + spareBytes) return;
  throw new InputError(`${sizeText(bytes)} are needed in ${store}, and ${sizeText(free)} are free`, {
    remedy: "free some space, set QUERN_MODELS to a folder on another disk, or choose a smaller quantization",
  });
}
