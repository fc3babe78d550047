/** Sizes of the weights of a Hugging Face folder, and whether all of them are there. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";

const again = { remedy: "fetch the model again" };
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });
/** The format's own limit. */
const mostHeaderBytes = 100_000_000;

/**
 * @returns bytes of all weights; 0 when the folder has none
 * @throws {InputError} when a file of the weights is missing or cut off
 */
export async function safetensorsBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const listed = await listedFiles(folder);
  const files = listed ?? wholeSet(folder, withoutDuplicates(names));
  const sizes = await Promise.all(files.map(async (name) => await sizeOf(path.join(folder, name))));
  const missing = files.filter((_, index) => sizes[index] === undefined);
  if (missing.length > 0)
    throw new InputError(
      `${folder} lacks ${missing.length} of ${files.length} files of its weights: ${missing.slice(0, 3).join(", ")}`,
      again,
    );
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** The files that the index names; other files beside them are adapters or the same weights once more. */
async function listedFiles(folder: string): Promise<string[] | undefined> {
  const file = path.join(folder, "model.safetensors.index.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { ...again, cause: error });
  }
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is not valid JSON: ${messageOf(error)}`, { ...again, cause: error });
  }
  const parsed = indexSchema.safeParse(tree);
  const names = [...new Set(Object.values(parsed.data?.weight_map ?? {}))].sort();
  if (names.length === 0) throw new InputError(`${file} names no files of weights`, again);
  return names;
}

/** Some folders carry the same weights once more as one file, for other programs. */
function withoutDuplicates(names: readonly string[]): string[] {
  const usual = names.filter((name) => !name.startsWith("consolidated"));
  return usual.length > 0 ? usual : [...names];
}

/** Adds the files that must be there by the others' names: `model-00001-of-00003.safetensors`. */
function wholeSet(folder: string, names: readonly string[]): string[] {
  const all = new Set(names);
  for (const name of names) {
    const { stem, parts } = /^(?<stem>.*)-\d{5}-of-(?<parts>\d{5})\.safetensors$/.exec(name)?.groups ?? {};
    const count = Number(parts ?? 0);
    if (count > 10_000) throw new InputError(`${path.join(folder, name)} claims to be one of ${count} files`, again);
    for (let part = 1; part <= count; part++)
      all.add(`${stem!}-${String(part).padStart(5, "0")}-of-${parts!}.safetensors`);
  }
  return [...all];
}

/** @returns undefined when there is no such file, or a link leads nowhere */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const { size } = await stat(file);
    await checkWhole(file, size);
    return size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { ...again, cause: error });
  }
}

/** The header tells where the last tensor ends. Files that are no safetensors are left to vLLM's own message. */
async function checkWhole(file: string, size: number): Promise<void> {
  const handle = await open(file, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(24), 0, 24, 0);
    if (buffer.toString("latin1", 0, 24) === "version https://git-lfs.")
      throw new InputError(`${file} is only a pointer of Git LFS, not the weights themselves`, {
        remedy: "run `git lfs pull` in its folder, or fetch the model again",
      });
    const length = bytesRead < 9 || buffer.toString("latin1", 8, 9) !== "{" ? 0 : Number(buffer.readBigUInt64LE(0));
    if (length === 0 || length > mostHeaderBytes) return;
    if (8 + length > size) throw cutOff(file, 8 + length, size);
    const header = Buffer.alloc(length);
    await handle.read(header, 0, length, 8);
    // Without parsing megabytes of names: only the offsets matter.
    let end = 0;
    for (const [, last] of header.toString("latin1").matchAll(/"data_offsets"\s*:\s*\[\s*\d+\s*,\s*(\d+)\s*\]/g))
      end = Math.max(end, Number(last));
    if (8 + length + end > size) throw cutOff(file, 8 + length + end, size);
  } finally {
    await handle.close();
  }
}

function cutOff(file: string, needed: number, size: number): InputError {
  return new InputError(`${file} is cut off: it should have ${needed} bytes and has ${size}`, again);
}
