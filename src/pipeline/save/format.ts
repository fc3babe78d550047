/** The contract of an output format: what a record looks like in it. A new format is one file and one line in `formats.ts`. */
import type { StoredRecord } from "../records/read.js";

export interface SaveFormat {
  name: string;
  description: string;
  /** How the file is laid out: one JSON value per line, or one JSON array. */
  layout: "lines" | "array";
  /** What a file is called: `{stem}{suffix}`. */
  suffix: string;
  encode(record: StoredRecord): Record<string, unknown>;
}
