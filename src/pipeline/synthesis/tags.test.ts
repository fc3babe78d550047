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
  it.each([
    ["", "a tag is empty"],
    ["a b", 'the tag "a b" has a space in it; a_b would do'],
    [" a,  b ", 'the tag " a,  b " has a space in it; a_b would do'],
    ["a,b", 'the tag "a,b" has a comma in it; a_b would do'],
    ["tab\there", 'the tag "tab�here" has a tab (U+0009) in it; tab_here would do'],
    ["a\nb", 'the tag "a�b" has an end of a line (U+000A) in it; a_b would do'],
    ["nul\u0000", 'the tag "nul�" has a control character (U+0000) in it; nul would do'],
    ["a\u00a0b", 'the tag "a\u00a0b" has an unusual space (U+00A0) in it; a_b would do'],
    [" ", 'the tag " " has a space in it'],
  ])("refuses %j, names the character and says what would do", (tag, message) => {
    expect(() => checkTag(tag)).toThrow(UsageError);
    const remedy = "tags hold no spaces, commas or control characters";
    expect(() => checkTag(tag)).toThrow(new UsageError(message, { remedy }));
    const other = /; (.*) would do$/.exec(message)?.[1];
    if (other !== undefined) expect(checkTag(other)).toBe(other);
  });

  it.each(["eval_data", "é", "数据", "a:b", "__proto__", "a=b"])("takes %s", (tag) => {
    expect(checkTag(tag)).toBe(tag);
  });

  it("reads shares, given together or one by one", () => {
    const expected = [
      { tag: "eval_data", weight: 80 },
      { tag: "golden_data", weight: 20 },
    ];
    expect(parseTagShares(["eval_data=80,golden_data=20"])).toEqual(expected);
    expect(parseTagShares([" eval_data = 80% , golden_data = 20 % "])).toEqual(expected);
    expect(parseTagShares(["eval_data=80", "golden_data=20."])).toEqual(expected);
    expect(parseTagShares(["train"])).toEqual([{ tag: "train", weight: 1 }]);
    expect(parseTagShares(["a=b=.5", "c=0"])).toEqual([
      { tag: "a=b", weight: 0.5 },
      { tag: "c", weight: 0 },
    ]);
  });

  it.each([
    ["a=x", 'the share of the tag a is no number from 0 to 1000000000: "x"'],
    ["a=-1", "is no number"],
    ["a=", "is no number"],
    ["a=0x10", "is no number"],
    ["a=1e3", "is no number"],
    ["a=Infinity", "is no number"],
    ["a=99999999999", "is no number"],
    ["a=1,a=2", "the tag a is given a share twice"],
    ["a=0,b=0", "all shares of tags are 0"],
    ["my tag=1", "my_tag would do"],
    ["=1", "a tag is empty"],
    ["a=1,", 'the shares "a=1," have an empty part'],
    ["", "have an empty part"],
  ])("refuses the shares %s", (text, message) => {
    expect(() => parseTagShares([text])).toThrow(UsageError);
    expect(() => parseTagShares([text])).toThrow(message);
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

  const pieces = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 });

  it("comes out the same in one go and in pieces, wherever that is possible, and never off by more than one", () => {
    fc.assert(
      fc.property(shares, pieces, (list, sizes) => {
        const counts: Record<string, number> = {};
        let whole = 0;
        for (const size of sizes) {
          const before = { ...counts };
          for (const name of assignExactly(list, counts, size, 3)) counts[name] = (counts[name] ?? 0) + 1;
          whole += size;
          const goal = tally(assignExactly(list, {}, whole, 3));
          const names = list.map(({ name }) => name);
          expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(whole);
          // Largest remainder may take one back from a name when the whole grows (the Alabama paradox).
          const possible = names.every((name) => (before[name] ?? 0) <= (goal[name] ?? 0));
          for (const name of names)
            expect(Math.abs((counts[name] ?? 0) - (goal[name] ?? 0))).toBeLessThanOrEqual(possible ? 0 : 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("comes out the same in one go and in pieces, always, for two names", () => {
    const two = fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(two, pieces, ([a, b], sizes) => {
        const list = [
          { name: "pass", weight: a / 1000 },
          { name: "fail", weight: b / 1000 },
        ];
        const counts: Record<string, number> = {};
        for (const size of sizes)
          for (const name of assignExactly(list, counts, size, 3)) counts[name] = (counts[name] ?? 0) + 1;
        const whole = sizes.reduce((x, y) => x + y, 0);
        expect(counts).toEqual(tally(assignExactly(list, {}, whole, 3)));
      }),
    );
  });

  it("makes up for what was given in other shares, as nearly as can be", () => {
    fc.assert(
      fc.property(
        shares,
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 1, max: 100 }),
        (list, given, count) => {
          const already = Object.fromEntries(list.map(({ name }, i) => [name, given[i]!]));
          const made = assignExactly(list, already, count, 1);
          expect(made).toHaveLength(count);
          const weighted = list.filter(({ weight }) => weight > 0);
          const whole = weighted.reduce((sum, { name }) => sum + already[name]!, 0) + count;
          const goal = tally(assignExactly(list, {}, whole, 1));
          const counts = tally(made);
          // Who has its share or more already gets nothing, and nobody gets more than is lacking.
          for (const { name, weight } of list)
            expect(counts[name] ?? 0).toBeLessThanOrEqual(
              weight === 0 ? 0 : Math.max(0, (goal[name] ?? 0) - already[name]!),
            );
        },
      ),
    );
  });

  it("divides what is short among all, where many have more than is theirs", () => {
    const list = Array.from({ length: 12 }, (_, i) => ({ name: `t${i}`, weight: i < 2 ? 400 : 20 }));
    const already = Object.fromEntries(list.slice(2).map(({ name }) => [name, 3]));
    // Of 100 the first two are to have 40 each, and the others 2; these have 30 in all and not 20.
    expect(tally(assignExactly(list, already, 70, 1))).toEqual({ t0: 35, t1: 35 });
  });

  it("takes weights of any size and names that objects inherit", () => {
    const list = [
      { name: "constructor", weight: 1e308 },
      { name: "__proto__", weight: 1e308 },
      { name: "tiny", weight: 1e-300 },
    ];
    const made = assignExactly(list, {}, 10, 1);
    expect(made.filter((name) => name === "constructor")).toHaveLength(5);
    expect(made.filter((name) => name === "__proto__")).toHaveLength(5);
    expect(assignExactly([{ name: "a", weight: 0 }], {}, 10, 1)).toEqual([]);
    expect(assignExactly([{ name: "a", weight: Number.NaN }], {}, 10, 1)).toEqual([]);
  });

  it("gives an order that is the same on every machine", () => {
    const list = [
      { name: "a", weight: 2 },
      { name: "b", weight: 1 },
    ];
    expect(assignExactly(list, {}, 12, 5).join("")).toBe("aaabbbabaaaa");
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
