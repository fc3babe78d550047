import { assistantText } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** Stanford Alpaca's instruction, input and output; a record's own system text, or a chosen one, in the key that trainers read it from. */
export const alpaca: SaveFormat = {
  name: "alpaca",
  description: "instruction, input, output: an array, as Alpaca has it",
  layout: "array",
  suffix: "_alpaca.json",
  keepsMetadata: false,
  hasSystem: true,
  shape: "alpaca",
  encode(record, options) {
    const [first] = record.turns ?? [];
    const system = first?.role === "system" ? first.content : options.system === "auto" ? "" : options.system;
    return {
      instruction: record.question,
      input: "",
      output: assistantText(record, options),
      ...(system === "" ? {} : { system }),
    };
  },
};
