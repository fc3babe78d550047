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
const texts = (tree: Record<string, unknown>) => unknownKeys(tree, schema).map(({ text }) => text);

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
});
