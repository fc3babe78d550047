import { describe, expect, test } from "vitest";
import { makeDocx, makeZip, wordParagraph as p } from "../../../test/fixtures/documents/build.js";
import { docxParser } from "./docx.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (bytes: Uint8Array) => docxParser.parse(bytes, fileSource("a.docx"), textOnly);
const cell = (text: string): string => `<w:tc>${p(text)}</w:tc>`;

describe("docx", () => {
  test("keeps headings, paragraphs and tables in their place", async () => {
    const table = `<w:tbl><w:tr>${cell("a")}${cell("b")}</w:tr><w:tr>${cell("c")}${cell("d")}</w:tr></w:tbl>`;
    const parsed = await parse(
      makeDocx(p("One", "Heading1") + p("before") + table + p("after") + p("Two", "Heading2")),
    );
    expect(parsed.text).toBe("# One\n\nbefore\n\n| a | b |\n| --- | --- |\n| c | d |\n\nafter\n\n## Two");
    expect(parsed.sections.map((section) => section.heading)).toEqual(["One", "Two"]);
    expect(parsed.warnings).toEqual([]);
  });

  test("writes formulas as TeX", async () => {
    const formula = "<w:p><w:r><w:t>See </w:t></w:r><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></w:p>";
    const parsed = await parse(makeDocx(formula));
    expect(parsed.text).toBe("See $x$");
    expect(parsed.warnings).toEqual([]);
  });

  const ole = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]);
  test.each([
    ["text", Buffer.from("hello"), "a.docx: it is not a .docx file"],
    ["an old document", ole, "a.docx: it is not a .docx file but an old Word document (.doc)"],
    ["RTF", Buffer.from("{\\rtf1 x}"), "a.docx: it is not a .docx file but RTF"],
    [
      "a protected document",
      Buffer.concat([ole, Buffer.from("EncryptedPackage", "utf16le")]),
      "a.docx: it is protected by a password",
    ],
    [
      "another archive",
      makeZip({ "a.txt": "x" }),
      "a.docx: it is not a Word document, though it is a zip archive as those are",
    ],
    [
      "half a document",
      makeDocx(p("text")).subarray(0, 500),
      expect.stringMatching(/^a\.docx: the zip archive in it is damaged or cut short/) as string,
    ],
  ])("refuses %s and says so", async (_name, bytes, message) => {
    await expect(parse(bytes)).rejects.toMatchObject({ name: "InputError", message });
  });
});
