import { cleanText, tidyText } from "./clean.js";
import { listNumber } from "./list-html.js";
import { mathmlToTex } from "./mathml.js";
import type { LinkStyle, ParseOptions } from "./parser.js";
import { cleanMarks, hasWords, pictureMark } from "./pictures.js";
import { type HtmlNode, rowCells, tableRows, writeTable } from "./table.js";
import { formula } from "./tex.js";
import { readXml } from "./xml.js";

/** Elements whose text no reader sees, or which belong to the program around the document. */
const unread =
  /^(script|style|noscript|template|svg|title|head|iframe|object|embed|video|audio|canvas|select|button|dialog|rp)$/i;

/** Menus and frames of a page; `header` and `footer` only where they are the page's own. */
const frame = /^(nav|aside|menu|form)$/i;

/** How HTML becomes Markdown. */
export interface HtmlOptions {
  /** Leave out the page's menus, header, footer and hidden parts; for a page that has not been reduced before. */
  withoutFrame?: boolean;
  /**
   * Links that keep their address, as `[text](address)`; absent: those with a complete one, since a relative one leads
   * nowhere from a dataset. Links within the page and to scripts never do.
   */
  links?: LinkStyle;
  /** The page's own address, against which relative ones are resolved. */
  base?: URL;
}

/** What the user's wishes say about the conversion. */
export function htmlLinks({ links }: ParseOptions): HtmlOptions {
  return links === undefined ? {} : { links };
}

/** Converts a part of a page at a time; what it gives is not tidy yet, and holds the marks of pictures. */
export type MarkdownConverter = (html: string) => string;

/**
 * Converts HTML to Markdown: headings, lists, tables, code, links and emphasis are kept; of pictures only marks.
 *
 * @param html a whole page or a part of one; pictures that `Pictures` gave a number have it in `data-picture`
 * @returns tidy Markdown with marks, empty when there is no text
 * @throws RangeError when elements are nested more deeply than the call stack allows
 */
export async function htmlToMarkdown(html: string, options: HtmlOptions = {}): Promise<string> {
  const convert = await markdownConverter(options);
  return tidyText(convert(cleanMarks(cleanText(html))));
}

/** Loads what the conversion needs, for callers that convert a long document piece by piece. */
export async function markdownConverter(options: HtmlOptions = {}): Promise<MarkdownConverter> {
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

  const rule: AddRule = (name, filter, replacement) => {
    service.addRule(name, {
      filter: (node: unknown) => filter(node as HtmlNode),
      replacement: (content: string, node: unknown) => replacement(content, node as HtmlNode),
    });
  };

  rule("link", named("A"), (content, node) => writeLink(content, node, options));
  rule("listItem", named("LI"), writeListItem);
  rule("term", named("DT"), (content) => (content.trim() ? `\n\n${content.trim().replace(/\s+/g, " ")}\n` : ""));
  rule("description", named("DD"), (content) => (content.trim() ? `\n${indented(": ", content)}\n` : ""));
  rule("summary", named("SUMMARY"), (content) => (content.trim() ? `\n\n**${plainLine(content)}**\n\n` : ""));
  rule("details", named("DETAILS", "FIGCAPTION", "LEGEND"), (content) => `\n\n${content}\n\n`);
  rule("raised", named("SUP"), (content, node) => writeScript(content, node, raised));
  rule("lowered", named("SUB"), (content, node) => writeScript(content, node, lowered));
  rule("reading", named("RT"), (content) => (content.trim() ? `(${content.trim()})` : ""));
  rule("bareCode", isBareCode, writeCode);
  rule("heading", (node) => /^H[1-6]$/.test(node.nodeName), writeHeading);
  rule("note", (node) => node.nodeName === "DIV" && attribute(node, "data-note") !== null, writeNote);
  rule("formula", (node) => node.nodeName.toUpperCase() === "MATH", writeMath);
  rule("picture", named("IMG"), (_content, node) => writePicture(node));
  addTableRules(rule);
  rule(
    "unread",
    (node) => unread.test(node.nodeName),
    () => "",
  );
  if (options.withoutFrame) rule("frame", isFrame, () => "");
  return (html) => service.turndown(html);
}

type Replacement = (content: string, node: HtmlNode) => string;
type AddRule = (name: string, filter: (node: HtmlNode) => boolean, replacement: Replacement) => void;

function named(...names: string[]): (node: HtmlNode) => boolean {
  return (node) => names.includes(node.nodeName);
}

function attribute(node: HtmlNode, name: string): string | null {
  return typeof node.getAttribute === "function" ? node.getAttribute(name) : null;
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

/** An address in parentheses, or the bare words where the address would say nothing. */
function writeLink(content: string, node: HtmlNode, { links = "absolute", base }: HtmlOptions): string {
  // The way back from a note to the text.
  if (/^[↩↑⤴↵←^]\ufe0e?$/u.test(content.trim())) return "";
  const role = `${attribute(node, "role") ?? ""} ${attribute(node, "epub:type") ?? ""}`;
  if (/\b(?:doc-)?noteref\b/.test(role) && /^\d+$/.test(content.trim())) return `[${content.trim()}]`;
  const written = (attribute(node, "href") ?? "").replace(/[\t\n\r]/g, "").trim();
  if (links === "none" || written === "" || !hasWords(content) || /\n\s*\n|^#{1,6} |^\|/m.test(content)) return content;
  const complete = /^(?:https?|ftp|mailto|doi|urn):/i.test(written) || written.startsWith("//");
  if (!complete && (links !== "all" || written.startsWith("#") || /^[a-z][a-z\d+.-]*:/i.test(written))) return content;
  const address = written.startsWith("//") ? `https:${written}` : complete ? written : resolve(written, base);
  const words = content.trim();
  const bare = (text: string): string =>
    text.replace(/^(?:https?:\/\/|mailto:)(?:www\.)?|\/$/gi, "").replace(/\\/g, "");
  if (bare(words) === bare(address)) return content;
  const target = address
    .replace(/[\s<>"]/g, encodeURIComponent)
    .replace(/[()]/g, (mark) => (mark === "(" ? "%28" : "%29"));
  const [before] = /^\s*/.exec(content)!;
  const [after] = /\s*$/.exec(content)!;
  return `${before}[${words.replace(/\s*\n\s*/g, " ")}](${target})${after}`;
}

function resolve(address: string, base: URL | undefined): string {
  return base !== undefined && URL.canParse(address, base.href) ? new URL(address, base).href : address;
}

function writeListItem(content: string, node: HtmlNode): string {
  const parent = node.parentNode;
  let marker = "- ";
  const own = attribute(node, "data-marker");
  if (own !== null) {
    marker = /^\d{1,9}[.)]$/.test(own) ? `${own} ` : `- ${own} `;
  } else if (parent?.nodeName === "OL") {
    const items = Array.from(parent.childNodes).filter((sibling) => sibling.nodeName === "LI");
    const first = Number.parseInt(parent.getAttribute("start") ?? "1", 10);
    const value = Number.parseInt(attribute(node, "value") ?? "", 10);
    const number = Number.isFinite(value) ? value : (Number.isFinite(first) ? first : 1) + items.indexOf(node);
    const type = parent.getAttribute("type") ?? "1";
    marker = /^[aAiI]$/.test(type) ? `- ${listNumber(number, type)}. ` : `${number}. `;
  }
  const body = content.trim();
  if (body === "") return "";
  if (!hasWords(body)) return body;
  return `${indented(marker, body, /^- \S/.test(marker) ? 2 : marker.length)}\n`;
}

/** Text behind a marker; its further lines are indented, so that they belong to it. Code keeps its empty lines. */
function indented(marker: string, content: string, width = marker.length): string {
  const body = content.trim();
  const lines = /^ *(?:```|~~~)/m.test(body) ? body : body.replace(/\n{2,}/g, "\n");
  return `${marker}${lines.replace(/\n(?=.)/g, `\n${" ".repeat(width)}`)}`;
}

function plainLine(content: string): string {
  return content.replace(/\*\*/g, "").replace(/\s+/g, " ").trim();
}

function isBareCode(node: HtmlNode): boolean {
  return node.nodeName === "PRE" && (node.firstChild?.nodeName !== "CODE" || node.childNodes.length > 1);
}

function writeCode(_content: string, node: HtmlNode): string {
  const code = codeText(node).replace(/^\n|\n$/g, "");
  if (code.trim() === "") return "";
  let fence = "```";
  while (code.includes(fence)) fence += "`";
  return `\n\n${fence}${languageOf(node)}\n${code}\n${fence}\n\n`;
}

/** The text with its line breaks, also those that are elements. */
function codeText(node: HtmlNode): string {
  if (node.nodeName === "BR") return "\n";
  if (node.childNodes.length === 0) return node.nodeName === "#text" ? (node.textContent ?? "") : "";
  return Array.from(node.childNodes, codeText).join("");
}

function languageOf(node: HtmlNode): string {
  for (const own of [node, node.firstChild, node.parentNode]) {
    const classes = own ? (attribute(own, "class") ?? "") : "";
    const language = /(?:^|\s)(?:language-|lang-|highlight-source-|brush:\s*)([\w+#-]+)/.exec(classes)?.[1];
    if (language) return language;
  }
  return attribute(node, "data-lang") ?? attribute(node, "lang") ?? "";
}

function writeHeading(content: string, node: HtmlNode): string {
  // Documentation sites put a link's anchor into a heading as a space without width, or as a mark of a paragraph.
  const title = content
    .replace(/\u200b/g, "")
    .replace(/\s*[¶#🔗]\s*$/u, "")
    .replace(/\s+/g, " ")
    .trim();
  if (!hasWords(title)) return title === "" ? "" : `\n\n${title}\n\n`;
  const whole = /^\*\*(?!.*\*\*.*\*\*)(.*)\*\*$/.exec(title)?.[1];
  return `\n\n${"#".repeat(Number(node.nodeName[1]))} ${whole ?? title}\n\n`;
}

/** A note in the syntax that most Markdown programs share: `[^1]: text`. */
function writeNote(content: string, node: HtmlNode): string {
  const label = attribute(node, "data-note") ?? "";
  return content.trim() === "" ? "" : `\n\n${indented(`[^${label}]: `, content, 4)}\n\n`;
}

const raised = new Map(
  Array.from("0123456789+-−=()ni").map((plain, index) => [plain, Array.from("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")[index]!]),
);
const lowered = new Map(
  Array.from("0123456789+-−=()").map((plain, index) => [plain, Array.from("₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")[index]!]),
);

/** 10² is not 102: raised and lowered digits as characters. A note's number within the page stands in brackets. */
function writeScript(content: string, node: HtmlNode, characters: ReadonlyMap<string, string>): string {
  const text = content.trim();
  const isNote = [node.parentNode, ...Array.from(node.childNodes)].some(
    (other) => other?.nodeName === "A" && (attribute(other, "href") ?? "").includes("#"),
  );
  if (isNote) return /^(?:\d+|[a-z]|[ivx]+|[*†‡§]+)$/i.test(text) ? `[${text}]` : content;
  const mapped = Array.from(text).map((character) => characters.get(character));
  if (/\d|^[ni]$/.test(text) && mapped.every((character) => character !== undefined)) return mapped.join("");
  return content;
}

/** Formulas in MathML; one that is alone in its paragraph stands alone. */
function writeMath(_content: string, node: HtmlNode): string {
  const source = (node as { outerHTML?: string }).outerHTML;
  if (source === undefined) return "";
  const tex = mathmlToTex(readXml(Buffer.from(source.replace(/&nbsp;/g, "\u00a0")), "formula"));
  return formula(tex, attribute(node, "display") === "block");
}

/** A mark for its place; a picture of a formula gives the formula. */
function writePicture(node: HtmlNode): string {
  const classes = attribute(node, "class") ?? "";
  const description = (attribute(node, "alt") ?? "").replace(/\s+/g, " ").trim();
  if (/(?:^|[\s_-])(?:tex|latex|mathjax|katex|mwe-math-fallback-image\w*)(?:$|[\s_-])/i.test(classes) && description) {
    const tex = description.replace(/^\$+|\$+$/g, "").replace(/^\{\\displaystyle ([\s\S]*)\}$/, "$1");
    return formula(tex, false);
  }
  return pictureMark(attribute(node, "data-picture"));
}

/** Tables of data become Markdown tables; tables that only lay out a page give their cells as paragraphs. */
function addTableRules(rule: AddRule): void {
  const contents = new WeakMap<HtmlNode, string>();
  rule("tableCell", named("TD", "TH"), (content, cell) => {
    contents.set(cell, content);
    return `\n\n${content}\n\n`;
  });
  rule("tablePart", named("TR", "THEAD", "TBODY", "TFOOT"), (content) => content);
  rule("tableNothing", named("COLGROUP", "COL"), () => "");
  rule("caption", named("CAPTION"), (content) => (hasWords(content) ? `\n\n${content.trim()}\n\n` : content));
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
