/** Text of slides: paragraphs of DrawingML (ECMA-376, part 1, 21.1.2) as HTML. */
import { codeOf, type Inline, inlineHtml, isCode, plainFormat, type RunFormat } from "./inline-html.js";
import { isCodeFont } from "./docx-styles.js";
import { escapeHtml, type ListEntry, listHtml, listNumber } from "./list-html.js";
import { ommlToTex } from "./omml.js";
import type { Relationship } from "./opc.js";
import { formula } from "./tex.js";
import { child, childrenOf, descendants, textOf, type XmlElement } from "./xml.js";

/** What a shape inherits: the properties of each level, nearest first. */
export type LevelStyles = readonly (XmlElement | undefined)[];

/**
 * Writes the text of a shape or a cell: paragraphs, and lists where the paragraphs have bullets.
 *
 * @param body `p:txBody` or `a:txBody`
 * @param styles of the shape, its layout and its master: elements with `a:lvl1pPr` and so on
 * @param links of the slide
 */
export function textHtml(
  body: XmlElement | undefined,
  styles: LevelStyles,
  links: ReadonlyMap<string, Relationship>,
): string {
  let html = "";
  let list: ListEntry[] = [];
  let numbers: ({ type: string; value: number } | undefined)[] = [];
  const flush = (): void => {
    html += listHtml(list);
    list = [];
  };
  const inherited = [child(body, "a:lstStyle"), ...styles];
  for (const paragraph of childrenOf(body, "a:p")) {
    const inlines = paragraphInlines(paragraph, links);
    if (!inlines.some((inline) => ("text" in inline ? inline.text.trim() !== "" : true))) continue;
    const properties = child(paragraph, "a:pPr");
    const level = Math.min(Math.max(Number(properties?.attributes["lvl"] ?? 0) || 0, 0), 8);
    const bullet = bulletOf([properties, ...inherited.map((style) => child(style, `a:lvl${level + 1}pPr`))]);
    if (bullet === undefined) {
      if (level > 0 && list.length > 0) {
        list.push({ level, html: inlineHtml(inlines), isContinued: true });
        continue;
      }
      flush();
      numbers = [];
      html += isCode(inlines)
        ? `<pre><code>${escapeHtml(codeOf(inlines))}</code></pre>`
        : `<p>${inlineHtml(inlines)}</p>`;
      continue;
    }
    let marker: string | undefined;
    if (bullet.name === "a:buAutoNum") {
      const start = Number(bullet.attributes["startAt"] ?? 1) || 1;
      const type = bullet.attributes["type"] ?? "arabicPeriod";
      // Another form of number is another list.
      const before = numbers[level]?.type === type ? numbers[level].value : start - 1;
      numbers[level] = { type, value: before + 1 };
      marker = numbered(before + 1, type);
    } else numbers.length = Math.min(numbers.length, level);
    numbers.length = Math.min(numbers.length, level + 1);
    list.push({ level, marker, html: inlineHtml(inlines) });
  }
  flush();
  return html;
}

/** The text of a shape on one line, without formatting. */
export function lineOfText(body: XmlElement | undefined): string {
  return childrenOf(body, "a:p")
    .map((paragraph) =>
      paragraphInlines(paragraph, new Map())
        .map((inline) => ("text" in inline ? inline.text : textOf(child(paragraph, "a:fld"))))
        .join(""),
    )
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
}

/** The sign of the first properties that say anything of it; undefined for none. */
function bulletOf(levels: readonly (XmlElement | undefined)[]): XmlElement | undefined {
  for (const level of levels) {
    const sign = childrenOf(level).find(({ name }) => /^a:bu(?:None|Char|AutoNum|Blip)$/.test(name));
    if (sign) return sign.name === "a:buNone" ? undefined : sign;
  }
  return undefined;
}

/** A number as ECMA-376, part 1, 20.1.10.61 names its form: `alphaLcParenBoth` is (a). */
function numbered(value: number, type: string): string {
  const form = /^alphaLc/.test(type)
    ? "lowerLetter"
    : /^alphaUc/.test(type)
      ? "upperLetter"
      : /^romanLc/.test(type)
        ? "lowerRoman"
        : /^romanUc/.test(type)
          ? "upperRoman"
          : "decimal";
  const text = listNumber(value, form);
  if (type.endsWith("ParenBoth")) return `(${text})`;
  if (type.endsWith("ParenR")) return `${text})`;
  return type.endsWith("Plain") ? text : `${text}.`;
}

function paragraphInlines(paragraph: XmlElement, links: ReadonlyMap<string, Relationship>): Inline[] {
  const inlines: Inline[] = [];
  const read = (element: XmlElement): void => {
    for (const node of childrenOf(element)) {
      switch (node.name) {
        case "a:r":
        case "a:fld": {
          const text = childrenOf(node, "a:t")
            .map(textOf)
            .join("")
            .replace(/\u00ad/g, "")
            .replace(/\v/g, "\n");
          if (text !== "") inlines.push({ text, format: formatOf(child(node, "a:rPr"), links) });
          break;
        }
        case "a:br":
          inlines.push({ text: "\n", format: plainFormat });
          break;
        case "mc:AlternateContent":
          read(child(node, "mc:Choice") ?? child(node, "mc:Fallback") ?? node);
          break;
        case "a14:m":
          for (const math of descendants(node, "m:oMath")) {
            const html = escapeHtml(formula(ommlToTex(math), false));
            if (html !== "") inlines.push({ html, format: plainFormat });
          }
      }
    }
  };
  read(paragraph);
  return inlines;
}

function formatOf(properties: XmlElement | undefined, links: ReadonlyMap<string, Relationship>): RunFormat {
  if (!properties) return plainFormat;
  const { attributes } = properties;
  const isOn = (name: string): boolean => /^(?:1|true)$/.test(attributes[name] ?? "");
  const raised = Number.parseInt(attributes["baseline"] ?? "0", 10);
  const target = links.get(child(properties, "a:hlinkClick")?.attributes["r:id"] ?? "");
  return {
    bold: isOn("b"),
    italic: isOn("i"),
    struck: /^(?:sng|dbl)Strike$/.test(attributes["strike"] ?? ""),
    code: isCodeFont(child(properties, "a:latin")?.attributes["typeface"]),
    script: raised > 0 ? "sup" : raised < 0 ? "sub" : undefined,
    link: target?.isExternal ? target.target : undefined,
  };
}

/** Writes a table of a slide (`a:tbl`). */
export function slideTableHtml(table: XmlElement, links: ReadonlyMap<string, Relationship>): string {
  const rows = childrenOf(table, "a:tr").map((row) => {
    const cells = childrenOf(row, "a:tc").map((cell) => {
      const { gridSpan, rowSpan, hMerge, vMerge } = cell.attributes;
      if (isTrue(hMerge) || isTrue(vMerge)) return "";
      return `<td colspan="${Number(gridSpan) || 1}" rowspan="${Number(rowSpan) || 1}">${textHtml(child(cell, "a:txBody"), [], links)}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table>${rows.join("")}</table>`;
}

function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}
