import { QuernError } from "../../errors.js";
import { summarizeDocument } from "./summarize.js";
import { type DocumentType, provenanceOf } from "./type.js";

/** One summary of the whole document. */
export const summary: DocumentType = {
  name: "summary",
  input: "documents",
  suffix: "_summary",
  promptName: "summary",
  description: "a summary of the whole document",
  defaultAmount: () => ({}),
  lists: {},
  async head(creation) {
    const result = await summarizeDocument(creation);
    if (result === undefined) {
      const reasons = Object.keys(creation.report.failures).join("; ");
      throw new QuernError(`no part of ${creation.document.source} could be summarized: ${reasons}`, {
        remedy: "try another --seed or a stronger model",
      });
    }
    creation.report.made = 1;
    return {
      summary: result.summary,
      parts: result.parts.map((part) => ({
        summary: part.summary,
        provenance: provenanceOf(creation, part.chunk, creation.prompts.summary, part.seed),
      })),
    };
  },
};
