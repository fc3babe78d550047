/**
 * The header of a GGUF file: metadata and the list of tensors, read with every length held against the file's size. What
 * a file claims can be anything; nothing is allocated for a claim, and nothing behind the file's end is taken for zeros.
 */
import { open } from "node:fs/promises";
import { InputError, messageOf } from "../errors.js";

export type GgufValue = string | number | boolean | readonly (number | boolean)[] | { readonly length: number };
/** Keys as a tree: `general.name` is `{ general: { name } }`. Of lists of strings only the length is kept. */
export interface GgufTree {
  [key: string]: GgufValue | GgufTree;
}

export interface GgufTensor {
  name: string;
  dimensions: readonly number[];
  /** GGUF's number of the type. */
  type: number;
  /** From the beginning of the file. */
  offset: number;
}

export interface GgufHeader {
  metadata: GgufTree;
  tensors: readonly GgufTensor[];
  fileBytes: number;
}

const firstReadBytes = 4 * 1024 ** 2;
/** The largest known are a tenth of this (vocabularies of 262,144 tokens). */
const mostHeaderBytes = 256 * 1024 ** 2;
const mostKeys = 65_536;
const mostTensors = 1_000_000;
/** Longer lists of numbers are scores of tokens; no list of layers has so many. */
const longestKeptList = 4096;
const longestKeptString = 4096;
const damaged = { remedy: "fetch it again: it is cut off or damaged" };

/** @throws {InputError} naming the file when it cannot be read, or is not a GGUF file from its first byte to its last key */
export async function readGgufHeader(file: string): Promise<GgufHeader> {
  try {
    const handle = await open(file, "r");
    try {
      const found = await handle.stat();
      if (found.isDirectory())
        throw new InputError(`${file} is a folder, not a GGUF file`, { remedy: "give the file in it" });
      const { size } = found;
      if (size === 0) throw new InputError(`${file} is empty, and no GGUF file`, damaged);
      for (let length = Math.min(size, firstReadBytes); ; length = Math.min(size, length * 4)) {
        const bytes = Buffer.alloc(length);
        const { bytesRead } = await handle.read(bytes, 0, length, 0);
        const header = parse(new Cursor(file, bytes.subarray(0, bytesRead), bytesRead < length ? bytesRead : size));
        if (header !== undefined) return header;
        if (length >= mostHeaderBytes)
          throw new InputError(`${file} has a header of more than ${mostHeaderBytes} bytes, as no model has`, damaged);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, {
      remedy: "check the path and who may read it",
      cause: error,
    });
  }
}

/** Thrown when the header goes on behind the bytes that were read, yet within the file. */
class MoreNeeded extends Error {}

class Cursor {
  at = 0;
  /** What is being read, for messages. */
  where = "its first bytes";

  constructor(
    readonly file: string,
    readonly bytes: Buffer,
    readonly fileBytes: number,
  ) {}

  /** Moves on by that many bytes. @returns where they begin */
  take(length: number): number {
    const begin = this.at;
    if (begin + length > this.fileBytes)
      throw new InputError(
        `${this.file} is cut off or damaged: ${this.where} would end at byte ${begin + length}, the file has ${this.fileBytes}`,
        damaged,
      );
    if (begin + length > this.bytes.length) throw new MoreNeeded();
    this.at = begin + length;
    return begin;
  }

  uint32 = (): number => this.bytes.readUInt32LE(this.take(4));
  /** Exact up to 2^53, and beyond that still large. */
  uint64 = (): number => Number(this.bytes.readBigUInt64LE(this.take(8)));

  string(): string {
    const length = this.uint64();
    const begin = this.take(length);
    return this.bytes.toString("utf8", begin, begin + Math.min(length, longestKeptString));
  }
}

/** Bytes and reader of the types that have a fixed size; 8 is a string and 9 a list. */
const fixedTypes: Readonly<
  Record<number, readonly [bytes: number, read: (bytes: Buffer, at: number) => number | boolean]>
> = {
  0: [1, (bytes, at) => bytes.readUInt8(at)],
  1: [1, (bytes, at) => bytes.readInt8(at)],
  2: [2, (bytes, at) => bytes.readUInt16LE(at)],
  3: [2, (bytes, at) => bytes.readInt16LE(at)],
  4: [4, (bytes, at) => bytes.readUInt32LE(at)],
  5: [4, (bytes, at) => bytes.readInt32LE(at)],
  6: [4, (bytes, at) => bytes.readFloatLE(at)],
  7: [1, (bytes, at) => bytes.readUInt8(at) !== 0],
  10: [8, (bytes, at) => Number(bytes.readBigUInt64LE(at))],
  11: [8, (bytes, at) => Number(bytes.readBigInt64LE(at))],
  12: [8, (bytes, at) => bytes.readDoubleLE(at)],
};
const stringType = 8;
const listType = 9;

/** @returns undefined when more of the file is needed */
function parse(cursor: Cursor): GgufHeader | undefined {
  try {
    checkVersion(cursor);
    cursor.where = "the header";
    const tensorCount = cursor.uint64();
    const keyCount = cursor.uint64();
    checkCount(cursor, "tensors", tensorCount, 24, mostTensors);
    checkCount(cursor, "keys", keyCount, 13, mostKeys);
    const metadata = tree();
    for (let index = 0; index < keyCount; index++) {
      cursor.where = `key ${index + 1} of ${keyCount}`;
      const key = cursor.string();
      cursor.where = `the key ${key.slice(0, 80)}`;
      place(metadata, key, readValue(cursor, cursor.uint32()));
    }
    const tensors: GgufTensor[] = [];
    for (let index = 0; index < tensorCount; index++) {
      cursor.where = `tensor ${index + 1} of ${tensorCount}`;
      tensors.push(readTensor(cursor));
    }
    const general = metadata["general"] as GgufTree | undefined;
    const alignment = general?.["alignment"];
    const multiple = typeof alignment === "number" && alignment > 0 ? alignment : 32;
    const data = Math.ceil(cursor.at / multiple) * multiple;
    return {
      metadata,
      tensors: tensors.map((tensor) => ({ ...tensor, offset: data + tensor.offset })),
      fileBytes: cursor.fileBytes,
    };
  } catch (error) {
    if (error instanceof MoreNeeded) return undefined;
    throw error;
  }
}

function checkVersion(cursor: Cursor): void {
  const { file, bytes } = cursor;
  if (bytes.toString("latin1", 0, 4) !== "GGUF") {
    if (bytes.toString("latin1", 0, 24) === "version https://git-lfs.")
      throw new InputError(`${file} is only a pointer of Git LFS, not the model itself`, {
        remedy: "run `git lfs pull` in its folder, or fetch the file itself",
      });
    throw new InputError(`${file} is not a GGUF file`, {
      remedy: "give a file that begins with the letters GGUF; models for llama.cpp do",
    });
  }
  cursor.take(4);
  const version = cursor.uint32();
  if (version >= 2 && version <= 3) return;
  const swapped = version % 65_536 === 0;
  throw new InputError(
    `${file} ${swapped ? "is written for big-endian machines" : `has version ${version} of GGUF; 2 and 3 can be read`}`,
    { remedy: swapped ? "fetch the little-endian file" : "fetch a file that was made with another llama.cpp" },
  );
}

function checkCount(cursor: Cursor, what: string, count: number, leastBytes: number, most: number): void {
  if (count <= most && count * leastBytes <= cursor.fileBytes - cursor.at) return;
  throw new InputError(
    `${cursor.file} is cut off or damaged: it claims ${count} ${what}, for which its ${cursor.fileBytes} bytes have no room`,
    damaged,
  );
}

function readValue(cursor: Cursor, type: number): GgufValue {
  if (type === stringType) return cursor.string();
  if (type !== listType) return readFixed(cursor, type);
  const element = cursor.uint32();
  const length = cursor.uint64();
  if (element === stringType) {
    for (let index = 0; index < length; index++) cursor.take(cursor.uint64());
    return { length };
  }
  if (length <= longestKeptList) return Array.from({ length }, () => readFixed(cursor, element));
  cursor.take(length * fixedType(cursor, element)[0]);
  return { length };
}

function readFixed(cursor: Cursor, type: number): number | boolean {
  const [bytes, read] = fixedType(cursor, type);
  return read(cursor.bytes, cursor.take(bytes));
}

function fixedType(cursor: Cursor, type: number) {
  const known = fixedTypes[type];
  if (known !== undefined) return known;
  throw new InputError(`${cursor.file} is damaged: ${cursor.where} has a value of the unknown type ${type}`, damaged);
}

function readTensor(cursor: Cursor): GgufTensor {
  const name = cursor.string();
  const rank = cursor.uint32();
  if (rank > 4) throw new InputError(`${cursor.file} is damaged: ${cursor.where} has ${rank} dimensions`, damaged);
  const dimensions = Array.from({ length: rank }, cursor.uint64);
  const type = cursor.uint32();
  const offset = cursor.uint64();
  const values = dimensions.reduce((product, size) => product * size, 1);
  if (values > Number.MAX_SAFE_INTEGER || offset > Number.MAX_SAFE_INTEGER)
    throw new InputError(`${cursor.file} is damaged: ${cursor.where} has ${dimensions.join(" x ")} values`, damaged);
  return { name, dimensions, type, offset };
}

/** Without a prototype, so that a key may have any name. */
function tree(): GgufTree {
  return Object.create(null) as GgufTree;
}

/** A key below one that holds a value is left out; no known file has such. */
function place(root: GgufTree, key: string, value: GgufValue): void {
  const parts = key.split(".");
  let branch = root;
  for (const part of parts.slice(0, -1)) {
    const next = (branch[part] ??= tree());
    if (!isTree(next)) return;
    branch = next;
  }
  const last = parts.at(-1)!;
  if (branch[last] === undefined) branch[last] = value;
}

function isTree(value: GgufValue | GgufTree): value is GgufTree {
  return typeof value === "object" && Object.getPrototypeOf(value) === null;
}
