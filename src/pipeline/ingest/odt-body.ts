/** The content of an OpenDocument file as HTML: OpenDocument 1.3, part 3. */
import { type Block, blocksHtml } from "./blocks-html.js";
import { codeOf, type Inline, inlineHtml, isCode, plainFormat, type RunFormat } from "./inline-html.js";
import { escapeHtml } from "./list-html.js";
import { mathmlToTex } from "./mathml.js";
import type { OdtStyle, OdtStyles } from "./odt-styles.js";
import { odtTable } from "./odt-table.js";
import type { Pictures } from "./pictures.js";
import { formula } from "./tex.js";
import { child, childrenOf, textOf, type XmlElement } from "./xml.js";

/** What is the same for the whole document. */
export interface OdtContext {
  styles: OdtStyles;
  pictures: Pictures;
  /** Pictures of the package by the name of their entry. */
  media: ReadonlyMap<string, Uint8Array>;
  /** Formulas and charts: the content of embedded objects, by their folder's name. */
  objects: ReadonlyMap<string, XmlElement>;
  /** Things left out on purpose, counted by what they are. */
  left: Map<string, number>;
}

/** Fields whose text belongs to the printed page. */
const pageFields = new Set(["text:page-number", "text:page-count", "text:page-continuation"]);

/** Generated from the rest of the document, or not part of it. */
const unread = new Set([
  "text:table-of-content",
  "text:illustration-index",
  "text:table-index",
  "text:object-index",
  "text:user-index",
  "text:alphabetical-index",
  "text:sequence-decls",
  "text:variable-decls",
  "text:user-field-decls",
  "text:hidden-text",
  "office:forms",
  "presentation:notes",
]);

export class OdtBody {
  /** Notes that were referred to and are not written yet, as HTML. */
  notes: string[] = [];
  private inside: Block[] = [];
  private noteCount = 0;
  private headings: number[] = [];
  /** Numbers that a list reached, by its id and by its style, for lists that go on with them. */
  private readonly reached = new Map<string, number[]>();

  constructor(private readonly context: OdtContext) {}

  blocks(element: XmlElement): Block[] {
    switch (element.name) {
      case "text:p":
        return this.paragraph(element);
      case "text:h":
        return this.heading(element);
      case "text:list":
      case "text:numbered-paragraph":
        return this.list(element, undefined, 1, []);
      case "table:table":
        return [{ kind: "html", html: odtTable(element, (cell) => blocksHtml(this.blocksIn(cell))) }];
      case "text:tracked-changes":
        for (const change of childrenOf(element)) if (child(change, "text:deletion")) this.leave("deleted passage");
        return [];
      case "text:section":
        return element.attributes["text:display"] === "none" ? this.hidden() : this.blocksIn(element);
      default:
        if (unread.has(element.name)) return [];
        if (element.name.startsWith("draw:") || element.name === "text:a") {
          return this.paragraph({ name: "text:p", attributes: {}, children: [element] });
        }
        return element.name.startsWith("text:") ? this.blocksIn(element) : [];
    }
  }

  blocksIn(element: XmlElement | undefined): Block[] {
    return childrenOf(element).flatMap((node) => this.blocks(node));
  }

  private heading(element: XmlElement): Block[] {
    const level = Math.min(Math.max(Number(element.attributes["text:outline-level"] ?? 1) || 1, 1), 10);
    this.headings.length = Math.min(this.headings.length, level);
    for (let at = 0; at < level; at++) {
      const start = this.context.styles.start(undefined, at + 1);
      if (at === level - 1) this.headings[at] = (this.headings[at] ?? start - 1) + 1;
      else this.headings[at] ??= start;
    }
    const number = this.context.styles.headingNumber(level, this.headings);
    return this.paragraph(element, { level, number });
  }

  private paragraph(element: XmlElement, heading?: { level: number; number: string }): Block[] {
    const outer = this.inside;
    this.inside = [];
    const style = this.context.styles.get("paragraph", element.attributes["text:style-name"]);
    const inlines: Inline[] = [];
    this.inlines(element, { ...plainFormat, code: style.code }, inlines);
    const { inside } = this;
    this.inside = outer;
    const block = style.hidden ? this.hidden()[0] : paragraphBlock(inlines, style, heading);
    return [...(block ? [block] : []), ...inside];
  }

  private inlines(element: XmlElement, format: RunFormat, into: Inline[]): void {
    for (const node of element.children) {
      if (typeof node === "string") into.push({ text: node.replace(/\s+/g, " ").replace(/\u00ad/g, ""), format });
      else this.inline(node, format, into);
    }
  }

  private inline(node: XmlElement, format: RunFormat, into: Inline[]): void {
    const { attributes } = node;
    switch (node.name) {
      case "text:span": {
        const style = this.context.styles.get("text", attributes["text:style-name"]);
        if (style.hidden) return this.leave("hidden passage");
        return this.inlines(node, merged(format, style), into);
      }
      case "text:s":
        return void into.push({ text: " ".repeat(Math.min(Number(attributes["text:c"] ?? 1) || 1, 1_000)), format });
      case "text:tab":
        return void into.push({ text: "\t", format });
      case "text:line-break":
        return void into.push({ text: "\n", format });
      case "text:a": {
        const link = attributes["xlink:href"];
        return this.inlines(node, link && !link.startsWith("#") ? { ...format, link } : format, into);
      }
      case "text:note":
        return this.note(node, into);
      case "text:ruby": {
        const base = child(node, "text:ruby-base");
        const reading = textOf(child(node, "text:ruby-text"));
        if (base) this.inlines(base, format, into);
        if (reading.trim() !== "") into.push({ text: `(${reading.trim()})`, format });
        return;
      }
      case "office:annotation":
        return this.leave("comment");
      case "math":
        return this.math(node, into);
      default:
        if (node.name.startsWith("draw:")) return this.drawing(node, into);
        if (pageFields.has(node.name) || unread.has(node.name) || node.name === "office:annotation-end") return;
        return this.inlines(node, format, into);
    }
  }

  private math(element: XmlElement, into: Inline[]): void {
    const text = formula(mathmlToTex(element), element.attributes["display"] === "block");
    if (text !== "") into.push({ html: escapeHtml(text), format: plainFormat });
  }

  private note(element: XmlElement, into: Inline[]): void {
    const label = ++this.noteCount;
    into.push({ html: `[^${label}]`, format: plainFormat });
    const place = this.notes.length;
    const outer = this.inside;
    this.inside = [];
    const content = blocksHtml(this.blocksIn(child(element, "text:note-body")));
    this.inside = outer;
    this.notes.splice(place, 0, `<div data-note="${label}">${content}</div>`);
  }

  /** Frames with text, pictures, formulas and charts, and shapes with text. */
  private drawing(element: XmlElement, into: Inline[]): void {
    if (element.name === "draw:frame") {
      const object = child(element, "draw:object");
      if (object && this.object(object, into)) return;
    }
    const texts: XmlElement[] = [];
    for (const node of childrenOf(element)) {
      if (node.name === "draw:image") {
        if (this.picture(node, element, into)) break;
      } else if (node.name === "draw:text-box") this.inside.push(...this.blocksIn(node));
      else if (node.name.startsWith("draw:")) this.drawing(node, into);
      else if (/^(?:text:(?:p|h|list)|table:table)$/.test(node.name)) texts.push(node);
    }
    for (const node of texts) this.inside.push(...this.blocks(node));
  }

  /** @returns whether the object was one that can be read */
  private object(element: XmlElement, into: Inline[]): boolean {
    const name = (element.attributes["xlink:href"] ?? "").replace(/^\.\//, "").replace(/\/$/, "");
    const root = child(element, "math") ?? this.context.objects.get(name);
    if (root === undefined) return false;
    if (root.name === "math") {
      this.math(root, into);
      return true;
    }
    const chart = child(child(child(root, "office:body"), "office:chart"), "chart:chart");
    const table = child(chart, "table:table");
    if (!table) return false;
    const title = textOf(child(chart, "chart:title")).trim();
    const html = odtTable(table, (cell) => blocksHtml(this.blocksIn(cell)));
    this.inside.push({ kind: "html", html: `${title ? `<p>${escapeHtml(title)}</p>` : ""}${html}` });
    return true;
  }

  private picture(image: XmlElement, frame: XmlElement, into: Inline[]): boolean {
    const { pictures, media } = this.context;
    if (!pictures.wanted) return false;
    const name = image.attributes["xlink:href"] ?? "";
    const data = child(image, "office:binary-data");
    if (!data && /^(?:[a-z][a-z\d+.-]*:|\.\.\/|\/)/i.test(name)) {
      pictures.leave("they are outside the file, and nothing outside it is opened");
      return false;
    }
    const bytes = data ? Buffer.from(textOf(data), "base64") : media.get(name.replace(/^\.\//, ""));
    const description = textOf(child(frame, "svg:desc")) || textOf(child(frame, "svg:title"));
    const html = pictures.html(bytes, { description });
    if (html !== "") into.push({ html, format: plainFormat });
    return html !== "";
  }

  /**
   * The paragraphs of a list with their levels; a list in a list takes its style, unless it has one of its own.
   * @param above the numbers of the levels above, counted on here
   */
  private list(element: XmlElement, inherited: string | undefined, level: number, above: number[]): Block[] {
    const { styles } = this.context;
    const style = element.attributes["text:style-name"] ?? inherited;
    const counters = level === 1 ? [...this.goesOn(element, style)] : above;
    if (level > 1) counters.length = Math.min(counters.length, level - 1);
    const blocks: Block[] = [];
    for (const item of element.name === "text:numbered-paragraph" ? [element] : childrenOf(element)) {
      // An item of nothing but a list only leads to the next level; a header has no number.
      const isNumbered = item.name !== "text:list-header" && childrenOf(item).some(({ name }) => name !== "text:list");
      if (isNumbered) {
        const own = Number(item.attributes["text:start-value"] ?? Number.NaN);
        const next = (counters[level - 1] ?? styles.start(style, level) - 1) + 1;
        counters[level - 1] = Number.isInteger(own) ? own : next;
        counters.length = Math.min(counters.length, level);
      }
      let isContinued = !isNumbered;
      for (const node of childrenOf(item)) {
        if (node.name === "text:list") {
          blocks.push(...this.list(node, style, level + 1, counters));
          continue;
        }
        const marker = styles.marker(style, level, counters);
        if (node.name === "text:h") {
          const outline = Number(node.attributes["text:outline-level"] ?? 1) || 1;
          blocks.push(...this.paragraph(node, { level: outline, number: marker ?? "" }));
        } else {
          const html = blocksHtml(this.blocks(node));
          if (html === "") continue;
          blocks.push({
            kind: "list",
            entry: { level: level - 1, marker: marker === "" ? undefined : marker, html, isContinued },
          });
        }
        isContinued = true;
      }
    }
    if (level === 1) {
      const id = element.attributes["xml:id"];
      if (id !== undefined) this.reached.set(id, counters);
      this.reached.set(`style ${style ?? ""}`, counters);
    }
    return blocks;
  }

  /** The numbers that a list goes on from. */
  private goesOn(list: XmlElement, style: string | undefined): readonly number[] {
    const { "text:continue-list": id, "text:continue-numbering": same } = list.attributes;
    return this.reached.get(id ?? "") ?? (same === "true" ? this.reached.get(`style ${style ?? ""}`) : undefined) ?? [];
  }

  private hidden(): Block[] {
    this.leave("hidden passage");
    return [];
  }

  private leave(what: string): void {
    this.context.left.set(what, (this.context.left.get(what) ?? 0) + 1);
  }
}

function merged(format: RunFormat, style: OdtStyle): RunFormat {
  return {
    bold: format.bold || style.bold,
    italic: format.italic || style.italic,
    struck: format.struck || style.struck,
    code: format.code || style.code,
    script: style.script ?? format.script,
    link: format.link,
  };
}

function paragraphBlock(
  inlines: Inline[],
  style: OdtStyle,
  heading: { level: number; number: string } | undefined,
): Block | undefined {
  const named = (pattern: RegExp): boolean => style.names.some((name) => pattern.test(name));
  const level = heading?.level ?? (named(/^title$/) ? 1 : style.outline);
  if (level === undefined && isCode(inlines)) return { kind: "code", text: codeOf(inlines) };
  if (style.code && inlines.length === 0) return { kind: "code", text: "" };
  if (!inlines.some((inline) => ("text" in inline ? inline.text.trim() !== "" : true))) return undefined;
  if (level !== undefined) {
    const label = heading?.number ? `${escapeHtml(heading.number)} ` : "";
    const tag = `h${Math.min(level, 6)}`;
    return { kind: "html", html: `<${tag}>${label}${inlineHtml(inlines, true).replace(/<br>/g, " ")}</${tag}>` };
  }
  const html = `<p>${inlineHtml(inlines)}</p>`;
  return named(/^(?:quotations?|block (?:text|quotation)|(?:intense )?quote)$/)
    ? { kind: "quote", html }
    : { kind: "html", html };
}
