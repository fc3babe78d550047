import type { Section } from "../../document.js";
import { tidyText } from "../clean.js";
import type { Box } from "./geometry.js";
import { findHeadings, type OutlineEntry } from "./headings.js";
import { Vocabulary } from "./hyphens.js";
import type { Page } from "./page.js";
import { type Paragraph, sentenceEnd, toParagraphs } from "./paragraphs.js";
import { findRunning, type Running } from "./running.js";

/** A piece of a page's text with its place on the page and in the text. */
export interface Placed extends Box {
  start: number;
  end: number;
}

/** What is written of a document. */
export interface Composed {
  text: string;
  sections: Section[];
  /** For each page, in their order: its text, empty where it has none, and where the pieces of it stand. */
  pages: { number: number; start: number; end: number; pieces: Placed[] }[];
  running: Running;
  /** Text over the page, as watermarks have it, that repeats and was left out. */
  watermarks: { text: string; pages: number[] }[];
}

interface Written {
  number: number;
  paragraphs: Paragraph[];
}

/**
 * Writes the pages of a document as one text in Markdown: without what repeats at the edges, with headings, lists and
 * tables, and with paragraphs and words that go on over the end of a page joined.
 *
 * @param pages in their order, those without text too
 * @param outline the document's outline
 */
export function compose(pages: readonly Page[], outline: readonly OutlineEntry[]): Composed {
  const running = findRunning(pages.map(({ number, height, regions }) => ({ number, height, lines: regions.flat() })));
  const watermarks = findWatermarks(pages);
  const words = new Vocabulary();
  for (const page of pages) for (const region of page.regions) for (const line of region) words.add(line.text);
  const written: Written[] = pages.map((page) => {
    const regions = page.regions.map((region) => region.filter((line) => !running.lines.has(line)));
    const paragraphs = toParagraphs(
      regions.filter((region) => region.length > 0),
      words,
    );
    const turned = page.turned.flatMap((region) => toParagraphs([region], words));
    const slanted = watermarks.some(({ text }) => text === page.slanted) ? [] : slantedText(page.slanted);
    return { number: page.number, paragraphs: [...paragraphs, ...turned, ...slanted] };
  });
  const levels = findHeadings(
    written.map(({ paragraphs }) => paragraphs),
    outline,
  );
  return { ...join(written, levels, words), running, watermarks };
}

function slantedText(text: string): Paragraph[] {
  return text === "" ? [] : [{ kind: "text", text, lines: [], indent: 0 }];
}

/** The same slanted words on most pages say something about the copy, not about its subject. */
function findWatermarks(pages: readonly Page[]): { text: string; pages: number[] }[] {
  const byText = new Map<string, number[]>();
  for (const { slanted, number } of pages) {
    if (slanted !== "") byText.set(slanted, [...(byText.get(slanted) ?? []), number]);
  }
  return [...byText].flatMap(([text, on]) =>
    on.length >= 3 && on.length > pages.length / 2 ? [{ text, pages: on }] : [],
  );
}

function join(
  written: readonly Written[],
  levels: ReadonlyMap<Paragraph, number>,
  words: Vocabulary,
): Omit<Composed, "running" | "watermarks"> {
  const sections: Section[] = [];
  const pages: Composed["pages"] = [];
  const parts: string[] = [];
  let length = 0;
  let heading: string | undefined;
  let last: Paragraph | undefined;
  const write = (text: string): void => {
    parts.push(text);
    length += text.length;
  };
  for (const { number, paragraphs } of written) {
    const pieces: Placed[] = [];
    let start = length;
    let first = true;
    for (const paragraph of paragraphs) {
      const level = paragraph.lines.length > 0 ? levels.get(paragraph) : undefined;
      let text = markdownOf(paragraph, level);
      if (text === "") continue;
      if (last && first && level === undefined && goesOn(last, paragraph, levels)) {
        text = moveDividedWord(parts, text, words, (by) => (length += by));
        start = length;
      } else if (length > 0) {
        write(last?.kind === "item" && paragraph.kind === "item" && !isLoose(last, paragraph) ? "\n" : "\n\n");
        if (first) start = length;
      }
      if (first) {
        const before = sections.at(-1);
        if (before) before.end = length;
        if (level !== undefined) heading = titleOf(paragraph);
        sections.push({ start: length, end: length, page: number, ...(heading === undefined ? {} : { heading }) });
      }
      first = false;
      pieces.push({ start: length, end: length + text.length, ...placeOf(paragraph) });
      write(text);
      if (level !== undefined) heading = titleOf(paragraph);
      last = paragraph;
    }
    pages.push({ number, start, end: length, pieces });
  }
  const end = sections.at(-1);
  if (end) end.end = length;
  return { text: parts.join(""), sections, pages };
}

/** Items that stand apart, or that are long, are paragraphs. */
function isLoose(last: Paragraph, paragraph: Paragraph): boolean {
  const [above, below] = [last.lines.at(-1), paragraph.lines[0]];
  return !above || !below || below.y - above.y > 2.5 * below.size;
}

function markdownOf(paragraph: Paragraph, level: number | undefined): string {
  const text = tidyText(paragraph.text);
  if (text === "") return "";
  if (level !== undefined) return `${"#".repeat(level)} ${titleOf(paragraph)}`;
  switch (paragraph.kind) {
    case "code":
      return paragraph.lines.length > 1 ? `\`\`\`\n${paragraph.text.replace(/[ \t]+$/gm, "")}\n\`\`\`` : text;
    case "item":
      return `${"  ".repeat(paragraph.text.startsWith("- ") && paragraph.indent > 30 ? 1 : 0)}${text}`;
    case "table":
      return text;
    default:
      // What would be read as a heading.
      return text.replace(/^(#{1,6}\s)/gm, "\\$1");
  }
}

const titleOf = (paragraph: Paragraph): string => tidyText(paragraph.text).replace(/\s+/g, " ");

function placeOf({ lines }: Paragraph): Box {
  return {
    x0: Math.min(...lines.map((line) => line.x0)),
    x1: Math.max(...lines.map((line) => line.x1)),
    y0: Math.min(...lines.map((line) => (line.block ? line.y : line.y - line.size))),
    y1: Math.max(...lines.map((line) => line.block?.bottom ?? line.y)),
  };
}

/** Whether the last paragraph of a page and the first of the next are one: its sentence is open. */
function goesOn(last: Paragraph, next: Paragraph, levels: ReadonlyMap<Paragraph, number>): boolean {
  if (levels.has(last) || next.kind !== "text" || (last.kind !== "text" && last.kind !== "item")) return false;
  const [before, after] = [last.lines.at(-1), next.lines[0]];
  if (!before || !after || Math.abs(before.size - after.size) > 0.1 * after.size) return false;
  return !sentenceEnd.test(last.text) && /^[\p{Ll}]/u.test(next.text);
}

/** Joins two pages: what is left of a divided word goes to the first of them. @returns the rest of the second */
function moveDividedWord(parts: string[], text: string, words: Vocabulary, grow: (by: number) => void): string {
  const before = parts.pop() ?? "";
  const joined = words.join(before, text);
  const divided = joined.length < before.length + text.length || !joined.startsWith(`${before} `);
  const word = divided ? (/^\S+\s*/.exec(text)?.[0] ?? "") : "";
  const head = divided ? words.join(before, word) : `${before} `;
  parts.push(head);
  grow(head.length - before.length);
  return divided ? text.slice(word.length) : text;
}
