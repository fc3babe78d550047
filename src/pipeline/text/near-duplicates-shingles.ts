/**
 * Shingles of a text as hashes: the sets by which two texts are compared (Leskovec, Rajaraman, Ullman: Mining of
 * Massive Datasets, 3.2). Hashed from the UTF-16 units directly; no string is made for a word or a shingle.
 */
import { mix } from "./near-duplicates-hash.js";
import { alone, entangled, foldedUnit, gap, pointKind, writtenUnit } from "./near-duplicates-letters.js";

/** Words in a shingle of words, units in a shingle of characters. */
export interface ShingleSizes {
  readonly words: number;
  readonly characters: number;
}

/**
 * How texts are cut. `auto`: runs of words for long texts, runs of characters for short ones, where one other word
 * would be half of all runs. Texts of middling length are cut both ways, so no two similar texts fall on either side.
 */
export type ShingleKind = "auto" | "words" | "characters";

/** From this many words on a text is cut into words, and up to the other one into characters. */
const wordsFrom = 16;
const charactersUpTo = 24;

/** UTF-16 units of a text that are read; what stands after them in a larger one does not count. */
const mostUnits = 1 << 22;

/** Cuts texts into shingles; one for an index, as its buffers are used again for each text. */
export class Shingler {
  /** Folded text: words with one space between them. */
  private units = new Uint16Array(1024);
  private unitCount = 0;
  /** Hash of each word. */
  private words = new Int32Array(256);
  private wordCount = 0;
  private aloneCount = 0;
  private hashes = new Int32Array(1024);

  /**
   * @param sizes words and characters in a shingle, each at least 1
   * @param kind how texts are cut
   * @param seed of the hashes
   */
  constructor(
    private readonly sizes: ShingleSizes,
    private readonly kind: ShingleKind,
    private readonly seed: number,
  ) {}

  /**
   * @param text any string; of one of more than 4 Mi units the beginning
   * @returns one set or two of at least one hash each, ascending and without repeats; each is a copy
   */
  sets(text: string): Int32Array[] {
    if (text.length > mostUnits) text = text.slice(0, mostUnits);
    this.read(text);
    if (this.wordCount === 0) return [this.withoutWords(text)];
    const { wordCount, kind } = this;
    const mostlyAlone = this.aloneCount * 2 > wordCount;
    const sets: Int32Array[] = [];
    if (kind === "words" || (kind === "auto" && (mostlyAlone || wordCount >= wordsFrom))) sets.push(this.ofWords());
    if (kind === "characters" || (kind === "auto" && !mostlyAlone && wordCount <= charactersUpTo))
      sets.push(this.ofCharacters());
    return sets;
  }

  /** Finds the words of a text; one pass where it is simple, after normalising it where it is not. */
  private read(text: string): void {
    if (!this.scan(text, writtenUnit)) this.scan(text.normalize("NFKC").toLowerCase(), foldedUnit);
  }

  /** @returns false when a unit was met that needs the text normalised */
  private scan(text: string, look: (unit: number) => number): boolean {
    const { length } = text;
    this.reserve(length);
    const { units, words, seed } = this;
    let unitCount = 0;
    let wordCount = 0;
    let aloneCount = 0;
    let hash = seed;
    let open = false;
    let wasAlone = false;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      let known: number;
      let low = 0;
      if (look === foldedUnit && unit >= 0xd800 && unit <= 0xdfff) {
        const point = text.codePointAt(at)!;
        known = point > 0xffff ? pointKind(point) : gap;
        if (point > 0xffff) low = text.charCodeAt(++at);
      } else known = look(unit);
      const kind = known & 0xff0000;
      if (kind === entangled) return false;
      if (kind === gap || kind === alone) {
        if (open) words[wordCount++] = mix(hash);
        open = false;
        if (kind === gap) {
          wasAlone = false;
          continue;
        }
      }
      const folded = low === 0 ? known & 0xffff : unit;
      if (!open) {
        if (unitCount > 0 && !(kind === alone && wasAlone)) units[unitCount++] = 0x20;
        hash = seed;
      }
      units[unitCount++] = folded;
      hash = Math.imul(hash ^ folded, 0x01000193);
      if (low !== 0) {
        units[unitCount++] = low;
        hash = Math.imul(hash ^ low, 0x01000193);
      }
      open = kind !== alone;
      wasAlone = !open;
      if (wasAlone) {
        words[wordCount++] = mix(hash);
        aloneCount++;
      }
    }
    if (open) words[wordCount++] = mix(hash);
    this.unitCount = unitCount;
    this.wordCount = wordCount;
    this.aloneCount = aloneCount;
    return true;
  }

  private reserve(length: number): void {
    // A word takes a unit and the space before it, so there are never more than these.
    if (this.units.length >= length * 2) return;
    const size = Math.max(length, 512) * 2;
    this.units = new Uint16Array(size);
    this.words = new Int32Array(size);
    this.hashes = new Int32Array(size);
  }

  private ofWords(): Int32Array {
    const { words, wordCount, hashes } = this;
    const size = Math.min(this.sizes.words, wordCount);
    const count = wordCount - size + 1;
    for (let at = 0; at < count; at++) {
      let hash = 0;
      for (let next = at; next < at + size; next++) hash = Math.imul(hash, 0x9e3779b1) + words[next]!;
      hashes[at] = mix(hash);
    }
    return distinct(hashes.subarray(0, count));
  }

  private ofCharacters(): Int32Array {
    const { units, unitCount, hashes, seed } = this;
    const size = Math.min(this.sizes.characters, unitCount);
    const count = unitCount - size + 1;
    // Another start than that of words, so that sets of the two kinds have nothing in common.
    const start = ~seed;
    for (let at = 0; at < count; at++) {
      let hash = start;
      for (let next = at; next < at + size; next++) hash = Math.imul(hash ^ units[next]!, 0x01000193);
      hashes[at] = mix(hash);
    }
    return distinct(hashes.subarray(0, count));
  }

  /** A text of signs only is compared by those; one without anything equals only its like. */
  private withoutWords(text: string): Int32Array {
    const signs = text.normalize("NFKC").replace(/\s+/g, " ").trim();
    this.reserve(signs.length);
    for (let at = 0; at < signs.length; at++) this.units[at] = signs.charCodeAt(at);
    this.unitCount = signs.length;
    return this.unitCount === 0 ? Int32Array.of(mix(~this.seed)) : this.ofCharacters();
  }
}

/** Sorts in place and copies what is left without repeats. */
function distinct(hashes: Int32Array): Int32Array {
  hashes.sort();
  let count = 0;
  let last = 0;
  for (const hash of hashes) {
    if (count > 0 && hash === last) continue;
    hashes[count++] = last = hash;
  }
  return hashes.slice(0, count);
}
