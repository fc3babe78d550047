import type { SaveStorage } from "../storage.js";
import { openText } from "./text.js";

/** One file of JSON Lines, whatever the format. */
export const jsonl: SaveStorage = {
  name: "jsonl",
  description: "one file of JSON Lines, whatever the format",
  isFolder: false,
  outputName(stem, format, hasSplits = false) {
    if (hasSplits) return `${stem}_${format.name}_jsonl`;
    return format.name === "jsonl" ? `${stem}.jsonl` : `${stem}_${format.name}.jsonl`;
  },
  splitName: (split) => `${split}.jsonl`,
  dataFile: (name) => name,
  dataType: "json",
  open: (output, _, options) => openText(output, "lines", options),
};
