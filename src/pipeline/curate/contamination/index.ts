/**
 * Records that have a benchmark's questions or answers in them. Runs of words (n-grams, 13 words as is common since
 * GPT-3's report, section C) of each item are held against those of a record; an item counts as being in the record
 * when a given share of its runs is. Items shorter than a run count when they are there as a whole.
 */
import { InputError } from "../../../errors.js";
import { wordsOf } from "../../text/words.js";
import { answerText, type Candidate, type Check, questionText, type Verdict } from "../check.js";
import { readBenchmark } from "./benchmark.js";

/** Answers of fewer words are said in many texts rightly. */
const fewestAnswerWords = 8;
/** Questions of fewer words must be the whole question of a record. */
const fewestQuestionWords = 5;
/** Items that share a run: of a text that many questions are about, the first few are enough to be found. */
const mostSharing = 8;
/** Characters of an item that are shown. */
const shownCharacters = 80;

interface Entry {
  file: string;
  number: number;
  part: "question" | "answer";
  /** Different runs that it has. */
  runs: number;
  shown: string;
}

export const contamination: Check = {
  name: "contamination",
  description: "has a question or answer of a benchmark in it",
  stage: "record",
  applies: (config) => config.curate.contamination.files.length > 0,
  async open({ config }) {
    const { ngram, overlap } = config.curate.checks.contamination;
    const index = new BenchmarkIndex(ngram);
    for (const file of config.curate.contamination.files) {
      const before = index.items;
      for await (const item of readBenchmark(file)) index.add(file, item.number, item.questions, item.answers);
      if (index.items === before)
        throw new InputError(`the benchmark ${file} has no item of ${fewestQuestionWords} words or more`, {
          remedy: "check that it is the file you mean",
        });
    }
    const hits = new Map<string, number>();
    const look = ({ record }: Candidate): Verdict => {
      const { entry, share } = index.find([questionText(record), answerText(record)]);
      const score = Number(share.toFixed(3));
      if (entry === undefined || share < overlap) return { score };
      hits.set(entry.file, (hits.get(entry.file) ?? 0) + 1);
      const { file, number, part, shown } = entry;
      return {
        score,
        note: { file, item: number, part, overlap: score },
        problems: [
          {
            reason: `has a benchmark's ${part} in it`,
            detail: `item ${number} of ${file}, ${Math.round(100 * share)} %: “${shown}”`,
          },
        ],
      };
    };
    return {
      look: (batch) => batch.map(look),
      summary: () => ({ ngram, overlap, items: index.items, runs: index.size, found_in: Object.fromEntries(hits) }),
    };
  },
};

/** Runs of words of benchmarks. Memory grows with the benchmarks, about 100 bytes for each word of theirs. */
export class BenchmarkIndex {
  private readonly entries: Entry[] = [];
  /** By length: the entries that have a run of that many words, by its hash. */
  private readonly byLength = new Map<number, Map<number, number | number[]>>();
  private readonly exact = new Map<string, number>();
  items = 0;
  size = 0;

  constructor(private readonly ngram: number) {}

  add(file: string, number: number, questions: readonly string[], answers: readonly string[]): void {
    let isUsed = false;
    for (const [part, texts] of [
      ["question", questions],
      ["answer", answers],
    ] as const)
      for (const text of texts) {
        const words = wordsOf(text);
        if (words.length === 0 || (part === "answer" && words.length < fewestAnswerWords)) continue;
        isUsed = true;
        this.addText({ file, number, part, runs: 0, shown: shorten(text) }, words);
      }
    if (isUsed) this.items++;
  }

  private addText(entry: Entry, words: readonly string[]): void {
    const place = this.entries.push(entry) - 1;
    if (words.length < fewestQuestionWords) {
      const key = words.join(" ");
      if (!this.exact.has(key)) this.exact.set(key, place);
      entry.runs = 1;
      return;
    }
    const length = Math.min(this.ngram, words.length);
    let runs = this.byLength.get(length);
    if (runs === undefined) this.byLength.set(length, (runs = new Map<number, number | number[]>()));
    const own = new Set(hashesOf(words, length));
    entry.runs = own.size;
    for (const hash of own) {
      const there = runs.get(hash);
      if (there === undefined) {
        runs.set(hash, place);
        this.size++;
      } else if (typeof there === "number") runs.set(hash, [there, place]);
      else if (there.length < mostSharing) there.push(place);
    }
  }

  /** The entry of which the largest share of runs is in the texts; 1 is all of it. */
  find(texts: readonly string[]): { entry: Entry | undefined; share: number } {
    const counts = new Map<number, number>();
    for (const text of texts) {
      const words = wordsOf(text);
      if (words.length < fewestQuestionWords) {
        const place = this.exact.get(words.join(" "));
        // Only questions: a short answer is said in many texts.
        if (place !== undefined && text === texts[0]) counts.set(place, 1);
        continue;
      }
      for (const [length, runs] of this.byLength) {
        if (words.length < length) continue;
        for (const hash of new Set(hashesOf(words, length))) {
          const there = runs.get(hash);
          if (there === undefined) continue;
          for (const place of typeof there === "number" ? [there] : there)
            counts.set(place, (counts.get(place) ?? 0) + 1);
        }
      }
    }
    let best: { entry: Entry | undefined; share: number } = { entry: undefined, share: 0 };
    for (const [place, count] of counts) {
      const entry = this.entries[place]!;
      const share = Math.min(1, count / entry.runs);
      if (share > best.share) best = { entry, share };
    }
    return best;
  }
}

/** Hashes of 52 bits (cyrb53's mixing, by two of 32) of every run of words. */
function hashesOf(words: readonly string[], length: number): number[] {
  const hashes: number[] = [];
  for (let start = 0; start + length <= words.length; start++) {
    let high = 0xdeadbeef;
    let low = 0x41c6ce57;
    for (let i = start; i < start + length; i++) {
      const word = words[i]!;
      for (let at = 0; at <= word.length; at++) {
        // The end of a word counts too, so that words do not run together.
        const code = at === word.length ? 32 : word.charCodeAt(at);
        high = Math.imul(high ^ code, 2654435761);
        low = Math.imul(low ^ code, 1597334677);
      }
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
    hashes.push(2 ** 32 * (0xfffff & low) + (high >>> 0));
  }
  return hashes;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  // A slice of a string keeps the whole of it in memory; this is a string of its own.
  return line.length <= shownCharacters ? line : `${Buffer.from(line.slice(0, shownCharacters)).toString()}…`;
}
