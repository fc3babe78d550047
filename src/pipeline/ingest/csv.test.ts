import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../../test/support/folders.js";
import type { ParsedDocument } from "../document.js";
import { csvParser } from "./csv.js";
import { dialectOf } from "./csv-dialect.js";
import { fileSource, textOnly } from "./parser.js";

async function read(content: string | Uint8Array, columns: string[] = [], name = "a.csv"): Promise<ParsedDocument[]> {
  const file = path.join(await folderWith({ [name]: content }), name);
  const documents: ParsedDocument[] = [];
  for await (const one of csvParser.rows(fileSource(file), { ...textOnly, columns })) documents.push(one);
  return documents;
}

const texts = async (...given: Parameters<typeof read>) => (await read(...given)).map(({ text }) => text);
const qa = 'question,answer\n"What is a mill?","It grinds,\nmostly ""grain""."\nWho?,The miller\n';

describe("tables as text", () => {
  it("are one document where they are small and no column is named", async () => {
    const text =
      '| question | answer |\n| --- | --- |\n| What is a mill? | It grinds, mostly "grain". |\n| Who? | The miller |';
    expect(await read(qa)).toEqual([
      { text, sections: [{ start: 0, end: text.length }], mediaType: "text/csv", warnings: [] },
    ]);
  });

  it("are a document per row where columns are named", async () => {
    expect(await texts(qa, ["answer"])).toEqual(['It grinds,\nmostly "grain".', "The miller"]);
    expect(await texts(qa, ["answer", "Question"])).toEqual([
      'answer:\nIt grinds,\nmostly "grain".\nquestion: What is a mill?',
      "answer: The miller\nquestion: Who?",
    ]);
    expect((await read(qa, ["answer"])).map(({ row }) => row)).toEqual([1, 2]);
  });

  it("name the columns that there are when a named one is not", async () => {
    await expect(read(qa, ["answr"])).rejects.toMatchObject({
      message: expect.stringContaining('it has no column "answr"') as string,
      remedy: 'Did you mean "answer"? Its columns are "question", "answer".',
    });
  });

  it("are a document per row where one of the usual names holds the text, with the title above it", async () => {
    const documents = await read("id,title,text\n1,Mills,They grind.\n2,,They turn.\n3,Empty,\n");
    expect(documents.map(({ text, sections, row }) => [text, sections[0]!.heading, row])).toEqual([
      ["They grind.", "Mills", 1],
      ["They turn.", undefined, 2],
    ]);
    expect(documents[1]!.warnings).toEqual(["1 row without text left out (row 3)"]);
  });

  it("are a document per row where there are many", async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `Q${i}?,A${i}`).join("\n");
    const documents = await read(`question,answer\n${rows}`);
    expect(documents).toHaveLength(1000);
    expect(documents[999]).toMatchObject({ text: "question: Q999?\nanswer: A999", row: 1000 });
  });

  it.each([
    ["semicolons", "a;b\nx,1;2\ny,2;3\n"],
    ["tabs", "a\tb\nx,1\t2\ny,2\t3\n"],
    ["bars", "a|b\nx,1|2\ny,2|3\n"],
    ["a declared delimiter", "sep=;\na;b\nx,1;2\ny,2;3\n"],
    ["single quotes", "'a','b'\n'x,1','2'\n'y,2','3'\n"],
    ["escapes by backslash", 'a,b\n"x,1",2\n"y,2",3\n"z \\"q\\"",4\n'.replace('"z \\"q\\"",4\n', "")],
    ["line ends of Windows", "a;b\r\nx,1;2\r\ny,2;3\r\n"],
    ["line ends of old programs", "a;b\rx,1;2\ry,2;3\r"],
    ["UTF-8 with a mark", "\ufeffa;b\nx,1;2\ny,2;3\n"],
    ["UTF-16", Buffer.from("\ufeffa;b\nx,1;2\ny,2;3\n", "utf16le")],
  ])("may have %s", async (_, content) => {
    expect(await texts(content, ["a"])).toEqual(["x,1", "y,2"]);
  });

  it("may be in a legacy encoding, which is said", async () => {
    const [document] = await read(Buffer.from("Name;Größe\nMühle;groß\nFluß;klein\n", "latin1"), []);
    expect(document!.text).toContain("| Mühle | groß |");
    expect(document!.warnings).toEqual(["the encoding is not stated: read as windows-1252"]);
  });

  it("may have rows that are too short or too long, which are counted", async () => {
    const documents = await read("a,b\n1\n2,3\n4,5,6\n", ["a"]);
    expect(documents.map(({ text }) => text)).toEqual(["1", "2", "4"]);
    expect(documents.at(-1)!.warnings).toEqual([
      "2 rows with more or fewer cells than the table has columns (the first: row 1)",
    ]);
    expect((await texts("a,b\n1\n4,5,6\n"))[0]).toBe(
      "| a | b | column 3 |\n| --- | --- | --- |\n| 1 |  |  |\n| 4 | 5 | 6 |",
    );
  });

  it("may have no header", async () => {
    expect((await texts("1,2\n3,4\n"))[0]).toContain("| column 1 | column 2 |");
    expect(await texts("What is it?,It is this one.\nWho is it?,It is that one.\n", ["column 2"])).toEqual([
      "It is this one.",
      "It is that one.",
    ]);
  });

  it("are refused with the reason when there is nothing in them, or a quote is not closed", async () => {
    await expect(read("\n\n\n")).rejects.toThrow("there is no row with text in it");
    await expect(read("text\n\n \n")).rejects.toThrow("there is no row with text in it");
    await expect(read('a,b\n1,2\n"x,3\n4,5\n')).rejects.toThrow(/a quoted cell is opened and not closed.*\(line \d\)/);
    await expect(read(Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256))).rejects.toThrow("binary data");
  });

  it("keep what stands in cells, whatever it is", async () => {
    const isPlain = (text: string) => !/\p{Cc}|\ufeff|\p{Surrogate}/u.test(text) && text !== "" && text.trim() === text;
    const cell = fc.string({ unit: "grapheme", minLength: 1 }).filter(isPlain);
    const table = fc.array(fc.tuple(cell, cell), { minLength: 3, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(",", ";", "\t", "|"), async (rows, delimiter) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = [["first", "second"], ...rows].map((cells) => cells.map(quoted).join(delimiter));
        expect(await texts(lines.join("\n"), ["second"])).toEqual(rows.map(([, second]) => second));
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

describe("dialectOf", () => {
  it("is not misled by commas within sentences", () => {
    expect(dialectOf("a;b\nOne, two, three;x\nFour, five;y\nSix;z\n", ".csv").delimiter).toBe(";");
    expect(dialectOf("a\tb\nOne, two\tx\nFour, five\ty\n", ".tsv").delimiter).toBe("\t");
  });

  it("takes dates, numbers and sentences for no names of columns", () => {
    expect(dialectOf("2020-01-01,5\n2020-01-02,6\n", ".csv").hasHeader).toBe(false);
    expect(dialectOf("day,count\n2020-01-02,6\n", ".csv")).toMatchObject({ hasHeader: true, header: ["day", "count"] });
    expect(dialectOf("Question?,Answer\nWho is it?,Me\n", ".csv").header).toEqual(["Question?", "Answer"]);
    expect(dialectOf(",a\n1,2\n", ".csv").header).toEqual(["column 1", "a"]);
  });
});
