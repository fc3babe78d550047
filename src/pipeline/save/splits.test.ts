import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredRecord } from "../records/read.js";
import { checkedSplits, groupsOf, parseSplits, planSplits } from "./splits.js";

function recordOf(document: string | undefined, question: string, row?: number): StoredRecord {
  const provenance = document === undefined ? {} : { provenance: { document, hash: `h-${document}`, row } };
  return { question, answer: "a", raw: { question, answer: "a", ...provenance } };
}

function runOf(run: string, question: string, document?: string): StoredRecord {
  const provenance = { run, ...(document === undefined ? {} : { document }) };
  return { question, answer: "a", raw: { messages: [], provenance } };
}

async function* stream(records: readonly StoredRecord[]) {
  for (const record of records) yield await Promise.resolve(record);
}

describe("shares", () => {
  it("are read as shares or as hundredths", () => {
    const wanted = [
      { name: "train", share: 0.9 },
      { name: "validation", share: 0.05 },
      { name: "test", share: 0.05 },
    ];
    expect(parseSplits("train=0.9,validation=0.05,test=0.05")).toEqual(wanted);
    expect(parseSplits(" train=90%, validation=5%, test=5% ")).toEqual(wanted);
    expect(checkedSplits({})).toEqual([]);
  });
  it.each([
    ["train", "not a name and a share"],
    ["train=0.5,train=0.5", "named twice"],
    ["train=0.9,test=0.2", "add up to 1.1"],
    ["train=1,test=0", "more than 0"],
    ["all=1", "cannot be the name"],
    ["a/b=0.5,c=0.5", "cannot be the name"],
    ["train=-1,test=2", "not a name and a share"],
    ["", "not a name and a share"],
  ])("%s is refused: %s", (text, reason) => {
    expect(() => parseSplits(text)).toThrow(reason);
  });
});

describe("groups", () => {
  it("are documents, rows of documents, and equal questions of records that name none", () => {
    expect(groupsOf(recordOf("a", "x"))).toEqual(groupsOf(recordOf("a", "y")));
    expect(groupsOf(recordOf("a", "x", 1))).not.toEqual(groupsOf(recordOf("a", "x", 2)));
    expect(groupsOf(recordOf(undefined, "What is it?"))).toEqual(groupsOf(recordOf(undefined, "what is IT")));
    expect(groupsOf(recordOf(undefined, "?!"))).not.toEqual(groupsOf(recordOf(undefined, "!?")));
  });
});

describe("a plan", () => {
  const shares = parseSplits("train=0.9,validation=0.05,test=0.05");
  const many = (documents: number, each: number) =>
    Array.from({ length: documents * each }, (_, i) => recordOf(`d${i % documents}`, `q${i}`));
  const countsOf = (records: readonly StoredRecord[], plan: { splitOf: (one: StoredRecord) => string }) => {
    const counts: Record<string, number> = {};
    for (const record of records) counts[plan.splitOf(record)] = (counts[plan.splitOf(record)] ?? 0) + 1;
    return counts;
  };

  it("gives exact shares where groups allow", async () => {
    const records = many(100, 7);
    expect(countsOf(records, await planSplits(stream(records), shares, 0))).toEqual({
      train: 630,
      validation: 35,
      test: 35,
    });
    const single = Array.from({ length: 1000 }, (_, i) => recordOf(undefined, `q${i}`));
    expect(countsOf(single, await planSplits(stream(single), shares, 0))).toEqual({
      train: 900,
      validation: 50,
      test: 50,
    });
  });

  it("places the largest documents first", async () => {
    const records = [...Array.from({ length: 900 }, (_, i) => recordOf("large", `q${i}`)), ...many(2, 50)];
    expect(countsOf(records, await planSplits(stream(records), shares, 0))).toEqual({
      train: 900,
      validation: 50,
      test: 50,
    });
  });

  it("is the same whatever the order, and another with another seed", async () => {
    const records = many(40, 3);
    const plan = await planSplits(stream(records), shares, 0);
    const turned = await planSplits(stream([...records].reverse()), shares, 0);
    const other = await planSplits(stream(records), shares, 1);
    expect(records.map((one) => plan.splitOf(one))).toEqual(records.map((one) => turned.splitOf(one)));
    expect(records.map((one) => plan.splitOf(one))).not.toEqual(records.map((one) => other.splitOf(one)));
  });

  it("with too few documents is an error that names the split", async () => {
    await expect(planSplits(stream(many(2, 50)), shares, 0)).rejects.toThrow(
      /"(validation|test)" would be empty: 100 records of 2 documents/,
    );
    await expect(planSplits(stream([]), shares, 0)).rejects.toThrow('"train" would be empty');
  });

  it("keeps runs of a task together that have the same input, whatever document they are from", async () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.option(fc.integer({ min: 0, max: 40 }))), {
      minLength: 60,
      maxLength: 120,
    });
    await fc.assert(
      fc.asyncProperty(pairs, fc.integer(), async (list, seed) => {
        const records = list.map(([input, document], i) =>
          runOf(`r${i}`, `input ${input}`, document === null ? undefined : `d${document}`),
        );
        const plan = await planSplits(stream(records), parseSplits("a=0.5,b=0.5"), seed).catch(() => undefined);
        // So much is joined that nothing is left for the second.
        fc.pre(plan !== undefined);
        const splits = new Map<string, Set<string>>();
        for (const record of records)
          for (const group of groupsOf(record))
            splits.set(group, (splits.get(group) ?? new Set()).add(plan.splitOf(record)));
        expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it("of runs with inputs of their own has exact shares, and of equal ones the nearest", async () => {
    const single = Array.from({ length: 1003 }, (_, i) => runOf(`r${i}`, `input ${i}`));
    const halves = parseSplits("a=0.5,b=0.3,c=0.2");
    expect(countsOf(single, await planSplits(stream(single), halves, 4))).toEqual({ a: 501, b: 301, c: 201 });
    const twins = Array.from({ length: 1000 }, (_, i) => runOf(`r${i}`, `input ${i % 500}`));
    expect(countsOf(twins, await planSplits(stream(twins), halves, 4))).toEqual({ a: 500, b: 300, c: 200 });
  });

  it("never separates records of one document, whatever their number", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 12, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer(), async (counts, seed) => {
        const records = counts.flatMap((count, d) =>
          Array.from({ length: count }, (_, i) => recordOf(`d${d}`, `q${i}`)),
        );
        const two = parseSplits("train=0.8,test=0.2");
        const plan = await planSplits(stream(records), two, seed);
        const splits = new Map<string, Set<string>>();
        for (const record of records) {
          const [group = ""] = groupsOf(record);
          splits.set(group, (splits.get(group) ?? new Set()).add(plan.splitOf(record)));
        }
        expect([...splits.values()].every(({ size }) => size === 1)).toBe(true);
        // No share is further off than the largest document is large.
        const train = records.filter((one) => plan.splitOf(one) === "train").length;
        expect(Math.abs(train - records.length * 0.8)).toBeLessThanOrEqual(Math.max(...counts));
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
