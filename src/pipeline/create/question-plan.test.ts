import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseShares, sharesInWords } from "../../config/shares.js";
import { QuestionPlan, type Slot, slotOfRecord, wishOf } from "./question-plan.js";

const shares = (text: string) => {
  const parsed = parseShares(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
};
const planOf = (types: string, difficulty = "any") =>
  new QuestionPlan({ question_types: shares(types), difficulty: shares(difficulty) });
const counts = (slots: readonly Slot[], key: keyof Slot) => {
  const all: Record<string, number> = {};
  for (const slot of slots) all[slot[key]!] = (all[slot[key]!] ?? 0) + 1;
  return all;
};

describe("QuestionPlan", () => {
  it("keeps the shares in every beginning, within one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 80 }),
        (weights, n) => {
          const names = weights.map((_, i) => `t${i}`);
          const plan = planOf(names.map((name, i) => `${name}:${weights[i]}`).join(","));
          const made = counts(plan.next(n), "type");
          const total = weights.reduce((a, b) => a + b, 0);
          for (const [i, name] of names.entries())
            expect(Math.abs((made[name] ?? 0) - (n * weights[i]!) / total)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { seed: 1 },
    );
  });

  it("gives each type every difficulty, though both have the same number of names", () => {
    const slots = planOf("what,how,why", "easy,medium,hard").next(27);
    for (const type of ["what", "how", "why"])
      expect(
        counts(
          slots.filter((slot) => slot.type === type),
          "difficulty",
        ),
      ).toEqual({ easy: 3, medium: 3, hard: 3 });
  });

  it("is the same each time", () => {
    expect(planOf("what:3,how", "easy,hard").next(40)).toEqual(planOf("what:3,how", "easy,hard").next(40));
  });

  it("asks again for what is missing, and ends with as many slots as are asked for", () => {
    const plan = planOf("what,how");
    const slots = plan.next(4);
    for (const slot of slots) if (slot.type === "what") plan.made(slot);
    expect(counts(plan.missing(2), "type")).toEqual({ how: 2 });
    expect(plan.missing(5)).toHaveLength(5);
    expect(planOf("none").missing(3)).toEqual([{}, {}, {}]);
  });

  it("says what is wanted in few words, and no name without need", () => {
    expect(wishOf([{ type: "what" }, { type: "what" }, { type: "how" }]).types).toBe("what (2), how (1).");
    expect(wishOf([{ type: "what" }, { type: "what" }]).types).toBe("what.");
    expect(wishOf([{ difficulty: "hard" }]).difficulty).toMatch(/^hard\. Hard: /);
    expect(wishOf([{}])).toEqual({ types: "", difficulty: "" });
  });

  it("believes what a record says of itself only where that was asked for", () => {
    const slots = [{ type: "what" }, { type: "how" }];
    expect(slotOfRecord({ type: "how" }, slots, 0)).toEqual({ type: "how" });
    expect(slotOfRecord({ type: "joke" }, slots, 1)).toEqual({ type: "how" });
    expect(slotOfRecord({}, slots, 9)).toEqual({ type: "how" });
  });
});

describe("parseShares", () => {
  it("takes lists, maps and flags alike", () => {
    const meant = [
      { name: "what", weight: 2 },
      { name: "how", weight: 1 },
    ];
    expect(parseShares("what:2, How")).toEqual(meant);
    expect(parseShares({ what: 2, how: 1, why: 0 })).toEqual(meant);
    expect(parseShares(["what", "how"])).toEqual(meant.map((share) => ({ ...share, weight: 1 })));
    for (const nothing of ["none", "any", "", []]) expect(parseShares(nothing)).toEqual([]);
    expect(sharesInWords(meant)).toBe("what:2,how");
  });

  it.each(["what:", "what:x", "what:-1", "what,what", "what:0", "{", 5, [1], { what: "a" }])("refuses %j", (value) => {
    expect(parseShares(value)).toBeTypeOf("string");
  });
});
