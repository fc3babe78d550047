import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isQuoted } from "./evidence.js";
import { indexText, namesIn, supportOf } from "./lexical.js";
import { numbersIn, numbersSaid } from "./numbers.js";

const text =
  "The mill at Ballin was built in 1820 by Anna Kessler. It ground rye for twelve villages until 1,934 sacks were lost " +
  "in a fire. Since then it has been a museum, which 4.5 million people have visited.";
const index = indexText(text);
const scoreOf = (question: string, answer: string) => supportOf(index, question, answer).score;

describe("lexical support", () => {
  it("is high for what the text says, in its words or with other endings", () => {
    expect(scoreOf("Who built the mill?", "Anna Kessler")).toBeGreaterThan(0.9);
    expect(scoreOf("When was it built?", "The mill was built in 1820 by Anna Kessler.")).toBeGreaterThan(0.9);
    expect(scoreOf("What is it now?", "A museum, visited by millions of people.")).toBeGreaterThan(0.6);
  });

  it("is low for what another text says", () => {
    expect(scoreOf("Who built the mill?", "Photosynthesis turns light into sugar.")).toBeLessThan(0.3);
    expect(scoreOf("Who built the mill?", "")).toBe(0);
  });

  it("misses a number or a name that the text does not have", () => {
    const number = supportOf(index, "When was it built?", "It was built in 1830.");
    expect(number.missingNumbers).toEqual(["1830"]);
    const name = supportOf(index, "Who built it?", "It was built by Anna Meier.");
    expect(name.missingNames).toEqual(["Meier"]);
    expect(number.score).toBeLessThan(scoreOf("When was it built?", "It was built in 1820."));
    expect(name.score).toBeLessThan(scoreOf("Who built it?", "It was built by Anna Kessler."));
  });

  it("takes numbers as they are spelled or separated", () => {
    for (const answer of ["12 villages", "1934 sacks", "4,5 million", "Twelve villages"])
      expect(supportOf(index, "How many?", answer).missingNumbers).toEqual([]);
    // The question may bring numbers of its own.
    expect(supportOf(index, "Was it there in 1900?", "Yes, in 1900 it was.").missingNumbers).toEqual([]);
  });

  it("works for scripts without spaces", () => {
    const chinese = indexText(
      "这座磨坊建于1820年，由安娜建造。它为十二个村庄磨黑麦，直到一场大火。现在它是一座博物馆。",
    );
    expect(supportOf(chinese, "磨坊是什么时候建的？", "磨坊建于1820年。").score).toBeGreaterThan(0.6);
    expect(supportOf(chinese, "磨坊是什么时候建的？", "光合作用把光变成糖。").score).toBeLessThan(0.3);
  });

  it("is a share for whatever texts there are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.string({ unit: "grapheme" }),
        (said, question, answer) => {
          const { score } = supportOf(indexText(said), question, answer);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("numbers", () => {
  it.each([
    ["1,000 and 1.000 and 1 000 and 1'000", ["1000", "1000", "1000", "1000"]],
    ["2.50 or 2,5", ["2.5", "2.5"]],
    ["1,234.50", ["1234.5"]],
    ["1.234,50", ["1234.5"]],
    ["007", ["7"]],
    ["٣٤", ["34"]],
    ["none", []],
  ])("%s", (said, numbers) => {
    expect(numbersIn(said)).toEqual(numbers);
  });

  it("are said as words and in dates", () => {
    expect([...numbersSaid("2024-03-05", ["march", "zwölf"])].sort()).toEqual(["12", "2024", "3", "5"].sort());
  });
});

describe("names", () => {
  it("are capitalised within a sentence, or of digits and letters", () => {
    expect(namesIn("In Kinshasa people take B12. They do.")).toEqual(["Kinshasa", "B12"]);
  });
});

describe("a quote", () => {
  it("stands in the text, but for case and a word", () => {
    expect(isQuoted("was built in 1820 by anna kessler", text)).toBe(true);
    expect(
      isQuoted("The mill at Ballin was built in 1820 by old Anna Kessler. It ground rye for twelve villages", text),
    ).toBe(true);
    expect(isQuoted("The mill was demolished by a storm in spring", text)).toBe(false);
    expect(isQuoted("", text)).toBe(false);
  });
});
