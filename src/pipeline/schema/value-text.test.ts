import { execFileSync } from "node:child_process";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { KeptQuestions } from "../create/similar.js";
import { comparableText, jsonText, valueText } from "./value-text.js";

describe("valueText", () => {
  it("leaves plain texts alone and prints data as Python does", () => {
    expect(valueText('a "b"\n')).toBe('a "b"\n');
    expect(valueText({ a: 1, b: [true, null, "x"], ü: {} })).toBe('{"a": 1, "b": [true, null, "x"], "ü": {}}');
    expect(valueText([])).toBe("[]");
    expect(valueText(3)).toBe("3");
    expect(valueText({ text: '東京 😀 \u2028 \u007f " \\ / \n\t\u0001' })).toBe(
      '{"text": "東京 😀 \u2028 \u007f \\" \\\\ / \\n\\t\\u0001"}',
    );
    expect(valueText({ a: undefined })).toBe('{"a": null}');
  });

  it("prints numbers as they are kept", () => {
    expect(valueText([1.0, -0.5, 1e-5, -1.25e-7, 1e21, 123456789012345680, 0.0001, 5e-324, 0])).toBe(
      "[1, -0.5, 1e-05, -1.25e-07, 1e+21, 123456789012345680, 0.0001, 5e-324, 0]",
    );
  });

  it("can be read back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(jsonText(kept))).toEqual(kept);
      }),
    );
  });

  it("prints what Python prints", () => {
    const values = fc.sample(fc.jsonValue({ noUnicodeString: false }), { numRuns: 300, seed: 5 });
    const kept = values.map((value) => JSON.parse(JSON.stringify(value).toWellFormed()) as unknown);
    const script = "import json,sys\nfor line in sys.stdin:\n print(json.dumps(json.loads(line), ensure_ascii=False))";
    let printed: string;
    try {
      const input = kept.map((value) => JSON.stringify(value)).join("\n");
      printed = execFileSync("python3", ["-X", "utf8", "-c", script], { input, encoding: "utf8" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    expect(printed.trimEnd().split("\n")).toEqual(kept.map(jsonText));
  });
});

describe("comparableText", () => {
  const differ = (a: unknown, b: unknown, threshold = 0.8): boolean => {
    const kept = new KeptQuestions(threshold);
    kept.add(comparableText(a));
    return kept.add(comparableText(b));
  };
  const order = { customer: "Anna Berg", note: "Please deliver to the back door after five", amount: 12.5, gift: true };

  it("does not see the order of keys, upper case and punctuation", () => {
    expect(differ(order, Object.fromEntries(Object.entries(order).reverse()))).toBe(false);
    expect(differ(order, { ...order, note: "please deliver to the back door, after five!" })).toBe(false);
    expect(differ(order, { ...order, note: "Please deliver to the back door after five." })).toBe(false);
  });

  it.each([12, 125, -12.5, 1.25, 1.25e25])("tells numbers apart: 12.5 and %d", (amount) => {
    expect(differ(order, { ...order, amount })).toBe(true);
  });

  it("tells true from false, and texts and keys that differ", () => {
    expect(differ(order, { ...order, gift: false })).toBe(true);
    expect(differ(order, { ...order, note: "Leave it with the neighbour on the second floor" })).toBe(true);
    expect(differ({ from: "Paris", to: "Rome" }, { from: "Rome", to: "Paris" })).toBe(true);
    expect(differ({ name: "x" }, { title: "x" })).toBe(true);
    expect(differ([1, 2], [2, 1])).toBe(true);
  });

  it("is not misled by long keys that all inputs share", () => {
    const make = (first: string, last: string) => ({
      the_first_name_of_the_customer: first,
      the_last_name_of_the_customer: last,
    });
    expect(differ(make("Anna", "Berg"), make("Otto", "Lund"))).toBe(true);
    expect(differ(make("Anna", "Berg"), make("ANNA", "Berg"))).toBe(false);
  });

  it("goes through values of any depth", () => {
    let deep: unknown = "x";
    for (let n = 0; n < 100_000; n++) deep = n % 2 === 0 ? [deep] : { a: deep };
    expect(comparableText(deep)).toMatch(/x$/);
    expect(comparableText("as it is")).toBe("as it is");
    expect(comparableText(null)).toBe("null");
  });
});
