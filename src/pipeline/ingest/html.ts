import { InputError } from "../../errors.js";
import { decode } from "./encoding.js";
import { htmlLinks, type HtmlOptions, htmlToMarkdown } from "./html-to-markdown.js";
import { numberPictures, pictureBeside } from "./html-pictures.js";
import { mainContent } from "./main-content.js";
import type { DocumentParser, ParserSource } from "./parser.js";
import { cleanMarks, Pictures } from "./pictures.js";
import { markdownSections } from "./sections.js";

/** Web pages: the main content as Markdown, without menus. */
export const htmlParser: DocumentParser = {
  name: "html",
  extensions: [".html", ".htm"],
  mediaTypes: ["text/html", "application/xhtml+xml"],
  parse: async (bytes, source, options) => {
    const { path, charset } = source;
    const pictures = new Pictures(options.images);
    if (bytes.length > maxBytes) {
      throw new InputError(
        `${path}: the page has ${Math.round(bytes.length / 1e6)} MB, more than can be read as HTML`,
        {
          remedy: `Split it into files below ${maxBytes / 1e6} MB, or convert it to Markdown.`,
        },
      );
    }
    const { text: html, warnings } = await decode(bytes, path, {
      declared: declaredEncoding(bytes),
      announced: charset,
    });
    try {
      const { text, images } = pictures.place(await toMarkdown(cleanMarks(html), pictures, source, htmlLinks(options)));
      if (text === "") {
        throw new InputError(`${path}: there is no text in the page`, {
          remedy: "If scripts write its text, open it in a browser and save what it shows.",
        });
      }
      return {
        text,
        sections: markdownSections(text),
        mediaType: "text/html",
        warnings: [...warnings, ...pictures.warnings()],
        ...(options.images ? { images } : {}),
      };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new InputError(`${path}: its elements are nested too deeply to be read`, {
        cause,
        remedy: "Convert it to Markdown or text with another tool (for example pandoc).",
      });
    }
  },
};

/** A page becomes some 100 times as large in memory while it is converted. */
const maxBytes = 16e6;

/** Share of the page's running text that the main content must hold; with less, it was misjudged. */
const leastShare = 0.4;

/** The same for what the page itself says is its content (`main`): little of that is foreign to it. */
const leastShareOfMain = 0.5;

/** Share of the page's running text below which what it says is its content cannot be all. */
const leastMain = 0.2;

/** The encoding that the page names in its first 2,048 bytes, if it does. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 2048));
  const match =
    /<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(head) ??
    /^\s*<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)/i.exec(head);
  return match?.[1];
}

async function toMarkdown(
  html: string,
  pictures: Pictures,
  source: ParserSource,
  options: HtmlOptions,
): Promise<string> {
  const main = await mainContent(html, (page) => numberPictures(page, pictures, pictureBeside(source)));
  const declared = main.main !== undefined && main.main.prose >= leastMain * main.prose ? main.main : undefined;
  if (main.article !== undefined) {
    const text = await htmlToMarkdown(main.article, options);
    const least = declared ? leastShareOfMain * declared.prose : leastShare * main.prose;
    if (text.length >= least) return withTitle(text, main.title);
  }
  const text = await htmlToMarkdown(declared?.html ?? main.body, { ...options, withoutFrame: true });
  return declared ? withTitle(text, main.title) : text;
}

/** The reduction of a page takes its title out of the content, or lowers its level; it becomes the first heading. */
function withTitle(markdown: string, title: string): string {
  if (title === "" || markdown === "" || /^# /m.test(markdown)) return markdown;
  const lines = markdown.split("\n");
  const own = lines.indexOf(`## ${title}`);
  if (own === -1) return `# ${title}\n\n${markdown}`;
  lines[own] = `# ${title}`;
  return lines.join("\n");
}
