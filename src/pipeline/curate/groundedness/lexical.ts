/**
 * How far the words of an answer are in the text it was made from, without a model and in any language. Words weigh by
 * how rare they are in the text (inverse sentence frequency, as in BM25); numbers and names of the answer that the text
 * does not have weigh most, since they are what a model makes up.
 */
import { wordsOf } from "../../text/words.js";
import { numbersIn, numbersSaid } from "./numbers.js";

export interface Support {
  /** 0 to 1: 1 where everything the answer says is in the text in the same words. */
  score: number;
  /** Numbers of the answer that neither the text nor the question has. */
  missingNumbers: string[];
  /** Names (capitalised within a sentence) and words of digits and letters that neither has. */
  missingNames: string[];
}

/** What is known of a text, so that many answers can be held against it. */
export interface TextIndex {
  /** Sentences that have a word. */
  frequency: ReadonlyMap<string, number>;
  sentences: number;
  /** All beginnings of its longer words, for other endings of the same word. */
  beginnings: ReadonlySet<string>;
  pairs: ReadonlySet<string>;
  numbers: ReadonlySet<string>;
  /** All letters in lower case, for scripts without spaces. */
  letters: string;
}

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** Sentences of a text, roughly: good enough to count words by. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?…])\s+|(?<=[。！？])|\n{2,}/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

export function indexText(text: string): TextIndex {
  const frequency = new Map<string, number>();
  const sentences = sentencesOf(text);
  for (const sentence of sentences)
    for (const word of new Set(wordsOf(sentence))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const words = wordsOf(text);
  return {
    frequency,
    sentences: Math.max(1, sentences.length),
    beginnings: new Set([...frequency.keys()].flatMap(beginningsOf)),
    pairs: new Set(words.slice(1).map((word, i) => `${words[i]!} ${word}`)),
    numbers: numbersSaid(text, words),
    letters: words.join(""),
  };
}

/** Letters that forms of a word share at least. */
const shortestStem = 5;

function beginningsOf(word: string): string[] {
  if (cjk.test(word)) return [];
  return Array.from({ length: Math.max(0, word.length - shortestStem + 1) }, (_, i) => word.slice(0, shortestStem + i));
}

/** The part of a word that its other forms share: two thirds of it. */
function stemOf(word: string): string {
  return word.slice(0, Math.max(shortestStem, Math.ceil(word.length * 0.65)));
}

function has(index: TextIndex, word: string): boolean {
  if (index.frequency.has(word)) return true;
  if (cjk.test(word)) return index.letters.includes(word);
  return word.length >= shortestStem && index.beginnings.has(stemOf(word));
}

/** What a word weighs that stands in so many of the text's sentences; little words that tell nothing weigh little. */
function weightOf(index: TextIndex, word: string): number {
  const rarity = Math.log(1 + index.sentences / (0.5 + (index.frequency.get(word) ?? 0)));
  const isLittle = word.length <= 3 && !cjk.test(word) && !/\p{N}/u.test(word);
  return isLittle ? rarity * 0.15 : rarity;
}

/**
 * @param question what it has too, the answer does not have to take from the text
 */
export function supportOf(index: TextIndex, question: string, answer: string): Support {
  const asked = new Set(wordsOf(question));
  const words = wordsOf(answer);
  let all = 0;
  let found = 0;
  let foundPairs = 0;
  let allPairs = 0;
  for (const [i, word] of words.entries()) {
    // Words of the question say nothing about the answer, but are not wrong either.
    const weight = weightOf(index, word) * (asked.has(word) ? 0.25 : 1);
    all += weight;
    if (has(index, word)) found += weight;
    if (i === 0) continue;
    const before = words[i - 1]!;
    const pairWeight = weight + weightOf(index, before);
    allPairs += pairWeight;
    if (index.pairs.has(`${before} ${word}`)) foundPairs += pairWeight;
  }
  const covered = all === 0 ? 0 : found / all;
  // Pairs tell whether the words belong together; answers in other words have few of them, so they only add.
  const together = allPairs === 0 ? covered : foundPairs / allPairs;
  const askedNumbers = numbersSaid(question, asked);
  const missingNumbers = numbersIn(answer).filter((one) => !index.numbers.has(one) && !askedNumbers.has(one));
  const missingNames = namesIn(answer).filter((name) =>
    wordsOf(name).some((word) => !has(index, word) && !asked.has(word)),
  );
  const penalty = (missingNumbers.length > 0 ? 0.35 : 1) * (missingNames.length > 0 ? 0.6 : 1);
  return { score: (0.75 * covered + 0.25 * Math.max(together, covered * 0.6)) * penalty, missingNumbers, missingNames };
}

/**
 * Words that are written with a capital within a sentence, and words of digits and letters: `Kinshasa`, `B12`. In
 * languages that write every noun so (German), there are more of them, and they are looked for like the others.
 */
export function namesIn(text: string): string[] {
  const names: string[] = [];
  for (const sentence of sentencesOf(text)) {
    const words = [...sentence.matchAll(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu)].map(([word]) => word);
    for (const [i, word] of words.entries()) {
      const isMixed = /\p{L}/u.test(word) && /\p{N}/u.test(word);
      if (isMixed || (i > 0 && /^\p{Lu}/u.test(word) && word.length > 1)) names.push(word);
    }
  }
  return names;
}
