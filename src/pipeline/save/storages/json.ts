import type { SaveStorage } from "../storage.js";
import { openText } from "./text.js";

/** One text file: JSON Lines or one JSON array, as the format says. */
export const json: SaveStorage = {
  name: "json",
  description: "one text file, laid out as the format is by custom",
  isFolder: false,
  outputName: (stem, format, hasSplits = false) => (hasSplits ? `${stem}_${format.name}` : `${stem}${format.suffix}`),
  splitName: (split, { layout }) => `${split}.${layout === "lines" ? "jsonl" : "json"}`,
  dataFile: (name) => name,
  dataType: "json",
  open: (output, { layout }, options) => openText(output, layout, options),
};
