import { conversationOf } from "../records/record.js";
import type { ChatTurn, StoredRecord } from "../records/read.js";

/** What the assistant says: the answer, led up to by the reasoning where there is one. */
export function assistantText(record: StoredRecord): string {
  return conversationOf(record).at(-1)!.content;
}

/**
 * The turns of a record. Conversations keep all of theirs, and their own system text.
 * @param system the system text where the record has none
 */
export function messagesOf(record: StoredRecord, system: string): ChatTurn[] {
  if (record.turns === undefined)
    return [
      { role: "system", content: system },
      { role: "user", content: record.question },
      { role: "assistant", content: assistantText(record) },
    ];
  if (record.turns[0]?.role === "system") return record.turns;
  return [{ role: "system", content: system }, ...record.turns];
}
