import type { SaveFormat } from "../format.js";

/** The records as they are, one per line. */
export const jsonl: SaveFormat = {
  name: "jsonl",
  description: "the records as they are, with their provenance, one per line",
  layout: "lines",
  suffix: ".jsonl",
  encode: (record) => ({ ...record.raw }),
};
