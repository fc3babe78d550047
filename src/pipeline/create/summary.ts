import { QuernError } from "../../errors.js";
import { summarizeAll } from "./summarize.js";
import { type CreateType, provenanceOf, sourceOf } from "./type.js";

/** One summary of the whole document. */
export const summary: CreateType = {
  name: "summary",
  suffix: "_summary",
  promptName: "summary",
  description: "a summary of the whole document",
  defaultAmount: () => ({}),
  async content(creation) {
    const result = await summarizeAll(creation);
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
      source: sourceOf(creation, new Set(result.parts.map((part) => part.chunk.index))),
    };
  },
};
