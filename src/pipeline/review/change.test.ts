import fc from "fast-check";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { addRun, model, taskWith } from "../../../test/support/task.js";
import { isHighRated, type KilnRun, readRun, type StoredRun } from "../projects/index.js";
import {
  acceptRepair,
  changeTags,
  editOutput,
  isReviewed,
  parseRating,
  rateRequirement,
  rateRun,
  ratingText,
  recorded,
  removeRepair,
  setTags,
  tagsAfter,
  takeAway,
  forget,
} from "./index.js";

const onDisk = async ({ file }: StoredRun) => JSON.parse(await readFile(file, "utf8")) as KilnRun;

/** Lines of the file that a change adds or takes away. */
async function changedLines(stored: StoredRun, change: () => Promise<unknown>): Promise<string[]> {
  const before = (await readFile(stored.file, "utf8")).split("\n");
  await change();
  const after = (await readFile(stored.file, "utf8")).split("\n");
  return [...before.filter((line) => !after.includes(line)), ...after.filter((line) => !before.includes(line))];
}

const requirements = [
  { id: "111111111111", name: "Short", instruction: "Under ten words." },
  { id: "222222222222", name: "True", instruction: "Nothing made up.", type: "pass_fail" as const },
  { id: "333333333333", name: "Safe", instruction: "No harm.", type: "pass_fail_critical" as const },
];

describe("parseRating", () => {
  it("knows stars, words and what each type allows", () => {
    expect(parseRating("4")).toEqual({ value: 4, type: "five_star" });
    expect(parseRating(" Pass ")).toEqual({ value: 1, type: "pass_fail" });
    expect(parseRating("critical")).toEqual({ value: -1, type: "pass_fail_critical" });
    expect(parseRating("none")).toBe("none");
    expect(parseRating("1", "pass_fail")).toEqual({ value: 1, type: "pass_fail" });
    expect(parseRating("-1", "pass_fail_critical")).toEqual({ value: -1, type: "pass_fail_critical" });
    expect(parseRating("0.25", "custom")).toEqual({ value: 0.25, type: "custom" });
    for (const text of ["0", "6", "4.5", "good", "", "NaN", "__proto__", "1e1"])
      expect(() => parseRating(text), text).toThrow("is no rating");
    for (const [text, type] of [
      ["pass", "five_star"],
      ["critical", "pass_fail"],
      ["5", "pass_fail"],
    ] as const)
      expect(() => parseRating(text, type)).toThrow("is no rating");
    expect(["4", "1", "fail", "critical"].map((text) => ratingText(parseRating(text) as never))).toEqual([
      "4 stars",
      "1 star",
      "fail",
      "critical",
    ]);
  });
});

describe("rating", () => {
  it("writes a rating as Kiln has it, and changes nothing else", async () => {
    const task = await taskWith();
    const stored = await addRun(task);
    const rated = await rateRun(stored, { type: "five_star", value: 4 });
    expect(rated.run.output.rating).toMatchObject({ type: "five_star", value: 4, requirement_ratings: {} });
    expect(isHighRated(rated.run)).toBe(true);
    expect(await readFile(stored.file, "utf8")).toContain('"value": 4.0');
    const lines = await changedLines(stored, () => rateRun(rated, { type: "five_star", value: 2 }));
    expect(lines.map((line) => line.trim())).toEqual(['"value": 4.0,', '"value": 2.0,']);
    const none = await rateRun(rated, "none");
    expect(none.run.output.rating).toBeNull();
    expect(await onDisk(stored)).toEqual(JSON.parse(JSON.stringify(stored.run)));
  });

  it("rates requirements by id or name, by their own types, beside the whole", async () => {
    const task = await taskWith({ requirements });
    let stored = await addRun(task);
    stored = await rateRequirement(task, stored, "short", { type: "five_star", value: 5 });
    expect(stored.run.output.rating).toMatchObject({ value: null });
    expect(isReviewed(stored.run, task.task)).toBe(false);
    stored = await rateRequirement(task, stored, "222222222222", { type: "pass_fail", value: 0 });
    stored = await rateRequirement(task, stored, "Safe", { type: "pass_fail_critical", value: -1 });
    expect(isReviewed(stored.run, task.task)).toBe(true);
    stored = await rateRun(stored, { type: "pass_fail", value: 1 });
    expect(stored.run.output.rating).toMatchObject({
      type: "pass_fail",
      value: 1,
      requirement_ratings: {
        "111111111111": { value: 5, type: "five_star" },
        "222222222222": { value: 0, type: "pass_fail" },
        "333333333333": { value: -1, type: "pass_fail_critical" },
      },
    });
    stored = await rateRequirement(task, stored, "Safe", "none");
    expect(Object.keys(stored.run.output.rating!.requirement_ratings)).toHaveLength(2);
    stored = await rateRun(stored, "none");
    expect(stored.run.output.rating).toMatchObject({ value: null });
    for (const name of ["Short", "True"]) stored = await rateRequirement(task, stored, name, "none");
    expect(stored.run.output.rating).toBeNull();
    await expect(rateRequirement(task, stored, "Safe", { type: "five_star", value: 3 })).rejects.toThrow("rated by");
    await expect(rateRequirement(task, stored, "Nice", "none")).rejects.toMatchObject({
      remedy: 'there are "Short", "True", "Safe"',
    });
  });

  it("rates a file that has only what Kiln needs, and one with keys of others", async () => {
    const task = await taskWith({ requirements });
    const stored = await addRun(task);
    const small = { id: stored.run.id, model_type: "task_run", input: "x", output: { output: "y" }, mine: 1.0 };
    await writeFile(stored.file, JSON.stringify(small).replace('"mine":1', '"mine":1.50'));
    const read = await readRun(task, stored.run.id);
    expect((await rateRun(read, { type: "five_star", value: 5 })).run.output.rating?.value).toBe(5);
    expect((await rateRequirement(task, read, "True", { type: "pass_fail", value: 1 })).run.tags).toEqual([]);
    expect((await changeTags(read, { add: ["t"], remove: [] })).run.tags).toEqual(["t"]);
    expect(await readFile(stored.file, "utf8")).toContain('"mine": 1.50');
  });

  it("keeps two changes at the same time", async () => {
    const task = await taskWith({ requirements });
    const stored = await addRun(task);
    await Promise.all([
      rateRun(stored, { type: "five_star", value: 3 }),
      ...Array.from({ length: 8 }, (_, i) => changeTags(stored, { add: [`t${i}`], remove: [] })),
      rateRequirement(task, stored, "True", { type: "pass_fail", value: 1 }),
    ]);
    const { run } = await readRun(task, stored.run.id);
    expect(run.tags).toHaveLength(8);
    expect(run.output.rating).toMatchObject({ value: 3, requirement_ratings: { "222222222222": { value: 1 } } });
  });
});

const schema = JSON.stringify({
  type: "object",
  properties: { headline: { type: "string" }, score: { type: "number" } },
  required: ["headline"],
  additionalProperties: false,
});

describe("editing", () => {
  it("makes the output a person's, with what is known of the sample, and takes the rating away", async () => {
    const task = await taskWith();
    const stored = await rateRun(await addRun(task), { type: "five_star", value: 1 });
    const edited = await editOutput(task, stored, "Cat sits down");
    expect(edited.run.output).toMatchObject({ output: "Cat sits down", rating: null });
    expect(edited.run.output.source).toMatchObject({ type: "human", properties: { label: "pass", edited_from: "m" } });
    expect(Object.keys(edited.run.output.source!.properties)).not.toContain("model_name");
    // What was written is read as a run again.
    expect((await readRun(task, stored.run.id)).run.output.output).toBe("Cat sits down");
    expect(await editOutput(task, edited, "Cat sits down")).toBe(edited);
  });

  it("takes only what complies, and writes it on one line with its numbers as they are", async () => {
    const task = await taskWith({ output_json_schema: schema });
    const stored = await addRun(task, { output: '{"headline": "a"}' });
    const before = await readFile(stored.file, "utf8");
    for (const text of ["", "  ", "no JSON", '{"headline": 1}', '{"headline": "a", "more": 1}'])
      await expect(editOutput(task, stored, text), text).rejects.toThrow();
    expect(await readFile(stored.file, "utf8")).toBe(before);
    const edited = await editOutput(task, stored, '{\n  "headline": "Ä",\n  "score": 1.0\n}\n');
    expect(edited.run.output.output).toBe('{"headline": "Ä", "score": 1.0}');
  });
});

describe("repairs", () => {
  it("stand beside the output, without a rating, and can be taken away", async () => {
    const task = await taskWith({ output_json_schema: schema });
    const stored = await addRun(task, { output: '{"headline": "a"}' });
    const wish = { instructions: " longer ", output: '{"headline":"a b"}', source: model };
    const repaired = await acceptRepair(task, stored, wish);
    expect(repaired.run).toMatchObject({
      repair_instructions: "longer",
      repaired_output: { output: '{"headline": "a b"}', rating: null, source: { type: "synthetic" } },
      output: { output: '{"headline": "a"}' },
    });
    expect(isReviewed(repaired.run, task.task)).toBe(true);
    await expect(acceptRepair(task, stored, { ...wish, output: "{}" })).rejects.toThrow("does not comply");
    await expect(acceptRepair(task, stored, { ...wish, instructions: " " })).rejects.toThrow("instruction");
    const byHand = await acceptRepair(task, repaired, { instructions: "again", output: '{"headline": "c"}' });
    expect(byHand.run.repaired_output?.source?.type).toBe("human");
    const without = await removeRepair(byHand);
    expect(without.run).toMatchObject({ repair_instructions: null, repaired_output: null });
    expect(await removeRepair(without)).toBe(without);
  });
});

describe("tags", () => {
  it("keep their order", async () => {
    const task = await taskWith();
    const stored = await addRun(task, { tags: ["b", "a", "c"] });
    const changed = await changeTags(stored, { add: ["z", "a"], remove: ["b", "none"] });
    expect(changed.run.tags).toEqual(["a", "c", "z"]);
    expect(await changeTags(changed, { add: ["a"], remove: ["b"] })).toBe(changed);
    expect((await setTags(changed, ["c", "c", "a"])).run.tags).toEqual(["c", "a"]);
    for (const tag of ["", "a b", "a\u0007"])
      await expect(changeTags(stored, { add: [tag], remove: [] })).rejects.toThrow("tag");
    await expect(changeTags(stored, { add: ["x"], remove: ["x"] })).rejects.toThrow("both");
  });

  it("are a set in the order of their coming", () => {
    const tag = fc.constantFrom<string>("a", "b", "c", "d", "e");
    fc.assert(
      fc.property(fc.uniqueArray(tag), fc.array(tag), fc.array(tag), (tags, add, remove) => {
        const after = tagsAfter(tags, { add, remove });
        expect(new Set(after).size).toBe(after.length);
        expect(after.filter((one) => tags.includes(one) && !remove.includes(one))).toEqual(
          tags.filter((one) => !remove.includes(one)),
        );
        for (const one of add) expect(after).toContain(one);
      }),
    );
  });
});

describe("undo", () => {
  it("gives back the very file", async () => {
    const task = await taskWith();
    const stored = await addRun(task);
    await writeFile(stored.file, (await readFile(stored.file, "utf8")).replace('"v": 1,', '"v": 1, "x": 1.10,'));
    const before = await readFile(stored.file, "utf8");
    const { undo, stored: rated } = await recorded(stored, (one) => rateRun(one, { type: "five_star", value: 4 }));
    expect(rated.run.output.rating?.value).toBe(4);
    await undo!();
    expect(await readFile(stored.file, "utf8")).toBe(before);
    const nothing = await recorded(stored, (one) => changeTags(one, { add: [], remove: ["x"] }));
    expect(nothing.undo).toBeUndefined();
  });

  it("leaves a file that somebody has changed since", async () => {
    const task = await taskWith();
    const stored = await addRun(task);
    const { undo } = await recorded(stored, (one) => rateRun(one, { type: "five_star", value: 4 }));
    await changeTags(stored, { add: ["theirs"], remove: [] });
    await expect(undo!()).rejects.toThrow("changed since");
    expect((await readRun(task, stored.run.id)).run.tags).toEqual(["theirs"]);
  });

  it("brings a deleted run back, until it is forgotten", async () => {
    const task = await taskWith();
    const stored = await addRun(task);
    const before = await readFile(stored.file, "utf8");
    const { undo, folder } = await takeAway(task, stored);
    await expect(readRun(task, stored.run.id)).rejects.toThrow("no run");
    await undo();
    expect(await readFile(stored.file, "utf8")).toBe(before);
    const again = await takeAway(task, stored);
    await forget([again.folder]);
    await expect(stat(again.folder)).rejects.toThrow();
    expect(folder).not.toBe(again.folder);
    await expect(stat(path.join(task.folder, ".quern", "deleted"))).rejects.toThrow();
  });
});
