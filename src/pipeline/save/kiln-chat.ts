/**
 * Conversations as Kiln lays them out for training.
 * Source: kiln_ai/adapters/fine_tune/dataset_formatter.py and adapters/chat/chat_formatter.py (kiln-ai 1.1.0 and 1.2.0).
 */
import type { ChatTurn, StoredRecord } from "../records/read.js";
import type { EncodeOptions } from "./format.js";
import { isRun, messagesOf, thoughtOf } from "./messages.js";

/** A message in OpenAI's shape, its keys in the order in which Kiln writes them. */
export interface KilnChatMessage {
  role: string;
  content: string;
  tool_calls?: ChatTurn["tool_calls"];
  tool_call_id?: string;
}

/** The system text of records that have none. */
const usualSystem = "You are a helpful assistant.";

/** What is thought about where neither the record's task nor the user says. */
const usualThinking = "First think it through, step by step: what the input asks, and what the answer must be.";

/** Marks an input that is a conversation already, and is not put into the frame around inputs. */
const historyMark = "<conversation_history>";

/**
 * @returns the messages. Calls of tools, and their answers, stand behind the first turns, as in Kiln; the last message is
 *   the answer
 */
export function kilnChat(record: StoredRecord, options: EncodeOptions): KilnChatMessage[] {
  const { chat } = options;
  const { strategy } = chat;
  if (strategy === "final_only" && isLonger(record))
    return messagesOf(record, { ...options, reasoning: "drop" }, usualSystem).map(messageOf);
  const { system, tools } = partsOf(record, options);
  const { question: input, answer } = record;
  const first = (text: string): KilnChatMessage[] => [
    ...(system === "" ? [] : [{ role: "system", content: system }]),
    { role: "user", content: text },
  ];
  if (strategy === "final_only") return [...first(input), ...tools, assistant(finalAnswer(record))];
  const thought = thoughtOf(answer, record.reasoning);
  if (strategy === "final_and_intermediate_r1_compatible")
    return [...first(input), ...tools, assistant(`<think>\n${thought.reasoning}\n</think>\n\n${thought.answer}`)];
  const thinking = thinkingText(record, options);
  const asked =
    strategy === "two_message_cot"
      ? first(framed(input, thinking, chat.thinkingInput))
      : [...first(input), { role: "system", content: thinking }];
  return [
    ...asked,
    ...tools,
    assistant(thought.reasoning),
    { role: "user", content: chat.finalRequest },
    assistant(thought.answer),
  ];
}

/** Why a record cannot be laid out so; undefined where it can. */
export function chatRefusal(record: StoredRecord, { chat: { strategy } }: EncodeOptions): string | undefined {
  if (strategy === "final_only") return undefined;
  if (isLonger(record)) return `it is a conversation of several turns, which ${strategy} has no place for`;
  if (thoughtOf(record.answer, record.reasoning).reasoning.trim() === "")
    return `it has no reasoning, which ${strategy} needs`;
  return undefined;
}

/** Of a record whose answer has its reasoning in it, the answer alone; what a task's run put out stays as it is. */
function finalAnswer(record: StoredRecord): string {
  return isRun(record) ? record.answer : thoughtOf(record.answer, record.reasoning).answer;
}

/** Whether a record is a conversation of more than one question. Of a task's run Kiln takes the last one alone. */
function isLonger(record: StoredRecord): boolean {
  return !isRun(record) && (record.turns?.filter(({ role }) => role === "user").length ?? 0) > 1;
}

function partsOf(record: StoredRecord, { system }: EncodeOptions): { system: string; tools: KilnChatMessage[] } {
  const turns = record.turns ?? [];
  const own = turns[0]?.role === "system" ? turns[0].content : undefined;
  return {
    system: own ?? (system === "auto" ? usualSystem : system),
    tools: turns.filter((turn) => turn.role === "tool" || turn.tool_calls !== undefined).map(messageOf),
  };
}

function thinkingText({ thinkingPrompt }: StoredRecord, { chat: { thinking } }: EncodeOptions): string {
  return thinking === "auto" ? (thinkingPrompt ?? usualThinking) : thinking;
}

function framed(input: string, thinking: string, frame: string): string {
  if (input.includes(historyMark)) return `${input}\n\n${thinking}`;
  // At once, so that what stands in the input is no placeholder.
  return frame.replace(/\{(input|thinking)\}/g, (_, name) => (name === "input" ? input : thinking));
}

function assistant(content: string): KilnChatMessage {
  return { role: "assistant", content };
}

function messageOf({ role, content, tool_calls, tool_call_id }: ChatTurn): KilnChatMessage {
  return {
    role,
    content,
    ...(tool_calls === undefined ? {} : { tool_calls }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
  };
}
