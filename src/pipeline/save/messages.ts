/** Records as conversations. */
import { conversationOf } from "../records/record.js";
import type { ChatTurn, StoredRecord } from "../records/read.js";
import type { EncodeOptions, ReasoningMode } from "./format.js";

/** Reasoning that stands within an answer: as `conversationOf` writes it, and as models that think write it. */
const within = [
  /^Let me think through this step by step:\n\n([\s\S]*?)\n\nSo the answer is: ([\s\S]*)$/,
  /^\s*<think>\n?([\s\S]*?)\n?<\/think>\s*([\s\S]*)$/,
];

/** An answer and the reasoning that leads to it, also where a file has both in one text. */
export function thoughtOf(answer: string, reasoning?: string): { reasoning: string; answer: string } {
  if (reasoning !== undefined && reasoning !== "") return { reasoning, answer };
  for (const pattern of within) {
    const [, thought, rest] = pattern.exec(answer) ?? [];
    if (thought !== undefined && rest !== undefined && rest !== "") return { reasoning: thought, answer: rest };
  }
  return { reasoning: "", answer };
}

/** What the assistant says: the answer, with the reasoning as the user chose. */
export function answerText(answer: string, reasoning: string | undefined, mode: ReasoningMode): string {
  // What a file has in one text stays as it is, where it is wanted.
  if (mode === "include" && !reasoning) return answer;
  const thought = thoughtOf(answer, reasoning);
  if (mode === "drop" || thought.reasoning === "") return thought.answer;
  if (mode === "think-tags") return `<think>\n${thought.reasoning}\n</think>\n\n${thought.answer}`;
  return conversationOf({ question: "", ...thought }).at(-1)!.content;
}

/** The first answer of a record. */
export function assistantText(record: StoredRecord, options: EncodeOptions): string {
  return answerText(record.answer, record.reasoning, options.reasoning);
}

/**
 * The turns of a record. Conversations keep all of theirs, and their own system text.
 * @param system the format's own system text, empty for none
 */
export function messagesOf(record: StoredRecord, options: EncodeOptions, system: string): ChatTurn[] {
  const text = options.system === "auto" ? system : options.system;
  const first: ChatTurn[] = text === "" ? [] : [{ role: "system", content: text }];
  if (record.turns === undefined)
    return [
      ...first,
      { role: "user", content: record.question },
      { role: "assistant", content: assistantText(record, options) },
    ];
  const turns = record.turns.map((turn): ChatTurn => {
    if (turn.role !== "assistant") return turn;
    const { reasoning, ...others } = turn;
    return { ...others, content: answerText(turn.content, reasoning, options.reasoning) };
  });
  return turns[0]?.role === "system" ? turns : [...first, ...turns];
}

/** Descriptions of the tools that a conversation may call, where the file has them beside it. */
export function toolsOf(record: StoredRecord): unknown {
  return record.turns === undefined ? undefined : (record.raw["tools"] ?? undefined);
}

/** Whether a record is a run of a task, whose system text is the task's and not that of one conversation. */
export function isRun({ raw }: StoredRecord): boolean {
  const provenance = raw["provenance"] as { run?: unknown } | null | undefined;
  return typeof provenance?.run === "string";
}
