import { describe, expect, test } from "vitest";
import { makePdf, show, showLines } from "../../../../test/fixtures/documents/build.js";
import { pdfParser } from "./parser.js";
import { fileSource, textOnly } from "../parser.js";

const parse = (bytes: Uint8Array) => pdfParser.parse(bytes, fileSource("a.pdf"), textOnly);
const textOf = async (...pages: string[]): Promise<string> => (await parse(makePdf(pages))).text;

/** A font of which only the widths are known, as a PDF may have it. */
const glyphFont = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]";
const descriptor =
  "<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 600 800]/ItalicAngle 0/Ascent 700/Descent 0/CapHeight 700/StemV 80>>";
const descendant = `<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor ${descriptor}/DW 600>>`;

const column = (word: string): string[] =>
  Array.from({ length: 12 }, (_, index) => `${word}${index} and a few more words to fill the line`);

describe("pdf", () => {
  test("joins the lines of a paragraph, and words divided at a line end", async () => {
    const lines = ["This is the first line of a paragraph that goes on and inter-", "rupts a word, and ends here."];
    expect(await textOf(showLines(lines, 50, 700))).toBe(
      "This is the first line of a paragraph that goes on and interrupts a word, and ends here.",
    );
  });

  test("keeps a hyphen before a capital letter", async () => {
    const lines = ["This is the first line of a paragraph about the history of Austria-", "Hungary, ends here."];
    expect(await textOf(showLines(lines, 50, 700))).toContain("Austria-Hungary");
  });

  test("separates paragraphs by a gap, an indent, and a larger heading", async () => {
    const page =
      show("Heading", 50, 740, 18) +
      showLines(
        [
          "The first paragraph has one line that is long, and then it",
          "has another line, which is full to the very end, see here.",
        ],
        50,
        700,
      ) +
      show("The second one is indented and it is long, too, so that it", 62, 676) +
      showLines(["goes on to a last line. That was it for the second of them."], 50, 664) +
      showLines(["The third paragraph stands below a gap."], 50, 630);
    expect((await textOf(page)).split("\n\n").map((paragraph) => paragraph.slice(0, 10))).toEqual([
      "# Heading",
      "The first ",
      "The second",
      "The third ",
    ]);
  });

  test("reads one column after the other, whatever the order in the file", async () => {
    const [left, right] = [column("left"), column("right")];
    const rows = left.map(
      (line, index) => showLines([line], 50, 700 - 12 * index) + showLines([right[index]!], 310, 700 - 12 * index),
    );
    const text = await textOf(
      show("A title over the whole width of the page, above both columns", 120, 740, 14) + rows.join(""),
    );
    expect(text).toMatch(/^# A title/);
    const order = [...text.matchAll(/(?:left|right)\d+/g)].map(([word]) => word);
    expect(order).toEqual([...left, ...right].map((line) => line.split(" ")[0]));
  });

  test("keeps the rows of a table together", async () => {
    const rows = [
      ["Country", "Capital"],
      ["Austria", "Vienna"],
      ["Belgium", "Brussels"],
      ["Denmark", "Copenhagen"],
      ["Finland", "Helsinki"],
      ["Norway", "Oslo"],
    ];
    const page = rows.map(([a, b], index) => show(a!, 50, 700 - 12 * index) + show(b!, 310, 700 - 12 * index)).join("");
    expect(await textOf(page)).toBe(rows.map((row) => row.join("\t")).join("\n"));
  });

  test("makes one section per page, with its number, and names pages without text", async () => {
    const parsed = await parse(makePdf([show("One", 50, 700), "", show("Three", 50, 700), ""]));
    expect(parsed.text).toBe("One\n\nThree");
    expect(parsed.sections).toEqual([
      { start: 0, end: 5, page: 1 },
      { start: 5, end: 10, page: 3 },
    ]);
    expect(parsed.warnings).toEqual(["2 of 4 pages have no text: 2, 4"]);
    expect(parsed.mediaType).toBe("application/pdf");
  });

  test("reads text that is turned after the rest", async () => {
    const turned = "BT /F1 10 Tf 0 1 -1 0 20 300 Tm (margin note) Tj ET\n";
    expect(await textOf(turned + show("Body text.", 50, 700))).toBe("Body text.\n\nmargin note");
  });

  test("puts the letters of a right-to-left ligature into reading order", async () => {
    // Drawn from left to right: meem, lam-alef as one glyph, seen.
    const map =
      "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange 3 beginbfchar <0001> <06440627> <0002> <0633> <0003> <0645> endbfchar endcmap";
    const parsed = await parse(
      makePdf([show("<000300010002>", 50, 700)], {
        font: `${glyphFont}/ToUnicode 5 0 R>>`,
        objects: [descendant, `<</Length ${map.length}>>stream\n${map}\nendstream`],
      }),
    );
    expect(parsed.text).toBe("سلام");
  });

  test("refuses text whose font does not say which characters it shows", async () => {
    const file = makePdf([show("<0024000300350003002400030003>", 50, 700)], {
      font: `${glyphFont}>>`,
      objects: [descendant],
    });
    await expect(parse(file)).rejects.toThrow("its fonts do not say which characters they show");
  });

  test("refuses a scan and says what to do", async () => {
    await expect(parse(makePdf(["", "", ""]))).rejects.toMatchObject({
      name: "InputError",
      message: "a.pdf: 3 pages, no text: it is a scan",
      remedy: expect.stringContaining("--ocr") as string,
    });
  });

  test("refuses a file that needs a password", async () => {
    const key = "x".repeat(32);
    const trailer = `/ID[(a)(a)]/Encrypt<</Filter/Standard/V 1/R 2/O(${key})/U(${key})/P -4>>`;
    await expect(parse(makePdf([show("One", 50, 700)], { trailer }))).rejects.toMatchObject({
      name: "InputError",
      message: "a.pdf: it is protected by a password",
    });
  });

  test("refuses what is no PDF, and a PDF that is cut short or has no index", async () => {
    const whole = makePdf([show("One", 50, 700)]);
    await expect(parse(Buffer.from("hello"))).rejects.toThrow("a.pdf: it is not a PDF");
    await expect(parse(whole.subarray(0, whole.length - 60))).rejects.toThrow("a.pdf: the PDF is cut short");
    const linearized = Buffer.concat([Buffer.from("%PDF-1.4\n1 0 obj<</Linearized 1/L 99999>>endobj\n"), whole]);
    await expect(parse(linearized)).rejects.toThrow("a.pdf: the PDF is cut short");
    await expect(parse(Buffer.from("%PDF-1.4\nnothing in it\nstartxref\n9\n%%EOF"))).rejects.toThrow(
      "a.pdf: the PDF is damaged",
    );
  });

  test("warns of parts that cannot be unpacked, and only of those", async () => {
    const page = showLines(
      Array.from({ length: 50 }, (_, index) => `line ${index} ${Math.sin(index)}`),
      50,
      750,
    );
    const file = makePdf([page, show("Two", 50, 700)], { compress: true });
    expect((await parse(file)).warnings).toEqual([]);
    const damaged = Buffer.from(file);
    damaged.fill(0, damaged.indexOf("stream\n") + 60, damaged.indexOf("stream\n") + 120);
    expect((await parse(damaged)).warnings).toContain("the file is damaged in 1 place: text may be missing");
  });
});
