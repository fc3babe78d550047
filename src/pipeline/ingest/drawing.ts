/** Charts and diagrams of Office documents: the numbers and words that they are drawn from. */
import { escapeHtml, type ListEntry, listHtml } from "./list-html.js";
import { child, childrenOf, descendants, textOf, type XmlElement } from "./xml.js";

/** Most rows of a chart's table; a chart of more points is a picture of noise. */
const maxPoints = 10_000;

/**
 * Writes a chart as a table: a row for each category, a column for each series.
 *
 * @param chart `c:chartSpace` (ECMA-376, part 1, 21.2); the values are those that the file keeps beside the formulas
 * @returns HTML, empty when the chart holds no values
 */
export function chartHtml(chart: XmlElement): string {
  const title = titleOf(chart);
  const series = descendants(child(child(chart, "c:chart"), "c:plotArea"), "c:ser").map((ser) => ({
    name: values(child(ser, "c:tx")).get(0) ?? textOf(child(ser, "c:tx")).trim(),
    categories: values(child(ser, "c:cat") ?? child(ser, "c:xVal")),
    values: values(child(ser, "c:val") ?? child(ser, "c:yVal")),
  }));
  const filled = series.filter(({ values }) => values.size > 0);
  if (filled.length === 0) return title === "" ? "" : `<p>${escapeHtml(title)}</p>`;
  const [first] = filled;
  const rows = new Map<string, string[]>();
  const shared = filled.every(({ categories }) => same(categories, first!.categories));
  for (const [column, { categories, values: own }] of filled.entries()) {
    for (const [index, value] of own) {
      const category = categories.get(index) ?? String(index + 1);
      const key = shared ? String(index) : category;
      if (rows.size >= maxPoints && !rows.has(key)) break;
      const cells = rows.get(key) ?? [category];
      cells[column + 1] = value;
      rows.set(key, cells);
    }
  }
  const cell = (text: string | undefined): string => `<td>${escapeHtml(text ?? "")}</td>`;
  const line = (cells: readonly (string | undefined)[]): string =>
    `<tr>${Array.from({ length: filled.length + 1 }, (_, index) => cell(cells[index])).join("")}</tr>`;
  const body = [line(["", ...filled.map(({ name }) => name)]), ...[...rows.values()].map(line)].join("");
  return `${title === "" ? "" : `<p>${escapeHtml(title)}</p>`}<table>${body}</table>`;
}

function titleOf(chart: XmlElement): string {
  const title = child(child(chart, "c:chart"), "c:title");
  const rich = descendants(title, "a:t").map(textOf).join("");
  return (rich || (values(child(title, "c:tx")).get(0) ?? "")).replace(/\s+/g, " ").trim();
}

/** The values kept of a reference to cells, by index; of many levels of categories all, from the outermost. */
function values(source: XmlElement | undefined): Map<number, string> {
  const found = new Map<number, string>();
  const levels = descendants(source, "c:lvl").reverse();
  for (const level of levels.length > 0 ? levels : [source]) {
    let carried = "";
    const points = new Map(
      descendants(level, "c:pt").map((point) => [Number(point.attributes["idx"]), textOf(child(point, "c:v")).trim()]),
    );
    if (level === levels.at(-1) || levels.length === 0) {
      for (const [index, text] of points) {
        if (Number.isInteger(index)) found.set(index, [found.get(index), plainNumber(text)].filter(Boolean).join(" "));
      }
    } else {
      const last = Math.min(
        Math.max(-1, ...descendants(source, "c:pt").map((point) => Number(point.attributes["idx"]) || 0)),
        maxPoints,
      );
      for (let index = 0; index <= last; index++) {
        carried = points.get(index) ?? carried;
        found.set(index, [found.get(index), carried].filter(Boolean).join(" "));
      }
    }
  }
  return found;
}

/** 4.2999999999999998, as the file keeps it, is 4.3. */
function plainNumber(text: string): string {
  return /^-?\d+\.\d{9,}$/.test(text) ? String(Number(Number(text).toPrecision(12))) : text;
}

function same(a: ReadonlyMap<number, string>, b: ReadonlyMap<number, string>): boolean {
  return a.size === b.size && [...a].every(([index, text]) => b.get(index) === text);
}

/**
 * Writes a diagram (SmartArt) as a nested list.
 *
 * @param model `dgm:dataModel` (ECMA-376, part 1, 21.4)
 * @returns HTML, empty when the diagram holds no words
 */
export function diagramHtml(model: XmlElement): string {
  const points = new Map<string, { type: string; text: string }>();
  for (const point of childrenOf(child(model, "dgm:ptLst"), "dgm:pt")) {
    const text = descendants(child(point, "dgm:t"), "a:p")
      .map((paragraph) => descendants(paragraph, "a:t").map(textOf).join(""))
      .join(" ");
    points.set(point.attributes["modelId"] ?? "", { type: point.attributes["type"] ?? "node", text: text.trim() });
  }
  const below = new Map<string, { id: string; order: number }[]>();
  for (const { attributes } of childrenOf(child(model, "dgm:cxnLst"), "dgm:cxn")) {
    if ((attributes["type"] ?? "parOf") !== "parOf") continue;
    const parent = attributes["srcId"] ?? "";
    const siblings = below.get(parent) ?? [];
    siblings.push({ id: attributes["destId"] ?? "", order: Number(attributes["srcOrd"]) || 0 });
    below.set(parent, siblings);
  }
  const entries: ListEntry[] = [];
  const seen = new Set<string>();
  const walk = (id: string, level: number): void => {
    for (const next of (below.get(id) ?? []).sort((a, b) => a.order - b.order)) {
      const point = points.get(next.id);
      if (!point || seen.has(next.id) || level > 20) continue;
      seen.add(next.id);
      const isShown = point.text !== "" && (point.type === "node" || point.type === "asst");
      if (isShown) entries.push({ level, html: escapeHtml(point.text) });
      walk(next.id, isShown ? level + 1 : level);
    }
  };
  for (const [id, { type }] of points) if (type === "doc") walk(id, 0);
  // Words that no connection leads to are words all the same.
  for (const [id, { type, text }] of points) {
    if (!seen.has(id) && type === "node" && text !== "") entries.push({ level: 0, html: escapeHtml(text) });
  }
  return listHtml(entries);
}
