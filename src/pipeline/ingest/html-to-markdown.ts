import { tidyText } from "./clean.js";
import { type HtmlNode, rowCells, tableRows, writeTable } from "./table.js";

/** Elements whose text no reader sees, or which belong to the program around the document. */
const unread =
  /^(script|style|noscript|template|svg|title|head|iframe|object|embed|video|audio|canvas|select|button|img|picture|dialog)$/i;

/** Menus and frames of a page; `header` and `footer` only where they are the page's own. */
const frame = /^(nav|aside|menu|form)$/i;

/** How HTML becomes Markdown. */
export interface HtmlOptions {
  /** Leave out the page's menus, header, footer and hidden parts; for a page that has not been reduced before. */
  withoutFrame?: boolean;
}

/**
 * Converts HTML to Markdown: headings, lists, tables, code and emphasis are kept; links keep their text and lose their
 * address; images go.
 *
 * @param html a whole page or a part of one
 * @returns tidy Markdown, empty when there is no text
 * @throws RangeError when elements are nested more deeply than the call stack allows
 */
export async function htmlToMarkdown(html: string, options: HtmlOptions = {}): Promise<string> {
  const [{ default: Turndown }, gfm] = await Promise.all([import("turndown"), import("@joplin/turndown-plugin-gfm")]);
  const service = new Turndown({
    headingStyle: "atx",
    hr: "---",
    bulletListMarker: "-",
    codeBlockStyle: "fenced",
    emDelimiter: "*",
    br: "",
  });
  // Backslashes before every mark would be noise in training data; only what would become a heading is escaped.
  service.escape = (text) => text.replace(/^(#{1,6} )/gm, "\\$1");
  service.use([gfm.strikethrough, gfm.taskListItems, gfm.highlightedCodeBlock]);

  const rule = (
    name: string,
    filter: (node: HtmlNode) => boolean,
    replacement: (content: string, node: HtmlNode) => string,
  ): void => {
    service.addRule(name, {
      filter: (node: unknown) => filter(node as HtmlNode),
      replacement: (content: string, node: unknown) => replacement(content, node as HtmlNode),
    });
  };

  rule("link", named("A"), (content) => content);
  rule("listItem", named("LI"), writeListItem);
  rule("bareCode", (node) => node.nodeName === "PRE" && node.firstChild?.nodeName !== "CODE", writeCode);
  rule("heading", (node) => /^H[1-6]$/.test(node.nodeName), writeHeading);
  addTableRules(rule);
  rule(
    "unread",
    (node) => unread.test(node.nodeName),
    () => "",
  );
  if (options.withoutFrame) rule("frame", isFrame, () => "");
  return tidyText(service.turndown(html));
}

function named(...names: string[]): (node: HtmlNode) => boolean {
  return (node) => names.includes(node.nodeName);
}

function isFrame(node: HtmlNode): boolean {
  if (typeof node.getAttribute !== "function") return false;
  if (frame.test(node.nodeName)) return true;
  if (node.getAttribute("hidden") !== null || node.getAttribute("aria-hidden") === "true") return true;
  if (/display\s*:\s*none/i.test(node.getAttribute("style") ?? "")) return true;
  if (/^(navigation|banner|contentinfo|search)$/.test(node.getAttribute("role") ?? "")) return true;
  if (node.nodeName !== "HEADER" && node.nodeName !== "FOOTER") return false;
  for (let parent = node.parentNode; parent; parent = parent.parentNode) {
    if (/^(ARTICLE|MAIN|SECTION)$/.test(parent.nodeName)) return false;
  }
  return true;
}

function writeListItem(content: string, node: HtmlNode): string {
  const parent = node.parentNode;
  let marker = "- ";
  if (parent?.nodeName === "OL") {
    const items = Array.from(parent.childNodes).filter((sibling) => sibling.nodeName === "LI");
    const first = Number.parseInt(parent.getAttribute("start") ?? "1", 10);
    marker = `${(Number.isFinite(first) ? first : 1) + items.indexOf(node)}. `;
  }
  const body = content
    .trim()
    .replace(/\n{2,}/g, "\n")
    .replace(/\n(?=.)/g, `\n${" ".repeat(marker.length)}`);
  return body === "" ? "" : `${marker}${body}\n`;
}

function writeCode(_content: string, node: HtmlNode): string {
  const code = (node.textContent ?? "").replace(/^\n|\n$/g, "");
  if (code.trim() === "") return "";
  let fence = "```";
  while (code.includes(fence)) fence += "`";
  return `\n\n${fence}\n${code}\n${fence}\n\n`;
}

function writeHeading(content: string, node: HtmlNode): string {
  // Documentation sites put a link's anchor into a heading as a space without width.
  const title = content
    .replace(/\u200b/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return title === "" ? "" : `\n\n${"#".repeat(Number(node.nodeName[1]))} ${title}\n\n`;
}

/** Tables of data become Markdown tables; tables that only lay out a page give their cells as paragraphs. */
function addTableRules(
  rule: (
    name: string,
    filter: (node: HtmlNode) => boolean,
    replacement: (content: string, node: HtmlNode) => string,
  ) => void,
): void {
  const contents = new WeakMap<HtmlNode, string>();
  rule("tableCell", named("TD", "TH"), (content, cell) => {
    contents.set(cell, content);
    return `\n\n${content}\n\n`;
  });
  rule("tablePart", named("TR", "THEAD", "TBODY", "TFOOT"), (content) => content);
  rule("tableNothing", named("COLGROUP", "COL"), () => "");
  rule("table", named("TABLE"), (content, table) => {
    if (isLayout(table, contents)) return `\n\n${content}\n\n`;
    const captions = Array.from(table.childNodes).filter((node) => node.nodeName === "CAPTION");
    const caption = captions.map((node) => (node.textContent ?? "").replace(/\s+/g, " ").trim()).join(" ");
    return `\n\n${caption ? `${caption}\n\n` : ""}${writeTable(table, contents)}\n\n`;
  });
}

function isLayout(table: HtmlNode, contents: WeakMap<HtmlNode, string>): boolean {
  if (table.getAttribute("role") === "presentation") return true;
  const cells = tableRows(table).map(rowCells);
  if (!cells.some((row) => row.length > 1)) return true;
  // A heading, a code block or a table inside a cell cannot stand in a Markdown table's cell.
  return cells.flat().some((cell) => /^(#{1,6} |```|\|( --- \|)+$)/m.test(contents.get(cell) ?? ""));
}
