/** Reads files of generated records: quern's own, synthetic-data-kit's, and plain lists. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError, messageOf } from "../../errors.js";
import { type Owner, reportEnding } from "../files/names.js";
import type { Turn } from "./record.js";

const turn = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });
const pair = z.looseObject({
  question: z.string().min(1),
  answer: z.string().min(1),
  reasoning: z.string().optional(),
});
const conversation = z.array(turn).min(1);

/** One record as a file has it. */
export interface StoredRecord {
  question: string;
  answer: string;
  reasoning?: string;
  /** The turns, where the file has conversations instead of pairs. */
  turns?: Turn[];
  /** Everything as it stood in the file. */
  raw: Readonly<Record<string, unknown>>;
}

export type RecordKind = "qa_pairs" | "cot_examples" | "conversations";

export interface StoredRecords {
  kind: RecordKind;
  records: StoredRecord[];
  /** Records that cannot be used: where, and why. */
  unusable: UnusableRecord[];
  /** Other keys of the file: summary, source. */
  rest: Readonly<Record<string, unknown>>;
}

/**
 * @throws {InputError} when the file cannot be read, is not JSON or has no records
 */
export async function readRecords(file: string): Promise<StoredRecords> {
  const data = await readJson(file);
  const found = recordsIn(data);
  if (found === undefined)
    throw new InputError(
      `${file}: No QA pairs or CoT examples found: Unrecognized data format - expected QA pairs or conversations`,
      {
        remedy: "give a file made by `quern create` or `quern curate`",
      },
    );
  const { kind, list, rest } = found;
  const stored: StoredRecords = { kind, records: [], unusable: [], rest };
  for (const [index, raw] of list.entries()) {
    const record = kind === "conversations" ? fromConversation(raw) : fromPair(raw);
    if (typeof record === "string") stored.unusable.push({ index, reason: record, raw });
    else stored.records.push(record);
  }
  if (stored.records.length === 0) {
    const why = stored.unusable[0] === undefined ? "it is empty" : `none is usable: ${stored.unusable[0].reason}`;
    throw new InputError(`${file}: No QA pairs or CoT examples found: ${why}`, {
      remedy: "give a file made by `quern create` or `quern curate`",
    });
  }
  return stored;
}

/** A record that cannot be used: where it stands in the file, from 0, and why. */
export interface UnusableRecord {
  index: number;
  reason: string;
  raw: unknown;
}

/** A file of records that is read piece by piece. */
export interface RecordFile {
  kind: RecordKind;
  /** Other keys of the file: summary, source. */
  rest: Readonly<Record<string, unknown>>;
  /** The records in the order of the file, those that cannot be used among them; can be asked for more than once. */
  records(): AsyncIterable<{ record: StoredRecord } | { unusable: UnusableRecord }>;
}

/**
 * Opens a file of records: JSON in one of the known shapes, or JSON Lines.
 * @throws {InputError} when the file cannot be read, is not JSON or has no records
 */
export async function openRecords(file: string): Promise<RecordFile> {
  const { kind, rest, records, unusable } = await readRecords(file);
  return {
    kind,
    rest,
    async *records() {
      for (const one of unusable) yield await Promise.resolve({ unusable: one });
      for (const record of records) yield { record };
    },
  };
}

/** Which document the records of a file were made from, or undefined where there is no file or it does not say. */
export async function readSourceOf(file: string): Promise<Owner | undefined> {
  try {
    const data: unknown = JSON.parse(await readFile(file, "utf8"));
    const shape = z.object({ source: z.object({ document: z.string(), hash: z.string().optional() }) });
    const source = shape.safeParse(data).data?.source;
    return source === undefined ? undefined : { source: source.document, hash: source.hash };
  } catch {
    return undefined;
  }
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new InputError(missing ? `${file}: not found` : `${file} cannot be read: ${messageOf(error)}`, {
      remedy: "check the path",
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const lines = parseLines(text);
    if (lines !== undefined) return lines;
    throw new InputError(`${file} is not JSON: ${messageOf(error)}`, {
      remedy: "give a file made by `quern create` or `quern curate`",
      cause: error,
    });
  }
}

/** JSON Lines, one value per line. */
function parseLines(text: string): unknown[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2) return undefined;
  try {
    return lines.map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

function recordsIn(
  data: unknown,
): { kind: RecordKind; list: readonly unknown[]; rest: Record<string, unknown> } | undefined {
  if (Array.isArray(data)) {
    const conversations = data.some((one) => isRecord(one) && ("conversations" in one || "messages" in one));
    return { kind: conversations ? "conversations" : "qa_pairs", list: data, rest: {} };
  }
  if (!isRecord(data)) return undefined;
  for (const [key, kind] of [
    ["qa_pairs", "qa_pairs"],
    ["filtered_pairs", "qa_pairs"],
    ["cot_examples", "cot_examples"],
    ["conversations", "conversations"],
  ] as const) {
    const list = data[key];
    if (!Array.isArray(list)) continue;
    return { kind, list, rest: without(data, key, "conversations", "metrics") };
  }
  return undefined;
}

function fromPair(raw: unknown): StoredRecord | string {
  const parsed = pair.safeParse(raw);
  if (!parsed.success) return problem(parsed.error);
  const { question, answer, reasoning } = parsed.data;
  return { question, answer, ...(reasoning === undefined ? {} : { reasoning }), raw: parsed.data };
}

function fromConversation(raw: unknown): StoredRecord | string {
  const list = isRecord(raw) ? (raw["conversations"] ?? raw["messages"]) : raw;
  const parsed = conversation.safeParse(list);
  if (!parsed.success) return problem(parsed.error);
  const asked = parsed.data.findIndex((one) => one.role === "user");
  const question = parsed.data[asked]?.content;
  // The answer to that question: later turns are about others.
  const answer = parsed.data.find((one, index) => index > asked && one.role === "assistant")?.content;
  if (question === undefined || answer === undefined) return "a conversation without a user's and an assistant's turn";
  return { question, answer, turns: parsed.data, raw: { conversations: parsed.data } };
}

function problem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a record"}`.replace(/^: /, "");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy that lacks some keys. */
export function without(data: Readonly<Record<string, unknown>>, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/** Whether a file may hold records, by its name: reports beside outputs do not, nor do summaries. */
export function isRecordFile(name: string): boolean {
  return name.endsWith(".json") && !name.endsWith(reportEnding) && !name.endsWith("_summary.json");
}
