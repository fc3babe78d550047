import { describe, expect, it } from "vitest";
import { chunkTextsOf } from "./sources.js";

describe("chunkTextsOf", () => {
  it("finds the text in a single source", () => {
    const textOf = chunkTextsOf({ source: { document: "a", hash: "h", chunks: [{ index: 2, text: "two" }] } });
    expect(textOf({ provenance: { chunk: 2, hash: "h" } })).toBe("two");
    expect(textOf({ provenance: { chunk: 1, hash: "h" } })).toBeUndefined();
    expect(textOf({ question: "q" })).toBeUndefined();
  });

  it("finds the text of the row in many sources", () => {
    const sources = [1, 2].map((row) => ({ row, hash: "h", chunks: [{ index: 0, text: `row ${row}` }] }));
    const textOf = chunkTextsOf({ sources });
    expect(textOf({ provenance: { chunk: 0, row: 2, hash: "h" } })).toBe("row 2");
    expect(textOf({ provenance: { chunk: 0, row: 3, hash: "h" } })).toBeUndefined();
    expect(textOf({ provenance: { chunk: 0 } })).toBeUndefined();
  });

  it("gives nothing where the shapes are others", () => {
    expect(chunkTextsOf({ source: "a", sources: {} })({ provenance: { chunk: 0 } })).toBeUndefined();
  });
});
