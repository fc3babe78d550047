import { decode } from "./encoding.js";
import type { DocumentParser } from "./parser.js";

/** Plain text in any common encoding; the whole file is one section. */
export const textParser: DocumentParser = {
  name: "text",
  extensions: [".txt"],
  mediaTypes: ["text/plain"],
  parse: async (bytes, source) => {
    const { text, warnings } = await decode(bytes, source.path);
    return { text, sections: [{ start: 0, end: text.length }], mediaType: "text/plain", warnings };
  },
};
