import { describe, expect, it } from "vitest";
import { languageName, languageOf } from "./language.js";
import { wordRuns, wordsOf } from "./words.js";

describe("wordsOf", () => {
  it("gives letters and digits in lower case, without punctuation", () => {
    expect(wordsOf("The Émile-Zola prize, 2024: ﬁrst!")).toEqual(["the", "émile", "zola", "prize", "2024", "first"]);
    expect(wordsOf("— …")).toEqual([]);
  });

  it("segments scripts without spaces", () => {
    expect(wordsOf("机器学习很有用").length).toBeGreaterThan(2);
  });
});

describe("wordRuns", () => {
  it("gives every run, and one for a short text", () => {
    expect(wordRuns(["a", "b", "c"], 2)).toEqual(["a b", "b c"]);
    expect(wordRuns(["a"], 2)).toEqual(["a"]);
    expect(wordRuns([], 2)).toEqual([]);
  });
});

describe("languageOf", () => {
  it("tells languages, and says nothing about what is too short", async () => {
    expect(await languageOf("Wer hat das gesagt, und warum?")).toBe("de");
    expect(await languageOf("什么是机器学习？")).toBe("zh");
    expect(await languageOf("1234")).toBeUndefined();
    expect(languageName("de")).toBe("German");
  });
});
