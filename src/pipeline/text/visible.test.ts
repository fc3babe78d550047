import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visible, visibleJson, visibleLines } from "./visible.js";

// eslint-disable-next-line no-control-regex
const obeyed = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/;

describe("visible", () => {
  it("shows what would steer a terminal", () => {
    expect(visible("a\u001B[31mb\u0007\u007F")).toBe("a␛[31mb␇␡");
    expect(visible("\u009B2J")).toBe("‹U+009B›2J");
    expect(visible("user\u202Etxt.exe")).toBe("user‹U+202E›txt.exe");
    expect(visible("half \uD83D")).toBe("half \uFFFD");
  });

  it("leaves texts of all languages as they are", () => {
    for (const text of ["Grüße – naïve", "日本語", "שלום", "👩‍👩‍👧‍👦", "می‌خواهم"]) expect(visible(text)).toBe(text);
  });

  it("never lets anything through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(visible(text)).not.toMatch(obeyed);
        for (const line of visibleLines(text)) expect(line).not.toMatch(obeyed);
      }),
    );
  });

  it("divides lines wherever they end", () => {
    expect(visibleLines("a\r\nb\nc\td\u2028e\rf")).toEqual(["a", "b", "c    d", "e␍f"]);
  });
});

describe("visibleJson", () => {
  it("says the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = visibleJson(JSON.stringify([text]));
        expect(json).not.toMatch(obeyed);
        expect(JSON.parse(json)).toEqual([text]);
      }),
    );
  });
});
