import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { integers } from "../../text/near-duplicates-hash.js";
import { DiversityFigures, type DiversityInput } from "./figures.js";
import { selfBleu } from "./self-bleu.js";
import { DistinctCounter, entropyOf, FrequentValues, Reservoir } from "./sketches.js";
import { topicsOf } from "./topics.js";

describe("sketches", () => {
  it("count different values to within two per cent, however often each comes", () => {
    for (const many of [1, 100, 5_000, 60_000, 1_000_000]) {
      const counter = new DistinctCounter();
      const next = integers(many);
      const values = Int32Array.from({ length: many }, next);
      for (const value of values) counter.add(value);
      for (const value of values.subarray(0, 1000)) counter.add(value);
      expect(counter.total).toBe(many + Math.min(1000, many));
      expect(Math.abs(counter.distinct - many) / many, `${many}`).toBeLessThan(0.02);
    }
    expect(new DistinctCounter().distinct).toBe(0);
  });

  it("sample evenly and the same each time", () => {
    const hits = new Array<number>(100).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      const sample = new Reservoir<number>(10, seed);
      for (let value = 0; value < 100; value++) sample.add(() => value);
      expect(sample.items.length).toBe(10);
      for (const value of sample.items) hits[value]!++;
    }
    // 200 each are expected, with a standard deviation of 13.4.
    for (const times of hits) expect(Math.abs(times - 200)).toBeLessThan(5 * 13.4);
    const again = [3, 3].map((seed) => {
      const sample = new Reservoir<number>(5, seed);
      for (let value = 0; value < 1000; value++) sample.add(() => value);
      return sample.items;
    });
    expect(again[0]).toEqual(again[1]);
  });

  it("keep the frequent values of a stream of mostly rare ones", () => {
    const values = new FrequentValues(100);
    for (let at = 0; at < 20_000; at++) {
      values.add(`rare ${at}`);
      if (at % 4 === 0) values.add("common");
      if (at % 10 === 0) values.add("usual");
    }
    expect(values.top(2).map(({ value }) => value)).toEqual(["common", "usual"]);
    const [common] = values.top(1);
    expect(common!.count).toBeLessThanOrEqual(5000);
    expect(common!.count).toBeGreaterThan(4000);
  });

  it("measure entropy", () => {
    expect(entropyOf([5, 5, 5, 5])).toEqual({ bits: 2, evenness: 1 });
    expect(entropyOf([7])).toEqual({ bits: 0, evenness: 0 });
    expect(entropyOf([])).toEqual({ bits: 0, evenness: 0 });
    expect(entropyOf([99, 1]).evenness).toBeLessThan(0.1);
  });
});

describe("selfBleu", () => {
  it("is 1 for texts that are all the same, near 0 for texts without a word in common", () => {
    const same = Array.from({ length: 5 }, () => "the stone is turned by hand all day".split(" "));
    expect(selfBleu(same)).toEqual({ value: 1, texts: 5 });
    const other = Array.from({ length: 5 }, (_, text) => Array.from({ length: 9 }, (_, at) => `w${text}-${at}`));
    expect(selfBleu(other)!.value).toBeLessThan(0.08);
    expect(selfBleu([["one", "text", "of", "four"]])).toBeUndefined();
  });

  it("is what BLEU-4 against all others gives, worked out by hand", () => {
    const a = "a b c d e".split(" ");
    const b = "a b c d f".split(" ");
    // Of either, 4/5 words, 3/4, 2/3 and 1/2 of the runs stand in the other; both are as long.
    const expected = (0.8 * 0.75 * (2 / 3) * 0.5) ** 0.25;
    expect(selfBleu([a, b])!.value).toBeCloseTo(expected, 12);
    // A shorter one is held against the closest in length: exp(1 - 5/4) for the text of four words.
    const short = selfBleu([a, "a b c d".split(" ")])!.value;
    const ofLong = (0.8 * 0.75 * (2 / 3) * 0.5) ** 0.25;
    expect(short).toBeCloseTo((Math.exp(1 - 5 / 4) + ofLong) / 2, 12);
  });
});

describe("topicsOf", () => {
  it("finds what texts are about", () => {
    const next = integers(9);
    const subjects = [
      ["mill", "grain", "stone", "flour", "grinding", "miller"],
      ["moon", "tide", "water", "gravity", "ocean", "coast"],
      ["yeast", "dough", "bread", "oven", "crust", "baker"],
    ];
    const common = ["this", "there", "which", "about", "because"];
    const texts = Array.from({ length: 90 }, (_, at) => {
      const subject = subjects[at % 3]!;
      return Array.from({ length: 20 }, (_, word) => {
        const list = word % 2 === 0 ? subject : common;
        return list[(next() >>> 0) % list.length]!;
      });
    });
    const topics = topicsOf(texts, 1);
    expect(topics.reduce((sum, { records }) => sum + records, 0)).toBe(90);
    for (const { terms } of topics) {
      const from = subjects.filter((subject) => terms.some((term) => subject.includes(term)));
      expect(from.length, terms.join(" ")).toBe(1);
      expect(terms.every((term) => from[0]!.includes(term))).toBe(true);
    }
    expect(topicsOf(texts, 1)).toEqual(topics);
    expect(topicsOf(texts.slice(0, 5), 1)).toEqual([]);
  });
});

const varied: DiversityInput[] = Array.from({ length: 300 }, (_, at) => {
  const next = integers(at);
  const word = () => `w${(next() >>> 0) % 5000}`;
  const asks = ["What is", "How does", "Why would", "When did", "Where has", "Who saw"][at % 6]!;
  return {
    question: `${asks} ${word()} ${word()} ${word()}?`,
    answer: Array.from({ length: 30 }, word).join(" "),
    language: "en",
    raw: { provenance: { document: `d${at % 3}`, chunk: Math.floor(at / 3) % 10 }, quality: { difficulty: "easy" } },
  };
});

function summaryOf(records: readonly DiversityInput[]) {
  const figures = new DiversityFigures(200);
  for (const record of records) figures.reached(record.raw);
  for (const record of records) figures.add(record);
  return figures.summary();
}

describe("DiversityFigures", () => {
  it("finds nothing to warn of in a varied set", () => {
    const summary = summaryOf(varied);
    expect(summary).toMatchObject({ records: 300, sample: 200, warnings: [], difficulties: { counts: { easy: 300 } } });
    expect(summary.question_types.counts).toEqual({ how: 50, what: 50, when: 50, where: 50, who: 50, why: 50 });
    expect(summary.question_types.evenness).toBe(1);
    expect(summary.coverage).toMatchObject({ documents: 3, chunks: 30, chunks_kept: 30, share: 1, most_records: 100 });
    expect(summary.distinct.map(({ words }) => words)).toEqual([1, 2, 3]);
    expect(summary.distinct[2]!.ratio).toBeGreaterThan(0.95);
    expect(summary.distinct[0]!.ratio_of_10000).toBeNull();
    expect(summary.self_similarity!.nearest).toBeLessThan(0.05);
    expect(summary.answer_words).toMatchObject({ min: 30, max: 30, count: 300 });
  });

  it("warns where all is the same", () => {
    const summary = summaryOf(
      Array.from({ length: 100 }, (_, at) => ({
        question: `What is the meaning of number ${at}?`,
        answer: `The meaning of number ${at} is that it comes after the number before it, as the text says clearly.`,
        language: undefined,
        raw: {},
      })),
    );
    expect(summary.openings[0]).toEqual({ value: "what is the", count: 100, share: 1 });
    expect(summary.coverage).toBeNull();
    expect(summary.languages).toBeNull();
    const all = summary.warnings.join("\n");
    expect(all).toContain("100 % of the questions begin with “what is the”");
    expect(all).toContain("100 % of the questions are of one type: what");
    expect(all).toContain("each shares");
    expect(all).toContain("Self-BLEU");
  });

  it("says how much of the source has no record left", () => {
    const figures = new DiversityFigures(10);
    for (const { raw } of varied) figures.reached(raw);
    for (const record of varied.slice(0, 25)) figures.add(record);
    const { coverage, warnings } = figures.summary();
    expect(coverage).toMatchObject({ documents: 3, documents_kept: 3, chunks: 30, chunks_kept: 25 });
    expect(warnings).toEqual([]);
    const few = new DiversityFigures(10);
    for (const { raw } of varied) few.reached(raw);
    for (const record of varied.filter((_, at) => at % 30 < 3)) few.add(record);
    expect(few.summary().warnings).toEqual(["only 10 % of the source's chunks have a record that was kept"]);
  });

  it("takes empty sets and any text", () => {
    expect(summaryOf([])).toMatchObject({ records: 0, sample: 0, self_similarity: null, self_bleu: null, topics: [] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), { maxLength: 30 }),
        (pairs) => {
          const records = pairs.map(([question, answer]) => ({ question, answer, language: undefined, raw: {} }));
          const summary = summaryOf(records);
          expect(summary.records).toBe(pairs.length);
          expect(JSON.stringify(summary)).not.toMatch(/NaN|Infinity/);
          for (const { ratio } of summary.distinct) expect(ratio).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });
});
