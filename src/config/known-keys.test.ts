import { describe, expect, it } from "vitest";
import { z } from "zod";
import { knownNames, unknownKeys } from "./known-keys.js";

const schema = z.object({
  mill: z.object({
    stones: z.number(),
    wind: z.object({ force: z.number() }).optional(),
    names: z.record(z.string(), z.string()),
    flour: z.union([z.string(), z.array(z.string())]),
  }),
});
const superseded = { "mill.sails": "the wind is measured", "old.key": "there is no need" };
const texts = (tree: Record<string, unknown>) => unknownKeys(tree, schema, superseded).map(({ text }) => text);

describe("unknownKeys", () => {
  it("knows what the schema knows, also within what may be absent", () => {
    expect(knownNames(schema)).toEqual([
      "mill",
      "mill.stones",
      "mill.wind",
      "mill.wind.force",
      "mill.names",
      "mill.flour",
    ]);
    expect(texts({ mill: { stones: 1, wind: { force: 3 }, names: { any: "x" }, flour: ["a"] } })).toEqual([]);
  });

  it("tells what is not known, with what may be meant", () => {
    expect(texts({ mill: { stone: 1, wind: { forse: 2 } }, force: 3 })).toEqual([
      "the key mill.stone is not known; did you mean mill.stones?",
      "the key mill.wind.forse is not known; did you mean mill.wind.force?",
      "the key force is not known; did you mean mill.wind.force?",
    ]);
  });

  it("tells why keys have no effect, one by one, also in a section that is not known", () => {
    expect(texts({ mill: { sails: 4 }, old: { key: 1 } })).toEqual([
      "mill.sails has no effect: the wind is measured",
      "old.key has no effect: there is no need",
    ]);
    expect(texts({ old: { key: 1, other: 2 } })).toEqual(["the key old is not known"]);
  });
});
