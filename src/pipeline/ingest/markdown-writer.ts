import type { DocumentImage } from "../document.js";
import { cleanText, tidyText } from "./clean.js";
import { type HtmlOptions, type MarkdownConverter, markdownConverter } from "./html-to-markdown.js";
import { cleanMarks, type Pictures } from "./pictures.js";

/** HTML converted at once, in characters: the tree of a whole book would fill the memory. */
const pieceLength = 200_000;

/** Turns a document's blocks into Markdown while they come. */
export class MarkdownWriter {
  private html: string[] = [];
  private length = 0;
  private readonly pieces: string[] = [];

  private constructor(
    private readonly convert: MarkdownConverter,
    private readonly pictures: Pictures,
  ) {}

  static async create(pictures: Pictures, options: HtmlOptions = {}): Promise<MarkdownWriter> {
    return new MarkdownWriter(await markdownConverter(options), pictures);
  }

  /** Adds HTML that is a whole block, or several. */
  add(html: string): void {
    if (html === "") return;
    this.html.push(html);
    this.length += html.length;
    if (this.length >= pieceLength) this.flush();
  }

  /**
   * Adds Markdown that is a whole block.
   * @param markdown may hold marks of pictures
   */
  addMarkdown(markdown: string): void {
    this.flush();
    this.pieces.push(markdown);
  }

  /** The tidy text of all blocks, and the pictures where they stand in it. */
  finish(): { text: string; images: DocumentImage[] } {
    this.flush();
    return this.pictures.place(tidyText(this.pieces.join("\n\n")));
  }

  private flush(): void {
    if (this.html.length === 0) return;
    const markdown = this.convert(cleanMarks(cleanText(this.html.join(""))));
    if (markdown !== "") this.pieces.push(markdown);
    this.html = [];
    this.length = 0;
  }
}
