/** The contract of an output format: what a record looks like in it. A new format is one file and one line in `formats/index.ts`. */
import type { StoredRecord } from "../records/read.js";

/** What becomes of the reasoning that leads to an answer, in formats that have no place of its own for it. */
export const reasoningModes = ["include", "think-tags", "drop"] as const;
export type ReasoningMode = (typeof reasoningModes)[number];

/** What the user chose about how records look. */
export interface EncodeOptions {
  /** The system text for records that have none of their own; `auto`: the format's, empty: none. */
  system: string;
  /** include: before the answer, in synthetic-data-kit's words; think-tags: before it, in `<think>`; drop: left out. */
  reasoning: ReasoningMode;
  /** Whether provenance, ratings and other keys are kept where the format has a place for them. */
  metadata: boolean;
}

export const defaultEncoding: EncodeOptions = { system: "auto", reasoning: "include", metadata: true };

export interface SaveFormat {
  name: string;
  description: string;
  /** How the file is laid out: one JSON value per line, or one JSON array. */
  layout: "lines" | "array";
  /** What a file is called: `{stem}{suffix}`. */
  suffix: string;
  /** Whether records keep their other keys, provenance among them; where not, provenance goes beside the output. */
  keepsMetadata: boolean;
  /** Whether a system text has a place. */
  hasSystem: boolean;
  /** What the columns are, for those that describe the dataset to trainers. */
  shape: "pairs" | "alpaca" | "messages" | "sharegpt";
  encode(record: StoredRecord, options: EncodeOptions): Record<string, unknown>;
  /** Why a record would be refused by whoever reads this format; undefined where it would not. */
  problem?(encoded: Readonly<Record<string, unknown>>): string | undefined;
}
