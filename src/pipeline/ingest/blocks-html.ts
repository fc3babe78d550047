/** The paragraphs of word processors as HTML. */
import { escapeHtml, type ListEntry, listHtml } from "./list-html.js";

/** A paragraph, by what it is part of. */
export type Block =
  | { kind: "html"; html: string }
  | { kind: "list"; entry: ListEntry }
  | { kind: "code"; text: string }
  | { kind: "quote"; html: string };

/** Writes blocks; the paragraphs of a list, of code and of a quotation become one each. */
export function blocksHtml(blocks: readonly Block[]): string {
  let html = "";
  for (let index = 0; index < blocks.length;) {
    const { kind } = blocks[index]!;
    let end = index + 1;
    while (kind !== "html" && blocks[end]?.kind === kind) end++;
    const same = blocks.slice(index, end);
    if (kind === "list") html += listHtml(same.flatMap((block) => (block.kind === "list" ? [block.entry] : [])));
    else if (kind === "code") {
      const code = same.map((block) => (block.kind === "code" ? block.text : "")).join("\n");
      if (code.trim() !== "") html += `<pre><code>${escapeHtml(code.replace(/^\n+|\s+$/g, ""))}</code></pre>`;
    } else {
      const content = same.map((block) => ("html" in block ? block.html : "")).join("");
      html += kind === "quote" ? `<blockquote>${content}</blockquote>` : content;
    }
    index = end;
  }
  return html;
}
