import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.js";
import { defaultsOf, failShareFor } from "./goals.js";
import { listTemplates } from "./templates.js";
import { goals, type Template } from "./types.js";

const template = (outputs_fail: string): Template => ({
  name: "mine",
  fail_share: 0.25,
  topics: "",
  inputs: "",
  outputs_pass: "",
  outputs_fail,
  criterion: "",
});

describe("goals", () => {
  it("set templates that are for them and need nothing, and shares that add up to a hundred", async () => {
    const all = await listTemplates();
    for (const goal of goals) {
      const { template: name, splits } = defaultsOf(goal);
      const found = all.find((one) => one.name === name)!;
      expect(found.goals[0]).toBe(goal);
      expect(Object.values(found.fields).some(({ required }) => required)).toBe(false);
      expect(splits.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
    }
    expect(defaultsOf("eval").splits).toEqual([
      { tag: "eval_data", weight: 80 },
      { tag: "golden_data", weight: 20 },
    ]);
    expect(defaultsOf("fine-tune").splits).toEqual([{ tag: "fine_tune_data", weight: 100 }]);
  });

  it("say how many samples are meant to fail, unless the user does", () => {
    expect(failShareFor("eval", template("Bad."), undefined)).toBe(0.25);
    expect(failShareFor("fine-tune", template("Bad."), undefined)).toBe(0);
    expect(failShareFor("fine-tune", template("Bad."), 0.1)).toBe(0.1);
    expect(failShareFor("eval", template("Bad."), 0)).toBe(0);
    expect(failShareFor("eval", template(""), 0)).toBe(0);
    expect(() => failShareFor("eval", template(""), 0.5)).toThrow(UsageError);
  });
});
