import { readFile, stat } from "node:fs/promises";
import { InputError, messageOf } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { cleanText } from "./clean.js";
import { decode } from "./encoding.js";
import { decodeFile } from "./encoding-stream.js";
import { elementsOf, outlineOf } from "./json-stream.js";
import { readable } from "./json-text.js";
import { jsonLines, lostSentence, rowValues } from "./jsonl.js";
import type { ParseOptions, ParserSource, RowParser } from "./parser.js";
import { documentsOfRows, Problems, type Row } from "./rows.js";

/** Bytes of a file that is parsed at once; parsed, it takes several times as much memory. A larger one is streamed. */
const mostAtOnce = 32 * 1024 * 1024;
const mediaType = "application/json";

/**
 * JSON: a document per element of an array of objects or texts, be it the whole or the only array of an object; any other
 * JSON is one document.
 */
export const jsonParser: RowParser = {
  name: "JSON",
  extensions: [".json"],
  mediaTypes: [mediaType, "text/json"],
  async *rows(source, options) {
    const { size } = await stat(source.file);
    yield* size > mostAtOnce ? large(source, options) : small(source, options);
  },
};

async function* small(source: ParserSource, options: ParseOptions): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path, file } = source;
  const { text, warnings } = await decode(await readFile(file), path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // Many files of JSON Lines are called .json.
    if (isFirstLineJson(text)) return yield* jsonLines(source, options);
    throw notJson(path, cause);
  }
  const list = listIn(value);
  if (list === undefined) return yield whole(value, path, warnings, options);
  yield* documentsOfRows(rowsOf(list), {
    path,
    mediaType,
    wanted: options.columns ?? [],
    problems: new Problems(),
    warnings,
  });
}

function isFirstLineJson(text: string): boolean {
  const first = text.trimStart().split("\n", 1)[0] ?? "";
  try {
    return typeof JSON.parse(first) === "object";
  } catch {
    return false;
  }
}

function notJson(path: string, cause: unknown): InputError {
  return new InputError(`${path}: it is not valid JSON: ${messageOf(cause)}`, {
    cause,
    remedy: "Mend the file; it may have been cut short.",
  });
}

/** The list of documents that a value is or holds. */
function listIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return isListOfRows(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const lists = Object.values(value).filter((one): one is unknown[] => Array.isArray(one) && isListOfRows(one));
  const nested = Object.values(value).filter((one) => typeof one === "object" && one !== null);
  return lists.length === 1 && nested.length === 1 ? lists[0] : undefined;
}

/** Whether the elements are objects or texts, apart from nulls. */
function isListOfRows(list: readonly unknown[]): boolean {
  const isRow = (one: unknown) => typeof one === "string" || (typeof one === "object" && !Array.isArray(one));
  return list.some((one) => one !== null) && list.every(isRow);
}

async function* rowsOf(list: readonly unknown[]): AsyncGenerator<Row, void, undefined> {
  for (const [index, value] of list.entries()) yield { number: index + 1, values: rowValues(value) };
  await Promise.resolve();
}

function whole(value: unknown, path: string, warnings: string[], { columns = [] }: ParseOptions): ParsedDocument {
  if (columns.length > 0)
    throw new InputError(`${path}: it has no rows, so no column "${columns[0]!}"`, {
      remedy: "Rows are the elements of an array of objects; leave --column out to read it as one document.",
    });
  const text = cleanText(readable(value)).trim();
  if (text === "") throw new InputError(`${path}: there is no text in it`, { remedy: "Leave it out." });
  return { text, sections: [{ start: 0, end: text.length }], mediaType, warnings };
}

async function* large(source: ParserSource, options: ParseOptions): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path, file } = source;
  const decoded = await decodeFile(file, path);
  const outline = await outlineOf(decoded.pieces());
  if (outline.kind === "lines") return yield* jsonLines(source, options);
  if (outline.kind === "other")
    throw new InputError(`${path}: it is JSON of more than ${mostAtOnce / 2 ** 20} MB that is no list of documents`, {
      remedy: "Split it, or make it JSON Lines: one document per line.",
    });
  const problems = new Problems();
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    let number = 0;
    try {
      for await (const value of elementsOf(decoded.pieces(), outline.kind === "list" ? outline.key : undefined))
        yield { number: ++number, values: rowValues(value) };
    } catch (cause) {
      throw cause instanceof InputError ? cause : notJson(`${path}: after ${number} elements`, cause);
    }
  }
  yield* documentsOfRows(rows(), {
    path,
    mediaType,
    wanted: options.columns ?? [],
    problems,
    warnings: decoded.warnings,
    closing: () => lostSentence(decoded.lost()),
  });
}
