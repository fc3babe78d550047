import { decode } from "./encoding.js";
import type { DocumentParser } from "./parser.js";
import { markdownSections } from "./sections.js";

/** Markdown as it is written, divided at its headings; YAML front matter is left out, its title kept as a heading. */
export const markdownParser: DocumentParser = {
  name: "markdown",
  extensions: [".md", ".markdown"],
  mediaTypes: ["text/markdown"],
  parse: async (bytes, source) => {
    const decoded = await decode(bytes, source.path, { announced: source.charset });
    const { text, title } = await withoutFrontMatter(decoded.text);
    return { text, sections: markdownSections(text, title), mediaType: "text/markdown", warnings: decoded.warnings };
  },
};

const frontMatter = /^---[ \t]*\n([\s\S]*?\n)(?:---|\.\.\.)[ \t]*(?:\n+|$)/;

/**
 * Separates the text from the front matter. What stands between two rules but is no YAML mapping is text.
 *
 * @param markdown Markdown with `\n` line ends
 * @returns the text, and the title that the front matter gives
 */
async function withoutFrontMatter(markdown: string): Promise<{ text: string; title?: string }> {
  const match = frontMatter.exec(markdown);
  if (!match) return { text: markdown };
  const { parse } = await import("yaml");
  let data: unknown;
  try {
    data = parse(match[1]!, { logLevel: "error" });
  } catch {
    return { text: markdown };
  }
  if (typeof data !== "object" || data === null || Array.isArray(data)) return { text: markdown };
  const text = markdown.slice(match[0].length);
  const title = "title" in data && typeof data.title === "string" ? data.title.trim() : "";
  return title ? { text, title } : { text };
}
