/** How alike texts are by their words, rare ones counting more (tf-idf, cosine); looked up by word, so that it is quick. */

/** Texts by the numbers of their places in the list that the index is made of. */
export class WordIndex {
  /** Inverse document frequency of words. */
  private readonly rarity: ReadonlyMap<string, number>;
  private readonly vectors: readonly ReadonlyMap<string, number>[];
  private readonly byWord = new Map<string, { at: number; weight: number }[]>();

  /** @param texts the words of each */
  constructor(texts: readonly (readonly string[])[]) {
    const counts = new Map<string, number>();
    for (const words of texts) for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
    this.rarity = new Map([...counts].map(([word, count]) => [word, Math.log(1 + texts.length / count)]));
    this.vectors = texts.map((words) => this.vectorOf(words));
    for (const [at, vector] of this.vectors.entries())
      for (const [word, weight] of vector) {
        const places = this.byWord.get(word);
        if (places === undefined) this.byWord.set(word, [{ at, weight }]);
        else places.push({ at, weight });
      }
  }

  /** @returns for each text that shares a word with the given ones how alike they are, above 0 to 1 */
  likeness(words: readonly string[]): Map<number, number> {
    const found = new Map<number, number>();
    for (const [word, weight] of this.vectorOf(words))
      for (const place of this.byWord.get(word) ?? [])
        found.set(place.at, (found.get(place.at) ?? 0) + weight * place.weight);
    return found;
  }

  /** @returns how alike two of the texts are, 0 to 1 */
  between(a: number, b: number): number {
    const [one, other] = [this.vectors[a], this.vectors[b]];
    if (one === undefined || other === undefined) return 0;
    const [small, large] = one.size < other.size ? [one, other] : [other, one];
    let sum = 0;
    for (const [word, weight] of small) sum += weight * (large.get(word) ?? 0);
    return sum;
  }

  private vectorOf(words: readonly string[]): Map<string, number> {
    const weights = new Map<string, number>();
    for (const word of words) {
      const rarity = this.rarity.get(word);
      if (rarity !== undefined) weights.set(word, (weights.get(word) ?? 0) + rarity);
    }
    let squares = 0;
    for (const weight of weights.values()) squares += weight * weight;
    const length = Math.sqrt(squares);
    if (length > 0) for (const [word, weight] of weights) weights.set(word, weight / length);
    return weights;
  }
}
