import { without } from "../../records/read.js";
import { answerText } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** The records as they are, one per line; without metadata only the text of the pair or the conversation. */
export const jsonl: SaveFormat = {
  name: "jsonl",
  description: "the records as they are, with their provenance, one per line",
  layout: "lines",
  suffix: ".jsonl",
  keepsMetadata: true,
  hasSystem: false,
  shape: "pairs",
  encode(record, { reasoning, metadata }) {
    const { raw, turns } = record;
    if (turns !== undefined) {
      const said = turns.map(({ reasoning: thought, ...turn }) =>
        turn.role !== "assistant"
          ? turn
          : reasoning === "include"
            ? { ...turn, ...(thought === undefined ? {} : { reasoning: thought }) }
            : { ...turn, content: answerText(turn.content, thought, reasoning) },
      );
      const asIs = metadata && reasoning === "include";
      const key = Array.isArray(raw["conversations"]) ? "conversations" : "messages";
      if (asIs) return { ...raw };
      return metadata ? { ...raw, [key]: said } : { [key]: said };
    }
    const isPair = typeof raw["question"] === "string";
    if (metadata && (reasoning === "include" || !isPair)) return { ...raw };
    const pair = { question: record.question, answer: answerText(record.answer, record.reasoning, reasoning) };
    if (metadata) return { ...without(raw, "reasoning"), answer: pair.answer };
    if (reasoning !== "include" || record.reasoning === undefined) return pair;
    return { question: record.question, reasoning: record.reasoning, answer: record.answer };
  },
};
