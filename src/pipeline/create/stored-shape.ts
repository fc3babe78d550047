/** The one shape in which records of any shape that files have are written again. */
import { without } from "../records/read.js";
import type { ChatTurn, StoredRecord } from "../records/read.js";

/** What stands for the texts of a record in the shapes that are read, all of which are written as pairs or turns. */
const textKeys = ["conversations", "messages", "conversation", "system", "history"] as const;
const pairKeys = ["question", "answer", "reasoning", "instruction", "input", "output"] as const;

/**
 * @param changed what is to stand in the place of a record's own turns or reasoning
 * @returns a pair as `{question, reasoning?, answer, …}`, a conversation as `{conversations, …}`, with all other keys as
 *   they were
 */
export function writtenAgain(
  { question, answer, reasoning, turns, raw }: StoredRecord,
  changed: { turns?: readonly ChatTurn[]; reasoning?: string } = {},
): Record<string, unknown> {
  if (turns !== undefined) {
    const others =
      "instruction" in raw && "output" in raw ? without(raw, ...textKeys, ...pairKeys) : without(raw, ...textKeys);
    return { conversations: changed.turns ?? turns, ...others };
  }
  const thought = changed.reasoning ?? reasoning;
  const others =
    "question" in raw
      ? without(raw, "question", "answer", "reasoning")
      : without(raw, ...pairKeys, "system", "history");
  return { question, ...(thought === undefined ? {} : { reasoning: thought }), answer, ...others };
}
