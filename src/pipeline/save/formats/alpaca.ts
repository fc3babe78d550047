import { assistantText } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** Stanford Alpaca's instruction, input and output. */
export const alpaca: SaveFormat = {
  name: "alpaca",
  description: "instruction, input, output: an array, as Alpaca has it",
  layout: "array",
  suffix: "_alpaca.json",
  encode: (record) => ({ instruction: record.question, input: "", output: assistantText(record) }),
};
