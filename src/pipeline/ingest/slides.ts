import type { DocumentImage, Section } from "../document.js";
import { htmlLinks } from "./html-to-markdown.js";
import { escapeHtml } from "./list-html.js";
import { MarkdownWriter } from "./markdown-writer.js";
import type { ParseOptions } from "./parser.js";
import type { Pictures } from "./pictures.js";

/** What a slide says. */
export interface SlideText {
  /** From 1. */
  page: number;
  /** One line; empty where the slide has none: then its number is its heading. */
  title: string;
  /** The heading's level; absent: 2. */
  level?: number;
  html: string;
}

/**
 * Writes slides one below the other, a section for each. Slides without words and pictures are left out.
 *
 * @returns the text, its sections and its pictures, each with the number of its slide as the page
 */
export async function writeSlides(
  slides: readonly SlideText[],
  pictures: Pictures,
  options: ParseOptions,
): Promise<{ text: string; sections: Section[]; images: DocumentImage[] }> {
  let text = "";
  const sections: Section[] = [];
  const images: DocumentImage[] = [];
  for (const { page, title, level = 2, html } of slides) {
    const heading = title === "" ? `Slide ${page}` : title;
    const writer = await MarkdownWriter.create(pictures, htmlLinks(options));
    writer.add(`<h${level}>${escapeHtml(heading)}</h${level}>${html}`);
    const placed = writer.finish();
    if (title === "" && placed.text === `## ${heading}` && placed.images.length === 0) continue;
    if (text !== "") text += "\n\n";
    if (sections.length > 0) sections.at(-1)!.end = text.length;
    sections.push({ start: text.length, end: text.length, page, heading });
    images.push(...placed.images.map((image) => ({ ...image, page, at: image.at + text.length })));
    text += placed.text;
  }
  if (sections.length === 0) sections.push({ start: 0, end: 0 });
  sections.at(-1)!.end = text.length;
  return { text, sections, images };
}
