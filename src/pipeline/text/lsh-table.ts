/**
 * A hash table from 32-bit keys to the entries under them, in typed arrays: one for all bands, as the band is part of
 * the key. Open addressing with linear steps; entries under the same key form a list, newest first.
 */
export class LshTable {
  private keys = new Int32Array(1024);
  /** Newest node under the key, plus one; 0 is a free slot. */
  private heads = new Uint32Array(1024);
  private used = 0;
  /** Of each node the next older one under the same key, plus one. */
  private older = new Uint32Array(1024);
  private nodes = 0;

  /** @param perEntry keys of each entry, all of which are put in at once and in their order */
  constructor(private readonly perEntry: number) {}

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.keys.byteLength + this.heads.byteLength + this.older.byteLength;
  }

  /**
   * Puts in the next entry; entries are numbered from 0.
   * @param keys of the entry, one for each band, evenly spread over 32 bits
   */
  insert(keys: Int32Array): void {
    if ((this.used + this.perEntry) * 3 > this.keys.length * 2) this.grow();
    if (this.nodes + this.perEntry > this.older.length) this.older = enlarged(this.older);
    for (let band = 0; band < this.perEntry; band++) {
      const key = keys[band]!;
      const slot = this.slotOf(key);
      if (this.heads[slot] === 0) {
        this.keys[slot] = key;
        this.used++;
      }
      const node = this.nodes++;
      this.older[node] = this.heads[slot]!;
      this.heads[slot] = node + 1;
    }
  }

  /**
   * @param key of a band
   * @returns the newest node under it, -1 for none; {@link entryOf} and {@link olderThan} go on from there
   */
  newest(key: number): number {
    return this.heads[this.slotOf(key)]! - 1;
  }

  /**
   * @param node that was given
   * @returns the next older one under the same key, -1 for none
   */
  olderThan(node: number): number {
    return this.older[node]! - 1;
  }

  /**
   * @param node that was given
   * @returns the number of its entry
   */
  entryOf(node: number): number {
    return Math.floor(node / this.perEntry);
  }

  private slotOf(key: number): number {
    const mask = this.keys.length - 1;
    let slot = key & mask;
    while (this.heads[slot] !== 0 && this.keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, heads } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.heads = new Uint32Array(heads.length * 2);
    for (let at = 0; at < keys.length; at++) {
      if (heads[at] === 0) continue;
      const slot = this.slotOf(keys[at]!);
      this.keys[slot] = keys[at]!;
      this.heads[slot] = heads[at]!;
    }
  }
}

/** Half as large again: what is copied stays within a constant share of what is put in. */
function enlarged(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.ceil(array.length * 1.5));
  larger.set(array);
  return larger;
}
