import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editJson } from "./json-edit.js";
import { formatKiln, jsonProblem } from "./json.js";

describe("formatKiln", () => {
  it("writes as pydantic does: empties, non-ASCII, escapes, no line's end", () => {
    expect(formatKiln({ a: {}, b: [], c: null, d: true, e: 'é東😀\u2028\u007f\u0000\b\f\n\r\t"\\/' })).toBe(
      '{\n  "a": {},\n  "b": [],\n  "c": null,\n  "d": true,\n  "e": "é東😀\u2028\u007f\\u0000\\b\\f\\n\\r\\t\\"\\\\/"\n}',
    );
  });

  it("replaces half surrogates, in keys too", () => {
    expect(formatKiln({ "a\ud800": "\udc00" })).toBe('{\n  "a\ufffd": "\ufffd"\n}');
  });

  it.each([
    // What pydantic 2.14 writes.
    [4, "4.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e-5, "0.00001"],
    [1.5e-5, "0.000015"],
    [1e-6, "1e-6"],
    [1.5e-6, "1.5e-6"],
    [1e-7, "1e-7"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.2345678901234568e17, "1.2345678901234568e+17"],
    [1e21, "1e+21"],
    [5e-324, "5e-324"],
    [1 / 3, "0.3333333333333333"],
    [NaN, "null"],
    [Infinity, "null"],
  ])("writes the float %d as %s", (value, text) => {
    expect(formatKiln({ value })).toBe(`{\n  "value": ${text}\n}`);
  });

  it("tells floats from integers by where they stand", () => {
    const flat = (value: unknown) => formatKiln(value).replace(/\s+/g, "");
    expect(flat({ usage: { input_tokens: 5, cost: 0, total_llm_latency_ms: 3 } })).toBe(
      '{"usage":{"input_tokens":5,"cost":0.0,"total_llm_latency_ms":3}}',
    );
    expect(flat({ properties: { seed: 1, value: 1, cost: 1, temperature: 1, top_p: 1 } })).toBe(
      '{"properties":{"seed":1,"value":1,"cost":1,"temperature":1.0,"top_p":1.0}}',
    );
    expect(flat({ splits: [{ percentage: 1 }], requirement_ratings: { value: { value: 1 } }, v: 1 })).toBe(
      '{"splits":[{"percentage":1.0}],"requirement_ratings":{"value":{"value":1.0}},"v":1}',
    );
  });

  it("gives back what it was given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(JSON.parse(formatKiln(plain))).toEqual(plain);
      }),
    );
  });
});

describe("editJson", () => {
  const edit = (text: string, change: (tree: never) => void) => {
    const tree = JSON.parse(text) as never;
    change(tree);
    return editJson(text, JSON.parse(text), tree);
  };

  it("leaves all that is not changed: notation, order, spaces, unknown keys, keys that stand twice", () => {
    const text =
      '\n{ "b":1.0, "1":[ 1e2,{"x" : 12345678901234567890}], "a": "\\u00e9",\n\t"value": 4, "b": 2.50, "__proto__": {"y": 1} }\n';
    expect(edit(text, () => undefined)).toBe(text);
    expect(edit(text, (tree: Record<string, unknown>) => (tree["value"] = 5))).toBe(
      text.replace('"value": 4', '"value": 5.0'),
    );
    expect(edit(text, (tree: { "1": { x: number }[] }) => (tree["1"][0] = { x: 1 }))).toMatch(
      /"1":\[ \{\n {6}"x": 1\n {4}\},\{"x" : 12345678901234567890\}\]/,
    );
  });

  it("adds keys before the type of an object, and takes them away", () => {
    const text = formatKiln({ v: 1, rating: null, model_type: "x" });
    const added = edit(text, (tree: Record<string, unknown>) => {
      tree["rating"] = { value: 5, requirement_ratings: { "1": { value: 3 } } };
      tree["new"] = [];
    });
    expect(added).toBe(
      formatKiln({ v: 1, rating: { value: 5, requirement_ratings: { "1": { value: 3 } } }, new: [], model_type: "x" }),
    );
    const back = edit(added, (tree: Record<string, unknown>) => {
      tree["rating"] = null;
      Reflect.deleteProperty(tree, "new");
    });
    expect(back).toBe(text);
  });

  it("keeps items of a list that stand before and behind those that came or went", () => {
    const text = '{\n  "tags": [\n    "a",\n    "\\u00e9",\n    "c"\n  ]\n}';
    expect(edit(text, ({ tags }: { tags: string[] }) => tags.push("d"))).toBe(
      '{\n  "tags": [\n    "a",\n    "\\u00e9",\n    "c",\n    "d"\n  ]\n}',
    );
    expect(edit(text, ({ tags }: { tags: string[] }) => tags.splice(0, 1))).toBe(
      '{\n  "tags": [\n    "\\u00e9",\n    "c"\n  ]\n}',
    );
    expect(edit(text, ({ tags }: { tags: string[] }) => tags.splice(0))).toBe('{\n  "tags": []\n}');
  });

  it("gives the tree that was asked for, and the very text where nothing changes", () => {
    const key = fc.oneof(fc.string(), fc.constantFrom("", "__proto__", "1", "model_type", "value"));
    const { tree: json } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(json, json, fc.constantFrom(undefined, 1, 4), (before, after, indent) => {
        const text = JSON.stringify(before, null, indent);
        const old = JSON.parse(text) as unknown;
        expect(editJson(text, old, JSON.parse(text))).toBe(text);
        const wanted = JSON.parse(JSON.stringify(after)) as unknown;
        expect(JSON.parse(editJson(text, old, wanted))).toEqual(wanted);
        // A part of it alone.
        const both = JSON.stringify({ keep: old, put: old }, null, indent);
        const edited = editJson(both, JSON.parse(both), { keep: old, put: wanted });
        expect(JSON.parse(edited)).toEqual({ keep: old, put: wanted });
      }),
      { numRuns: 500 },
    );
  });

  it("refuses what is nested deeper than Kiln reads", () => {
    const text = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    expect(() => editJson(text, 1, 2)).toThrow(RangeError);
  });
});

describe("jsonProblem", () => {
  it.each([
    ["", /empty/],
    ["{", /not JSON/],
    ['{"a": 1}\n<<<<<<< HEAD\n', /marks of a merge/],
    ['{"a": NaN}', /not JSON: Unexpected token/],
  ])("says what is wrong with %j", (text, problem) => {
    let said = "";
    try {
      JSON.parse(text);
    } catch (error) {
      said = jsonProblem(text, error);
    }
    expect(said).toMatch(problem);
    expect(said).not.toContain("\n");
  });
});
