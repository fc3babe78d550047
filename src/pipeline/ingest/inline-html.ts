/** A paragraph's words with their formatting, on the way to HTML. */
import { escapeHtml } from "./list-html.js";

/** Formatting that Markdown knows. */
export interface RunFormat {
  bold: boolean;
  italic: boolean;
  struck: boolean;
  code: boolean;
  script: "sup" | "sub" | undefined;
  /** Address of the link that it belongs to. */
  link: string | undefined;
}

export const plainFormat: RunFormat = {
  bold: false,
  italic: false,
  struck: false,
  code: false,
  script: undefined,
  link: undefined,
};

/** A stretch of text, or something that stands in a line and is HTML already. */
export type Inline = { text: string; format: RunFormat } | { html: string; format: RunFormat };

/**
 * Writes a paragraph's content; neighbours with the same formatting become one.
 *
 * @param inlines in their order
 * @param plain without emphasis, as in headings
 */
export function inlineHtml(inlines: readonly Inline[], plain = false): string {
  let html = "";
  let link: string | undefined;
  let linked: Inline[] = [];
  const flush = (): void => {
    const content = emphasized(linked, plain);
    html += link === undefined ? content : `<a href="${escapeHtml(link)}">${content}</a>`;
    linked = [];
  };
  for (const inline of inlines) {
    if (inline.format.link !== link) {
      flush();
      link = inline.format.link;
    }
    linked.push(inline);
  }
  flush();
  return html;
}

/** Text of a line of code: without formatting. */
export function codeOf(inlines: readonly Inline[]): string {
  return inlines.map((inline) => ("text" in inline ? inline.text : "")).join("");
}

/** Whether all words of a paragraph are set as code. */
export function isCode(inlines: readonly Inline[]): boolean {
  let words = false;
  for (const inline of inlines) {
    if (!("text" in inline)) return false;
    if (inline.text.trim() === "") continue;
    if (!inline.format.code) return false;
    words = true;
  }
  return words;
}

function emphasized(inlines: readonly Inline[], plain: boolean): string {
  let html = "";
  let open: string[] = [];
  const change = (wanted: string[]): void => {
    let shared = 0;
    while (shared < open.length && open[shared] === wanted[shared]) shared++;
    for (const tag of open.slice(shared).reverse()) html += `</${tag}>`;
    for (const tag of wanted.slice(shared)) html += `<${tag}>`;
    open = wanted;
  };
  for (const inline of inlines) {
    // Spaces have no look of their own: they do not end what is set in bold.
    const isSpace = "text" in inline && inline.text.trim() === "";
    if (!isSpace) change("text" in inline ? tagsOf(inline.format, plain) : []);
    html += "text" in inline ? escapeHtml(inline.text).replace(/\n/g, "<br>") : inline.html;
  }
  change([]);
  return html;
}

function tagsOf(format: RunFormat, plain: boolean): string[] {
  const script = format.script === undefined ? [] : [format.script];
  if (plain) return script;
  if (format.code) return ["code"];
  return [
    ...(format.bold ? ["strong"] : []),
    ...(format.italic ? ["em"] : []),
    ...(format.struck ? ["s"] : []),
    ...script,
  ];
}
