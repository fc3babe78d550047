import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markdownSections } from "./sections.js";

const headings = (text: string): (string | undefined)[] => markdownSections(text).map((section) => section.heading);

describe("markdownSections", () => {
  test("starts a section at each heading", () => {
    const text = "intro\n\n# One\n\ntext\n\n## Two ##\n\nmore";
    expect(markdownSections(text)).toEqual([
      { start: 0, end: 7 },
      { start: 7, end: 20, heading: "One" },
      { start: 20, end: 35, heading: "Two" },
    ]);
    expect(text.slice(7, 12)).toBe("# One");
  });

  test("knows underlined headings, also over two lines", () => {
    expect(headings("Title\n=====\n\ntext\n\nTwo\nlines\n---\ntext")).toEqual(["Title", "Two lines"]);
  });

  test("takes a rule, a table, a list and front matter for no heading", () => {
    expect(headings("text\n\n---\n\n- item\n---\n\n| a |\n---\n\n> quote\n---\n")).toEqual([undefined]);
  });

  test("does not look inside code fences", () => {
    expect(headings("```\n# no\n~~~\n# no\n```\n# yes\n~~~sh\n# no\n```\n# no")).toEqual([undefined, "yes"]);
  });

  test("takes hash tags and seven hashes for text", () => {
    expect(headings("#tag\n####### seven\n    # code")).toEqual([undefined]);
  });

  test("removes marks from headings", () => {
    expect(headings("# **Bold** and `code` and [link](http://x) and *it* snake_case")).toEqual([
      "Bold and code and link and it snake_case",
    ]);
  });

  test("gives a title to the text before the first heading", () => {
    expect(markdownSections("text\n# A", "Title").map((section) => section.heading)).toEqual(["Title", "A"]);
  });

  test("covers any text without gaps", () => {
    const line = fc.oneof(
      fc.constantFrom("# a", "=====", "---", "```", "~~~", "", "text", "- x", "#", "> q"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join("\n");
        const sections = markdownSections(text);
        expect(sections.map((section) => text.slice(section.start, section.end)).join("")).toBe(text);
        expect(sections[0]!.start).toBe(0);
        expect(sections.at(-1)!.end).toBe(text.length);
        for (const [index, section] of sections.entries()) {
          if (index > 0) expect(section.start).toBe(sections[index - 1]!.end);
        }
      }),
    );
  });
});
