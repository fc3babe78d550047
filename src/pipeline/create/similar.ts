/** Keeps each question of a document once. */
import { NearDuplicateIndex } from "../text/near-duplicates.js";

/** Characters of a shingle. */
const shingleLength = 5;
/** Up to so many questions are compared one by one; beyond, an index says which are worth comparing. */
const mostCompared = 400;

interface Kept {
  /** What happened in 1914 is not what happened in 1918, however alike the questions look. */
  numbers: string;
  shingles: ReadonlySet<string>;
}

/** Questions that have been kept, and whether another is one of them in other words. */
export class KeptQuestions {
  private readonly exact = new Set<string>();
  private kept: Kept[] = [];
  private index: NearDuplicateIndex | undefined;
  /** Of the questions in the index, in their order. */
  private readonly numbers: string[] = [];

  /**
   * @param threshold Jaccard similarity of the sets of five characters from which on two questions count as the same,
   *   above 0; 1: equal but for case and punctuation
   */
  constructor(private readonly threshold: number) {}

  /** @returns whether the question is new; it is kept if so */
  add(question: string): boolean {
    const same = sameQuestion(question);
    if (this.exact.has(same)) return false;
    if (this.threshold < 1 && this.isNear(same)) return false;
    this.exact.add(same);
    return true;
  }

  private isNear(same: string): boolean {
    const numbers = (same.match(/\p{N}+/gu) ?? []).join(" ");
    if (this.index === undefined && this.exact.size >= mostCompared) this.useIndex();
    if (this.index !== undefined) {
      const { duplicateOf } = this.index.add(same);
      if (duplicateOf === undefined) this.numbers.push(numbers);
      return duplicateOf !== undefined && this.numbers[duplicateOf] === numbers;
    }
    const shingles = shinglesOf(same);
    const near = this.kept.some(
      (one) => one.numbers === numbers && jaccard(one.shingles, shingles, this.threshold) >= this.threshold,
    );
    if (!near) this.kept.push({ numbers, shingles });
    return near;
  }

  private useIndex(): void {
    this.index = new NearDuplicateIndex({
      threshold: this.threshold,
      shingle: { kind: "characters", characters: shingleLength },
    });
    for (const same of this.exact)
      if (this.index.add(same).duplicateOf === undefined) this.numbers.push((same.match(/\p{N}+/gu) ?? []).join(" "));
    this.kept = [];
  }
}

/** Questions are the same if they differ only in case, spaces and punctuation. */
export function sameQuestion(question: string): string {
  const words = question
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return words?.join(" ") ?? question.trim();
}

function shinglesOf(text: string): Set<string> {
  const shingles = new Set<string>();
  for (let at = 0; at + shingleLength <= text.length; at++) shingles.add(text.slice(at, at + shingleLength));
  if (shingles.size === 0) shingles.add(text);
  return shingles;
}

/** @returns the similarity, or 0 where sizes alone keep it below the threshold */
function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>, threshold: number): number {
  if (Math.min(a.size, b.size) < threshold * Math.max(a.size, b.size)) return 0;
  let common = 0;
  for (const shingle of a) if (b.has(shingle)) common++;
  return common / (a.size + b.size - common);
}
