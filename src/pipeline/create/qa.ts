import { boundedText, pairContent, pairItems, recordOf } from "./pair-type.js";
import type { PairKind } from "./pairs.js";
import type { CreateType } from "./type.js";

const kind: PairKind = {
  countPlaceholder: "num_pairs",
  itemSchema: {
    type: "object",
    properties: { question: boundedText(400), answer: boundedText(1500) },
    required: ["question", "answer"],
    additionalProperties: false,
  },
  tokensPerItem: 100,
};

/** Question and answer pairs. */
export const qa: CreateType = {
  name: "qa",
  suffix: "_qa_pairs",
  promptName: "qa_generation",
  description: "question and answer pairs",
  defaultAmount: (config) => ({ total: config.generation.num_pairs }),
  items: (creation) => pairItems(creation, kind),
  content: (creation, made) => pairContent(creation, made, { qa_pairs: made.map(recordOf) }),
};
