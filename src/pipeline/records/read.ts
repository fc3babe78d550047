/**
 * Reads files of records: quern's own, synthetic-data-kit's, plain lists, saved datasets; JSON in one of the known
 * shapes, or JSON Lines. Memory does not grow with the file.
 */
import { z } from "zod";
import { InputError, messageOf } from "../../errors.js";
import { type Owner, reportEnding } from "../files/names.js";
import { isTurn } from "./chat.js";
import {
  BrokenJson,
  type ByteSource,
  byteSource,
  type FoundValue,
  JsonCursor,
  levelsOf,
  parseValue,
} from "./read-bytes.js";
import { isConversation, recordIn, type StoredRecord } from "./read-shapes.js";
import { notJson, type Place, type RecordKind, recordKeys, type Survey, survey } from "./read-survey.js";

export type { ChatTurn, Role, ToolCall } from "./chat.js";
export type { StoredRecord } from "./read-shapes.js";
export type { RecordKind } from "./read-survey.js";

/** A record that cannot be used: where it stands in the file, from 0, and why. */
export interface UnusableRecord {
  index: number;
  reason: string;
  /** As it stood in the file; undefined where it cannot be parsed. */
  raw: unknown;
  /** The file that it stands in, where each record has its own. */
  file?: string;
}

export type ReadRecord = { record: StoredRecord } | { unusable: UnusableRecord };

/** A file of records that is read piece by piece. */
export interface RecordFile {
  kind: RecordKind;
  /** Other keys of the file: summary, source. */
  rest: Readonly<Record<string, unknown>>;
  /** Other keys that hold records of their own, which are not read: `cot_examples` beside `qa_pairs`. */
  passedOver: readonly string[];
  /** The records in the order of the file, those that cannot be used among them; can be asked for more than once. */
  records(): AsyncIterable<ReadRecord>;
  /** What the user should know of the records that were read last, once all of them were. */
  notes?(): readonly string[];
}

export interface ReadOptions {
  /** Whether `rest` is wanted; it holds the texts of all chunks, which can be much. Yes where absent. */
  rest?: boolean;
}

/** A value of a file that may be of any shape: where it stands, and what it is or why it cannot be read. */
export type FileElement = { line: number } & ({ value: unknown } | { reason: string; bytes: Buffer | undefined });

/** A file of JSON or JSON Lines whose elements need not be records. */
export interface ElementFile {
  /** Whether elements are lines of the file. */
  isLines: boolean;
  /** Other keys of the file that hold records of their own, which are not read. */
  passedOver: readonly string[];
  /** In the order of the file; can be asked for more than once. */
  elements(): AsyncIterable<FileElement>;
}

export interface StoredRecords {
  kind: RecordKind;
  records: StoredRecord[];
  /** Records that cannot be used: where, and why. */
  unusable: UnusableRecord[];
  /** Other keys of the file: summary, source. */
  rest: Readonly<Record<string, unknown>>;
}

const remedy = "give a file made by `quern create` or `quern curate`";

/** How many elements of a list are looked at to tell what kind of records it holds. */
const elementsTried = 100;

/**
 * Opens a file of records: JSON in one of the known shapes, or JSON Lines.
 *
 * JSON is looked through once before any record is given, so what is cut off is known at the start. One line of JSON
 * Lines that is broken is a record that cannot be used; the others are given. The last of equal keys counts.
 * @throws {InputError} when the file cannot be read, is not JSON or has no records that can be used; from `records()`
 *   where commas or brackets are wrong between records
 */
export async function openRecords(file: string, options: ReadOptions = {}): Promise<RecordFile> {
  try {
    const source = await byteSource(file);
    const found = await survey(source, file);
    if (found.layout === "unknown")
      throw new InputError(
        `${file}: No QA pairs or CoT examples found: Unrecognized data format - expected QA pairs or conversations`,
        { remedy },
      );
    const layout = await settle(source, found);
    const elements = () => guard(file, elementsOf(source, layout));
    const kind = await kindOf(file, layout, elements);
    const others = layout.layout === "object" ? layout.others : new Map<string, Place>();
    return {
      kind,
      rest: options.rest === false ? {} : await restOf(source, others, file),
      passedOver: passedOverIn(others),
      async *records() {
        let index = 0;
        for await (const element of elements()) yield readElement(element, index++);
      },
    };
  } catch (error) {
    throw asInputError(file, error);
  }
}

/**
 * Opens a file whose elements are looked at by others: the lines of JSON Lines, the elements of a list, of the list in an
 * object under one of the known keys, or one object alone.
 * @throws {InputError} when the file cannot be read, is not JSON or holds neither objects nor a list; from `elements()`
 *   where commas or brackets are wrong between elements
 */
export async function openElements(file: string): Promise<ElementFile> {
  try {
    const source = await byteSource(file);
    const found = await survey(source, file);
    if (found.layout === "unknown" && found.place === undefined)
      throw new InputError(`${file}: it holds no objects`, { remedy: "give JSON Lines, or a list of objects" });
    const layout: Settled =
      found.layout === "unknown" ? { layout: "single", place: found.place! } : await settle(source, found);
    const others = layout.layout === "object" ? layout.others : new Map<string, Place>();
    return {
      isLines: layout.layout === "lines",
      passedOver: passedOverIn(others),
      elements: () => guard(file, elementsOf(source, layout)),
    };
  } catch (error) {
    throw asInputError(file, error);
  }
}

/**
 * Reads a whole file of records at once; {@link openRecords} for files that may be large.
 * @throws {InputError} when the file cannot be read, is not JSON or has no records
 */
export async function readRecords(file: string): Promise<StoredRecords> {
  const opened = await openRecords(file);
  const stored: StoredRecords = { kind: opened.kind, records: [], unusable: [], rest: opened.rest };
  for await (const one of opened.records())
    if ("record" in one) stored.records.push(one.record);
    else stored.unusable.push(one.unusable);
  return stored;
}

/** Which document the records of a file were made from, or undefined where there is no file or it does not say. */
export async function readSourceOf(file: string): Promise<Owner | undefined> {
  try {
    const source = await byteSource(file);
    const found = await survey(source, file);
    const place = "others" in found ? found.others.get("source") : undefined;
    if (place === undefined) return undefined;
    const { document, hash } = z
      .object({ document: z.string(), hash: z.string().optional() })
      .parse(await valueAt(source, place, file, "source"));
    return { source: document, hash };
  } catch {
    return undefined;
  }
}

/** Conversations beside other records are the same once more. */
function passedOverIn(others: ReadonlyMap<string, Place>): string[] {
  return recordKeys.filter((key) => others.has(key) && key !== "conversations");
}

type Settled = Exclude<Survey, { layout: "unknown" }>;

/** `{conversations: [turn, turn]}` is one record; `{conversations: [[turn, turn]]}` a list of them. */
async function settle(source: ByteSource, found: Settled): Promise<Settled> {
  if (found.layout !== "object" || found.key !== "conversations") return found;
  for await (const element of elementsOf(source, found))
    return "value" in element && isTurn(element.value) ? { layout: "single", place: found.whole } : found;
  return found;
}

async function* elementsOf(source: ByteSource, found: Settled): AsyncGenerator<FileElement, void, undefined> {
  if (found.layout === "lines") yield* linesOf(source);
  else if (found.layout === "single") {
    await using cursor = new JsonCursor(source, found.place.start, found.place.line);
    yield elementOf(await cursor.value(true), "");
  } else yield* listOf(source, found.place);
}

async function* linesOf(source: ByteSource): AsyncGenerator<FileElement, void, undefined> {
  await using cursor = new JsonCursor(source);
  await cursor.skipMark();
  // Blank lines are passed over with the white space before a value.
  while ((await cursor.peek()) !== -1) {
    const line = await cursor.restOfLine();
    if (line === undefined) return;
    const levels = line.bytes === undefined ? 0 : levelsOf(line.bytes);
    yield elementOf({ ...line, levels }, `line ${line.line}: `);
  }
}

function elementOf(found: FoundValue, where: string): FileElement {
  const { line, bytes } = found;
  const parsed = parseValue(found, where);
  return "value" in parsed ? { line, value: parsed.value } : { line, reason: parsed.reason, bytes };
}

async function* listOf(source: ByteSource, place: Place): AsyncGenerator<FileElement, void, undefined> {
  await using cursor = new JsonCursor(source, place.start, place.line);
  await cursor.take("[");
  if (await cursor.take("]")) return;
  for (;;) {
    const value = await cursor.value(true);
    if (value.end === value.start)
      throw new BrokenJson(`a value is missing in line ${cursor.line}`, cursor.line, false);
    yield elementOf(value, `line ${value.line}: `);
    if (await cursor.take(",")) continue;
    if (await cursor.take("]")) return;
    throw new BrokenJson(`"," or "]" expected in line ${cursor.line}`, cursor.line, false);
  }
}

function readElement(element: FileElement, index: number): ReadRecord {
  if ("reason" in element) return { unusable: { index, reason: element.reason, raw: undefined } };
  const record = recordIn(element.value);
  return typeof record === "string" ? { unusable: { index, reason: record, raw: element.value } } : { record };
}

/** @throws {InputError} when there is no record that can be used */
async function kindOf(file: string, found: Settled, elements: () => AsyncIterable<FileElement>): Promise<RecordKind> {
  let kind: RecordKind = found.layout === "object" && found.key !== "filtered_pairs" ? found.key : "qa_pairs";
  let index = 0;
  let usable = false;
  let firstReason: string | undefined;
  for await (const element of elements()) {
    const read = readElement(element, index++);
    if ("record" in read) usable = true;
    else firstReason ??= read.unusable.reason;
    if (found.layout !== "object" && "value" in element) {
      if (isConversation(element.value)) kind = "conversations";
      else if (kind === "qa_pairs" && "record" in read && read.record.reasoning !== undefined) kind = "cot_examples";
    }
    if (usable && (index >= elementsTried || found.layout === "object")) return kind;
  }
  if (usable) return kind;
  const why = firstReason === undefined ? "it is empty" : `none is usable: ${firstReason}`;
  throw new InputError(`${file}: No QA pairs or CoT examples found: ${why}`, { remedy });
}

/** The other keys of an object; lists of records and what a curation counted are not among them. */
async function restOf(
  source: ByteSource,
  others: ReadonlyMap<string, Place>,
  file: string,
): Promise<Record<string, unknown>> {
  const rest: Record<string, unknown> = {};
  for (const [key, place] of others)
    if (key !== "metrics" && !(recordKeys as readonly string[]).includes(key))
      Object.defineProperty(rest, key, {
        value: await valueAt(source, place, file, key),
        enumerable: true,
        writable: true,
        configurable: true,
      });
  return rest;
}

/** Most bytes of another key: what the runtime can hold as one text. */
const mostOtherBytes = 400 * 1024 * 1024;

async function valueAt(source: ByteSource, place: Place, file: string, key: string): Promise<unknown> {
  await using cursor = new JsonCursor(source, place.start, place.line);
  const value = await cursor.value(true, mostOtherBytes);
  const parsed = parseValue({ ...value, levels: 0 }, `line ${place.line}: `);
  if ("value" in parsed) return parsed.value;
  throw new InputError(`${file}: ${JSON.stringify(key)} cannot be read: ${parsed.reason}`, { remedy });
}

/** What goes wrong between records ends the reading with an error that names the file. */
async function* guard(
  file: string,
  elements: AsyncIterable<FileElement>,
): AsyncGenerator<FileElement, void, undefined> {
  try {
    yield* elements;
  } catch (error) {
    throw asInputError(file, error);
  }
}

function asInputError(file: string, error: unknown): unknown {
  if (error instanceof BrokenJson) return notJson(file, error);
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof InputError || code === undefined) return error;
  const missing = code === "ENOENT";
  return new InputError(missing ? `${file}: not found` : `${file} cannot be read: ${messageOf(error)}`, {
    remedy: "check the path",
    cause: error,
  });
}

/** A copy that lacks some keys. */
export function without(data: Readonly<Record<string, unknown>>, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/** Files that stand beside outputs and hold no records to read. */
const besideOutputs =
  /\.(dropped|provenance|failures)\.jsonl$|_summary\.json$|^(dataset_info|dataset_dict|state)\.json$/;

/** Whether a file may hold records, by its name: reports beside outputs do not, nor do summaries. */
export function isRecordFile(name: string): boolean {
  return /\.(json|jsonl|ndjson)$/i.test(name) && !name.endsWith(reportEnding) && !besideOutputs.test(name);
}
