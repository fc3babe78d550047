import { InputError } from "../../errors.js";
import { decode } from "./encoding.js";
import type { DocumentParser } from "./parser.js";

/** Decoded and cleaned, a text takes up to five times as much memory for a moment. */
const mostBytes = 256 * 2 ** 20;

/** Plain text in any common encoding; the whole file is one section. */
export const textParser: DocumentParser = {
  name: "text",
  extensions: [".txt", ".text", ".log", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".textile"],
  mediaTypes: ["text/plain", "text/x-rst", "text/x-tex", "application/x-tex", "text/asciidoc", "text/x-log"],
  parse: async (bytes, source) => {
    if (bytes.length > mostBytes)
      throw new InputError(
        `${source.path}: it has ${Math.round(bytes.length / 2 ** 20)} MB, and ${mostBytes / 2 ** 20} MB are the most that is read as one text`,
        { remedy: "Split it (for example split -C 100m), or make it JSON Lines, which may be of any size." },
      );
    const { text, warnings } = await decode(bytes, source.path, { announced: source.charset });
    return { text, sections: [{ start: 0, end: text.length }], mediaType: "text/plain", warnings };
  },
};
