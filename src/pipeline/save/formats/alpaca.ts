import { assistantText, isRun } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** Stanford Alpaca's instruction, input and output; the system text of a task, or a chosen one, in the key that trainers read it from. */
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
    const chosen = options.system === "auto" ? "" : options.system;
    const system = isRun(record) && first?.role === "system" ? first.content : chosen;
    return {
      instruction: record.question,
      input: "",
      output: assistantText(record, options),
      ...(system === "" ? {} : { system }),
    };
  },
};
