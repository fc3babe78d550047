/**
 * Keeps a sorted set of hashes for each entry: all of them up to a limit, and of a larger set the smallest ones, which
 * are an even sample of it as hashes are evenly spread (Broder 1997: the sketch of the s smallest).
 */
export class KeptSets {
  /** Blocks, so that nothing is copied when there are more. */
  private readonly blocks: Int32Array[] = [];
  private room = 0;
  private starts = new Float64Array(1024);
  private sizes = new Uint32Array(1024);
  private count = 0;

  /** @param limit hashes kept of each set */
  constructor(private readonly limit: number) {}

  /** Bytes that the sets take. */
  get bytes(): number {
    return this.blocks.length * blockSize * 4 + this.starts.byteLength + this.sizes.byteLength;
  }

  /**
   * Keeps the set of the next entry; entries are numbered from 0.
   * @param set ascending, without repeats
   */
  push(set: Int32Array): void {
    if (this.count === this.starts.length) {
      const [starts, sizes] = [new Float64Array(this.count * 2), new Uint32Array(this.count * 2)];
      starts.set(this.starts);
      sizes.set(this.sizes);
      [this.starts, this.sizes] = [starts, sizes];
    }
    const kept = Math.min(set.length, this.limit);
    if (this.room < kept) {
      this.blocks.push(new Int32Array(blockSize));
      this.room = blockSize;
    }
    const from = blockSize - this.room;
    this.blocks.at(-1)!.set(kept < set.length ? set.subarray(0, kept) : set, from);
    this.starts[this.count] = (this.blocks.length - 1) * blockSize + from;
    this.sizes[this.count++] = set.length;
    this.room -= kept;
  }

  /**
   * @param set ascending, without repeats, of any size
   * @param entry number of an entry
   * @returns their Jaccard similarity: exact where neither is larger than the limit, else estimated from as many of the
   *   smallest hashes of their union as both sketches cover
   */
  jaccard(set: Int32Array, entry: number): number {
    const start = this.starts[entry]!;
    const block = this.blocks[Math.floor(start / blockSize)]!;
    const size = this.sizes[entry]!;
    let at = start % blockSize;
    const end = at + Math.min(size, this.limit);
    const whole = size <= this.limit && set.length <= this.limit;
    const length = Math.min(set.length, this.limit);
    let own = 0;
    let common = 0;
    let union = 0;
    while (own < length && at < end && (whole || union < this.limit)) {
      const a = set[own]!;
      const b = block[at]!;
      union++;
      if (a === b) common++;
      if (a <= b) own++;
      if (b <= a) at++;
    }
    if (whole) union += length - own + (end - at);
    // A set that is whole has ended and the other one goes on: what it has left is in the union, up to the limit.
    else if (union < this.limit) union = Math.min(this.limit, union + (length - own) + (end - at));
    return common / union;
  }
}

/** Hashes in a block: 4 MiB. */
const blockSize = 1 << 20;
