import { pairHead, pairItems, recordOf } from "./pair-type.js";
import type { DocumentType } from "./type.js";

/** Question and answer pairs. */
export const qa: DocumentType = {
  name: "qa",
  input: "documents",
  suffix: "_qa_pairs",
  promptName: "qa_generation",
  description: "question and answer pairs",
  defaultAmount: (config) => ({ total: config.generation.num_pairs }),
  items: (creation) =>
    pairItems(creation, {
      countPlaceholder: "num_pairs",
      texts: { question: 400, answer: 1500 },
      tokensPerItem: 100,
    }),
  lists: { qa_pairs: recordOf },
  head: pairHead,
};
