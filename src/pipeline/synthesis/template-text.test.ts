import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillText, parseText, problemsOf } from "./template-text.js";

const fill = (text: string, values: Record<string, string> = {}) =>
  fillText(parseText(text), new Map(Object.entries(values)));

describe("filling a text", () => {
  it("puts values in, trimmed, and takes nothing in them for a placeholder", () => {
    expect(fill("A {x} and {y}.", { x: " {y} $1 $& \\{y} ", y: "b" })).toBe("A {y} $1 $& \\{y} and b.");
  });

  it("has parts only where something is given, or only where nothing is", () => {
    const text = "A{?x} with {x}{/x}{!x} without{/x}.";
    expect(fill(text, { x: "it" })).toBe("A with it.");
    expect(fill(text)).toBe("A without.");
    expect(fill(text, { x: " \n " })).toBe("A without.");
  });

  it("leaves no trace of marks and of empty values that have a line for themselves", () => {
    const text = "One\n{?x}\nExamples:\n{x}\n{/x} {!y}\nnone\n{/y}\n{y}\nTwo\n\n{x}\n\nThree";
    expect(fill(text)).toBe("One\nnone\nTwo\n\nThree");
    expect(fill(text, { x: "1\n\n\n2" })).toBe("One\nExamples:\n1\n\n\n2\nnone\nTwo\n\n1\n\n\n2\n\nThree");
    expect(fill(text, { x: "a", y: "b" })).toBe("One\nExamples:\na\nb\nTwo\n\na\n\nThree");
  });

  it("has parts within parts", () => {
    const text = "{?a}[{?b}both{/b}{!b}a{/b}]{/a}{!a}none{/a}";
    expect([fill(text, { a: "1", b: "1" }), fill(text, { a: "1" }), fill(text, { b: "1" })]).toEqual([
      "[both]",
      "[a]",
      "none",
    ]);
  });

  it("leaves other braces and what is escaped as they are", () => {
    expect(fill('{"a": 1} {} { a b } \\{x} \\{?x}', { x: "no" })).toBe('{"a": 1} {} { a b } {x} {?x}');
  });

  it("takes all ends of lines", () => {
    expect(fill("a\r\n{?x}\r\nb\r\n{/x}\r\nc  \r\rd", {})).toBe("a\nc\n\nd");
  });

  it("leaves neither braces nor double empty lines, whatever is given", () => {
    const piece: fc.Arbitrary<string> = fc.letrec<{ piece: string }>((tie) => ({
      piece: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("word", " ", "\n", "\n\n", "{x}", "{y}", "{z}", "\n{x}\n"),
        fc
          .tuple(fc.constantFrom("?", "!"), fc.constantFrom("x", "y", "z"), fc.array(tie("piece"), { maxLength: 4 }))
          .map(([kind, name, inner]) => `{${kind}${name}}${inner.join("")}{/${name}}`),
      ),
    })).piece;
    const value = fc.constantFrom("", " ", "one", "two\nlines");
    fc.assert(
      fc.property(fc.array(piece), value, value, value, (pieces, x, y, z) => {
        const text = pieces.join("");
        expect(problemsOf(text, ["x", "y", "z"])).toEqual([]);
        const filled = fill(text, { x, y, z });
        expect(filled).not.toMatch(/[{}]|\n\n\n|[ \t]\n|^\s|\s$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("problems of a text", () => {
  it.each([
    ["{issu}", 1, "there is no field {issu}"],
    ["a\nb {Issue}", 2, "{Issue} is no placeholder"],
    ["{ issue }", 1, "{ issue } is no placeholder"],
    ["{{issue}}", 1, "{{issue}} is no placeholder"],
    ["{#issue}x{/issue}", 1, "{#issue} is no placeholder"],
    ["x\n{?issue}\ny", 2, "the part of {issue} is not closed"],
    ["x {/issue}", 1, "{/issue} closes nothing"],
    ["{?issue}{?tone}{/issue}{/tone}", 1, "{/issue} closes nothing: {tone} is open"],
  ])("%j", (text, line, message) => {
    expect(problemsOf(text, ["issue", "tone"])[0]).toMatchObject({ line, message });
  });

  it("finds none in JSON, in escaped marks and in what is right", () => {
    expect(
      problemsOf('{"a": {}} \\{x} \\{?y} { two words } {?issue}{issue}{/issue}{!issue}-{/issue}', ["issue"]),
    ).toEqual([]);
  });

  it("gives a way out that works", () => {
    const [problem] = problemsOf("{Failing-Examples}", ["failing_examples"]);
    expect(problem?.remedy).toContain("write {failing_examples}");
    expect(problemsOf("\\{Failing-Examples} \\{{x}}", [])).toEqual([]);
    expect(fill("\\{Failing-Examples} \\{{x}}", { x: "no" })).toBe("{Failing-Examples} {{x}}");
  });
});
