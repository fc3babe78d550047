/**
 * Nearest vectors by cosine among any number, in time that grows with their number: random hyperplanes say on which side
 * a vector lies (Charikar 2002), and vectors that lie on the same sides of all planes of a band are compared.
 */
import { bestBands, type Bands } from "./lsh-bands.js";
import { LshTable } from "./lsh-table.js";
import { integers, mix } from "./near-duplicates-hash.js";

export interface VectorIndexOptions {
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** Cosine from which on a vector repeats another one, above 0 and up to 1. */
  readonly threshold: number;
  /** Hyperplanes; 384 unless told. */
  readonly planes?: number;
  readonly seed?: number;
}

/** Earlier vectors that are compared with one. */
const mostCompared = 2048;
/** Vectors in a block. */
const blockSize = 4096;

/** Vectors of unit length, kept with 8 bits for each number: cosines are then exact to about 0.002. */
export class VectorIndex {
  readonly bands: Bands;
  /** Vectors like more earlier ones than were compared. */
  crowded = 0;
  private readonly planes: Float32Array;
  private readonly table: LshTable;
  private readonly blocks: Int8Array[] = [];
  private scales = new Float32Array(1024);
  private asked = new Uint32Array(1024);
  private count = 0;
  private question = 0;

  /** @throws RangeError for a threshold outside (0, 1] or no dimensions */
  constructor(private readonly options: VectorIndexOptions) {
    const { dimensions, threshold, planes = 384, seed = 0 } = options;
    if (!(threshold > 0 && threshold <= 1)) throw new RangeError(`threshold ${threshold} is not in (0, 1]`);
    if (!(Number.isInteger(dimensions) && dimensions > 0)) throw new RangeError(`${dimensions} dimensions`);
    // Two vectors lie on the same side of a plane with a probability of 1 - angle/pi.
    this.bands = bestBands(1 - Math.acos(threshold) / Math.PI, planes, 0.97);
    this.planes = gaussians(this.bands.bands * this.bands.rows * dimensions, seed);
    this.table = new LshTable(this.bands.bands);
  }

  /** Vectors that were added. */
  get size(): number {
    return this.count;
  }

  /**
   * Looks a vector up, and adds it under the next number (from 0) when it repeats none of the earlier ones.
   * @param vector of unit length; one of zeros repeats nothing and is added
   * @returns the nearest earlier one, where it is near enough, and the cosine of the nearest one that was looked at
   */
  add(vector: Float32Array): { duplicateOf?: number; similarity: number } {
    const keys = this.keysOf(vector);
    let nearest = -1;
    let similarity = 0;
    let compared = 0;
    this.question++;
    for (const key of keys)
      for (let node = this.table.newest(key); node >= 0; node = this.table.olderThan(node)) {
        const entry = this.table.entryOf(node);
        if (this.asked[entry] === this.question) continue;
        this.asked[entry] = this.question;
        if (++compared > mostCompared) break;
        const cosine = this.cosine(vector, entry);
        if (cosine > similarity || (cosine === similarity && entry < nearest)) [nearest, similarity] = [entry, cosine];
      }
    if (compared > mostCompared) this.crowded++;
    similarity = Math.min(1, similarity);
    // What 8 bits leave open is not held against a vector that is the same.
    if (nearest >= 0 && similarity >= this.options.threshold - 0.001) return { duplicateOf: nearest, similarity };
    this.keep(vector, keys);
    return { similarity };
  }

  private keysOf(vector: Float32Array): Int32Array {
    const { bands, rows } = this.bands;
    const { dimensions } = this.options;
    const keys = new Int32Array(bands);
    for (let band = 0, plane = 0; band < bands; band++) {
      let key = mix(band + 1);
      for (let row = 0; row < rows; row++, plane++) {
        let sum = 0;
        const from = plane * dimensions;
        for (let at = 0; at < dimensions; at++) sum += vector[at]! * this.planes[from + at]!;
        key = mix((key << 1) ^ (key >>> 31) ^ (sum >= 0 ? 1 : 0));
      }
      keys[band] = key;
    }
    return keys;
  }

  private cosine(vector: Float32Array, entry: number): number {
    const { dimensions } = this.options;
    const block = this.blocks[Math.floor(entry / blockSize)]!;
    const from = (entry % blockSize) * dimensions;
    let sum = 0;
    for (let at = 0; at < dimensions; at++) sum += vector[at]! * block[from + at]!;
    return sum * this.scales[entry]!;
  }

  private keep(vector: Float32Array, keys: Int32Array): void {
    const { dimensions } = this.options;
    if (this.count % blockSize === 0) this.blocks.push(new Int8Array(blockSize * dimensions));
    if (this.count === this.scales.length) {
      const [scales, asked] = [new Float32Array(this.count * 2), new Uint32Array(this.count * 2)];
      scales.set(this.scales);
      asked.set(this.asked);
      [this.scales, this.asked] = [scales, asked];
    }
    let most = 0;
    for (const value of vector) most = Math.max(most, Math.abs(value));
    const scale = most / 127 || 1;
    const from = (this.count % blockSize) * dimensions;
    const block = this.blocks.at(-1)!;
    for (let at = 0; at < dimensions; at++) block[from + at] = Math.round(vector[at]! / scale);
    this.scales[this.count++] = scale;
    this.table.insert(keys);
  }
}

/** Numbers of a normal distribution, two from each pair of even ones (Box, Muller 1958). */
function gaussians(count: number, seed: number): Float32Array {
  const next = integers(seed);
  const even = () => ((next() >>> 0) + 0.5) / 2 ** 32;
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += 2) {
    const radius = Math.sqrt(-2 * Math.log(even()));
    const angle = 2 * Math.PI * even();
    values[at] = radius * Math.cos(angle);
    if (at + 1 < count) values[at + 1] = radius * Math.sin(angle);
  }
  return values;
}
