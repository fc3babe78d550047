/** What Word's styles and numbering say about a paragraph: ECMA-376, part 1, 17.7 and 17.9. */
import { listNumber } from "./list-html.js";
import { child, childrenOf, type XmlElement } from "./xml.js";

/** What matters of a paragraph's or a run's style. */
export interface WordStyle {
  name: string;
  /** 1 to 6. */
  heading?: number;
  role?: "code" | "contents" | "quote" | undefined;
  /** Direct properties of its runs, nearest style first. */
  runs: XmlElement[];
  numId?: string | undefined;
  level?: number | undefined;
}

/** "Heading 1" in the languages whose word processors write it into the file. */
const headingNames =
  /^(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|naslov|başlık|titlu|antraštė|virsraksts|pealkiri|fyrirsögn|заголовок|заглавие|επικεφαλίδα|كُ?عنوان|عنوان|כותרת|标题|標題|見出し|제목|หัวเรื่อง|tiêu đề|judul|heading_?)\s*([1-9])$/u;
const titleNames = /^(?:title|titel|titre|título|titolo|tytuł|название|标题|標題|表題|제목|العنوان|כותרת טקסט)$/u;
const contentsNames =
  /^(?:toc|table of figures|verzeichnis|inhaltsverzeichnis|tm|contents|tdc|sommario|оглавление|目录|目次)\s*(?:\d|heading)?$/u;
const codeNames =
  /^(?:source ?code|code|code ?block|html preformatted|preformatted text|macro(?: text)?|listing|verbatim.*|programlisting|codeblock.*|quelltext)$/u;
const quoteNames = /^(?:(?:intense )?quote|block ?text|quotations?|zitat|citation|cita)$/u;

/** Fonts whose letters are all equally wide; what is set in them is code. */
const monospaced =
  /^(?:courier|consolas|menlo|monaco|lucida console|.*\bmono\b|source code|andale|fira code|cascadia|inconsolata|terminal)/i;

/** Whether a run with this font is code. */
export function isCodeFont(font: string | undefined): boolean {
  return font !== undefined && monospaced.test(font);
}

export class WordStyles {
  private readonly definitions = new Map<string, XmlElement>();
  private readonly known = new Map<string, WordStyle>();
  private readonly standard: string | undefined;

  /** @param root `w:styles`, where the document has any */
  constructor(root: XmlElement | undefined) {
    for (const style of childrenOf(root, "w:style")) {
      const id = style.attributes["w:styleId"];
      if (id === undefined) continue;
      this.definitions.set(id, style);
      if (style.attributes["w:type"] === "paragraph" && /^(?:1|true|on)$/.test(style.attributes["w:default"] ?? "")) {
        this.standard = id;
      }
    }
  }

  /** The style of that id, with what it inherits; the standard one for a paragraph without. */
  get(id: string | undefined): WordStyle {
    const wanted = id ?? this.standard ?? "";
    let style = this.known.get(wanted);
    if (!style) this.known.set(wanted, (style = this.read(wanted)));
    return style;
  }

  private read(id: string): WordStyle {
    const style: WordStyle = { name: id, runs: [] };
    const seen = new Set<string>();
    let outline: number | undefined;
    let next: string | undefined = id;
    while (next !== undefined && !seen.has(next)) {
      seen.add(next);
      const definition = this.definitions.get(next);
      const name = (child(definition, "w:name")?.attributes["w:val"] ?? next).toLowerCase().trim();
      if (next === id) style.name = name;
      const properties = child(definition, "w:pPr");
      outline ??= numberOf(child(properties, "w:outlineLvl"));
      const heading = headingNames.exec(name) ?? headingNames.exec(next.toLowerCase());
      outline ??= heading ? Number(heading[1]) - 1 : titleNames.test(name) ? 0 : undefined;
      style.role ??= contentsNames.test(name) ? "contents" : codeNames.test(name) ? "code" : undefined;
      style.role ??= quoteNames.test(name) ? "quote" : undefined;
      const numbering = child(properties, "w:numPr");
      if (numbering && style.numId === undefined) {
        style.numId = child(numbering, "w:numId")?.attributes["w:val"];
        style.level = numberOf(child(numbering, "w:ilvl"));
      }
      const runs = child(definition, "w:rPr");
      if (runs) style.runs.push(runs);
      next = child(definition, "w:basedOn")?.attributes["w:val"];
    }
    if (outline !== undefined && outline < 9 && style.role !== "contents") style.heading = Math.min(outline + 1, 6);
    return style;
  }
}

function numberOf(element: XmlElement | undefined): number | undefined {
  const value = Number(element?.attributes["w:val"]);
  return element !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

interface Level {
  format: string;
  text: string;
  start: number;
  isLegal: boolean;
}

/** Counts the numbers of lists and headings through a document. */
export class WordNumbering {
  private readonly levels = new Map<string, Map<number, Level>>();
  private readonly lists = new Map<string, { base: string; starts: Map<number, number>; own: Map<number, Level> }>();
  private readonly counters = new Map<string, number[]>();
  private readonly begun = new Set<string>();
  private readonly byStyle = new Map<string, { numId: string; level: number }>();

  /** @param root `w:numbering`, where the document has any */
  constructor(root: XmlElement | undefined) {
    const styleLinks = new Map<string, string>();
    const aliases = new Map<string, string>();
    const styled = new Map<string, Map<string, number>>();
    for (const list of childrenOf(root, "w:abstractNum")) {
      const id = list.attributes["w:abstractNumId"] ?? "";
      this.levels.set(id, levelsOf(list));
      const link = child(list, "w:styleLink")?.attributes["w:val"];
      if (link !== undefined) styleLinks.set(link, id);
      const alias = child(list, "w:numStyleLink")?.attributes["w:val"];
      if (alias !== undefined) aliases.set(id, alias);
      for (const level of childrenOf(list, "w:lvl")) {
        const style = child(level, "w:pStyle")?.attributes["w:val"];
        if (style === undefined) continue;
        const levels = styled.get(id) ?? new Map<string, number>();
        styled.set(id, levels.set(style, Number(level.attributes["w:ilvl"]) || 0));
      }
    }
    for (const list of childrenOf(root, "w:num")) {
      const abstract = child(list, "w:abstractNumId")?.attributes["w:val"] ?? "";
      const base = styleLinks.get(aliases.get(abstract) ?? "") ?? abstract;
      const starts = new Map<number, number>();
      for (const override of childrenOf(list, "w:lvlOverride")) {
        const start = numberOf(child(override, "w:startOverride"));
        if (start !== undefined) starts.set(Number(override.attributes["w:ilvl"]) || 0, start);
      }
      const own = new Map(childrenOf(list, "w:lvlOverride").flatMap((override) => [...levelsOf(override)]));
      const numId = list.attributes["w:numId"] ?? "";
      this.lists.set(numId, { base, starts, own });
      for (const [style, level] of styled.get(base) ?? []) {
        if (!this.byStyle.has(style)) this.byStyle.set(style, { numId, level });
      }
    }
  }

  /** The level that a list gives to paragraphs of a style. */
  levelOfStyle(styleId: string | undefined, numId: string | undefined): number | undefined {
    const found = styleId === undefined ? undefined : this.byStyle.get(styleId);
    return found && (numId === undefined || this.lists.get(numId)?.base === this.lists.get(found.numId)?.base)
      ? found.level
      : undefined;
  }

  /**
   * Counts the next paragraph of a list.
   * @param level from 0
   * @returns its number as the document shows it, `"bullet"`, `"continued"` for a level whose sign is empty, or undefined
   *   where there is no such list
   */
  next(numId: string, level: number): { marker: string } | "bullet" | "continued" | undefined {
    const list = this.lists.get(numId);
    if (!list) return undefined;
    const definition = (at: number): Level | undefined => list.own.get(at) ?? this.levels.get(list.base)?.get(at);
    const current = definition(level);
    if (!current) return undefined;
    const counters = this.counters.get(list.base) ?? [];
    this.counters.set(list.base, counters);
    if (current.text.trim() === "" && current.format !== "none") return "continued";
    const start = list.starts.get(level);
    const key = `${numId} ${level}`;
    if (start !== undefined && !this.begun.has(key)) counters[level] = start;
    else counters[level] = counters[level] === undefined ? (start ?? current.start) : counters[level] + 1;
    this.begun.add(key);
    counters.length = level + 1;
    if (current.format === "bullet") return "bullet";
    const marker = current.text
      .replace(/%([1-9])/g, (_whole, digit: string) => {
        const at = Number(digit) - 1;
        const value = counters[at] ?? definition(at)?.start ?? 1;
        return listNumber(value, current.isLegal ? "decimal" : (definition(at)?.format ?? "decimal"));
      })
      .trim();
    return marker === "" ? undefined : { marker };
  }
}

function levelsOf(list: XmlElement): Map<number, Level> {
  return new Map(
    childrenOf(list, "w:lvl").map((level): [number, Level] => [
      Number(level.attributes["w:ilvl"]) || 0,
      {
        format: child(level, "w:numFmt")?.attributes["w:val"] ?? "decimal",
        text: child(level, "w:lvlText")?.attributes["w:val"] ?? "",
        start: numberOf(child(level, "w:start")) ?? 1,
        isLegal: child(level, "w:isLgl") !== undefined,
      },
    ]),
  );
}
