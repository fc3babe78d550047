/**
 * Near duplicates among any number of texts, in time that grows with their number: MinHash signatures find the few
 * earlier texts that may be similar, and the sets of shingles themselves say how similar they are.
 */
import { bestBands, type Bands } from "./lsh-bands.js";
import { LshTable } from "./lsh-table.js";
import { MinHash } from "./minhash.js";
import { mix } from "./near-duplicates-hash.js";
import { KeptSets } from "./near-duplicates-sets.js";
import { Shingler, type ShingleKind, type ShingleSizes } from "./near-duplicates-shingles.js";

export interface NearDuplicateOptions {
  /** Jaccard similarity of the shingles from which on a text repeats another one, above 0 and up to 1. */
  readonly threshold: number;
  /** Places in a signature; 128 unless told. */
  readonly permutations?: number;
  /** How texts are cut; `auto` unless told: three words each, or five characters in short texts. */
  readonly shingle?: ShingleKind | Shingle;
  /** Of hashes and permutations; the same seed gives the same result. */
  readonly seed?: number;
  /**
   * How much worse it is to miss a duplicate than to look at a text for nothing, 0 to 1; 0.95 unless told, as every
   * text that is found is compared before it counts.
   */
  readonly missWeight?: number;
  /** Bands and rows of the signature, instead of the best ones for the threshold. */
  readonly bands?: Bands;
}

/** How texts are cut, and how much stands in a shingle. */
export type Shingle = { readonly kind?: ShingleKind } & Partial<ShingleSizes>;

/** What an index says of a text. */
export interface NearDuplicate {
  /** Number of the earlier text that this one repeats; absent when it repeats none. */
  readonly duplicateOf?: number;
  /** Jaccard similarity to the most similar text that was looked at, 0 to 1. */
  readonly similarity: number;
}

/** Hashes kept of each text: 1 KiB. Texts of up to about 250 words are compared exactly. */
const keptHashes = 256;
/** Earlier texts that are compared with one; more would make the time grow with the square of their number. */
const mostCompared = 512;

/** Texts to compare with; see the head of this file. */
export class NearDuplicateIndex {
  readonly threshold: number;
  /** How signatures are cut. */
  readonly bands: Bands;
  /** Texts for which more were found than are compared, so that a duplicate may have been missed. */
  crowded = 0;

  private readonly shingler: Shingler;
  private readonly minhash: MinHash;
  private readonly signature: Int32Array;
  private readonly table: LshTable;
  private readonly kept = new KeptSets(keptHashes);
  /** Of each entry the text that it belongs to: one that is cut in two ways has two. */
  private textOf = new Uint32Array(1024);
  /** Of each entry the last question that it was compared for. */
  private asked = new Uint32Array(1024);
  private entries = 0;
  private texts = 0;
  private question = 0;

  /**
   * @param options of the index
   * @throws RangeError for a threshold, a number of permutations or a size of shingles that makes no sense
   */
  constructor(options: NearDuplicateOptions) {
    const { threshold, permutations = 128, seed = 0, missWeight = 0.95 } = options;
    if (!(threshold > 0 && threshold <= 1)) throw new RangeError(`threshold ${threshold} is not in (0, 1]`);
    const { shingle = "auto" } = options;
    const {
      kind = "auto",
      words = 3,
      characters = 5,
    }: Shingle = typeof shingle === "string" ? { kind: shingle } : shingle;
    for (const [name, value] of Object.entries({ permutations, words, characters })) {
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(`${name} is ${value}, not a whole number above 0`);
    }
    this.threshold = threshold;
    this.bands = options.bands ?? bestBands(threshold, permutations, missWeight);
    this.shingler = new Shingler({ words, characters }, kind, mix(seed));
    // Only the places that stand in a band are ever looked at.
    this.minhash = new MinHash(this.bands.bands * this.bands.rows, seed);
    this.signature = new Int32Array(this.minhash.permutations);
    this.table = new LshTable(this.bands.bands);
  }

  /** Texts that were added: all that repeated none. */
  get size(): number {
    return this.texts;
  }

  /** Bytes of memory that the index takes, without the buffers for one text. */
  get bytes(): number {
    return this.table.bytes + this.kept.bytes + this.textOf.byteLength + this.asked.byteLength;
  }

  /**
   * Looks a text up, and adds it under the next number (from 0) when it repeats none of the earlier ones.
   * @param text any string
   * @returns the most similar earlier text; of equally similar ones the first
   */
  add(text: string): NearDuplicate {
    return this.look(text, true);
  }

  /**
   * Looks a text up without adding it.
   * @param text any string
   * @returns as {@link add} does
   */
  find(text: string): NearDuplicate {
    return this.look(text, false);
  }

  private look(text: string, adds: boolean): NearDuplicate {
    const sets = this.shingler.sets(text);
    const keys: Int32Array[] = [];
    let nearest = -1;
    let similarity = 0;
    let compared = 0;
    for (const set of sets) {
      const ofSet = this.keysOf(set);
      keys.push(ofSet);
      this.question++;
      for (const key of ofSet) {
        for (let node = this.table.newest(key); node >= 0; node = this.table.olderThan(node)) {
          const entry = this.table.entryOf(node);
          if (this.asked[entry] === this.question) continue;
          this.asked[entry] = this.question;
          if (++compared > mostCompared) break;
          const found = this.kept.jaccard(set, entry);
          const owner = this.textOf[entry]!;
          if (found > similarity || (found === similarity && owner < nearest)) [nearest, similarity] = [owner, found];
        }
      }
    }
    if (compared > mostCompared) this.crowded++;
    if (nearest >= 0 && similarity >= this.threshold) return { duplicateOf: nearest, similarity };
    if (adds) {
      sets.forEach((set, at) => this.insert(set, keys[at]!));
      this.texts++;
    }
    return { similarity };
  }

  /** The key of each band of a set: what stands in it, and which band it is. */
  private keysOf(set: Int32Array): Int32Array {
    const { signature } = this;
    const { bands, rows } = this.bands;
    this.minhash.sign(set, signature);
    const keys = new Int32Array(bands);
    for (let band = 0, place = 0; band < bands; band++) {
      let key = band + 1;
      for (const end = place + rows; place < end; place++) key = Math.imul(key ^ signature[place]!, 0x9e3779b1) + 1;
      keys[band] = mix(key);
    }
    return keys;
  }

  private insert(set: Int32Array, keys: Int32Array): void {
    if (this.entries === this.textOf.length) {
      const [textOf, asked] = [new Uint32Array(this.entries * 2), new Uint32Array(this.entries * 2)];
      textOf.set(this.textOf);
      asked.set(this.asked);
      [this.textOf, this.asked] = [textOf, asked];
    }
    this.textOf[this.entries++] = this.texts;
    this.kept.push(set);
    this.table.insert(keys);
  }
}
