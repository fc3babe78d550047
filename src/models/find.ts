/** Finds the file of a model by what the user called it, and tells one file from another. */
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";

/** The model that comes with quern. */
export const embeddedModelPath = fileURLToPath(new URL("../../models/quern-embedded.gguf", import.meta.url));

/**
 * @param name `embedded`, or the path of a GGUF file
 * @returns the absolute path of the file
 * @throws {InputError} when there is no such file
 */
export async function findModel(name: string): Promise<string> {
  const file = name === "embedded" ? embeddedModelPath : path.resolve(name);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new InputError(`no model at ${name === "embedded" ? file : name}`, {
      remedy: 'give the path of a GGUF file, or "embedded" for the model that comes with quern',
    });
  return file;
}

const sampleBytes = 64 * 1024;
const samples = 64;

/**
 * A hash that changes when the model does: of the file's size and of 64 blocks of 64 KiB spread over it, beginning and
 * end included, so that a file of many gigabytes takes milliseconds.
 * @returns lower-case hex
 */
export async function fingerprintFile(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const hash = createHash("sha256").update(`${size}\n`);
    const buffer = Buffer.alloc(sampleBytes);
    const last = Math.max(0, size - sampleBytes);
    const count = Math.min(samples, Math.ceil(size / sampleBytes));
    for (let i = 0; i < count; i++) {
      const position = count === 1 ? 0 : Math.floor((last * i) / (count - 1));
      const { bytesRead } = await handle.read(buffer, 0, sampleBytes, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}
