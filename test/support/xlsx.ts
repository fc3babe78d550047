/** Builds workbooks for tests. */
import { makeZip } from "../fixtures/documents/build.js";

export interface TestSheet {
  name: string;
  state?: "hidden" | "veryHidden";
  /** Rows of cells: texts, numbers, or the XML of a cell's inside with its attributes. */
  rows: readonly (readonly (string | number | TestCell | null)[])[];
}

/** A cell as XML: `{ attributes: 't="str"', inner: "<f>A1&amp;B1</f><v>x</v>" }`. */
export interface TestCell {
  attributes: string;
  inner: string;
}

/** A date, by the style 1 below: days since 1899-12-30. */
export const dateCell = (days: number): TestCell => ({ attributes: 's="1"', inner: `<v>${days}</v>` });

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

export function makeXlsx(sheets: readonly TestSheet[]): Uint8Array {
  const part = (index: number) => `worksheets/sheet${index + 1}.xml`;
  const files: Record<string, string> = {
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets>${sheets
      .map(
        ({ name, state }, index) =>
          `<sheet name="${escaped(name)}" sheetId="${index + 1}"${state === undefined ? "" : ` state="${state}"`} r:id="r${index + 1}"/>`,
      )
      .join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${sheets
      .map((_, index) => `<Relationship Id="r${index + 1}" Type="${relations}/worksheet" Target="${part(index)}"/>`)
      .join("")}<Relationship Id="s" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    "xl/styles.xml": `<styleSheet xmlns="${main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
  for (const [index, { rows }] of sheets.entries())
    files[`xl/${part(index)}`] =
      `<worksheet xmlns="${main}"><sheetData>${rows.map((row, y) => `<row r="${y + 1}">${row.map((cell, x) => cellXml(cell, `${String.fromCharCode(65 + x)}${y + 1}`)).join("")}</row>`).join("")}</sheetData></worksheet>`;
  return makeZip(files);
}

function cellXml(cell: string | number | TestCell | null, address: string): string {
  if (cell === null) return "";
  if (typeof cell === "number") return `<c r="${address}"><v>${cell}</v></c>`;
  if (typeof cell === "string") return `<c r="${address}" t="inlineStr"><is><t>${escaped(cell)}</t></is></c>`;
  return `<c r="${address}" ${cell.attributes}>${cell.inner}</c>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
