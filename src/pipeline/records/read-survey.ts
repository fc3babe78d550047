/** What a file of records is like, found in one pass that holds none of them. */
import { InputError } from "../../errors.js";
import { isObject, isTurn } from "./chat.js";
import { BrokenJson, type ByteSource, type FoundValue, JsonCursor, parseValue } from "./read-bytes.js";

/** Where a value of the top level stands. */
export interface Place {
  start: number;
  end: number;
  line: number;
}

export type RecordKind = "qa_pairs" | "cot_examples" | "conversations";

/** Keys that hold records, the first that is there is taken; as synthetic-data-kit looks for them. */
export const recordKeys = ["qa_pairs", "filtered_pairs", "cot_examples", "conversations"] as const;

export type Survey =
  /** JSON Lines: a value on each line. */
  | { layout: "lines" }
  /** A bare list of records. */
  | { layout: "list"; place: Place }
  /** One object: a list of records among other keys. */
  | { layout: "object"; key: (typeof recordKeys)[number]; place: Place; whole: Place; others: Map<string, Place> }
  /** One object that is itself a record. */
  | { layout: "single"; place: Place }
  /** JSON of another shape; `place` where it is an object. */
  | { layout: "unknown"; others: Map<string, Place>; place?: Place };

/** How many lines of a broken file are tried as JSON Lines. */
const linesTried = 100;

/**
 * @param file for messages and for its extension
 * @throws {InputError} when it is neither JSON nor JSON Lines
 */
export async function survey(source: ByteSource, file: string): Promise<Survey> {
  const isNamedLines = /\.(jsonl|ndjson)$/i.test(file);
  try {
    await using cursor = new JsonCursor(source);
    if ((await cursor.skipMark()).isUtf16)
      throw new InputError(`${file} is not JSON: it is written in UTF-16`, { remedy: "save it as UTF-8" });
    const first = await cursor.peek();
    if (first === -1) throw new BrokenJson("it is empty", cursor.line, true);
    const { line } = cursor;
    const found = first === 0x7b ? await surveyObject(cursor) : await surveyValue(cursor, first === 0x5b);
    const endLine = cursor.line;
    if ((await cursor.peek()) === -1)
      return isNamedLines && found.layout === "unknown" && endLine === line ? { layout: "lines" } : found;
    if (endLine === line) return { layout: "lines" };
    throw new BrokenJson(`something follows the JSON value in line ${cursor.line}`, cursor.line, false);
  } catch (error) {
    if (!(error instanceof BrokenJson)) throw error;
    if (isNamedLines ? !error.message.endsWith("it is empty") : await hasWholeLines(source)) return { layout: "lines" };
    throw notJson(file, error);
  }
}

/** The error of a file that is not JSON, or not to its end. */
export function notJson(file: string, { message, isCutOff, line }: BrokenJson): InputError {
  return new InputError(`${file} is not JSON: ${message}`, {
    remedy:
      isCutOff && line > 0
        ? "make it again, or give what is whole of it as JSON Lines"
        : "give a file made by `quern create` or `quern curate`",
  });
}

async function surveyValue(cursor: JsonCursor, isList: boolean): Promise<Survey> {
  const value = await cursor.value(!isList);
  if (isList) return { layout: "list", place: placeOf(value) };
  const parsed = parseValue(value, "");
  if (!("value" in parsed)) throw new BrokenJson(parsed.reason, value.line, false);
  return { layout: "unknown", others: new Map() };
}

async function surveyObject(cursor: JsonCursor): Promise<Survey> {
  const { position: start, line } = cursor;
  const others = new Map<string, Place>();
  const lists = new Map<string, Place>();
  await cursor.take("{");
  for (let isFirst = true; !(await cursor.take("}")); isFirst = false) {
    if (!isFirst && !(await cursor.take(","))) throw await unexpected(cursor, '"," or "}"');
    if ((await cursor.peek()) !== 0x22) throw await unexpected(cursor, "a key");
    const key = parseValue(await cursor.value(true), `line ${cursor.line}: `);
    if (!("value" in key)) throw new BrokenJson(key.reason, cursor.line, false);
    if (!(await cursor.take(":"))) throw await unexpected(cursor, '":"');
    const name = key.value as string;
    const isList = (await cursor.peek()) === 0x5b && (recordKeys as readonly string[]).includes(name);
    let value: FoundValue;
    try {
      value = await cursor.value(false);
    } catch (error) {
      if (error instanceof BrokenJson && error.isCutOff)
        throw new BrokenJson(`${error.message} of ${JSON.stringify(name)}`, error.line, true);
      throw error;
    }
    // The last of equal keys counts, as for every parser.
    (isList ? others : lists).delete(name);
    (isList ? lists : others).set(name, placeOf(value));
  }
  const place = { start, end: cursor.position, line };
  const key = recordKeys.find((one) => lists.has(one));
  if (key === undefined) {
    const isRecord = ["question", "messages", "instruction", "conversation"].some((one) => others.has(one));
    return isRecord ? { layout: "single", place } : { layout: "unknown", others, place };
  }
  for (const [other, its] of lists) if (other !== key) others.set(other, its);
  return { layout: "object", key, place: lists.get(key)!, whole: place, others };
}

async function unexpected(cursor: JsonCursor, wanted: string): Promise<BrokenJson> {
  const byte = await cursor.peek();
  if (byte === -1) return new BrokenJson(`it is cut off at its end, in line ${cursor.line}`, cursor.line, true);
  const found = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
  return new BrokenJson(`${wanted} expected in line ${cursor.line}, found ${found}`, cursor.line, false);
}

function placeOf({ start, end, line }: FoundValue): Place {
  return { start, end, line };
}

/** Whether lines at the beginning are whole objects or lists by themselves: JSON Lines of which one is broken. */
async function hasWholeLines(source: ByteSource): Promise<boolean> {
  await using cursor = new JsonCursor(source);
  await cursor.skipMark();
  for (let i = 0; i < linesTried; i++) {
    const line = await cursor.restOfLine();
    if (line === undefined) return false;
    const first = line.bytes?.[0];
    if (first !== 0x7b && first !== 0x5b) continue;
    const parsed = parseValue(line, "");
    if (!("value" in parsed)) continue;
    const { value } = parsed;
    if (Array.isArray(value) ? value.some(isTurn) : isObject(value) && Object.keys(value).length > 0) return true;
  }
  return false;
}
