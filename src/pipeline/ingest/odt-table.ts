import { child, childrenOf, type XmlElement } from "./xml.js";

/** Repeated rows and columns beyond these are formatting of an empty sheet, or an attack. */
const maxRows = 100_000;
const maxColumns = 1_000;
const maxCells = 2_000_000;

/**
 * Writes a table of OpenDocument (1.3, part 3, 9) as HTML; empty columns at the right and empty rows are left out.
 *
 * @param contentOf writes the content of a cell as HTML
 */
export function odtTable(table: XmlElement, contentOf: (cell: XmlElement) => string): string {
  const lines: string[] = [];
  let cells = 0;
  for (const row of rowsOf(table)) {
    const written: string[] = [];
    let gap = 0;
    for (const cell of childrenOf(row)) {
      if (cell.name !== "table:table-cell") continue;
      const times = count(cell.attributes["table:number-columns-repeated"], maxColumns);
      const content = contentOf(cell);
      const { "table:number-columns-spanned": columns, "table:number-rows-spanned": rows } = cell.attributes;
      const spans = `colspan="${count(columns, maxColumns)}" rowspan="${count(rows, maxRows)}"`;
      if (content === "" && columns === undefined && rows === undefined) {
        gap += times;
        continue;
      }
      for (; gap > 0; gap--) written.push("<td></td>");
      for (let time = 0; time < times; time++) written.push(`<td ${spans}>${content}</td>`);
    }
    if (written.length === 0) continue;
    // What a cell above covers stays in its column, even at the end of a row.
    const line = `<tr>${written.join("")}</tr>`;
    const times = count(row.attributes["table:number-rows-repeated"], maxRows);
    for (let time = 0; time < times && cells < maxCells; time++) {
      lines.push(line);
      cells += written.length;
    }
  }
  return lines.length === 0 ? "" : `<table>${lines.join("")}</table>`;
}

function rowsOf(table: XmlElement): XmlElement[] {
  return childrenOf(table).flatMap((node) => {
    if (node.name === "table:table-row") return [node];
    return /^table:table-(?:header-rows|rows|row-group)$/.test(node.name) ? rowsOf(node) : [];
  });
}

function count(value: string | undefined, most: number): number {
  const number = Number(value ?? 1);
  return Number.isInteger(number) ? Math.min(Math.max(number, 1), most) : 1;
}

/** A sheet's name, or a table's. */
export function tableName(table: XmlElement): string {
  return (table.attributes["table:name"] ?? child(table, "table:title")?.attributes["table:name"] ?? "").trim();
}
