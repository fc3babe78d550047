import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { salvageArray } from "./salvage.js";

describe("salvageArray", () => {
  it.each([
    ['[{"a": 1}, {"a": "x', [{ a: 1 }]],
    ['[{"a": 1}, {"a": 2}]', [{ a: 1 }, { a: 2 }]],
    ['[{"a": 1},', [{ a: 1 }]],
    ['[{"a": "]}\\"["}, {"b"', [{ a: ']}"[' }]],
    ['[{"a": {"b": [1, {"c": 2}]}}, [', [{ a: { b: [1, { c: 2 }] } }]],
    ["[12, 34", [12]],
    ["[12, 34]", [12, 34]],
    ["[12, 34 ", [12, 34]],
    ["[true, nul", [true]],
    ['["a", "b\\', ["a"]],
    ['["a", "b\\"', ["a"]],
    ['["a" , "b"', ["a", "b"]],
    [' \n[\n  "a",\n  "b"\n', ["a", "b"]],
    ["[[1], [2, [3]], [4", [[1], [2, [3]]]],
    ["[1, oops, 3]", [1]],
    ["[1] and then", [1]],
  ])("%s", (text, expected) => {
    expect(salvageArray(text)).toEqual(expected);
  });

  it.each(["", "[", "[]", "[ ]", '{"a": [1]}', "1", "[1", '["a', '[{"a": 1', "[,1]", "null"])(
    "nothing in %s",
    (text) => {
      expect(salvageArray(text)).toBeUndefined();
    },
  );

  it("returns a prefix of the elements wherever the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(), fc.boolean(), (values, cut, pretty) => {
        const array = JSON.parse(JSON.stringify(values)) as unknown[];
        const text = JSON.stringify(array, null, pretty ? 2 : undefined);
        const got = salvageArray(text.slice(0, cut % (text.length + 1))) ?? [];
        expect(got).toEqual(array.slice(0, got.length));
        expect(salvageArray(text)).toEqual(array.length > 0 ? array : undefined);
      }),
    );
  });

  it("takes linear time", () => {
    const text = `[${"[".repeat(200_000)}${'"\\"'.repeat(100_000)}`;
    const started = performance.now();
    expect(salvageArray(text)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
