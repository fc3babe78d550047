import type { ParsedDocument } from "../document.js";
import { messageOf } from "../../errors.js";
import { decodeFile } from "./encoding-stream.js";
import { linesOf } from "./lines.js";
import type { ParseOptions, ParserSource, RowParser } from "./parser.js";
import { documentsOfRows, Problems, type Row } from "./rows.js";

/** Characters of one line; a longer one would take several times as much memory. */
export const longestLine = 32 * 1024 * 1024;

/** JSON Lines: a document per line, read line by line, so that a file may be of any size. */
export const jsonlParser: RowParser = {
  name: "JSON Lines",
  extensions: [".jsonl", ".ndjson"],
  mediaTypes: ["application/jsonl", "application/x-ndjson", "application/ndjson", "application/x-jsonlines"],
  rows: (source, options) => jsonLines(source, options),
};

/**
 * The rows of a file of JSON Lines. A line that is no JSON, or is too long, is counted with its number and left out.
 *
 * @throws {InputError} when the file holds binary data, has no such column, or not one usable line
 */
export async function* jsonLines(
  source: ParserSource,
  { columns = [] }: ParseOptions,
): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path, file } = source;
  const problems = new Problems();
  const decoded = await decodeFile(file, path);
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    for await (const { number, text, isTooLong } of linesOf(decoded.pieces(), longestLine)) {
      const where = `line ${number}`;
      if (isTooLong) problems.add(`longer than ${longestLine / 2 ** 20} million characters left out`, where);
      else if (text.trim() !== "") {
        const values = valuesOf(text, (what) => problems.add(what, where));
        if (values !== undefined) yield { number, values };
      }
    }
  }
  yield* documentsOfRows(rows(), {
    path,
    mediaType: "application/jsonl",
    wanted: columns,
    problems,
    warnings: decoded.warnings,
    closing: () => lostSentence(decoded.lost()),
  });
}

/** What to say of characters that could not be read. */
export function lostSentence(lost: number): string[] {
  return lost === 0 ? [] : [`${lost} characters are unreadable and stand as U+FFFD`];
}

function valuesOf(line: string, problem: (what: string) => void): Row["values"] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    problem(
      `that is no JSON left out: ${messageOf(error).replace(/ in JSON at position.*| \(line.*|, "?.{0,40}\.\.\..*/s, "")}`,
    );
    return undefined;
  }
  return rowValues(value);
}

/** A value of JSON as a row: an object by its keys, a list by the places in it, anything else as a text. */
export function rowValues(value: unknown): Row["values"] {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  return typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
}
