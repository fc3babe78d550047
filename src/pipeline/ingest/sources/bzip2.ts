/**
 * Unpacks bzip2, block by block, in memory that does not depend on the file's size. There is no document of the format
 * but its program; what is followed here is what J. Tsai, "BZIP2: Format Specification" (2016), says of it.
 */

/** A block is 900,000 bytes at most and takes hardly more packed: with this much at hand it is there whole (bytes). */
const blockAtHand = 2 * 2 ** 20;
/** Symbols that share a table of codes. */
const groupSize = 50;
const longestCode = 20;

/**
 * @param packed the file, in pieces of any size
 * @throws {Error} when it is no bzip2 file, damaged or cut short
 */
export async function* unpackBzip2(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const bits = new BitReader(packed[Symbol.asyncIterator]());
  let streams = 0;
  while (await bits.fill(1)) {
    if (bits.read(24) !== 0x425a68) {
      // What stands behind the last stream is ignored, as the program does.
      if (streams > 0) return;
      throw new Error("it does not begin as bzip2 does");
    }
    const level = bits.read(8) - 0x30;
    if (level < 1 || level > 9) throw new Error("it does not begin as bzip2 does");
    const block = new Block(level * 100_000);
    let combined = 0;
    for (;;) {
      await bits.fill(blockAtHand);
      const magic = [bits.read(24), bits.read(24)];
      const checksum = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
      if (magic[0] === 0x177245 && magic[1] === 0x385090) {
        if (checksum !== combined) throw new Error("its checksum does not match");
        break;
      }
      if (magic[0] !== 0x314159 || magic[1] !== 0x265359) throw new Error("a block is damaged");
      const bytes = block.unpack(bits);
      if (checksumOf(bytes) !== checksum) throw new Error("the checksum of a block does not match");
      combined = (((combined << 1) | (combined >>> 31)) ^ checksum) >>> 0;
      yield bytes;
    }
    bits.align();
    streams++;
  }
  if (streams === 0) throw new Error("it is empty");
}

/** Bits of a stream, the highest first. */
class BitReader {
  private buffer: Buffer = Buffer.alloc(0);
  private position = 0;
  private held = 0;
  private count = 0;
  private isOver = false;

  constructor(private readonly pieces: AsyncIterator<Buffer>) {}

  /** Gets at least so many bytes at hand, or all that is left; says whether there is any. */
  async fill(bytes: number): Promise<boolean> {
    const pieces = [this.buffer.subarray(this.position)];
    let size = pieces[0]!.length;
    while (!this.isOver && size < bytes) {
      const next = await this.pieces.next();
      if (next.done === true) this.isOver = true;
      else {
        pieces.push(next.value);
        size += next.value.length;
      }
    }
    if (pieces.length > 1) {
      this.buffer = Buffer.concat(pieces, size);
      this.position = 0;
    }
    return size > 0;
  }

  /** @param bits up to 24 */
  read(bits: number): number {
    while (this.count < bits) {
      if (this.position >= this.buffer.length) throw new Error("its end is missing");
      this.held = ((this.held << 8) | this.buffer[this.position++]!) & 0xffffffff;
      this.count += 8;
    }
    this.count -= bits;
    return (this.held >>> this.count) & ((1 << bits) - 1);
  }

  /** Leaves out what remains of a byte. */
  align(): void {
    this.count -= this.count % 8;
    // Whole bytes that were taken ahead are given back.
    this.position -= this.count / 8;
    this.count = 0;
  }
}

/** A table of codes: by their length, the first code, and where its symbols begin. */
interface Codes {
  limit: Int32Array;
  offset: Int32Array;
  symbols: Uint16Array;
  shortest: number;
}

class Block {
  private readonly next: Uint32Array;

  constructor(private readonly size: number) {
    this.next = new Uint32Array(size);
  }

  /** Reads a block behind its checksum. */
  unpack(bits: BitReader): Buffer {
    if (bits.read(1) === 1) throw new Error("it was made by a version of bzip2 that is too old");
    const origin = bits.read(24);
    const used = usedBytes(bits);
    const tables = codesOf(bits, used.length + 2);
    const { counts, length } = this.symbols(bits, used, tables);
    if (origin >= length) throw new Error("a block is damaged");
    return this.inverse(counts, origin, length);
  }

  /** Huffman codes, runs and moves to the front, to the last column of the sorted rotations, in `next`. */
  private symbols(bits: BitReader, used: Uint8Array, { tables, selectors }: Tables) {
    const { next, size } = this;
    const front = Uint8Array.from(used);
    const counts = new Uint32Array(256);
    const end = used.length + 1;
    let length = 0;
    let run = 0;
    let weight = 1;
    let left = 0;
    let group = -1;
    let codes = tables[0]!;
    for (;;) {
      if (left === 0) {
        if (++group >= selectors.length) throw new Error("a block is damaged");
        codes = tables[selectors[group]!]!;
        left = groupSize;
      }
      left--;
      const symbol = readSymbol(bits, codes);
      if (symbol <= 1) {
        run += weight << symbol;
        weight <<= 1;
        if (run > size) throw new Error("a block is damaged");
        continue;
      }
      if (run > 0) {
        if (length + run > size) throw new Error("a block is damaged");
        counts[front[0]!] = counts[front[0]!]! + run;
        next.fill(front[0]!, length, length + run);
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) return { counts, length };
      if (length >= size) throw new Error("a block is damaged");
      const byte = front[symbol - 1]!;
      front.copyWithin(1, 0, symbol - 1);
      front[0] = byte;
      counts[byte] = counts[byte]! + 1;
      next[length++] = byte;
    }
  }

  /** Undoes the sorting (Burrows and Wheeler), then the runs: after four equal bytes stands how many more follow. */
  private inverse(counts: Uint32Array, origin: number, length: number): Buffer {
    const { next } = this;
    const starts = new Uint32Array(256);
    for (let byte = 1; byte < 256; byte++) starts[byte] = starts[byte - 1]! + counts[byte - 1]!;
    for (let i = 0; i < length; i++) {
      const byte = next[i]! & 0xff;
      const place = starts[byte]!;
      starts[byte] = place + 1;
      next[place] = next[place]! | (i << 8);
    }
    let size = 0;
    let bytes: Buffer = Buffer.allocUnsafe(length + 256);
    let position = next[origin]! >>> 8;
    let same = 0;
    let before = -1;
    for (let i = 0; i < length; i++) {
      const entry = next[position]!;
      const byte = entry & 0xff;
      position = entry >>> 8;
      const times = same === 4 ? byte : 1;
      if (size + times > bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
      if (same === 4) {
        bytes.fill(before, size, size + times);
        same = 0;
        before = -1;
      } else {
        bytes[size] = byte;
        same = byte === before ? same + 1 : 1;
        before = byte;
      }
      size += times;
    }
    return bytes.subarray(0, size);
  }
}

/** Which bytes occur in the block, in their order. */
function usedBytes(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const ranges = bits.read(16);
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const within = bits.read(16);
    for (let i = 0; i < 16; i++) if ((within & (0x8000 >> i)) !== 0) used.push(range * 16 + i);
  }
  if (used.length === 0) throw new Error("a block is damaged");
  return Uint8Array.from(used);
}

interface Tables {
  tables: Codes[];
  selectors: Uint8Array;
}

/** The tables of codes, and which of them each group of symbols uses. */
function codesOf(bits: BitReader, alphabet: number): Tables {
  const count = bits.read(3);
  const groups = bits.read(15);
  if (count < 2 || count > 6 || groups === 0) throw new Error("a block is damaged");
  const selectors = new Uint8Array(groups);
  const front = Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < groups; i++) {
    let place = 0;
    while (bits.read(1) === 1) if (++place >= count) throw new Error("a block is damaged");
    const [table] = front.splice(place, 1);
    front.unshift(table!);
    selectors[i] = table!;
  }
  const tables: Codes[] = [];
  for (let table = 0; table < count; table++) {
    const lengths = new Uint8Array(alphabet);
    let length = bits.read(5);
    for (let symbol = 0; symbol < alphabet; symbol++) {
      for (;;) {
        if (length < 1 || length > longestCode) throw new Error("a block is damaged");
        if (bits.read(1) === 0) break;
        length += bits.read(1) === 0 ? 1 : -1;
      }
      lengths[symbol] = length;
    }
    tables.push(canonical(lengths));
  }
  return { tables, selectors };
}

/** Canonical codes: those of one length follow each other. */
function canonical(lengths: Uint8Array): Codes {
  const counts = new Int32Array(longestCode + 2);
  for (const length of lengths) counts[length] = counts[length]! + 1;
  const limit = new Int32Array(longestCode + 2).fill(-1);
  const offset = new Int32Array(longestCode + 2);
  const symbols = new Uint16Array(lengths.length);
  let code = 0;
  let placed = 0;
  for (let length = 1; length <= longestCode; length++) {
    offset[length] = placed - code;
    if (counts[length]! > 0) limit[length] = code + counts[length]! - 1;
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) symbols[placed++] = symbol;
    code = (code + counts[length]!) << 1;
  }
  return { limit, offset, symbols, shortest: Math.min(...lengths) };
}

function readSymbol(bits: BitReader, { limit, offset, symbols, shortest }: Codes): number {
  let length = shortest;
  let code = bits.read(length);
  while (code > limit[length]!) {
    if (++length > longestCode) throw new Error("a block is damaged");
    code = (code << 1) | bits.read(1);
  }
  const symbol = symbols[code + offset[length]!];
  if (symbol === undefined) throw new Error("a block is damaged");
  return symbol;
}

const checksums = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});

/** The CRC-32 of bzip2: the usual polynomial, the highest bit first. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = ((sum << 8) ^ checksums[((sum >>> 24) ^ byte) & 0xff]!) >>> 0;
  return ~sum >>> 0;
}
