/** What the styles of OpenDocument (1.3, part 3, 16) say about paragraphs, words and lists. */
import { isCodeFont } from "./docx-styles.js";
import { listNumber } from "./list-html.js";
import { child, childrenOf, type XmlElement } from "./xml.js";

/** What matters of a style. */
export interface OdtStyle {
  /** Names of the style and those it inherits from, lower case. */
  names: string[];
  bold: boolean;
  italic: boolean;
  struck: boolean;
  code: boolean;
  hidden: boolean;
  script: "sup" | "sub" | undefined;
  /** List style of its paragraphs. */
  list: string | undefined;
  /** Level of its headings. */
  outline: number | undefined;
}

const none: OdtStyle = {
  names: [],
  bold: false,
  italic: false,
  struck: false,
  code: false,
  hidden: false,
  script: undefined,
  list: undefined,
  outline: undefined,
};

export class OdtStyles {
  private readonly definitions = new Map<string, XmlElement>();
  private readonly known = new Map<string, OdtStyle>();
  private readonly lists = new Map<string, Map<number, XmlElement>>();
  /** How headings are numbered, by level. */
  readonly outline = new Map<number, XmlElement>();

  /** Takes in a child of `office:styles` or `office:automatic-styles`. */
  add(style: XmlElement): void {
    const name = style.attributes["style:name"] ?? "";
    if (style.name === "style:style") this.definitions.set(`${style.attributes["style:family"]} ${name}`, style);
    const levels = style.name === "text:list-style" ? new Map<number, XmlElement>() : this.outline;
    if (style.name !== "text:list-style" && style.name !== "text:outline-style") return;
    for (const level of childrenOf(style)) {
      const at = Number(level.attributes["text:level"]);
      if (Number.isInteger(at)) levels.set(at, level);
    }
    if (style.name === "text:list-style") this.lists.set(name, levels);
  }

  get(family: "text" | "paragraph", name: string | undefined): OdtStyle {
    if (name === undefined) return none;
    const key = `${family} ${name}`;
    let style = this.known.get(key);
    if (!style) this.known.set(key, (style = this.read(family, name)));
    return style;
  }

  private read(family: string, name: string): OdtStyle {
    const chain: XmlElement[] = [];
    const names: string[] = [];
    for (let next: string | undefined = name; next !== undefined && chain.length < 20;) {
      const definition = this.definitions.get(`${family} ${next}`);
      names.push((definition?.attributes["style:display-name"] ?? next).replace(/_20_/g, " ").toLowerCase());
      if (!definition) break;
      chain.push(definition);
      next = definition.attributes["style:parent-style-name"];
    }
    const text = (attribute: string): string | undefined =>
      chain
        .map((style) => child(style, "style:text-properties")?.attributes[attribute])
        .find((value) => value !== undefined);
    const position = text("style:text-position") ?? "";
    const raised = /^-?\d/.test(position) ? Number.parseFloat(position) : 0;
    return {
      names,
      bold: /^(?:bold|[6-9]00)$/.test(text("fo:font-weight") ?? ""),
      italic: /^(?:italic|oblique)$/.test(text("fo:font-style") ?? ""),
      struck: !/^none$/.test(text("style:text-line-through-style") ?? text("style:text-line-through-type") ?? "none"),
      code:
        isCodeFont(text("style:font-name") ?? text("fo:font-family")?.replace(/^['"]/, "")) ||
        names.some((own) => /^(?:preformatted text|source[ _]?text|source code|code|teletype)$/.test(own)),
      hidden: text("text:display") === "none",
      script: /^super/.test(position) || raised > 0 ? "sup" : /^sub/.test(position) || raised < 0 ? "sub" : undefined,
      list: chain.map((style) => style.attributes["style:list-style-name"]).find((value) => value !== undefined),
      outline: chain
        .map((style) => Number(style.attributes["style:default-outline-level"] || Number.NaN))
        .find(Number.isInteger),
    };
  }

  /**
   * The sign before an entry of a list.
   *
   * @param level from 1
   * @param counters the numbers of all levels, from level 1
   * @returns undefined for a bullet, an empty string for no sign
   */
  marker(list: string | undefined, level: number, counters: readonly number[]): string | undefined {
    const levels = list === undefined ? undefined : this.lists.get(list);
    // A style that says nothing of a level is taken to mean the same as above.
    const definition = levels?.get(level) ?? levels?.get(1);
    if (definition?.name !== "text:list-level-style-number") return undefined;
    return numberText(definition, level, counters, levels!);
  }

  /** The number before a heading; empty where headings have none. */
  headingNumber(level: number, counters: readonly number[]): string {
    const definition = this.outline.get(level);
    return definition ? numberText(definition, level, counters, this.outline) : "";
  }

  /** The first number of a level of a list. */
  start(list: string | undefined, level: number): number {
    const levels = list === undefined ? this.outline : this.lists.get(list);
    const start = Number(levels?.get(level)?.attributes["text:start-value"] ?? 1);
    return Number.isInteger(start) ? start : 1;
  }
}

function numberText(
  definition: XmlElement,
  level: number,
  counters: readonly number[],
  levels: ReadonlyMap<number, XmlElement>,
): string {
  const { attributes } = definition;
  if (!attributes["style:num-format"]) return "";
  const shown = Math.min(Math.max(Number(attributes["text:display-levels"] ?? 1) || 1, 1), level);
  const numbers: string[] = [];
  for (let at = level - shown + 1; at <= level; at++) {
    const format = (levels.get(at) ?? definition).attributes["style:num-format"];
    if (format) numbers.push(listNumber(counters[at - 1] ?? 1, format));
  }
  return `${attributes["style:num-prefix"] ?? ""}${numbers.join(".")}${attributes["style:num-suffix"] ?? ""}`.trim();
}
