import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusters, fit, pad, textWidth, wrap } from "./width.js";

describe("textWidth", () => {
  it("counts columns as terminals draw them", () => {
    const widths: [string, number][] = [
      ["plain", 5],
      ["Grüße", 5],
      ["e\u0301", 1],
      ["日本", 4],
      ["ﾊﾝｶｸ", 4],
      ["한국", 4],
      ["👍", 2],
      ["👍🏽", 2],
      ["👩‍👩‍👧‍👦", 2],
      ["🇩🇪", 2],
      ["❤️", 2],
      ["1️⃣", 2],
      ["\u200B", 0],
      ["★☆", 2],
      ["שלום", 4],
    ];
    for (const [text, width] of widths) expect(textWidth(text), text).toBe(width);
  });
});

const anyText = fc.string({
  unit: fc.constantFrom("a", "b", " ", "日", "é", "👩‍👩‍👧", "e\u0301", "-", "ß", "🇩🇪"),
  maxLength: 80,
});

describe("fit and pad", () => {
  it("cut at the columns there are, and never through a character", () => {
    expect(fit("日本語", 5)).toBe("日本…");
    expect(fit("日本語", 4)).toBe("日…");
    expect(fit("abc", 3)).toBe("abc");
    expect(fit("abc", 0)).toBe("");
    expect(pad("日", 4)).toBe("日  ");
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(textWidth(fit(text, columns))).toBeLessThanOrEqual(columns);
        expect(textWidth(pad(text, columns))).toBe(columns);
      }),
    );
  });

  it("are quick for long texts", () => {
    const started = performance.now();
    fit("日本語".repeat(1_000_000), 80);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("wrap", () => {
  it("divides at spaces, in scripts without them anywhere, and long words where they must be", () => {
    expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
    expect(wrap("日本語テスト", 5)).toEqual(["日本", "語テ", "スト"]);
    expect(wrap("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(wrap("", 5)).toEqual([""]);
    expect(wrap(" 🇩🇪", 2)).toEqual(["", "🇩🇪"]);
    expect(wrap("    indented words here", 14)).toEqual(["    indented", "    words here"]);
  });

  it("loses nothing but spaces, and fits", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 30 }), (text, columns) => {
        const lines = wrap(text, columns);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
        const bare = (one: string) => clusters(one.replaceAll(" ", "")).join("");
        expect(bare(lines.join(""))).toBe(bare(text));
      }),
    );
  });
});
