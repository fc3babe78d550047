/** The contract of an output format: what a record looks like in it. A new format is one file and one line in `formats/index.ts`. */
import type { StoredRecord } from "../records/read.js";

/** What becomes of the reasoning that leads to an answer, in formats that have no place of its own for it. */
export const reasoningModes = ["include", "think-tags", "drop"] as const;
export type ReasoningMode = (typeof reasoningModes)[number];

/**
 * How a conversation is laid out in Kiln's formats, under Kiln's names: the answer alone; the thinking as a turn of its
 * own before it (in the older layout, asked for by a second system text); or thinking in `<think>` and answer in one turn.
 */
export const chatStrategies = [
  "final_only",
  "two_message_cot",
  "final_and_intermediate",
  "final_and_intermediate_r1_compatible",
] as const;
export type ChatStrategy = (typeof chatStrategies)[number];

/** What stands in conversations of Kiln's formats beside the record's own texts. */
export interface ChatOptions {
  strategy: ChatStrategy;
  /** What the assistant is told to think about; `auto`: what the record's task says, else a text of quern's. */
  thinking: string;
  /** The user's turn that asks for thinking (`two_message_cot`): `{input}` and `{thinking}` are put in their places. */
  thinkingInput: string;
  /** The user's turn that asks for the answer once the assistant has thought. */
  finalRequest: string;
}

export const defaultChat: ChatOptions = {
  strategy: "final_only",
  thinking: "auto",
  thinkingInput: "{input}\n\n---\n{thinking}",
  finalRequest: "Now give the answer itself, and nothing else.",
};

/** What the user chose about how records look. */
export interface EncodeOptions {
  /** The system text for records that have none of their own; `auto`: the format's, empty: none. */
  system: string;
  /** include: before the answer, in synthetic-data-kit's words; think-tags: before it, in `<think>`; drop: left out. */
  reasoning: ReasoningMode;
  /** Whether provenance, ratings and other keys are kept where the format has a place for them. */
  metadata: boolean;
  /** For the formats that lay conversations out as Kiln does. */
  chat: ChatOptions;
}

export const defaultEncoding: EncodeOptions = {
  system: "auto",
  reasoning: "include",
  metadata: true,
  chat: defaultChat,
};

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
  shape: "pairs" | "alpaca" | "messages" | "sharegpt" | "conversations" | "other";
  /** Whether `chat` counts, and not `reasoning`: where thinking stands is a matter of the strategy. */
  hasStrategies?: true;
  /** Whether answers must be objects of JSON. */
  needsObjects?: true;
  /** Why a record has no place in this format; undefined where it has one. */
  refuses?(record: StoredRecord, options: EncodeOptions): string | undefined;
  encode(record: StoredRecord, options: EncodeOptions): Record<string, unknown>;
  /** Why a record would be refused by whoever reads this format; undefined where it would not. */
  problem?(encoded: Readonly<Record<string, unknown>>): string | undefined;
}

/** A record in a format, or why it is left out. */
export function encodeRecord(
  format: SaveFormat,
  record: StoredRecord,
  options: EncodeOptions,
): { encoded: Record<string, unknown> } | { problem: string } {
  const refused = format.refuses?.(record, options);
  if (refused !== undefined) return { problem: refused };
  const encoded = format.encode(record, options);
  const problem = format.problem?.(encoded);
  return problem === undefined ? { encoded } : { problem };
}
