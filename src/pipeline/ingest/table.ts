import { hasWords, marksIn } from "./pictures.js";

/** What the conversion needs of a DOM node; the types of a browser are not available here. */
export interface HtmlNode {
  nodeName: string;
  parentNode: HtmlNode | null;
  firstChild: HtmlNode | null;
  nextSibling: HtmlNode | null;
  textContent: string | null;
  childNodes: ArrayLike<HtmlNode>;
  getAttribute(name: string): string | null;
}

/** A cell taller or wider than this many rows or columns is a mistake or an attack. */
const maxSpan = 100;

/** The rows of a table, not those of tables inside it. */
export function tableRows(table: HtmlNode): HtmlNode[] {
  return Array.from(table.childNodes).flatMap((node) =>
    node.nodeName === "TR" ? [node] : /^(THEAD|TBODY|TFOOT)$/.test(node.nodeName) ? tableRows(node) : [],
  );
}

/** The cells of a row. */
export function rowCells(row: HtmlNode): HtmlNode[] {
  return Array.from(row.childNodes).filter((node) => node.nodeName === "TD" || node.nodeName === "TH");
}

/**
 * Writes a table as Markdown: one line per row, the first row as the header, since Markdown knows no table without one.
 * A cell over several rows is repeated in each, so that every row can be read alone.
 *
 * @param table a TABLE element
 * @param contents the Markdown of each cell
 * @returns lines joined by `\n`; empty when no cell has text; marks of pictures in rows without text stand below
 */
export function writeTable(table: HtmlNode, contents: WeakMap<HtmlNode, string>): string {
  const rows: string[][] = [];
  let pictures = "";
  /** Cells that reach down from rows above, by column. */
  const hanging = new Map<number, { left: number; text: string }>();
  for (const row of tableRows(table)) {
    const cells: string[] = [];
    const fill = (): void => {
      for (let above = hanging.get(cells.length); above; above = hanging.get(cells.length)) {
        if (above.left > 1) hanging.set(cells.length, { left: above.left - 1, text: above.text });
        else hanging.delete(cells.length);
        cells.push(above.text);
      }
    };
    for (const cell of rowCells(row)) {
      fill();
      const text = oneLine((contents.get(cell) ?? "").trim());
      const rowspan = span(cell, "rowspan");
      for (let column = 0; column < span(cell, "colspan"); column++) {
        const shown = column === 0 ? text : "";
        if (rowspan > 1) hanging.set(cells.length, { left: rowspan - 1, text: shown });
        cells.push(shown);
      }
    }
    fill();
    if (cells.some(hasWords)) rows.push(cells);
    else pictures += cells.map(marksIn).join("");
  }
  const width = Math.max(0, ...rows.map((cells) => cells.length));
  const lines = rows.map(
    (cells) => `| ${Array.from({ length: width }, (_, index) => cells[index] ?? "").join(" | ")} |`,
  );
  if (lines.length > 0) lines.splice(1, 0, `|${" --- |".repeat(width)}`);
  // A row of pictures alone is no row of a table of text.
  if (pictures !== "") lines.push("", pictures);
  return lines.join("\n");
}

function span(cell: HtmlNode, attribute: "rowspan" | "colspan"): number {
  const value = Number.parseInt(cell.getAttribute(attribute) ?? "1", 10);
  return Number.isFinite(value) ? Math.min(Math.max(value, 1), maxSpan) : 1;
}

/** The content of a cell on one line; the items of a list in it are set apart by semicolons. */
function oneLine(markdown: string): string {
  return markdown
    .replace(/^(?:- |\d+\. )/, "")
    .replace(/\n\s*(?:- |\d+\. )/g, "; ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\|/g, "\\|");
}
