import type { Section } from "../document.js";

/** Where a heading starts in the text, and what it says. */
interface Heading {
  start: number;
  title: string;
}

const atx = /^ {0,3}#{1,6}(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$/;
const setext = /^ {0,3}(?:=+|-+)[ \t]*$/;
const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** Lines that are no paragraph text, so that a rule under them is not a heading's underline. */
const notParagraph = /^(?:\s*$|\s*>| {4}|\t|\s*\||\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)|\s*<)/;

/**
 * Divides Markdown into sections at its headings, both `# heading` and underlined, not inside code fences. Text before
 * the first heading is a section without heading.
 *
 * @param text Markdown with `\n` line ends
 * @param title heading of the text before the first heading, where the source names one
 * @returns at least one section; in order, without gaps, from 0 to the length of the text
 */
export function markdownSections(text: string, title?: string): Section[] {
  const headings = findHeadings(text);
  const sections: Section[] = [];
  if (headings[0]?.start !== 0) {
    sections.push({ start: 0, end: headings[0]?.start ?? text.length, ...(title ? { heading: title } : {}) });
  }
  for (const [index, heading] of headings.entries()) {
    const end = headings[index + 1]?.start ?? text.length;
    sections.push({ start: heading.start, end, ...(heading.title ? { heading: heading.title } : {}) });
  }
  return sections;
}

function findHeadings(text: string): Heading[] {
  const headings: Heading[] = [];
  let openFence: string | undefined;
  /** Start of the paragraph that the current line continues; -1 outside one; -2 inside a list, quote or table. */
  let paragraph = -1;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    const mark = fence.exec(line);
    if (openFence !== undefined) {
      if (mark?.[1]?.startsWith(openFence) && mark[2]?.trim() === "") openFence = undefined;
    } else if (mark && !(mark[1]!.startsWith("`") && mark[2]!.includes("`"))) {
      openFence = mark[1];
      paragraph = -1;
    } else {
      const heading = atx.exec(line);
      if (heading) {
        headings.push({ start, title: plain(heading[1] ?? "") });
        paragraph = -1;
      } else if (paragraph >= 0 && setext.test(line)) {
        headings.push({ start: paragraph, title: plain(text.slice(paragraph, start)) });
        paragraph = -1;
      } else if (line.trim() === "" || setext.test(line)) {
        paragraph = -1;
      } else if (paragraph === -1) {
        paragraph = notParagraph.test(line) ? -2 : start;
      }
    }
    start = end + 1;
  }
  return headings;
}

/** A heading's words without Markdown's marks. */
function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*\*|__|`/g, "")
    .replace(/(^|\s)[*_](\S.*?)[*_](?=\s|$)/g, "$1$2")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
