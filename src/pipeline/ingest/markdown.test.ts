import { expect, test } from "vitest";
import { markdownParser } from "./markdown.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (text: string) => markdownParser.parse(Buffer.from(text), fileSource("a.md"), textOnly);

test("keeps the text as it is and divides it at headings", async () => {
  const parsed = await parse("# A\n\n*x*\n\n# B\ny\n");
  expect(parsed.text).toBe("# A\n\n*x*\n\n# B\ny\n");
  expect(parsed.sections.map((section) => section.heading)).toEqual(["A", "B"]);
  expect(parsed.mediaType).toBe("text/markdown");
});

test("leaves front matter out and keeps its title as the first heading", async () => {
  const parsed = await parse('---\ntitle: "My page"\ntags: [a, b]\n---\n\nText.\n\n# B\n');
  expect(parsed.text).toBe("Text.\n\n# B\n");
  expect(parsed.sections.map((section) => section.heading)).toEqual(["My page", "B"]);
});

test("takes text between two rules for text", async () => {
  expect((await parse("---\nJust a sentence.\n---\nMore.")).text).toBe("---\nJust a sentence.\n---\nMore.");
  expect((await parse("---\n: [broken\n---\nMore.")).text).toContain("broken");
});
