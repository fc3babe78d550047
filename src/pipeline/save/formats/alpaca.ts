import { assistantText } from "../messages.js";
import type { SaveFormat } from "../format.js";

/** Stanford Alpaca's instruction, input and output; a chosen system text in the key that trainers read it from. */
export const alpaca: SaveFormat = {
  name: "alpaca",
  description: "instruction, input, output: an array, as Alpaca has it",
  layout: "array",
  suffix: "_alpaca.json",
  keepsMetadata: false,
  hasSystem: true,
  shape: "alpaca",
  encode: (record, options) => ({
    instruction: record.question,
    input: "",
    output: assistantText(record, options),
    ...(options.system === "auto" || options.system === "" ? {} : { system: options.system }),
  }),
};
