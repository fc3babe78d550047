import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.js";
import { humanSource, newOutput, newRating, newRun, type RunFields } from "./compose.js";
import { allFilters, filterForms, parseFilter } from "./filters.js";
import type { KilnRun } from "./types.js";

const run = (fields: Partial<RunFields> = {}, more: Partial<KilnRun> = {}): KilnRun => ({
  ...newRun({ input: "How old is the mill?", input_source: null, output: "200 years", source: null, ...fields }),
  ...more,
});
const rated = (value: number | null, type: Parameters<typeof newRating>[0] = "five_star") =>
  run({ rating: newRating(type, value) });
const repaired = run({}, { repair_instructions: "wrong", repaired_output: newOutput("210 years", null) });
const thinking = run({ intermediate_outputs: { chain_of_thought: "2020 - 1820" } });
const labelled = run({
  source: {
    type: "synthetic",
    properties: { model_name: "m", model_provider: "p", adapter_name: "a", label: "fail" },
    run_config_id: null,
    run_config: null,
  },
});
const tagged = run({ tags: ["eval_data", "a&b"] });

function refusalOf(text: string): UsageError {
  try {
    parseFilter(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error(`${text} was taken`);
}

describe("parseFilter", () => {
  it.each<[string, KilnRun, boolean]>([
    ["all", run(), true],
    ["high_rating", rated(4), true],
    ["high_rating", rated(3), false],
    ["high_rating", rated(1, "pass_fail"), true],
    ["high_rating", rated(0, "pass_fail"), false],
    ["high_rating", rated(1, "pass_fail_critical"), true],
    ["high_rating", rated(9, "custom"), false],
    ["high_rating", run(), false],
    ["high_rating", repaired, true],
    ["thinking_model", thinking, true],
    ["thinking_model", run({ intermediate_outputs: { reasoning: "" } }), false],
    ["thinking_model", run(), false],
    ["thinking_model_high_rated", thinking, false],
    ["thinking_model_high_rated", { ...thinking, output: rated(5).output }, true],
    ["tag::eval_data", tagged, true],
    ["tag::eval", tagged, false],
    ["multi_filter::all&tag::eval_data", tagged, true],
    ["multi_filter::high_rating&tag::eval_data", tagged, false],
    ["multi_filter::all&tag::a\\&b", tagged, true],
    ["multi_filter::rating>=4&all", rated(4), true],
    ["rating>=4", rated(4), true],
    ["rating>=4", rated(3), false],
    ["rating>=4", run(), false],
    ["rating<3", rated(1), true],
    ["rating < 3", rated(null), false],
    ["rating=-1", rated(-1, "pass_fail_critical"), true],
    ["label::fail", labelled, true],
    ["label::pass", labelled, false],
    ["label::pass", run(), false],
    ["source::synthetic", labelled, true],
    ["source::human", run({ source: humanSource("me") }), true],
    ["source::human", run(), false],
    ["repaired", repaired, true],
    ["repaired", run(), false],
    ["unrated", run(), true],
    ["unrated", rated(null), true],
    ["unrated", rated(1), false],
    ["text::MILL", run(), true],
    ["text::210", repaired, true],
    ["text::flour", run(), false],
    ["text::cafe\u0301", run({ input: "Le CAFÉ" }), true],
  ])("%s", (text, one, expected) => {
    expect(parseFilter(text).matches(one)).toBe(expected);
  });

  it.each([
    "",
    "high-rating",
    "tag::",
    "tag",
    "label::maybe",
    "source::web",
    "rating",
    "rating>=",
    "multi_filter::",
    "multi_filter::all&",
    "multi_filter::nothing",
    "constructor",
    "toString::x",
  ])("refuses %j and says what there is", (text) => {
    expect(() => parseFilter(text)).toThrow(UsageError);
  });

  it("lists every filter, and the near one", () => {
    const error = refusalOf("high_ratings");
    expect(error.message).toContain("high_ratings");
    expect(error.remedy).toContain("did you mean high_rating?");
    for (const form of filterForms) expect(error.remedy).toContain(form);
  });

  it("every form that is listed is one", () => {
    for (const form of filterForms) expect(parseFilter(form).text).toBe(form);
  });

  it("knows which filters Kiln has, too", () => {
    expect(parseFilter("multi_filter::high_rating&tag::x").kilnId).toBe("multi_filter::high_rating&tag::x");
    for (const own of [
      "rating>=4",
      "label::pass",
      "source::human",
      "repaired",
      "unrated",
      "text::x",
      "multi_filter::all&repaired",
    ])
      expect(parseFilter(own).kilnId).toBeUndefined();
  });
});

describe("allFilters", () => {
  it("of none is everything, of one is that one", () => {
    expect(allFilters([]).kilnId).toBe("all");
    expect(allFilters([parseFilter("repaired")]).text).toBe("repaired");
  });

  it("of several, whatever is in their tags, is a filter that can be parsed and means the same", () => {
    const tag = fc.stringMatching(/^[ab&\\]{1,6}$/).filter((text) => !/\\/.test(text));
    fc.assert(
      fc.property(fc.array(tag, { minLength: 2, maxLength: 3 }), fc.array(tag, { maxLength: 4 }), (wanted, tags) => {
        const filters = wanted.map((one) => parseFilter(`tag::${one}`));
        const one = run({ tags });
        const expected = wanted.every((each) => tags.includes(each));
        const all = allFilters(filters);
        expect(all.matches(one)).toBe(expected);
        expect(parseFilter(all.kilnId!).matches(one)).toBe(expected);
      }),
      { seed: 1 },
    );
  });
});
