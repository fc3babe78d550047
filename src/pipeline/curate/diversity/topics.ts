/**
 * What records are about: a sample of them in a few clusters, each told by the words that mark it. Words are weighed by
 * TF-IDF and texts clustered by spherical k-means (Dhillon, Modha 2001), seeded.
 */
import { integers } from "../../text/near-duplicates-hash.js";

export interface Topic {
  /** The words that mark it most, the most telling first. */
  terms: string[];
  records: number;
  /** Of the sample, 0 to 1. */
  share: number;
}

/** A text as its weights, of unit length. */
type Weights = ReadonlyMap<number, number>;

const termsShown = 5;
const rounds = 15;
/** Words that stand in more than so many of the texts tell nothing about any. */
const tooCommon = 0.3;

/**
 * @param texts words of each text
 * @param seed of the first choice of clusters
 * @returns clusters, the largest first; none for fewer than 10 texts that share words
 */
export function topicsOf(texts: readonly (readonly string[])[], seed: number): Topic[] {
  const { terms, weights } = weigh(texts);
  const told = weights.filter((text) => text.size > 0);
  if (told.length < 10) return [];
  const count = Math.max(2, Math.min(12, Math.round(Math.sqrt(told.length / 5))));
  let centres = firstCentres(told, count, terms.length, seed);
  let places: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const next = told.map((text) => nearest(text, centres));
    const settled = next.every((place, at) => place === places[at]);
    places = next;
    if (settled) break;
    centres = centres.map((centre, place) => {
      const members = told.filter((_, at) => places[at] === place);
      return members.length === 0 ? centre : meanOf(members, terms.length);
    });
  }
  return centres
    .map((centre, place) => ({ centre, records: places.filter((one) => one === place).length }))
    .filter(({ records }) => records > 0)
    .sort((a, b) => b.records - a.records)
    .map(({ centre, records }) => ({
      terms: [...centre.keys()]
        .sort((a, b) => centre[b]! - centre[a]!)
        .slice(0, termsShown)
        .filter((term) => centre[term]! > 0)
        .map((term) => terms[term]!),
      records,
      share: records / told.length,
    }));
}

/** Weighs the words of each text: how often they stand in it, and in how few texts altogether. */
function weigh(texts: readonly (readonly string[])[]): { terms: string[]; weights: Weights[] } {
  const inTexts = new Map<string, number>();
  for (const words of texts) for (const word of new Set(words)) inTexts.set(word, (inTexts.get(word) ?? 0) + 1);
  const terms: string[] = [];
  const numbers = new Map<string, number>();
  for (const [word, count] of inTexts) {
    // Words of one text link it to no other; short ones in spaced scripts and numbers are seldom what it is about.
    if (count < 2 || count > Math.max(3, tooCommon * texts.length)) continue;
    if (/^\p{N}+$/u.test(word) || (word.length < 4 && /^[\p{Script=Latin}\p{Script=Cyrillic}]+$/u.test(word))) continue;
    numbers.set(word, terms.length);
    terms.push(word);
  }
  const weights = texts.map((words): Weights => {
    const counts = new Map<number, number>();
    for (const word of words) {
      const number = numbers.get(word);
      if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    let squares = 0;
    for (const [number, count] of counts) {
      const weight = (1 + Math.log(count)) * Math.log(texts.length / inTexts.get(terms[number]!)!);
      counts.set(number, weight);
      squares += weight ** 2;
    }
    const length = Math.sqrt(squares);
    if (length > 0) for (const [number, weight] of counts) counts.set(number, weight / length);
    return counts;
  });
  return { terms, weights };
}

/** Texts that are far from each other, by k-means++ (Arthur, Vassilvitskii 2007). */
function firstCentres(texts: readonly Weights[], count: number, terms: number, seed: number): Float64Array[] {
  const next = integers(seed);
  const random = () => (next() >>> 0) / 2 ** 32;
  const centres = [meanOf([texts[Math.floor(random() * texts.length)]!], terms)];
  const distances = texts.map(() => Infinity);
  while (centres.length < count) {
    const last = centres.at(-1)!;
    texts.forEach((text, at) => {
      distances[at] = Math.min(distances[at]!, Math.max(0, 1 - cosine(text, last)) ** 2);
    });
    let left = random() * distances.reduce((sum, one) => sum + one, 0);
    const chosen = distances.findIndex((one) => (left -= one) < 0);
    centres.push(meanOf([texts[Math.max(0, chosen)]!], terms));
  }
  return centres;
}

function nearest(text: Weights, centres: readonly Float64Array[]): number {
  let best = 0;
  let most = -1;
  centres.forEach((centre, place) => {
    const likeness = cosine(text, centre);
    if (likeness > most) [best, most] = [place, likeness];
  });
  return best;
}

function cosine(text: Weights, centre: Float64Array): number {
  let sum = 0;
  for (const [term, weight] of text) sum += weight * centre[term]!;
  return sum;
}

/** The direction in which texts point on average. */
function meanOf(texts: readonly Weights[], terms: number): Float64Array {
  const mean = new Float64Array(terms);
  for (const text of texts) for (const [term, weight] of text) mean[term]! += weight;
  const length = Math.sqrt(mean.reduce((sum, one) => sum + one ** 2, 0)) || 1;
  return mean.map((one) => one / length);
}
