/** The content of a Word document as HTML: ECMA-376, part 1, 17. */
import { type Block, blocksHtml } from "./blocks-html.js";
import { chartHtml, diagramHtml } from "./drawing.js";
import { codeOf, type Inline, inlineHtml, isCode, plainFormat, type RunFormat } from "./inline-html.js";
import { isCodeFont, type WordNumbering, type WordStyles } from "./docx-styles.js";
import { isSymbolFont, symbolOf } from "./docx-symbols.js";
import { escapeHtml, type ListEntry } from "./list-html.js";
import { ommlToTex } from "./omml.js";
import type { Relationship } from "./opc.js";
import type { Pictures } from "./pictures.js";
import { formula } from "./tex.js";
import { child, childrenOf, descendants, textOf, type XmlElement } from "./xml.js";

/** What a part of the document refers to, read beforehand. */
export interface WordPart {
  relationships: ReadonlyMap<string, Relationship>;
  /** Bytes of pictures, by the name of their part. */
  media: ReadonlyMap<string, Uint8Array>;
  /** Charts and diagrams, by the name of their part. */
  drawings: ReadonlyMap<string, XmlElement>;
}

/** What is the same for the whole document. */
export interface WordContext {
  styles: WordStyles;
  numbering: WordNumbering;
  pictures: Pictures;
  /** Footnotes and endnotes by kind and id: `footnote 2`. */
  notes: ReadonlyMap<string, { element: XmlElement; part: WordPart }>;
  /** Things left out on purpose, counted by what they are. */
  left: Map<string, number>;
}

/** A field (ECMA-376, part 1, 17.16) that has begun and not ended. */
interface Field {
  instruction: string;
  inResult: boolean;
}

/** Reads the paragraphs and tables of one part, in their order. */
export class WordBody {
  /** Notes that were referred to and are not written yet, as HTML. */
  notes: string[] = [];
  private fields: Field[] = [];
  private carried: Inline[] = [];
  /** Blocks inside the paragraph that is being read: text boxes, charts. */
  private inside: Block[] = [];
  private noteCount = 0;

  constructor(
    private readonly context: WordContext,
    private part: WordPart,
  ) {}

  /** Reads what stands among paragraphs. */
  blocks(element: XmlElement): Block[] {
    switch (element.name) {
      case "w:p":
        return this.paragraph(element);
      case "w:tbl":
        return [{ kind: "html", html: this.table(element) }];
      case "w:sdt":
        return isLeftOut(element) ? [] : this.blocksIn(child(element, "w:sdtContent"));
      case "w:del":
      case "w:moveFrom":
        this.leave("deleted passage");
        return [];
      case "mc:AlternateContent":
        return this.alternative(element, (choice) => this.blocksIn(choice));
      case "m:oMathPara":
      case "m:oMath":
        return this.paragraph({ name: "w:p", attributes: {}, children: [element] });
      case "w:altChunk":
        this.leave("embedded document");
        return [];
      case "w:customXml":
      case "w:ins":
      case "w:moveTo":
      case "w:smartTag":
        return this.blocksIn(element);
      default:
        return [];
    }
  }

  blocksIn(element: XmlElement | undefined): Block[] {
    return childrenOf(element).flatMap((node) => this.blocks(node));
  }

  private paragraph(element: XmlElement): Block[] {
    const outer = this.inside;
    this.inside = [];
    const properties = child(element, "w:pPr");
    const style = this.context.styles.get(child(properties, "w:pStyle")?.attributes["w:val"]);
    const inlines = [...this.carried];
    this.carried = [];
    this.inlines(element, { format: plainFormat, styles: style.runs, isCode: false }, inlines);
    for (const field of this.fields) field.inResult = true;
    const inside = this.inside;
    this.inside = outer;
    // The mark of a deleted paragraph joins its words to the next one.
    const mark = child(properties, "w:rPr");
    if (child(mark, "w:del") ?? child(mark, "w:moveFrom")) {
      this.carried = inlines;
      return inside;
    }
    const block = style.role === "contents" ? undefined : this.paragraphBlock(properties, style, inlines);
    return [...(block ? [block] : []), ...inside];
  }

  private paragraphBlock(
    properties: XmlElement | undefined,
    style: ReturnType<WordStyles["get"]>,
    inlines: Inline[],
  ): Block | undefined {
    const code = codeOf(inlines);
    const hasContent = inlines.some((inline) => ("text" in inline ? inline.text.trim() !== "" : true));
    const outline = child(properties, "w:outlineLvl")?.attributes["w:val"];
    const direct = outline === undefined ? undefined : Number(outline);
    const heading = direct === undefined ? style.heading : direct < 9 ? Math.min(direct + 1, 6) : undefined;
    if (style.role === "code" || (heading === undefined && isCode(inlines))) {
      return { kind: "code", text: code };
    }
    if (!hasContent) return undefined;
    const number = this.number(properties, style);
    if (heading !== undefined && code.length <= maxHeading) {
      const label = typeof number === "object" && number.marker ? `${escapeHtml(number.marker)} ` : "";
      // A heading stands on one line.
      return {
        kind: "html",
        html: `<h${heading}>${label}${inlineHtml(inlines, true).replace(/<br>/g, " ")}</h${heading}>`,
      };
    }
    if (number) return { kind: "list", entry: { ...number, html: inlineHtml(inlines) } };
    const html = `<p>${inlineHtml(inlines)}</p>`;
    return style.role === "quote" ? { kind: "quote", html } : { kind: "html", html };
  }

  /** The paragraph's number or bullet, counted on. */
  private number(
    properties: XmlElement | undefined,
    style: ReturnType<WordStyles["get"]>,
  ): Omit<ListEntry, "html"> | undefined {
    const own = child(properties, "w:numPr");
    const numId = child(own, "w:numId")?.attributes["w:val"] ?? style.numId;
    if (numId === undefined || numId === "0") return undefined;
    const styleId = child(properties, "w:pStyle")?.attributes["w:val"];
    const written = Number(child(own, "w:ilvl")?.attributes["w:val"] ?? Number.NaN);
    const level = Number.isInteger(written)
      ? Math.min(Math.max(written, 0), 8)
      : (this.context.numbering.levelOfStyle(styleId, numId) ?? Math.min(style.level ?? 0, 8));
    const next = this.context.numbering.next(numId, level);
    if (next === undefined) return undefined;
    if (next === "continued") return { level, isContinued: true };
    return { level, marker: next === "bullet" ? undefined : next.marker };
  }

  private inlines(element: XmlElement, state: RunState, into: Inline[]): void {
    for (const node of childrenOf(element)) this.inline(node, state, into);
  }

  private inline(node: XmlElement, state: RunState, into: Inline[]): void {
    switch (node.name) {
      case "w:r":
        return this.run(node, state, into);
      case "w:hyperlink": {
        const target = this.part.relationships.get(node.attributes["r:id"] ?? "");
        const link = target?.isExternal ? target.target : undefined;
        return this.inlines(node, link ? { ...state, format: { ...state.format, link } } : state, into);
      }
      case "w:fldSimple": {
        const instruction = node.attributes["w:instr"] ?? "";
        if (isSkipped(instruction)) return;
        const link = linkOf(instruction);
        return this.inlines(node, link ? { ...state, format: { ...state.format, link } } : state, into);
      }
      case "w:del":
      case "w:moveFrom":
        return this.leave("deleted passage");
      case "w:sdt":
        return isLeftOut(node) ? undefined : this.inlines(child(node, "w:sdtContent") ?? node, state, into);
      case "m:oMathPara":
        for (const math of childrenOf(node, "m:oMath")) this.math(math, true, into);
        return;
      case "m:oMath":
        return this.math(node, false, into);
      case "mc:AlternateContent":
        this.alternative(node, (choice) => {
          const before = into.length + this.inside.length;
          this.inlines(choice, state, into);
          return into.length + this.inside.length > before ? [true] : [];
        });
        return;
      case "w:ins":
      case "w:moveTo":
      case "w:smartTag":
      case "w:customXml":
      case "w:dir":
      case "w:bdo":
      case "w:rt":
      case "w:rubyBase":
        return this.inlines(node, state, into);
      case "w:drawing":
      case "w:pict":
      case "w:object":
        return this.drawing(node, into);
      case "w:commentReference":
        return this.leave("comment");
    }
  }

  private math(element: XmlElement, alone: boolean, into: Inline[]): void {
    const text = formula(ommlToTex(element), alone);
    if (text === "" || this.isSkipping()) return;
    // A formula in a line does not run into the word before it; two formulas do not run into each other.
    const separate = into.length > 0 && alone;
    into.push({ html: `${separate ? "<br>" : ""}${escapeHtml(text)}`, format: plainFormat });
  }

  private run(element: XmlElement, outer: RunState, into: Inline[]): void {
    const properties = child(element, "w:rPr");
    const characterStyle = this.context.styles.get(child(properties, "w:rStyle")?.attributes["w:val"] ?? "-");
    const chain = [...(properties ? [properties] : []), ...characterStyle.runs];
    // Words set in bold as a whole paragraph style are no emphasis; those of a character style are.
    const setting = (name: string): string | undefined => {
      const found = chain.map((level) => child(level, name)).find((level) => level !== undefined);
      return found && (found.attributes["w:val"] ?? "true");
    };
    const isOn = (name: string): boolean => !/^(?:0|false|off|none)$/.test(setting(name) ?? "false");
    const fonts = [...chain, ...outer.styles].map((level) => child(level, "w:rFonts")).find((level) => level);
    const font = fonts?.attributes["w:ascii"] ?? fonts?.attributes["w:hAnsi"];
    const isHidden = isOn("w:vanish") && !isOn("w:specVanish");
    const position = setting("w:vertAlign");
    const format: RunFormat = {
      bold: isOn("w:b"),
      italic: isOn("w:i"),
      struck: isOn("w:strike") || isOn("w:dstrike"),
      code:
        isCodeFont(font) ||
        characterStyle.role === "code" ||
        /^(?:verbatim char|html code|code char)/.test(characterStyle.name),
      script: position === "superscript" ? "sup" : position === "subscript" ? "sub" : undefined,
      link: outer.format.link,
    };
    const add = (text: string): void => {
      if (text === "" || this.isSkipping()) return;
      if (isHidden) return this.leave("hidden passage");
      into.push({ text, format: { ...format, link: format.link ?? this.fieldLink() } });
    };
    for (const node of childrenOf(element)) {
      switch (node.name) {
        case "w:t":
          add(isSymbolFont(font) ? fromSymbols(font, textOf(node)) : textOf(node).replace(/\u00ad/g, ""));
          break;
        case "w:tab":
        case "w:ptab":
          add("\t");
          break;
        case "w:br":
          if (!/^(?:page|column)$/.test(node.attributes["w:type"] ?? "")) add("\n");
          break;
        case "w:cr":
          add("\n");
          break;
        case "w:noBreakHyphen":
          add("-");
          break;
        case "w:sym": {
          const code = Number.parseInt(node.attributes["w:char"] ?? "", 16);
          add(symbolOf(node.attributes["w:font"] ?? "", code) ?? "");
          break;
        }
        case "w:footnoteReference":
        case "w:endnoteReference":
          this.note(node, into);
          break;
        case "w:ruby":
          this.ruby(node, outer, into);
          break;
        case "w:fldChar":
          this.fieldMark(node, add);
          break;
        case "w:instrText": {
          const field = this.fields.at(-1);
          if (field && !field.inResult && field.instruction.length < 2_000) field.instruction += textOf(node);
          break;
        }
        default:
          if (!isHidden) this.inline(node, { ...outer, format }, into);
      }
    }
  }

  private ruby(element: XmlElement, state: RunState, into: Inline[]): void {
    this.inlines(child(element, "w:rubyBase") ?? element, state, into);
    const reading: Inline[] = [];
    const rt = child(element, "w:rt");
    if (rt) this.inlines(rt, state, reading);
    const text = codeOf(reading);
    if (text !== "") into.push({ text: `(${text})`, format: plainFormat });
  }

  private fieldMark(mark: XmlElement, add: (text: string) => void): void {
    switch (mark.attributes["w:fldCharType"]) {
      case "begin": {
        const box = descendants(mark, "w:checkBox")[0];
        if (box) {
          const state = child(box, "w:checked") ?? child(box, "w:default");
          const isChecked = state !== undefined && !/^(?:0|false|off)$/.test(state.attributes["w:val"] ?? "1");
          add(isChecked ? "☒" : "☐");
        }
        this.fields.push({ instruction: "", inResult: false });
        break;
      }
      case "separate": {
        const field = this.fields.at(-1);
        if (field) field.inResult = true;
        break;
      }
      case "end":
        this.fields.pop();
    }
  }

  /** Inside a field's instruction, or in a result that is left out. */
  private isSkipping(): boolean {
    return this.fields.some(({ instruction, inResult }) => !inResult || isSkipped(instruction));
  }

  private fieldLink(): string | undefined {
    for (let index = this.fields.length - 1; index >= 0; index--) {
      const link = linkOf(this.fields[index]!.instruction);
      if (link !== undefined) return link;
    }
    return undefined;
  }

  private note(reference: XmlElement, into: Inline[]): void {
    const kind = reference.name === "w:footnoteReference" ? "footnote" : "endnote";
    const found = this.context.notes.get(`${kind} ${reference.attributes["w:id"] ?? ""}`);
    if (!found || this.isSkipping()) return;
    const label = ++this.noteCount;
    into.push({ html: `[^${label}]`, format: plainFormat });
    const outer = { part: this.part, fields: this.fields, carried: this.carried, inside: this.inside };
    Object.assign(this, { part: found.part, fields: [], carried: [], inside: [] });
    const place = this.notes.length;
    const content = blocksHtml(this.blocksIn(found.element));
    Object.assign(this, outer);
    this.notes.splice(place, 0, `<div data-note="${label}">${content}</div>`);
  }

  /** Pictures, text boxes, charts and diagrams, wherever they are in a drawing. */
  private drawing(element: XmlElement, into: Inline[], description?: string): void {
    if (this.isSkipping()) return;
    const { attributes } = element;
    const own = child(element, "wp:docPr")?.attributes;
    const about = own ? own["descr"] || own["title"] : description;
    switch (element.name) {
      case "a:blip":
        return this.picture(attributes["r:embed"] ?? attributes["r:link"], about, into);
      case "v:imagedata":
        return this.picture(attributes["r:id"], about ?? attributes["o:title"], into);
      case "w:txbxContent": {
        const outer = this.inside;
        const fields = this.fields;
        this.fields = [];
        this.inside = [];
        const blocks = this.blocksIn(element);
        this.fields = fields;
        this.inside = [...outer, ...blocks];
        return;
      }
      case "v:textpath":
        if (attributes["string"]) into.push({ text: attributes["string"], format: plainFormat });
        return;
      case "c:chart":
      case "dgm:relIds": {
        const id = attributes["r:id"] ?? attributes["r:dm"] ?? "";
        const root = this.part.drawings.get(this.part.relationships.get(id)?.target ?? "");
        if (root)
          this.inside.push({ kind: "html", html: root.name === "c:chartSpace" ? chartHtml(root) : diagramHtml(root) });
        return;
      }
      case "mc:AlternateContent":
        this.alternative(element, (choice) => {
          const before = into.length + this.inside.length;
          for (const node of childrenOf(choice)) this.drawing(node, into, about);
          return into.length + this.inside.length > before ? [true] : [];
        });
        return;
      default:
        for (const node of childrenOf(element)) this.drawing(node, into, about);
    }
  }

  private picture(id: string | undefined, description: string | undefined, into: Inline[]): void {
    const { pictures } = this.context;
    if (!pictures.wanted || id === undefined) return;
    const target = this.part.relationships.get(id);
    if (target?.isExternal) return pictures.leave("they are outside the file, and nothing outside it is opened");
    const html = pictures.html(this.part.media.get(target?.target ?? ""), { description });
    if (html !== "") into.push({ html, format: plainFormat });
  }

  /** Of alternatives the first that holds something: newer programs write text boxes and formulas twice. */
  private alternative<T>(element: XmlElement, read: (choice: XmlElement) => T[]): T[] {
    for (const choice of childrenOf(element)) {
      if (choice.name !== "mc:Choice" && choice.name !== "mc:Fallback") continue;
      const found = read(choice);
      if (found.length > 0) return found;
    }
    return [];
  }

  private table(element: XmlElement): string {
    /** Cells that may go on below, by column. */
    const above = new Map<number, { rows: number }>();
    const rows: { cells: { html: string; columns: number; span: { rows: number } }[] }[] = [];
    for (const row of through(element, "w:tr")) {
      const properties = child(row, "w:trPr");
      if (child(properties, "w:del")) {
        this.leave("deleted passage");
        continue;
      }
      const cells: (typeof rows)[number]["cells"] = [];
      let column = Math.min(Number(child(properties, "w:gridBefore")?.attributes["w:val"] ?? 0) || 0, maxColumns);
      if (column > 0) cells.push({ html: "", columns: column, span: { rows: 1 } });
      for (const cell of through(row, "w:tc")) {
        const settings = child(cell, "w:tcPr");
        const columns = Math.min(
          Math.max(Number(child(settings, "w:gridSpan")?.attributes["w:val"] ?? 1) || 1, 1),
          maxColumns,
        );
        const merge = child(settings, "w:vMerge");
        const goesOn = merge !== undefined && merge.attributes["w:val"] !== "restart";
        const upper = above.get(column);
        if (goesOn && upper) upper.rows++;
        else {
          const span = { rows: 1 };
          cells.push({ html: blocksHtml(this.blocksIn(cell)), columns, span });
          above.set(column, span);
        }
        column += columns;
      }
      rows.push({ cells });
    }
    const html = rows.map(
      ({ cells }) =>
        `<tr>${cells.map((cell) => `<td colspan="${cell.columns}" rowspan="${cell.span.rows}">${cell.html}</td>`).join("")}</tr>`,
    );
    return `<table>${html.join("")}</table>`;
  }

  private leave(what: string): undefined {
    this.context.left.set(what, (this.context.left.get(what) ?? 0) + 1);
  }
}

interface RunState {
  format: RunFormat;
  /** Run properties of the paragraph's style, for its font. */
  styles: readonly XmlElement[];
  isCode: boolean;
}

/** A heading that is longer, in characters, is a paragraph that somebody set as a heading. */
const maxHeading = 400;

/** As Word itself allows. */
const maxColumns = 63;

/** Children of a name, also inside what wraps them: controls, tracked changes, custom XML. */
function through(element: XmlElement, name: string): XmlElement[] {
  return childrenOf(element).flatMap((node) => {
    if (node.name === name) return [node];
    return /^w:(?:sdt|sdtContent|ins|moveTo|customXml|smartTag)$/.test(node.name) ? through(node, name) : [];
  });
}

/** A table of contents, and the prompt of a form's field that nobody filled in. */
function isLeftOut(sdt: XmlElement): boolean {
  const properties = child(sdt, "w:sdtPr");
  if (child(properties, "w:showingPlcHdr")) return true;
  const gallery = child(child(properties, "w:docPartObj"), "w:docPartGallery")?.attributes["w:val"] ?? "";
  return /table of contents/i.test(gallery);
}

/** Fields whose result belongs to the printed page: tables of contents and of figures, page numbers. */
function isSkipped(instruction: string): boolean {
  return /^\s*(?:TOC|PAGE|NUMPAGES|SECTIONPAGES|TOA)\b/i.test(instruction);
}

function linkOf(instruction: string): string | undefined {
  const match = /^\s*HYPERLINK\s+(?!\\l)(?:"([^"]*)"|([^\s\\"]\S*))/i.exec(instruction);
  const address = match?.[1] ?? match?.[2];
  return address === undefined || address === "" ? undefined : address;
}

function fromSymbols(font: string, text: string): string {
  return Array.from(text)
    .map((character) => symbolOf(font, character.codePointAt(0)!) ?? character)
    .join("");
}
