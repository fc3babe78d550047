import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makePdf, type PdfOptions, show, showLines } from "../../../../test/fixtures/documents/build.js";
import { fileSource, textOnly } from "../parser.js";
import { pdfParser } from "./parser.js";

const parse = (pages: string[], options?: PdfOptions) =>
  pdfParser.parse(makePdf(pages, options), fileSource("a.pdf"), textOnly);
const textOf = async (...pages: string[]): Promise<string> => (await parse(pages)).text;

/** A line of text of the given words, long enough to be the usual line of a page. */
const prose = (page: number, lines = 8, y = 700): string =>
  showLines(
    Array.from(
      { length: lines },
      (_, index) => `Sentence ${page * 100 + index} tells of mills, rivers and bridges in words that fill the line.`,
    ),
    50,
    y,
  );

const rule = (x0: number, y0: number, x1: number, y1: number): string => `${x0} ${y0} m ${x1} ${y1} l S\n`;

describe("tables", () => {
  const cells = [
    ["Town", "Mills", "Rye (t)"],
    ["Upper Mill", "12", "340"],
    ["Lower Mill", "7", "95"],
  ];
  const [xs, ys] = [
    [50, 200, 300, 400],
    [710, 690, 670, 650],
  ];
  const texts = cells
    .flatMap((row, at) => row.map((cell, column) => show(cell, xs[column]! + 5, ys[at]! - 14)))
    .join("");
  const markdown =
    "| Town | Mills | Rye (t) |\n| --- | --- | --- |\n| Upper Mill | 12 | 340 |\n| Lower Mill | 7 | 95 |";

  test("are found by their ruled lines", async () => {
    const lines = [...xs.map((x) => rule(x, 650, x, 710)), ...ys.map((y) => rule(50, y, 400, y))].join("");
    expect(await textOf(prose(1, 1, 760) + lines + texts)).toContain(`\n\n${markdown}`);
  });

  test("are found by thin filled boxes, one for each cell", async () => {
    const boxes = ys
      .slice(0, -1)
      .flatMap((y) =>
        xs.slice(0, -1).map((x, column) => `${x} ${y} ${xs[column + 1]! - x} 0.5 re f ${x} ${y - 20} 0.5 20 re f\n`),
      );
    const edges = "50 650 350 0.5 re f 400 650 0.5 60 re f\n";
    expect(await textOf(boxes.join("") + edges + texts)).toBe(markdown);
  });

  test("leave merged cells and lines of a cell together", async () => {
    const lines = [
      ...[50, 400].map((x) => rule(x, 640, x, 710)),
      rule(200, 640, 200, 690),
      rule(300, 640, 300, 690),
      ...[710, 690, 670, 640].map((y) => rule(50, y, 400, y)),
    ].join("");
    const words =
      show("All mills of the county", 150, 696) +
      cells[0]!.map((cell, column) => show(cell, xs[column]! + 5, 676)).join("") +
      showLines(["A mill with a", "long name"], 55, 658) +
      show("3", 205, 658) +
      show("44", 305, 658);
    expect(await textOf(lines + words)).toBe(
      "All mills of the county\n\n| Town | Mills | Rye (t) |\n| --- | --- | --- |\n| A mill with a long name | 3 | 44 |",
    );
  });

  test("are found without lines where numbers stand in columns", async () => {
    const rows = [
      ["Town", "Mills", "Rye"],
      ...["Ash", "Beech", "Cedar", "Elm"].map((town, at) => [town, `${at + 2}`, `${at}7`]),
    ];
    const page = rows
      .flatMap((row, at) => row.map((cell, column) => show(cell, 50 + 120 * column, 700 - 12 * at)))
      .join("");
    expect(await textOf(page)).toBe(
      "| Town | Mills | Rye |\n| --- | --- | --- |\n| Ash | 2 | 07 |\n| Beech | 3 | 17 |\n| Cedar | 4 | 27 |\n| Elm | 5 | 37 |",
    );
  });

  test("are not seen in a drawing, in a frame around text, and in a table of contents", async () => {
    const axes = rule(50, 400, 50, 600) + rule(50, 400, 300, 400) + rule(150, 400, 150, 600) + rule(50, 500, 300, 500);
    const curve = "60 410 m 100 500 200 300 290 580 c S\n";
    const words = show("one", 60, 450) + show("two", 160, 450) + show("three", 60, 550) + show("four", 160, 550);
    expect(await textOf(axes + curve + words)).not.toContain("|");
    expect(await textOf(`40 600 520 120 re S\n${prose(1, 6)}`)).not.toContain("|");
    const contents = ["Mills", "Rivers", "Bridges", "Towns", "Roads"].map(
      (title, at) =>
        show(`${at + 1} ${title} of the county`, 50, 700 - 12 * at) + show(`${at * 7 + 3}`, 500, 700 - 12 * at),
    );
    expect(await textOf(contents.join(""))).not.toContain("|");
  });
});

describe("what repeats at the edges of pages", () => {
  const book = (count: number, head: (page: number) => string, foot: (page: number) => string): string[] =>
    Array.from(
      { length: count },
      (_, at) => show(head(at + 1), 50, 770, 9) + prose(at + 1) + show(foot(at + 1), 300, 30, 9),
    );

  test("is left out and counted, left and right pages apart, with roman and arabic numbers", async () => {
    const parsed = await parse(
      book(
        8,
        (page) => (page % 2 === 0 ? `${page} A history of mills` : `The rivers of the county ${page}`),
        (page) => ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii"][page - 1]!,
      ),
    );
    expect(parsed.text).not.toMatch(/history|rivers of the county|\bvi+\b/);
    expect(parsed.text.match(/Sentence/g)).toHaveLength(64);
    expect(parsed.warnings).toEqual([expect.stringMatching(/^left out on 8 pages: .*A history of mills/)]);
  });

  test("is kept in short documents and where it is on few pages only", async () => {
    const two = await textOf(
      ...book(
        2,
        () => "A history of mills",
        () => "for the county",
      ),
    );
    expect(two.match(/A history of mills/g)).toHaveLength(2);
    const pages = Array.from(
      { length: 40 },
      (_, at) => show(at % 13 === 0 ? "Proof." : `Line ${(at * 17) % 41} alone`, 50, 712) + prose(at),
    );
    expect((await textOf(...pages)).match(/Proof\./g)).toHaveLength(4);
  });

  test("page numbers go, other numbers stay", async () => {
    const text = await textOf(...[12, 13, 14, 15].map((number) => prose(number) + show(`- ${number} -`, 300, 30)));
    expect(text).not.toMatch(/- \d+ -/);
    expect(await textOf(...[7, 99, 23].map((number) => `${prose(number)}${show(`${number}`, 50, 604)}`))).toMatch(
      /\b99$/m,
    );
  });
});

describe("words", () => {
  test.each([
    ["a soft hyphen", ["and the miller was inter\u00ad", "rupted by the flood."], "interrupted by"],
    ["a word that occurs whole", ["the well-known mill is a very well-", "known mill here."], "a very well-known mill"],
    ["a word that occurs joined", ["overshot wheels are what they call over-", "shot here."], "call overshot here"],
    ["numbers", ["in the years of the flood, that is 2010-", "2012, it stood."], "2010-2012"],
    [
      "what two words share",
      ["die Mühle hat ihre Vor-", "und Nachteile."].map((line) => line.replace("ü", "\\374")),
      "Vor- und Nachteile",
    ],
  ])("at a line end: %s", async (_, [first, second], expected) => {
    const filler = "This is a line of text that is long enough to be the usual one of it.";
    const lines = [filler, `${"x ".repeat(12)}${first}`, second!].map((line) => line.replace("\u00ad", "\\255"));
    const page = lines.map((line, at) => `BT /F1 10 Tf 1 0 0 1 50 ${700 - 12 * at} Tm (${line}) Tj ET\n`).join("");
    const font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
    expect((await parse([page], { font })).text.replace(/(?:x )+/, "")).toContain(expected);
  });

  test("drawn twice for bold, or with letters apart, are read once and whole", async () => {
    const twice = show("Bold words here", 50, 700) + show("Bold words here", 50.3, 700);
    expect(await textOf(twice)).toBe("Bold words here");
    const letters = Array.from("Heading", (letter) => `(${letter}) -400`).join(" ");
    const apart = `BT /F1 10 Tf 50 700 Td [${letters}] TJ ET\nBT /F1 10 Tf 4 Tc 50 650 Td (Spaced words) Tj ET\n`;
    expect(await textOf(apart)).toBe("Heading\n\nSpaced words");
  });

  test("with marks above the line get them as superscripts", async () => {
    const page =
      show("the mill", 50, 700) +
      show("3", 82, 704, 6) +
      show("stands; water is H", 90, 700) +
      show("2", 169.8, 697, 6) +
      show("O.", 173.2, 700);
    expect(await textOf(page)).toMatch(/the mill³ stands; water is H₂ ?O\./);
  });

  test("that lie outside of the page are left out and counted", async () => {
    const parsed = await parse([show("Seen", 50, 700) + show("Hidden", 50, 2000) + show("Far", -900, 700)]);
    expect(parsed.text).toBe("Seen");
    expect(parsed.warnings).toEqual(["9 characters left out that lie outside of the pages"]);
  });

  test("over pages slantwise, on most of them, are a watermark", async () => {
    const mark = "BT /F1 60 Tf 0.7 0.7 -0.7 0.7 100 200 Tm (DRAFT) Tj ET\n";
    const parsed = await parse([1, 2, 3].map((page) => mark + prose(page)));
    expect(parsed.text).not.toContain("DRAFT");
    expect(parsed.warnings).toContain("left out on 3 pages: the watermark “DRAFT”");
    expect(await textOf(mark + prose(1))).toContain("DRAFT");
  });

  test("that nobody sees, as over a scan, are read", async () => {
    expect(await textOf(`BT 3 Tr /F1 10 Tf 50 700 Td (Recognised before) Tj ET\n`)).toBe("Recognised before");
  });

  test("on a page that is turned, are read as it is shown", async () => {
    const parsed = await parse([prose(1)], { page: "/Rotate 90" });
    expect(parsed.text).toMatch(/^Sentence 100 tells of mills/);
  });
});

describe("paragraphs", () => {
  test("go on over the end of a page, and so do divided words", async () => {
    const first = showLines(
      [
        "This is a long line of the last paragraph on a page of it,",
        "which is not yet at its end, since the mill inter-",
      ],
      50,
      100,
    );
    const parsed = await parse([first, showLines(["rupts it on the next page.", "It ends."], 50, 700)]);
    expect(parsed.text).toContain("since the mill interrupts it on the next page.");
    const [one, two] = parsed.sections;
    expect(parsed.text.slice(one!.start, one!.end)).toMatch(/interrupts $/);
    expect(two).toMatchObject({ start: one!.end, end: parsed.text.length, page: 2 });
  });

  test("of a list are items, and headings have levels", async () => {
    const page =
      show("Mills of the county", 50, 750, 20) +
      show("Kinds", 50, 725, 14) +
      prose(1, 3) +
      ["\\225 Overshot wheels", "\\225 Undershot wheels"]
        .map((item, at) => `BT /F1 10 Tf 60 ${650 - 12 * at} Td (${item}) Tj ET\n`)
        .join("") +
      showLines(["1. Water comes", "2. Wheels turn"], 60, 600) +
      prose(2, 8, 500);
    const text = (
      await parse([page], { font: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>" })
    ).text;
    expect(text).toMatch(/^# Mills of the county\n\n## Kinds\n\n/);
    expect(text).toContain("- Overshot wheels\n- Undershot wheels");
    expect(text).toContain("1. Water comes\n2. Wheels turn");
  });

  test("of the outline are headings, whatever their size", async () => {
    const catalog = "/Outlines<</First 4 0 R/Last 4 0 R/Count 1>>";
    const parsed = await parse([show("Of wheels", 50, 740) + prose(1)], {
      catalog,
      objects: ["<</Title(Of wheels)/Parent 1 0 R/Dest[7 0 R/Fit]>>"],
    });
    expect(parsed.text).toMatch(/^# Of wheels\n\nSentence/);
    expect(parsed.sections[0]!.heading).toBe("Of wheels");
  });

  test("in columns laid out at random keep their order", async () => {
    const layout = fc.record({
      columns: fc.integer({ min: 1, max: 3 }),
      lines: fc.integer({ min: 8, max: 30 }),
      title: fc.boolean(),
      shuffle: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(layout, async ({ columns, lines, title, shuffle }) => {
        const width = 500 / columns;
        const expected: string[] = [];
        const pieces: string[] = [];
        for (let column = 0; column < columns; column++) {
          for (let line = 0; line < lines; line++) {
            const word = `w${column}x${line}`;
            expected.push(word);
            const letters = Math.floor((width - 20) / 5.2) - word.length;
            pieces.push(
              show(
                `${word} ${"lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut".slice(0, letters).trim()}`,
                50 + width * column,
                700 - 12 * line,
              ),
            );
          }
        }
        const ordered = pieces
          .map((piece, index) => ({ piece, key: Math.sin(index * 7.3 + shuffle) }))
          .sort((a, b) => a.key - b.key);
        const head = title
          ? show("A title that goes over all of the columns of the page, in larger type", 60, 740, 14)
          : "";
        const text = await textOf(head + ordered.map(({ piece }) => piece).join(""));
        expect([...text.matchAll(/w\d+x\d+/g)].map(([word]) => word)).toEqual(expected);
      }),
      { seed: 7, numRuns: 40 },
    );
  });
});
