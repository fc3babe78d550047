import { conversationOf } from "../records/record.js";
import { boundedText, pairContent, pairItems, recordOf } from "./pair-type.js";
import type { PairKind } from "./pairs.js";
import type { CreateType } from "./type.js";

const kind: PairKind = {
  countPlaceholder: "num_examples",
  itemSchema: {
    type: "object",
    properties: { question: boundedText(400), reasoning: boundedText(3000), answer: boundedText(1500) },
    required: ["question", "reasoning", "answer"],
    additionalProperties: false,
  },
  tokensPerItem: 240,
};

/** Questions with the reasoning that leads to the answer. */
export const cot: CreateType = {
  name: "cot",
  suffix: "_cot_examples",
  promptName: "cot_generation",
  description: "questions with reasoning and answer",
  defaultAmount: (config) => ({ total: config.generation.num_cot_examples }),
  items: (creation) => pairItems(creation, kind),
  content: (creation, made) =>
    pairContent(creation, made, {
      cot_examples: made.map(recordOf),
      conversations: made.map((item) => conversationOf(item.fields)),
    }),
};
