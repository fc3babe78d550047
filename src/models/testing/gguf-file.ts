/** Writes small GGUF files, right ones and wrong ones. */

export type TestValue = number | string | boolean | readonly number[] | readonly boolean[] | readonly string[];

export interface TestTensor {
  name: string;
  dimensions: readonly number[];
  /** GGUF's number of the type; F32 unless said. */
  type?: number;
  /** Bytes that the data takes; four for each value unless said. */
  bytes?: number;
}

export interface TestGguf {
  keys: Readonly<Record<string, TestValue>>;
  tensors?: readonly TestTensor[];
  version?: number;
  /** Bytes of tensor data that are missing at the end. */
  missing?: number;
}

/** The smallest header that is one of a language model. */
export const tinyKeys = {
  "general.architecture": "llama",
  "general.name": "tiny",
  "general.file_type": 1,
  "llama.block_count": 2,
  "llama.context_length": 2048,
  "llama.embedding_length": 64,
  "llama.feed_forward_length": 96,
  "llama.attention.head_count": 4,
  "llama.attention.head_count_kv": 2,
  "tokenizer.ggml.tokens": ["a", "b", "c"],
} as const;

export const tinyTensors: readonly TestTensor[] = [
  { name: "token_embd.weight", dimensions: [64, 3], type: 1, bytes: 384 },
  { name: "blk.0.attn_q.weight", dimensions: [64, 64], type: 8, bytes: 4352 },
  { name: "blk.1.attn_q.weight", dimensions: [64, 64], type: 12, bytes: 2304 },
  { name: "blk.1.attn_norm.weight", dimensions: [64] },
];

export const tinyGguf: TestGguf = { keys: tinyKeys, tensors: tinyTensors };

export function ggufBytes({ keys, tensors = [], version = 3, missing = 0 }: TestGguf): Buffer {
  const entries = Object.entries(keys);
  const parts = [Buffer.from("GGUF"), uint32(version), uint64(tensors.length), uint64(entries.length)];
  for (const [key, value] of entries) parts.push(string(key), typed(value));
  let offset = 0;
  for (const { name, dimensions, type = 0, bytes } of tensors) {
    parts.push(string(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(offset));
    offset += Math.ceil((bytes ?? 4 * dimensions.reduce((product, size) => product * size, 1)) / 32) * 32;
  }
  const header = Buffer.concat(parts);
  const file = Buffer.alloc(Math.ceil(header.length / 32) * 32 + offset);
  header.copy(file);
  return file.subarray(0, file.length - missing);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function string(text: string): Buffer {
  return Buffer.concat([uint64(Buffer.byteLength(text)), Buffer.from(text)]);
}

function typed(value: TestValue): Buffer {
  if (typeof value === "object") {
    const items = [...value];
    const [type] = plain(items[0] ?? 0);
    return Buffer.concat([uint32(9), uint32(type), uint64(items.length), ...items.map((item) => plain(item)[1])]);
  }
  const [type, bytes] = plain(value);
  return Buffer.concat([uint32(type), bytes]);
}

function plain(value: number | string | boolean): readonly [type: number, bytes: Buffer] {
  if (typeof value === "string") return [8, string(value)];
  if (typeof value === "boolean") return [7, Buffer.from([value ? 1 : 0])];
  if (Number.isInteger(value)) return [4, uint32(value)];
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [6, bytes];
}
