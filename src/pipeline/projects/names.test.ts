import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  folderName,
  idProblem,
  kilnTagProblem,
  nameProblem,
  nearestName,
  storedName,
  tagProblem,
  validName,
} from "./names.js";

/** Names with what is awkward in them more often than chance would have it. */
const wild = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom("_", " ", "__", "  ", "\t", "\n", ".", "/", "é", "e\u0301", "한", "が", "ﬁ", "①", "新", "📰"),
      fc.constantFrom("\u00a0", "\u0085", "\u2028", "\u3000", "\ufeff", "\u007f", "\ud800", "\u001c"),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));

describe("validName", () => {
  it.each([
    // From Kiln's own library.
    ['a/b\\c?d%e*f:g|h"i<j>k.l,m;n=o\np', "a b c d e f g h i j k l m n o p"],
    ["a\tb\u0000c", "a b c"],
    ["a\u0085b", "a b"],
    ["a\ufeffb", "a\ufeffb"],
    ["a\u007fb", "a\u007fb"],
    ["a__b", "a_b"],
    ["_ a _", "a"],
    [" _a_ ", "_a_"],
    ["é", "e\u0301"],
    ["ﬁ①", "fi1"],
    ["v1.0", "v1 0"],
    ["", ""],
  ])("%j becomes %j", (text, valid) => {
    expect(validName(text)).toBe(valid);
  });
});

describe("nameProblem", () => {
  it.each(["News Desk", "新闻", "News 📰", "a_b", "a-b", "e\u0301", "x".repeat(120)])("takes %j", (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ["", /empty/],
    ["v1.0", /no \. in names; "v1 0" would do/],
    ["a/b?", /no \/ \? in names; "a b" would do/],
    ["Café", /NFKD/],
    ["한국어", /NFKD/],
    ["a  b", /double or outer/],
    [" a", /double or outer/],
    ["a\u0007", /control/],
    ["x".repeat(121), /121 characters, and 120 are possible/],
  ])("refuses %j", (name, problem) => {
    expect(nameProblem(name)).toMatch(problem);
  });

  it("counts characters as Python does", () => {
    expect(nameProblem("📰".repeat(32), 32)).toBeUndefined();
    expect(nameProblem("📰".repeat(33), 32)).toMatch(/33 characters/);
  });

  it("takes what it suggests, and what is stored where nothing seen changes", () => {
    fc.assert(
      fc.property(wild, (text) => {
        const nearest = nearestName(text);
        if (nearest !== "") expect(nameProblem(nearest)).toBeUndefined();
        expect(validName(nearest)).toBe(nearest);
        expect(storedName(text).normalize("NFC")).toBe(text.normalize("NFC"));
      }),
    );
  });

  it("stores accents apart, and leaves what would be seen to change", () => {
    expect(storedName("Café 한국어")).toBe("Café 한국어".normalize("NFKD"));
    expect(nameProblem(storedName("Café 한국어"))).toBeUndefined();
    expect(storedName("①")).toBe("①");
  });
});

describe("folderName", () => {
  it("has at most 32 characters of the name, without what is at the cut", () => {
    expect(folderName("1", `${"x".repeat(31)} y`)).toBe(`1 - ${"x".repeat(31)}`);
    expect(folderName("1")).toBe("1");
  });

  it("stays within its folder, whatever the name", () => {
    fc.assert(
      fc.property(wild, (text) => {
        expect(folderName("12", text)).not.toMatch(/[/\\\n]|\.\./);
      }),
    );
  });
});

describe("ids", () => {
  it.each(["123456789012", "a b", "x-1_é"])("%j can be a folder", (id) => {
    expect(idProblem(id)).toBeUndefined();
  });

  it.each(["", ".", "..", "../x", "a/b", "a\\b", "a\u0000", "a\n", "x".repeat(201)])("%j cannot", (id) => {
    expect(idProblem(id)).toBeDefined();
  });
});

describe("tags", () => {
  it("are refused as Kiln refuses them", () => {
    expect(kilnTagProblem("")).toMatch(/empty/);
    expect(kilnTagProblem("a b")).toMatch(/a space in it; a_b would do/);
    for (const tag of ["a\tb", "a,b", "ä", "\u00a0"]) expect(kilnTagProblem(tag)).toBeUndefined();
  });

  it("are refused when they are new and would break lists", () => {
    expect(tagProblem("a,b")).toMatch(/a comma in it; a_b would do/);
    expect(tagProblem("a\u0007")).toMatch(/a control character \(U\+0007\)/);
    expect(tagProblem("a\u00a0b")).toMatch(/an unusual space \(U\+00A0\)/);
    expect(tagProblem(" ")).toBe('the tag " " has a space in it');
    expect(tagProblem("eval_data-1")).toBeUndefined();
  });
});
