import { conversationOf } from "../records/record.js";
import { pairHead, pairItems, recordOf } from "./pair-type.js";
import type { DocumentType } from "./type.js";

/** Questions with the reasoning that leads to the answer. */
export const cot: DocumentType = {
  name: "cot",
  input: "documents",
  suffix: "_cot_examples",
  promptName: "cot_generation",
  description: "questions with reasoning and answer",
  hasReasoning: true,
  defaultAmount: (config) => ({ total: config.generation.num_cot_examples }),
  items: (creation) =>
    pairItems(creation, {
      countPlaceholder: "num_examples",
      texts: { question: 400, reasoning: 3000, answer: 1500 },
      tokensPerItem: 240,
    }),
  lists: { cot_examples: recordOf, conversations: (item) => conversationOf(item.fields) },
  head: pairHead,
};
