import { posix } from "node:path";
import type { DocumentImage, Section } from "../document.js";
import { cleanText, tidyText } from "./clean.js";
import { decode } from "./encoding.js";
import { type Book, type Chapter, entryOf, openBook } from "./epub-package.js";
import { htmlLinks, markdownConverter } from "./html-to-markdown.js";
import { type FoundPicture, numberPictures } from "./html-pictures.js";
import { openPage } from "./main-content.js";
import type { DocumentParser } from "./parser.js";
import { cleanMarks, Pictures } from "./pictures.js";
import { markdownSections } from "./sections.js";

const mediaType = "application/epub+zip";

/**
 * Books: the chapters in reading order, a section for each and for each heading in it. The cover, the table of contents
 * and lists of pages are left out; footnotes stay.
 */
export const epubParser: DocumentParser = {
  name: "epub",
  extensions: [".epub"],
  mediaTypes: [mediaType],
  parse: async (bytes, { path }, options) => {
    const book = await openBook(bytes, path);
    const pictures = new Pictures(options.images);
    const convert = await markdownConverter(htmlLinks(options));
    const warnings: string[] = [];
    const missing: string[] = [];
    let text = "";
    const sections: Section[] = [];
    const images: DocumentImage[] = [];
    for (const chapter of book.chapters) {
      const content = await book.zip.read(chapter.name);
      if (content === undefined) {
        missing.push(chapter.name);
        continue;
      }
      const decoded = await decode(content, `${path}: ${chapter.name}`, "utf-8");
      warnings.push(...decoded.warnings);
      const html = await chapterHtml(decoded.text, chapter, book, pictures);
      if (html === undefined) continue;
      const placed = pictures.place(tidyText(convert(html)));
      const own = withHeading(placed, chapter.title);
      if (own.text === "") continue;
      if (text !== "") text += "\n\n";
      if (sections.length > 0) sections.at(-1)!.end = text.length;
      const heading = sections.at(-1)?.heading;
      for (const section of markdownSections(own.text, chapter.title || heading)) {
        sections.push({ ...section, start: section.start + text.length, end: section.end + text.length });
      }
      images.push(...own.images.map((image) => ({ ...image, at: image.at + text.length })));
      text += own.text;
    }
    if (sections.length === 0) sections.push({ start: 0, end: 0 });
    if (missing.length > 0) warnings.push(`chapters that are not in the file: ${missing.join(", ")}`);
    warnings.push(...pictures.warnings());
    return { text, sections, mediaType, warnings, ...(options.images ? { images } : {}) };
  },
};

/** The body of a chapter; undefined where it is nothing but a table of contents or a cover. */
async function chapterHtml(
  xhtml: string,
  chapter: Chapter,
  book: Book,
  pictures: Pictures,
): Promise<string | undefined> {
  const page = await openPage(asHtml(cleanMarks(cleanText(xhtml))));
  const type = typeOf(page.body);
  if (/\b(?:toc|landmarks|page-list|cover|loi|lot|index)\b/.test(type)) return undefined;
  for (const part of page.querySelectorAll("nav, [role=doc-toc], [role=doc-pagelist]")) part.remove();
  for (const part of page.querySelectorAll("section, div, span, a")) {
    const own = typeOf(part);
    if (/\b(?:toc|landmarks|page-list|pagebreak)\b/.test(own)) part.remove();
  }
  const folder = posix.dirname(chapter.name);
  await numberPictures(page, pictures, async (address): Promise<FoundPicture> => {
    if (/^(?:[a-z][a-z\d+.-]+:|\/\/)/i.test(address)) return { reason: "they are elsewhere, and nothing is fetched" };
    return (await book.zip.read(entryOf(folder, address))) ?? { reason: "they are not in the file" };
  });
  return page.body.innerHTML;
}

function typeOf(element: { getAttribute(name: string): string | null }): string {
  return `${element.getAttribute("epub:type") ?? ""} ${element.getAttribute("role")?.replace(/doc-/g, "") ?? ""}`;
}

/** Elements that HTML knows to be empty; any other that XHTML closes at once would swallow what follows. */
const empty = /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|image|path|circle|rect|line)$/i;

/** XHTML as HTML: what is closed at once is closed in so many words, and marked sections are text. */
function asHtml(xhtml: string): string {
  return xhtml
    .replace(/^\s*<\?xml[^>]*\?>/, "")
    .replace(/<!DOCTYPE[^>[]*(?:\[[^\]]*\])?[^>]*>/i, "")
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_whole, text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;"))
    .replace(
      /<([a-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/>/gi,
      (whole, name: string, rest: string) => (empty.test(name) ? whole : `<${name}${rest}></${name}>`),
    );
}

/** A chapter without a heading of its own takes its name from the table of contents. */
function withHeading(
  placed: { text: string; images: DocumentImage[] },
  title: string,
): { text: string; images: DocumentImage[] } {
  if (title === "" || placed.text === "" || /^#{1,6} /m.test(placed.text)) return placed;
  // Books without headings set the chapter's name as a paragraph.
  const [first = ""] = placed.text.split("\n", 1);
  const plain = (line: string): string => line.replace(/[*_`]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
  const start = `# ${title}\n\n`;
  const isNamed = plain(first) === plain(title);
  const rest = isNamed ? placed.text.slice(first.length).replace(/^\n+/, "") : placed.text;
  const shift = start.length - (placed.text.length - rest.length);
  return {
    text: (start + rest).trimEnd(),
    images: placed.images.map((image) => ({ ...image, at: Math.max(0, image.at + shift) })),
  };
}
