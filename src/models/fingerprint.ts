/** Tells one model from another without reading all of it. */
import { createHash } from "node:crypto";
import { open, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";

const sampleBytes = 64 * 1024;
const samples = 64;

/**
 * A hash that changes when the model does: of a file as `fingerprintFile` has it; of a Hugging Face folder, over its
 * configuration, its tokenizer and the fingerprints of its weights, by name.
 * @returns lower-case hex
 */
export async function fingerprintModel(model: string): Promise<string> {
  if (!(await stat(model)).isDirectory()) return fingerprintFile(model);
  const hash = createHash("sha256");
  for (const name of (await readdir(model)).sort()) {
    const file = path.join(model, name);
    if (name.endsWith(".safetensors")) hash.update(`${name}\n${await fingerprintFile(file)}\n`);
    else if (isRead(name))
      hash
        .update(`${name}\n`)
        .update(await readFile(file))
        .update("\n");
  }
  return hash.digest("hex");
}

/** Small files of a folder that decide what the model answers. */
function isRead(name: string): boolean {
  return (
    /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$/.test(name) ||
    /^(tokenizer\.model|merges\.txt|chat_template\.\w+|tekken\.json)$/.test(name)
  );
}

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
