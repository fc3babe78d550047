import { describe, expect, it } from "vitest";
import { KeptQuestions, sameQuestion } from "./similar.js";

function kept(threshold: number, questions: readonly string[]): string[] {
  const seen = new KeptQuestions(threshold);
  return questions.filter((question) => seen.add(question));
}

describe("KeptQuestions", () => {
  it("drops what is nearly equal, from the threshold on", () => {
    const questions = [
      "What is the main reason for the fall of the western empire?",
      "What is the main reason for the fall of the Western Empire",
      "What is the main reason of the fall of the western empire?",
      "Who wrote the annals of the western empire?",
    ];
    expect(kept(0.8, questions)).toEqual([questions[0], questions[3]]);
    expect(kept(1, questions)).toEqual([questions[0], questions[2], questions[3]]);
    expect(kept(0.2, questions)).toEqual([questions[0]]);
  });

  it("keeps questions that ask for other numbers", () => {
    const questions = [1914, 1918].map((year) => `Which treaties were signed in the spring of ${year} in Paris?`);
    expect(kept(0.8, questions)).toHaveLength(2);
  });

  it("keeps what another script asks", () => {
    expect(kept(0.8, ["什么是机器学习？", "什么是深度学习？", "什么是机器学习"])).toHaveLength(2);
  });

  it("finds near ones among thousands, too", () => {
    const many = Array.from({ length: 3000 }, (_, i) => {
      const word = (n: number) => String.fromCharCode(97 + (n % 26), 97 + ((n * 7) % 26), 97 + ((n * 3) % 25));
      return `Why did the ${word(i)}${word(i * 11)} of ${word(i >> 3)}${word(i >> 5)} leave ${word(i * 5)}${word(i >> 1)}?`;
    });
    const seen = new KeptQuestions(0.8);
    const first = many.filter((question) => seen.add(question));
    expect(first.length).toBeGreaterThan(2500);
    expect(seen.add("WHY " + first.at(-1)!.slice(4))).toBe(false);
    expect(seen.add(first[500]!.replace("Why did the", "Why  did, the"))).toBe(false);
  });
});

describe("sameQuestion", () => {
  it("looks at words only", () => {
    expect(sameQuestion("  What IS  this?")).toBe(sameQuestion("what is this"));
    expect(sameQuestion("Was ist größer?")).not.toBe(sameQuestion("Was ist grober?"));
    expect(sameQuestion("他是谁？")).toBe(sameQuestion("他是谁"));
    expect(sameQuestion("?!")).toBe("?!");
  });
});
