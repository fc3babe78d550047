/** Hashes of files, as hubs give them. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of the bytes and, where asked for, the id that git has for a file of them. */
export class FileHash {
  private readonly sha256 = createHash("sha256");
  private readonly git: Hash | undefined;

  /** @param size bytes of the whole file, which git's id is made of too */
  constructor(size: number, withGit = false) {
    this.git = withGit ? createHash("sha1").update(`blob ${size}\0`) : undefined;
  }

  update(bytes: Uint8Array): void {
    this.sha256.update(bytes);
    this.git?.update(bytes);
  }

  digest(): { sha256: string; gitSha1?: string } {
    const gitSha1 = this.git?.digest("hex");
    return { sha256: this.sha256.digest("hex"), ...(gitSha1 === undefined ? {} : { gitSha1 }) };
  }
}

/** Reads a file, or its first bytes, into a hash. */
export async function hashInto(
  hash: FileHash,
  file: string,
  bytes: number,
  signal?: AbortSignal,
  onBytes: (count: number) => void = () => undefined,
): Promise<void> {
  if (bytes === 0) return;
  const stream = createReadStream(file, { end: bytes - 1, highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    hash.update(piece);
    onBytes(piece.length);
  }
}
