/** One element of a file of records, whichever of the known shapes it has. */
import { z } from "zod";
import { type ChatTurn, isObject, isTurn, turnsOf } from "./chat.js";

/** One record as a file has it. */
export interface StoredRecord {
  question: string;
  answer: string;
  reasoning?: string;
  /** The turns, where the file has conversations instead of pairs. */
  turns?: ChatTurn[];
  /** What the assistant is told to think about before it answers, where that is known; for formats that say it. */
  thinkingPrompt?: string;
  /** Everything as it stood in the file. */
  raw: Readonly<Record<string, unknown>>;
}

const pair = z.looseObject({
  question: z.string().min(1),
  answer: z.string().min(1),
  reasoning: z.string().optional(),
});

/** Stanford Alpaca's shape, with the system text and the history that LLaMA-Factory adds. */
const alpaca = z.looseObject({
  instruction: z.string().min(1),
  input: z.string().nullish(),
  output: z.string().min(1),
  system: z.string().nullish(),
  history: z.array(z.tuple([z.string(), z.string()])).nullish(),
});

/**
 * @param raw any JSON value
 * @returns the record, or why it is none
 */
export function recordIn(raw: unknown): StoredRecord | string {
  if (Array.isArray(raw)) return fromTurns(raw, { conversations: raw });
  if (isObject(raw)) {
    const list = raw["conversations"] ?? raw["messages"] ?? raw["conversation"];
    if (Array.isArray(list)) return fromTurns(withSystem(list as unknown[], raw["system"]), raw);
    if ("instruction" in raw && "output" in raw && !("question" in raw)) return fromAlpaca(raw);
  }
  const parsed = pair.safeParse(raw);
  if (!parsed.success) return problem(parsed.error);
  const { question, answer, reasoning } = parsed.data;
  return { question, answer, ...(reasoning === undefined ? {} : { reasoning }), raw: raw as Record<string, unknown> };
}

/** Whether an element is a conversation: a list of turns, or an object that holds one. */
export function isConversation(raw: unknown): boolean {
  if (Array.isArray(raw)) return raw.some(isTurn);
  return isObject(raw) && ["conversations", "messages", "conversation"].some((key) => Array.isArray(raw[key]));
}

function withSystem(list: readonly unknown[], system: unknown): readonly unknown[] {
  if (typeof system !== "string" || system === "") return list;
  return [{ role: "system", content: system }, ...list];
}

function fromTurns(list: readonly unknown[], raw: Readonly<Record<string, unknown>>): StoredRecord | string {
  if (list.length === 0) return "a conversation without turns";
  const turns = turnsOf(list);
  return typeof turns === "string" ? turns : fromChat(turns, raw);
}

function fromChat(turns: ChatTurn[], raw: Readonly<Record<string, unknown>>): StoredRecord | string {
  const asked = turns.findIndex((one) => one.role === "user" && one.content !== "");
  // The answer to that question: later turns are about others. A turn that only calls tools is none yet.
  const answered = turns.find((one, index) => index > asked && one.role === "assistant" && one.content !== "");
  if (asked === -1 || answered === undefined) return "a conversation without a user's and an assistant's turn";
  const { content: answer, reasoning } = answered;
  return { question: turns[asked]!.content, answer, ...(reasoning === undefined ? {} : { reasoning }), turns, raw };
}

function fromAlpaca(raw: Readonly<Record<string, unknown>>): StoredRecord | string {
  const parsed = alpaca.safeParse(raw);
  if (!parsed.success) return problem(parsed.error);
  const { instruction, input, output, system, history } = parsed.data;
  const question = input ? `${instruction}\n\n${input}` : instruction;
  if (!system && !history?.length) return { question, answer: output, raw };
  const turns: ChatTurn[] = [
    ...(system ? [{ role: "system" as const, content: system }] : []),
    ...(history ?? []).flatMap(([asked, answered]): ChatTurn[] => [
      { role: "user", content: asked },
      { role: "assistant", content: answered },
    ]),
    { role: "user", content: question },
    { role: "assistant", content: output },
  ];
  return { question, answer: output, turns, raw };
}

function problem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a record"}`.replace(/^: /, "");
}
