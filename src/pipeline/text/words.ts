/** Words of a text in any language, the one way in which checks and recipes compare texts. */

/** Scripts that put no spaces between words; only for these is the slower segmenter of the runtime needed. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

let segmenter: Intl.Segmenter | undefined;

/**
 * Splits a text into its words: letters, marks and digits, in lower case and compatibility form (NFKC), without
 * punctuation. Texts in scripts without spaces are segmented by the dictionary of the runtime (ICU).
 * @param text any string
 * @returns the words in their order; none for a text without letters and digits
 */
export function wordsOf(text: string): string[] {
  const normal = text.normalize("NFKC").toLowerCase();
  if (!unspaced.test(normal)) return normal.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(normal)) if (isWordLike === true) words.push(segment);
  return words;
}

/**
 * Runs of words, joined by spaces.
 * @param words in their order
 * @param size words in each run
 * @returns every run of `size` words; one run of all words where there are fewer; none where there are none
 */
export function wordRuns(words: readonly string[], size: number): string[] {
  if (words.length === 0) return [];
  if (words.length <= size) return [words.join(" ")];
  return Array.from({ length: words.length - size + 1 }, (_, start) => words.slice(start, start + size).join(" "));
}
