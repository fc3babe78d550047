/** What of a row is a sample's input, output, reasoning and tags. */
import { UsageError } from "../../errors.js";
import { isObject, type ChatTurn } from "../records/chat.js";
import { isConversation, recordIn } from "../records/read-shapes.js";
import type { StoredRecord } from "../records/read.js";
import { tagProblem } from "../projects/index.js";

/** What a sample is made of, by the names that Kiln's tables have for it. */
export const fieldNames = ["input", "output", "reasoning", "chain_of_thought", "tags"] as const;
export type FieldName = (typeof fieldNames)[number];

/** Columns by the field that is taken from them. */
export type Mapping = Partial<Record<FieldName, string>>;

/** A sample of a row, before it is held against the task. */
export interface ImportedSample {
  input: unknown;
  output: unknown;
  /** Whether both are texts of a question and its answer, which a task with a schema has in a property. */
  isPair: boolean;
  reasoning?: string;
  chain_of_thought?: string;
  tags: string[];
  /** The conversation that it stood in, where there is more in it than the two. */
  turns?: readonly ChatTurn[];
  /** The row. */
  raw: Readonly<Record<string, unknown>>;
}

/** Columns that are looked at where none are named. */
const usualColumns: readonly string[] = [
  ...fieldNames,
  ...["question", "answer", "instruction", "system", "history", "messages", "conversations", "conversation"],
  ...["provenance", "rating", "rating_reason", "question_type", "difficulty", "rejected"],
];

/**
 * @param texts `input=question,output=answer`, or a part of it each; a comma is one of a column's name where no field
 *   follows it
 * @throws {UsageError} naming what is wrong
 */
export function parseMapping(texts: readonly string[]): Mapping {
  const mapping: Mapping = {};
  const next = new RegExp(`,(?=\\s*(?:${fieldNames.join("|")})\\s*=)`);
  for (const part of texts.flatMap((text) => text.split(next))) {
    const at = part.indexOf("=");
    const field = fieldNames.find((name) => name === part.slice(0, Math.max(0, at)).trim());
    const column = part.slice(at + 1).trim();
    if (field === undefined || column === "")
      throw new UsageError(`--map ${part.trim()} names no field and its column`, {
        remedy: `write for example --map input=question,output=answer; the fields are ${fieldNames.join(", ")}`,
      });
    if (mapping[field] !== undefined) throw new UsageError(`--map gives ${field} twice`);
    mapping[field] = column;
  }
  return mapping;
}

/** The columns that are looked at. */
export function wantedColumns(mapping: Mapping): string[] {
  return [...usualColumns, ...Object.values(mapping)];
}

/**
 * @param columns as the file names them
 * @returns why no row of the file can be a sample; undefined where some may be
 */
export function columnsProblem(columns: readonly string[], mapping: Mapping): string | undefined {
  const listed = `its columns are ${columns.map((name) => JSON.stringify(name)).join(", ")}`;
  const lacking = Object.values(mapping).find((column) => !columns.includes(column));
  if (lacking !== undefined) return `there is no column "${lacking}"; ${listed}`;
  const has = (...names: string[]) => names.every((name) => columns.includes(name));
  const mapped = has(mapping.input ?? "input", mapping.output ?? "output");
  const known = has("question", "answer") || has("instruction", "output");
  const lists = ["messages", "conversations", "conversation"].some((name) => has(name));
  if (mapped || (isUnmapped(mapping) && (known || lists))) return undefined;
  return `there are no columns for input and output; ${listed}`;
}

function isUnmapped(mapping: Mapping): boolean {
  return mapping.input === undefined && mapping.output === undefined;
}

/**
 * @param value a row: an object of the columns, or a record in any of the known shapes
 * @returns the sample, or why there is none in it
 */
export function sampleIn(value: unknown, mapping: Mapping): ImportedSample | string {
  if (isObject(value) && (!isUnmapped(mapping) || isDirect(value))) return fromColumns(value, mapping);
  if (isObject(value) && !isRecord(value)) {
    const keys = Object.keys(value)
      .slice(0, 10)
      .map((key) => JSON.stringify(key));
    return `it has no "input" and "output"${keys.length === 0 ? "" : `; it has ${keys.join(", ")}`}`;
  }
  const record = recordIn(value);
  if (typeof record === "string") return isObject(value) || Array.isArray(value) ? record : "it is no object";
  const raw = isObject(value) ? value : {};
  const common = commonFields(raw, mapping);
  return typeof common === "string" ? common : fromRecord(record, common, raw);
}

/** Alpaca's records have an input, too, which is a part of what is asked. */
function isDirect(value: Readonly<Record<string, unknown>>): boolean {
  return "input" in value && "output" in value && !("instruction" in value) && !isConversation(value);
}

function isRecord(value: Readonly<Record<string, unknown>>): boolean {
  return isConversation(value) || "question" in value || "instruction" in value;
}

type Common = Pick<ImportedSample, "reasoning" | "chain_of_thought" | "tags">;

function fromColumns(value: Readonly<Record<string, unknown>>, mapping: Mapping): ImportedSample | string {
  const { input: inputColumn = "input", output: outputColumn = "output" } = mapping;
  for (const column of [inputColumn, outputColumn]) {
    const found = valueOf(value, column);
    if (found === undefined || found === null) return `it has no "${column}"`;
    if (typeof found === "string" && found.trim() === "") return `"${column}" is empty`;
  }
  const common = commonFields(value, mapping);
  if (typeof common === "string") return common;
  return {
    input: valueOf(value, inputColumn),
    output: valueOf(value, outputColumn),
    isPair: false,
    ...common,
    raw: value,
  };
}

function fromRecord(
  record: StoredRecord,
  common: Common,
  raw: Readonly<Record<string, unknown>>,
): ImportedSample | string {
  const { question, answer, reasoning, turns = [] } = record;
  if (turns.filter(({ role }) => role === "user").length > 1)
    return "it is a conversation of several turns, and a run has one input and one output";
  const isMore = turns.some((turn) => turn.role === "system" || turn.role === "tool" || turn.tool_calls !== undefined);
  return {
    input: question,
    output: answer,
    isPair: true,
    ...(reasoning === undefined || reasoning === "" ? {} : { reasoning }),
    ...common,
    ...(isMore ? { turns } : {}),
    raw,
  };
}

function commonFields(value: Readonly<Record<string, unknown>>, mapping: Mapping): Common | string {
  const common: Common = { tags: [] };
  for (const field of ["reasoning", "chain_of_thought"] as const) {
    const column = mapping[field] ?? field;
    const text = valueOf(value, column) ?? "";
    if (typeof text !== "string") return `"${column}" is no text`;
    if (text.trim() !== "") common[field] = text;
  }
  const provenance = isObject(value["provenance"]) ? value["provenance"] : {};
  const column = mapping.tags ?? "tags";
  const tags = tagsIn(valueOf(value, column) ?? valueOf(provenance, "tags") ?? []);
  if (tags === undefined) return `"${column}" is neither a text with commas nor a list of texts`;
  const problem = tags.map(tagProblem).find((one) => one !== undefined);
  return problem ?? { ...common, tags };
}

/** As Kiln: in a table with commas between them. */
function tagsIn(value: unknown): string[] | undefined {
  if (typeof value === "string")
    return value
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "");
  return Array.isArray(value) && value.every((tag) => typeof tag === "string") ? value : undefined;
}

/** Only what the row itself has: no row has a column `constructor` unless its file does. */
function valueOf(value: Readonly<Record<string, unknown>>, column: string): unknown {
  return Object.hasOwn(value, column) ? value[column] : undefined;
}
