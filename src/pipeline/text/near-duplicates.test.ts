import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { integers } from "./near-duplicates-hash.js";
import { NearDuplicateIndex } from "./near-duplicates.js";
import { Shingler } from "./near-duplicates-shingles.js";
import { wordsOf } from "./words.js";

const one =
  "The mill grinds grain between two stones, and the upper stone is turned by hand while the lower one lies still.";

describe("NearDuplicateIndex", () => {
  it("numbers what it adds and names the earlier text that a later one repeats", () => {
    const index = new NearDuplicateIndex({ threshold: 0.7 });
    expect(index.add("Something else entirely that has no words in common with it")).toEqual({ similarity: 0 });
    expect(index.add(one)).toEqual({ similarity: 0 });
    expect(index.add(one)).toEqual({ duplicateOf: 1, similarity: 1 });
    expect(index.add(one.toUpperCase().replace(/[,.]/g, " - "))).toEqual({ duplicateOf: 1, similarity: 1 });
    const edited = index.add(one.replace("hand", "foot"));
    expect(edited.duplicateOf).toBe(1);
    expect(edited.similarity).toBeGreaterThan(0.7);
    expect(edited.similarity).toBeLessThan(1);
    expect(index.size).toBe(2);
    expect(index.find("A text of which nothing is known as yet here").duplicateOf).toBeUndefined();
    expect(index.size).toBe(2);
  });

  it("sees short questions that differ by a word's ending or a mark", () => {
    const index = new NearDuplicateIndex({ threshold: 0.65 });
    index.add("What is the capital of France?");
    expect(index.add("What is the capital of France").duplicateOf).toBe(0);
    expect(index.add("What's the capital of France?").duplicateOf).toBe(0);
    expect(index.add("What is the population of Spain?").duplicateOf).toBeUndefined();
  });

  it("compares texts of scripts without spaces by their characters", () => {
    const index = new NearDuplicateIndex({ threshold: 0.7 });
    index.add("机器学习是人工智能的一个分支,它研究计算机如何从数据中学习规律并做出预测。");
    expect(index.add("机器学习是人工智能的一个分支,它研究计算机怎样从数据中学习规律并做出预测。").duplicateOf).toBe(0);
    expect(index.add("水在零摄氏度时结冰,在一百摄氏度时沸腾。").duplicateOf).toBeUndefined();
    index.add("ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอน");
    expect(index.add("ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอน!").duplicateOf).toBe(2);
  });

  it("takes texts that have next to nothing in them for what they are", () => {
    const index = new NearDuplicateIndex({ threshold: 0.8 });
    const texts = ["", "yes", "no", "👍", "👎", "???", "\0", "a\0b", "\ud800", "é"];
    for (const [number, text] of texts.entries()) {
      expect(index.add(text).duplicateOf, JSON.stringify(text)).toBeUndefined();
      expect(index.size).toBe(number + 1);
    }
    for (const [number, text] of texts.entries())
      expect(index.add(text)).toEqual({ duplicateOf: number, similarity: 1 });
    expect(index.add("  \n ").duplicateOf).toBe(0);
    expect(index.add("e\u0301").duplicateOf).toBe(9);
  });

  it("reads a text of a megabyte, and one of many", () => {
    const next = integers(5);
    const long = Array.from({ length: 150_000 }, () => `w${(next() >>> 0) % 9000}`).join(" ");
    expect(long.length).toBeGreaterThan(800_000);
    const index = new NearDuplicateIndex({ threshold: 0.8 });
    index.add(long);
    expect(index.add(long)).toEqual({ duplicateOf: 0, similarity: 1 });
    const words = long.split(" ");
    const close = index.add(words.map((word, at) => (at % 50 === 7 ? "other" : word)).join(" "));
    // 6 % of the runs of three words have another word in them: 0.94 / 1.06, from a sample of 256.
    expect(close.duplicateOf).toBe(0);
    expect(close.similarity).toBeGreaterThan(0.8);
    expect(close.similarity).toBeLessThan(0.96);
    expect(index.add(words.slice(100_000).join(" ")).duplicateOf).toBeUndefined();
    expect(index.add("a".repeat(5_000_000)).duplicateOf).toBeUndefined();
  });

  it("says the same for the same seed, and finds the same with another", () => {
    const next = integers(11);
    const texts: string[] = [];
    for (let at = 0; at < 600; at++) {
      const words = Array.from({ length: 50 }, () => `w${(next() >>> 0) % 3000}`);
      texts.push(words.join(" "), words.with((next() >>> 0) % 50, "other").join(" "));
    }
    const told = (seed: number) => {
      const index = new NearDuplicateIndex({ threshold: 0.7, seed });
      return texts.map((text) => index.add(text));
    };
    expect(told(3)).toEqual(told(3));
    for (const seed of [0, 1, -7]) {
      const found = told(seed).filter(({ duplicateOf }) => duplicateOf !== undefined);
      // Each edit leaves 45 to 47 of 48 runs: similarities of 0.88 and more.
      expect(found.length).toBe(600);
    }
  });

  it("stays within its bounds when all texts look alike without being duplicates", () => {
    const index = new NearDuplicateIndex({ threshold: 0.9, shingle: "words" });
    const frame = Array.from({ length: 40 }, (_, at) => `frame${at}`).join(" ");
    for (let at = 0; at < 3000; at++) index.add(`${frame} a${at} b${at} c${at} d${at} e${at} f${at} g${at}`);
    expect(index.size).toBe(3000);
    expect(index.crowded).toBeGreaterThan(0);
  });

  it("refuses settings that make no sense", () => {
    expect(() => new NearDuplicateIndex({ threshold: 0 })).toThrow(RangeError);
    expect(() => new NearDuplicateIndex({ threshold: Number.NaN })).toThrow(RangeError);
    expect(() => new NearDuplicateIndex({ threshold: 0.8, permutations: 1.5 })).toThrow(/permutations/);
    expect(() => new NearDuplicateIndex({ threshold: 0.8, shingle: { words: 0 } })).toThrow(/words/);
  });
});

/** Jaccard similarity of runs of words, the plain way. */
function exact(a: string, b: string): number {
  const runs = (text: string) => {
    const words = wordsOf(text);
    return new Set(words.slice(0, Math.max(1, words.length - 2)).map((_, at) => words.slice(at, at + 3).join(" ")));
  };
  const [left, right] = [runs(a), runs(b)];
  const common = [...left].filter((run) => right.has(run)).length;
  return common / (left.size + right.size - common);
}

describe("Shingler", () => {
  it("finds the words that words.ts finds, in every text of spaced scripts", () => {
    const shingler = new Shingler({ words: 1, characters: 5 }, "words", 1);
    const spaced = fc
      .string({ unit: "grapheme", maxLength: 60 })
      .filter(
        (text) =>
          !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(
            text.normalize("NFKC"),
          ),
      );
    const phrase = fc
      .array(
        fc.constantFrom(
          "Ünïcode",
          "ΣΑΣ",
          "İstanbul",
          "ﬁne",
          "हिन्दी",
          "שָׁלוֹם",
          "e\u0301",
          "a",
          "한국어",
          "x²",
          "𝒳y",
          "12",
        ),
      )
      .map((words) => words.join(" - "));
    fc.assert(
      fc.property(fc.oneof(spaced, phrase), (text) => {
        const words = wordsOf(text);
        fc.pre(words.length > 0);
        const [set] = shingler.sets(text);
        expect(set!.length).toBe(new Set(words).size);
        expect(shingler.sets(words.join(" "))[0]).toEqual(set);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it("has the similarity of the runs of words themselves", () => {
    const word = fc.integer({ min: 0, max: 30 }).map((number) => `word${number}`);
    const text = fc.array(word, { minLength: 1, maxLength: 80 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const index = new NearDuplicateIndex({ threshold: 1, shingle: "words", bands: { bands: 128, rows: 1 } });
        index.add(a);
        const { similarity } = index.find(b);
        const truth = exact(a, b);
        // Found at all as soon as one of 128 places is equal; what is found is compared exactly.
        if (similarity === 0) expect(truth).toBeLessThan(0.2);
        else expect(similarity).toBeCloseTo(truth, 9);
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it("cuts texts of middling length both ways, so that none falls between", () => {
    const shingler = new Shingler({ words: 3, characters: 5 }, "auto", 1);
    const text = (words: number) => Array.from({ length: words }, (_, at) => `word${at}`).join(" ");
    expect([5, 15, 16, 24, 25].map((words) => shingler.sets(text(words)).length)).toEqual([1, 1, 2, 2, 1]);
    for (let words = 5; words < 40; words++) {
      const index = new NearDuplicateIndex({ threshold: 0.8 });
      index.add(text(words));
      expect(index.add(`${text(words)} more`).duplicateOf, `${words}`).toBe(0);
    }
  });
});
