import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.js";
import { assignExactly, checkTag, parseTagShares, sessionTags } from "./tags.js";

const tally = (names: readonly string[]) => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe("tags", () => {
  it.each(["", "a b", "a,b", "tab\there", "nul\u0000"])("refuses %j and says what would do", (tag) => {
    expect(() => checkTag(tag)).toThrow(UsageError);
  });

  it("reads shares, given together or one by one", () => {
    expect(parseTagShares(["eval_data=80,golden_data=20"])).toEqual(
      parseTagShares(["eval_data=80%", "golden_data=20"]),
    );
    expect(parseTagShares(["train"])).toEqual([{ tag: "train", weight: 1 }]);
  });

  it.each([["a=x"], ["a=-1"], ["a=1,a=2"], ["a=0"], ["my tag=1"], ["a="]])("refuses the shares %s", (text) => {
    expect(() => parseTagShares([text])).toThrow(UsageError);
  });

  it("marks what a session has made, each tag once", () => {
    expect(sessionTags("12", ["x", "synthetic", "x"])).toEqual(["synthetic", "synthetic_session_12", "x"]);
  });
});

describe("assignExactly", () => {
  const shares = fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => weights.map((weight, i) => ({ name: `t${i}`, weight })));

  it("comes out exact for eighty to twenty of a hundred", () => {
    const given = assignExactly(
      [
        { name: "eval", weight: 80 },
        { name: "golden", weight: 20 },
      ],
      {},
      100,
      1,
    );
    expect(tally(given)).toEqual({ eval: 80, golden: 20 });
    expect(given.slice(0, 80).every((name) => name === "eval")).toBe(false);
  });

  it("gives each name its share to less than one, and none to a weight of 0", () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 0, max: 500 }), fc.integer(), (list, count, seed) => {
        const counts = tally(assignExactly(list, {}, count, seed));
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(count);
        for (const { name, weight } of list) {
          expect(Math.abs((counts[name] ?? 0) - (weight / total) * count)).toBeLessThan(1);
          if (weight === 0) expect(counts[name]).toBeUndefined();
        }
      }),
    );
  });

  it("comes out the same to one, however the whole is divided into pieces", () => {
    fc.assert(
      fc.property(shares, fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), (list, pieces) => {
        const counts: Record<string, number> = {};
        for (const piece of pieces)
          for (const name of assignExactly(list, counts, piece, 3)) counts[name] = (counts[name] ?? 0) + 1;
        const whole = pieces.reduce((a, b) => a + b, 0);
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(whole);
        // Largest remainder may take one back from a name when the whole grows (the Alabama paradox).
        for (const { name, weight } of list)
          expect(Math.abs((counts[name] ?? 0) - (weight / total) * whole)).toBeLessThan(2);
      }),
    );
  });

  it("gives the same for the same seed", () => {
    const list = [
      { name: "a", weight: 1 },
      { name: "b", weight: 1 },
    ];
    expect(assignExactly(list, {}, 20, 5)).toEqual(assignExactly(list, {}, 20, 5));
    expect(assignExactly(list, {}, 20, 5)).not.toEqual(assignExactly(list, {}, 20, 6));
  });
});
