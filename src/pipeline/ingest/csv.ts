import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { InputError, messageOf } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import { dialectOf, type Dialect } from "./csv-dialect.js";
import { decodeFile } from "./encoding-stream.js";
import { lostSentence } from "./jsonl.js";
import type { ParseOptions, ParserSource, RowParser } from "./parser.js";
import { columnsOf, documentsOfRows, Problems, type Row } from "./rows.js";
import { wholeTable, wholeTableLimits } from "./whole-table.js";

/** Characters of one row; a quote that is never closed would otherwise take the rest of the file into it. */
const longestRow = 32 * 1024 * 1024;
/** Characters from which delimiter, quote and header are found out. */
const sampleLength = 256 * 1024;
const mediaType = "text/csv";

/**
 * Tables as text, with any delimiter and quote: a document per row where a column is named, or one of the usual names
 * holds the text, or the table is large; otherwise one document with the whole as a Markdown table.
 */
export const csvParser: RowParser = {
  name: "CSV",
  extensions: [".csv", ".tsv", ".tab"],
  mediaTypes: [mediaType, "text/tab-separated-values", "application/csv", "text/x-csv"],
  rows: (source, options) => csvRows(source, options),
};

/** A table as its file has it. */
export interface CsvTable {
  dialect: Dialect;
  /** What the user should know before it is read: an encoding that was guessed. */
  warnings: readonly string[];
  /** Characters that could not be read so far. */
  lost: () => number;
  /** The rows without the header, or with it as the first; each call reads the file anew. */
  rows: (dialect?: Dialect) => AsyncGenerator<{ cells: string[] }, void, undefined>;
}

/**
 * Finds out a table's encoding and how it is written.
 * @param source `path` is for messages
 * @throws {InputError} when it is no text; from `rows()` where it is no table
 */
export async function openCsv({ path, file, extension }: ParserSource): Promise<CsvTable> {
  const decoded = await decodeFile(file, path);
  const sample = await beginningOf(decoded.pieces());
  const isAll = sample.length < sampleLength;
  const dialect = dialectOf(isAll ? sample : sample.slice(0, sample.lastIndexOf("\n") + 1) || sample, extension);
  return {
    dialect,
    warnings: decoded.warnings,
    lost: decoded.lost,
    rows: (other = dialect) => recordsOf(decoded.pieces(), other, path),
  };
}

async function* csvRows(
  source: ParserSource,
  { columns: wanted = [] }: ParseOptions,
): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path, file } = source;
  const table = await openCsv(source);
  const { size } = await stat(file);
  const warnings = [...table.warnings];
  const problems = new Problems();
  const closing = () => lostSentence(table.lost());

  const known = table.dialect.header;
  const chosen = columnsOf(known, wanted, path);
  if (chosen === undefined && size <= wholeTableLimits.bytes) {
    const rows: string[][] = [];
    for await (const { cells } of table.rows()) rows.push(cells);
    const whole = wholeTable([{ columns: known, rows }]);
    if (whole !== undefined) {
      noteRagged(rows, known, problems);
      const all = [...warnings, ...problems.sentences, ...closing()];
      return yield { ...whole, mediaType, warnings: all };
    }
  }
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    let number = 0;
    for await (const { cells } of table.rows()) {
      number++;
      noteWidth(cells, known, problems, number);
      yield { number, values: named(known, cells) };
    }
  }
  yield* documentsOfRows(rows(), { path, mediaType, wanted, known, problems, warnings, closing });
}

function noteRagged(rows: readonly string[][], known: readonly string[], problems: Problems): void {
  for (const [index, cells] of rows.entries()) noteWidth(cells, known, problems, index + 1);
}

function noteWidth(cells: readonly string[], known: readonly string[], problems: Problems, number: number): void {
  if (cells.length !== known.length && !(cells.length === 1 && cells[0] === ""))
    problems.add("with more or fewer cells than the table has columns", `row ${number}`);
}

/** A row by the names of the columns; cells beyond them get names of their own. */
function named(known: readonly string[], cells: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(cells.map((cell, index) => [known[index] ?? `column ${index + 1}`, cell]));
}

async function beginningOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) {
    text += piece;
    if (text.length >= sampleLength) return text.slice(0, sampleLength);
  }
  return text;
}

/** Rows without the header, as they are read. */
async function* recordsOf(
  pieces: AsyncIterable<string>,
  dialect: Dialect,
  path: string,
): AsyncGenerator<{ cells: string[] }, void, undefined> {
  const parser = parse({
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    escape: dialect.escape,
    record_delimiter: [...dialect.lineEnds],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    bom: true,
    max_record_size: longestRow,
  });
  const input = Readable.from(withoutLines(pieces, dialect.linesBefore), { objectMode: false });
  input.on("error", (error) => parser.destroy(error));
  input.pipe(parser);
  let isHeader = dialect.hasHeader;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (isHeader) isHeader = false;
      else yield { cells };
    }
  } catch (cause) {
    throw csvProblem(path, cause);
  } finally {
    input.destroy();
    parser.destroy();
  }
}

function csvProblem(path: string, cause: unknown): unknown {
  if (!(cause instanceof CsvError)) return cause;
  const line = "lines" in cause && typeof cause.lines === "number" ? cause.lines : undefined;
  const where = line === undefined ? "" : ` (line ${line})`;
  if (cause.code === "CSV_QUOTE_NOT_CLOSED" || cause.code === "CSV_MAX_RECORD_SIZE")
    return new InputError(
      `${path}: a quoted cell is opened and not closed, or has more than ${longestRow / 2 ** 20} million characters${where}`,
      {
        cause,
        remedy: "Close the quote, or double quotes that belong to the text.",
      },
    );
  return new InputError(`${path}: it cannot be read as a table${where}: ${messageOf(cause)}`, {
    cause,
    remedy: "Save it again as CSV in UTF-8.",
  });
}

/** Leaves out the first lines, which say something about the file and are no rows. */
async function* withoutLines(pieces: AsyncIterable<string>, count: number): AsyncGenerator<string, void, undefined> {
  let left = count;
  for await (const piece of pieces) {
    let text = piece;
    while (left > 0) {
      const end = text.search(/\r\n?|\n/);
      if (end === -1) break;
      text = text.slice(end).replace(/^(?:\r\n?|\n)/, "");
      left--;
    }
    if (left === 0 && text !== "") yield text;
  }
}
