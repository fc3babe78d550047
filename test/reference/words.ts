/** Compares the words of two texts: which are kept, and in which order. */

/**
 * The words of a text, comparable whatever program wrote it: Unicode NFKC, lower case, letters and digits only. In
 * scripts without spaces every character is a word.
 */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  );
}

/** quern's Markdown without what no reader of the page sees: addresses, formulas, marks of code. */
export function visibleText(markdown: string): string {
  return markdown
    .replace(/^```[\w+#-]*$/gm, "")
    .replace(/\]\([^)\s]*\)/g, "]")
    .replace(/\$\$[^$]+\$\$|\$[^$\n]+\$/g, " ");
}

/** How two lists of words compare. */
export interface Comparison {
  /** Share of the reference's words that the other has too, each as often. */
  kept: number;
  /** Share of the other's words that are in the reference. */
  known: number;
  /** Length of their longest common subsequence, as a share of the shorter list. */
  order: number;
  /** Words of the reference that are missing, with how often. */
  missing: string[];
  added: string[];
}

export function compareWords(reference: readonly string[], other: readonly string[]): Comparison {
  const missing = without(reference, other);
  const added = without(other, reference);
  return {
    kept: 1 - missing.length / Math.max(1, reference.length),
    known: 1 - added.length / Math.max(1, other.length),
    order: commonSubsequence(reference, other) / Math.max(1, Math.min(reference.length, other.length)),
    missing,
    added,
  };
}

function without(words: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const word of others) left.set(word, (left.get(word) ?? 0) + 1);
  return words.filter((word) => {
    const count = left.get(word) ?? 0;
    if (count > 0) left.set(word, count - 1);
    return count === 0;
  });
}

/** Length of the longest common subsequence, in memory of one row. */
function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  const ids = new Map<string, number>();
  const number = (word: string): number => {
    const id = ids.get(word) ?? ids.size;
    ids.set(word, id);
    return id;
  };
  const left = Uint32Array.from(a, number);
  const right = Uint32Array.from(b, number);
  const row = new Uint32Array(right.length + 1);
  for (const word of left) {
    let diagonal = 0;
    for (let column = 1; column <= right.length; column++) {
      const above = row[column]!;
      row[column] = word === right[column - 1] ? diagonal + 1 : Math.max(above, row[column - 1]!);
      diagonal = above;
    }
  }
  return row[right.length]!;
}
