/** The figures of diversity, gathered record by record in memory that does not grow with their number. */
import { mix } from "../../text/near-duplicates-hash.js";
import { estimatedJaccard, MinHash } from "../../text/minhash.js";
import { Shingler } from "../../text/near-duplicates-shingles.js";
import { wordsOf } from "../../text/words.js";
import type { Distribution } from "../report.js";
import { Coverage, type CoverageFigures } from "./coverage.js";
import { questionType } from "./question-types.js";
import { selfBleu } from "./self-bleu.js";
import { DistinctCounter, entropyOf, FrequentValues, Reservoir } from "./sketches.js";
import { type Topic, topicsOf } from "./topics.js";
import { Scores } from "../scores.js";

export interface DiversityInput {
  question: string;
  answer: string;
  /** ISO 639-1 code, where it is known. */
  language: string | undefined;
  raw: Readonly<Record<string, unknown>>;
}

/** Counts of kinds, and how evenly they are spread: `evenness` from 0 (all of one) to 1 (all as often). */
export interface Spread {
  counts: Record<string, number>;
  bits: number;
  evenness: number;
}

/** Runs of words: how many there were, how many different ones among them. */
export interface DistinctRuns {
  words: 1 | 2 | 3;
  total: number;
  distinct: number;
  ratio: number;
  /** The same over 10,000 words of the sample, which can be compared between sets of different sizes; null for fewer. */
  ratio_of_10000: number | null;
}

/** What the report says of the diversity of a set. */
export interface DiversitySummary {
  records: number;
  /** Records in the even sample that topics, self-similarity and Self-BLEU are of. */
  sample: number;
  question_types: Spread;
  languages: Spread | null;
  difficulties: Spread | null;
  topics: Topic[];
  openings: { value: string; count: number; share: number }[];
  distinct: DistinctRuns[];
  /** Jaccard similarity of each record of the sample to the one most like it, and of all pairs, on average. */
  self_similarity: { nearest: number; pairs: number; records: number } | null;
  self_bleu: { value: number; texts: number } | null;
  question_words: Distribution | null;
  answer_words: Distribution | null;
  coverage: CoverageFigures | null;
  warnings: string[];
}

/** Whether what a check says of all records is this. */
export function isDiversity(summary: unknown): summary is DiversitySummary {
  return typeof summary === "object" && summary !== null && "question_types" in summary && "self_bleu" in summary;
}

const seed = 1;
/** Words of a text that the sample keeps. */
const sampledWords = 400;
const bleuTexts = 200;
const comparedWords = 10_000;
/** Records below which shares say little and nothing is warned of. */
const enough = 20;

export class DiversityFigures {
  private records = 0;
  private readonly types = new Map<string, number>();
  private readonly languages = new Map<string, number>();
  private readonly difficulties = new Map<string, number>();
  private readonly openings = new FrequentValues(20_000);
  private readonly runs = [new DistinctCounter(), new DistinctCounter(), new DistinctCounter()] as const;
  private readonly questionWords = new Scores();
  private readonly answerWords = new Scores();
  private readonly coverage = new Coverage();
  private readonly sample: Reservoir<{ question: string[]; answer: string[] }>;

  /** @param sampleSize records of the sample */
  constructor(sampleSize: number) {
    this.sample = new Reservoir(sampleSize, seed);
  }

  /** Of a record that came as far as this check, whether or not it is kept. */
  reached(raw: Readonly<Record<string, unknown>>): void {
    this.coverage.reached(raw);
  }

  /** Of a record that is kept. */
  add({ question, answer, language, raw }: DiversityInput): void {
    this.records++;
    const questionWords = wordsOf(question);
    const answerWords = wordsOf(answer);
    count(this.types, questionType(question));
    if (language !== undefined) count(this.languages, language);
    const difficulty = difficultyOf(raw);
    if (difficulty !== undefined) count(this.difficulties, difficulty);
    if (questionWords.length > 0) this.openings.add(questionWords.slice(0, 3).join(" "));
    this.questionWords.add(questionWords.length);
    this.answerWords.add(answerWords.length);
    this.countRuns(questionWords);
    this.countRuns(answerWords);
    this.coverage.add(raw);
    this.sample.add(() => ({
      question: questionWords.slice(0, sampledWords),
      answer: answerWords.slice(0, sampledWords),
    }));
  }

  summary(): DiversitySummary {
    const texts = this.sample.items.map(({ question, answer }) => [...question, ...answer]);
    const bleu = selfBleu(this.sample.items.slice(0, bleuTexts).map(({ answer }) => answer));
    const summary: DiversitySummary = {
      records: this.records,
      sample: texts.length,
      question_types: spreadOf(this.types),
      languages: this.languages.size === 0 ? null : spreadOf(this.languages),
      difficulties: this.difficulties.size === 0 ? null : spreadOf(this.difficulties),
      topics: topicsOf(texts, seed).map((topic) => ({ ...topic, share: tidy(topic.share) })),
      openings: this.openings.top(10).map((one) => ({ ...one, share: tidy(one.count / this.records) })),
      distinct: this.distinctRuns(texts),
      self_similarity: selfSimilarity(texts),
      self_bleu: bleu === undefined ? null : { ...bleu, value: tidy(bleu.value) },
      question_words: this.questionWords.distribution(),
      answer_words: this.answerWords.distribution(),
      coverage: this.coverageFigures(),
      warnings: [],
    };
    return { ...summary, warnings: warningsOf(summary) };
  }

  private countRuns(words: readonly string[]): void {
    const hashes = words.map(hashOf);
    for (const [at, counter] of this.runs.entries())
      for (let from = 0; from + at < hashes.length; from++) {
        let hash = at;
        for (let next = from; next <= from + at; next++) hash = Math.imul(hash, 0x9e3779b1) + hashes[next]!;
        counter.add(mix(hash));
      }
  }

  private distinctRuns(texts: readonly (readonly string[])[]): DistinctRuns[] {
    const words: string[] = [];
    for (const text of texts) {
      words.push(...text.slice(0, comparedWords - words.length));
      if (words.length === comparedWords) break;
    }
    return this.runs.map((counter, at): DistinctRuns => {
      const { distinct, total } = counter;
      const runs = new Set(
        words.slice(0, words.length - at).map((_, from) => words.slice(from, from + at + 1).join(" ")),
      );
      return {
        words: (at + 1) as 1 | 2 | 3,
        total,
        distinct,
        ratio: total === 0 ? 0 : tidy(distinct / total),
        ratio_of_10000: words.length < comparedWords ? null : tidy(runs.size / comparedWords),
      };
    });
  }

  private coverageFigures(): CoverageFigures | null {
    const figures = this.coverage.figures();
    return figures === undefined ? null : { ...figures, share: tidy(figures.share) };
  }
}

/** Where records say how hard they are: as they were made, or as an earlier curation found. */
function difficultyOf(raw: Readonly<Record<string, unknown>>): string | undefined {
  const { difficulty, quality } = raw;
  const found = (quality as { difficulty?: unknown } | undefined)?.difficulty ?? difficulty;
  const level = typeof found === "object" && found !== null ? (found as { level?: unknown }).level : found;
  return typeof level === "string" && level.length < 20 ? level : undefined;
}

/** Places in a signature. */
const places = 128;

function selfSimilarity(texts: readonly (readonly string[])[]): DiversitySummary["self_similarity"] {
  if (texts.length < 2) return null;
  const shingler = new Shingler({ words: 3, characters: 5 }, "words", seed);
  const minhash = new MinHash(places, seed);
  const signatures = texts.map((words) => {
    const signature = new Int32Array(places);
    minhash.sign(shingler.sets(words.join(" "))[0]!, signature);
    return signature;
  });
  const nearest = new Float64Array(texts.length);
  let sum = 0;
  for (let a = 0; a < signatures.length; a++)
    for (let b = 0; b < a; b++) {
      const similarity = estimatedJaccard(signatures[a]!, signatures[b]!);
      sum += similarity;
      if (similarity > nearest[a]!) nearest[a] = similarity;
      if (similarity > nearest[b]!) nearest[b] = similarity;
    }
  const pairs = (texts.length * (texts.length - 1)) / 2;
  return {
    nearest: tidy(nearest.reduce((all, one) => all + one, 0) / texts.length),
    pairs: tidy(sum / pairs),
    records: texts.length,
  };
}

function warningsOf(summary: DiversitySummary): string[] {
  const { records, openings, topics, question_types, self_similarity, self_bleu, coverage } = summary;
  if (records < enough) return [];
  const warnings: string[] = [];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const [opening] = openings;
  if (opening !== undefined && opening.share >= 0.25)
    warnings.push(`${percent(opening.share)} of the questions begin with “${opening.value}”`);
  const [type] = Object.entries(question_types.counts);
  if (type !== undefined && type[1] / records >= 0.6)
    warnings.push(`${percent(type[1] / records)} of the questions are of one type: ${type[0]}`);
  const [topic] = topics;
  if (topic !== undefined && topics.length > 2 && topic.share >= 0.6)
    warnings.push(`${percent(topic.share)} of the records are about one topic: ${topic.terms.join(", ")}`);
  if (self_similarity !== null && self_similarity.nearest >= 0.4)
    warnings.push(
      `records are much alike: each shares ${percent(self_similarity.nearest)} of its phrases with another one on average`,
    );
  if (self_bleu !== null && self_bleu.texts >= enough && self_bleu.value >= 0.6)
    warnings.push(`answers are made of the same phrases: Self-BLEU ${self_bleu.value.toFixed(2)}`);
  if (coverage !== null && coverage.chunks >= 10 && coverage.share < 0.5)
    warnings.push(`only ${percent(coverage.share)} of the source's chunks have a record that was kept`);
  return warnings;
}

function spreadOf(counts: ReadonlyMap<string, number>): Spread {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const { bits, evenness } = entropyOf(sorted.map(([, times]) => times));
  return { counts: Object.fromEntries(sorted), bits: tidy(bits), evenness: tidy(evenness) };
}

/** Kinds told apart; the rest is counted together. */
const mostKinds = 100;

function count(counts: Map<string, number>, key: string): void {
  const kind = counts.has(key) || counts.size < mostKinds ? key : "other";
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return mix(hash);
}

function tidy(value: number): number {
  return Number(value.toFixed(4));
}
