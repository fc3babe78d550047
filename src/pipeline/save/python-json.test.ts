import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pythonObject } from "./python-json.js";

describe("pythonObject", () => {
  it.each([
    ['{"a":1}', '{"a": 1}'],
    [' { "a" : [ 1 , 2.50 ] , "b" : { } , "c" : [ ] }\n', '{"a": [1, 2.5], "b": {}, "c": []}'],
    ['{"10":1,"2":2}', '{"10": 1, "2": 2}'],
    [
      '{"a":1.0,"b":1e5,"c":1e16,"d":0.0001,"e":0.00001,"f":-0.0,"g":-0}',
      '{"a": 1.0, "b": 100000.0, "c": 1e+16, "d": 0.0001, "e": 1e-05, "f": -0.0, "g": 0}',
    ],
    ['{"n":123456789012345678901234567890}', '{"n": 123456789012345678901234567890}'],
    ['{"a":"\\u4f60 caf\\u00e9 \\/ \\u0007\\n\\"\\\\"}', '{"a": "你 café / \\u0007\\n\\"\\\\"}'],
    ['{"a":true,"b":null,"c":false,"a":2}', '{"a": 2, "b": null, "c": false}'],
    ['{"__proto__":{"x":1}}', '{"__proto__": {"x": 1}}'],
    ["{}", "{}"],
  ])("%s", (text, expected) => {
    expect(pythonObject(text)).toBe(expected);
  });

  it.each(["", "[1]", '"a"', "1", "null", "{", '{"a":1', "{a:1}", '{"a":NaN}', "<think>\n</think>{}"])(
    "%s is no object",
    (text) => {
      expect(pythonObject(text)).toBeUndefined();
    },
  );

  it("takes strings of any length, and no nesting without end", () => {
    const long = "a\\n".repeat(2_000_000);
    expect(pythonObject(`{"a":"${long}"}`)).toBe(`{"a": "${long}"}`);
    expect(pythonObject(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)).toBeUndefined();
  });

  it("keeps what the text says", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(JSON.parse(pythonObject(text)!)).toEqual(JSON.parse(text));
      }),
      { seed: 2 },
    );
  });

  it("prints what Python prints", (context) => {
    const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const values = fc.sample(fc.dictionary(fc.string({ unit: "grapheme" }), fc.array(numbers)), {
      seed: 6,
      numRuns: 400,
    });
    const lines = values.map((value) => JSON.stringify(value));
    const script =
      "import json,sys\nfor l in sys.stdin.buffer.read().decode().split('\\n'): sys.stdout.buffer.write((json.dumps(json.loads(l),ensure_ascii=False)+'\\n').encode())";
    let printed: string;
    try {
      printed = execFileSync("python3", ["-c", script], { input: lines.join("\n"), encoding: "utf8" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return context.skip("there is no python3");
      throw error;
    }
    expect(lines.map(pythonObject)).toEqual(printed.trimEnd().split("\n"));
  });
});
