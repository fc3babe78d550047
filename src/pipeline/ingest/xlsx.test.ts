import path from "node:path";
import { describe, expect, it } from "vitest";
import { hasSharedDocuments, sharedDocuments } from "../../../test/support/expectations.js";
import { folderWith } from "../../../test/support/folders.js";
import { dateCell, makeXlsx, type TestSheet } from "../../../test/support/xlsx.js";
import type { ParsedDocument } from "../document.js";
import { fileSource, textOnly } from "./parser.js";
import { xlsxParser } from "./xlsx.js";

async function read(bytes: Uint8Array, columns: string[] = []): Promise<ParsedDocument[]> {
  const file = path.join(await folderWith({ "a.xlsx": bytes }), "a.xlsx");
  return await readFile(file, columns);
}

async function readFile(file: string, columns: string[] = []): Promise<ParsedDocument[]> {
  const documents: ParsedDocument[] = [];
  for await (const one of xlsxParser.rows(fileSource(file), { ...textOnly, columns })) documents.push(one);
  return documents;
}

const mills: TestSheet = {
  name: "Mills & more",
  rows: [
    ["name", "built", "stones"],
    ["Old | Mill", dateCell(36526), 3],
    [null, null, null],
    ["New Mill", dateCell(36526.5), 0.1],
  ],
};

describe("workbooks", () => {
  it("give one document with a table for each sheet under its name, where they are small", async () => {
    const [document, ...others] = await read(
      makeXlsx([
        mills,
        { name: "Empty", rows: [] },
        {
          name: "B",
          rows: [
            ["x", "y"],
            [1, 2],
          ],
        },
      ]),
    );
    expect(others).toEqual([]);
    expect(document!.text).toBe(
      "## Mills & more\n\n| name | built | stones |\n| --- | --- | --- |\n| Old \\| Mill | 2000-01-01 | 3 |\n" +
        "| New Mill | 2000-01-01 12:00 | 0.1 |\n\n## B\n\n| x | y |\n| --- | --- |\n| 1 | 2 |",
    );
    const { text, sections, warnings } = document!;
    expect(sections.map(({ start, end, heading }) => [heading, text.slice(start, start + 4), end])).toEqual([
      ["Mills & more", "## M", text.indexOf("## B")],
      ["B", "## B", text.length],
    ]);
    expect(warnings).toEqual([]);
  });

  it("give a document per row where a column is named, with the name of its sheet", async () => {
    const documents = await read(makeXlsx([mills]), ["NAME", "stones"]);
    expect(documents.map(({ text, row, sections }) => [text, row, sections[0]!.heading])).toEqual([
      ["name: Old | Mill\nstones: 3", 1, "Mills & more"],
      ["name: New Mill\nstones: 0.1", 2, "Mills & more"],
    ]);
    await expect(read(makeXlsx([mills]), ["year"])).rejects.toMatchObject({
      message: expect.stringContaining('it has no column "year"') as string,
      remedy: expect.stringContaining('"name", "built", "stones"') as string,
    });
  });

  it("give a document per row where there are many", async () => {
    const rows = [["question", "answer"], ...Array.from({ length: 300 }, (_, i) => [`What is ${i}?`, `It is ${i}.`])];
    const documents = await read(makeXlsx([{ name: "QA", rows }]));
    expect(documents).toHaveLength(300);
    expect(documents[299]).toMatchObject({ text: "question: What is 299?\nanswer: It is 299.", row: 300 });
  });

  it("take the values of formulas, none for errors, booleans and long numbers as people see them", async () => {
    const cells = [
      { attributes: 't="str"', inner: "<f>A1&amp;B1</f><v>joined</v>" },
      { attributes: 't="b"', inner: "<v>1</v>" },
      { attributes: 't="e"', inner: "<f>1/0</f><v>#DIV/0!</v>" },
      { attributes: "", inner: "<v>12345678901234567890</v>" },
      { attributes: "", inner: "<v>0.30000000000000004</v>" },
      dateCell(0.5),
    ];
    const [document] = await read(makeXlsx([{ name: "S", rows: [["a", "b", "c", "d", "e", "f"], cells] }]));
    expect(document!.text).toContain("| joined | true |  | 12345678901234567890 | 0.3 | 12:00 |");
  });

  it("leave hidden sheets out and say so, unless all are hidden", async () => {
    const hidden: TestSheet = { name: "Secret", state: "veryHidden", rows: [["a"], ["b"]] };
    const [document] = await read(makeXlsx([mills, hidden]));
    expect(document!.text).not.toContain("Secret");
    expect(document!.warnings).toEqual(["hidden sheets are left out: Secret"]);
    expect((await read(makeXlsx([hidden])))[0]!.text).toContain("Secret");
  });

  it("are refused with the reason when empty, damaged, of the old format or no workbook", async () => {
    await expect(read(makeXlsx([{ name: "S", rows: [[" "]] }]))).rejects.toThrow("no cells with text");
    await expect(read(makeXlsx([mills]).subarray(0, 500))).rejects.toThrow("damaged or cut short");
    await expect(read(Buffer.from("d0cf11e0a1b11ae1", "hex"))).rejects.toThrow("of the old format (.xls)");
    const { makeZip } = await import("../../../test/fixtures/documents/build.js");
    await expect(read(makeZip({ "word/document.xml": "<w/>" }))).rejects.toThrow("it is no workbook");
    await expect(read(makeZip({ "xl/workbook.xml": "<workbook>" }))).rejects.toThrow(/a\.xlsx: /);
  });

  it.skipIf(!hasSharedDocuments())("of the real world are read", async () => {
    const [document] = await readFile(path.join(sharedDocuments, "sheet.xlsx"));
    expect(document!.text).toContain("| Alpha | Beta | Gamma | Delta |");
    expect(document!.sections.map(({ heading }) => heading)[0]).toBe("Sheet1");
  });
});
