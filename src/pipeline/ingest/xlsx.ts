import { stat, readFile } from "node:fs/promises";
import { InputError, messageOf, QuernError } from "../../errors.js";
import type { ParsedDocument } from "../document.js";
import type { ParseOptions, ParserSource, RowParser } from "./parser.js";
import { columnsOf, documentsOfRows, Problems, type Row } from "./rows.js";
import { headerOf, type Table, wholeTable } from "./whole-table.js";
import { documentZipLimits, ZipArchive } from "./zip.js";

const mediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** The library holds the whole of a workbook, and each cell as a value: more would take gigabytes. */
const zipLimits = { ...documentZipLimits, entryBytes: 128 * 2 ** 20, totalBytes: 256 * 2 ** 20 };
const largestFile = 256 * 2 ** 20;

/**
 * Workbooks: a document per row where a column is named, or one of the usual names holds the text, or the sheets are
 * large; otherwise one document with each sheet as a Markdown table under its name.
 */
export const xlsxParser: RowParser = {
  name: "XLSX",
  extensions: [".xlsx", ".xlsm"],
  mediaTypes: [mediaType, "application/vnd.ms-excel.sheet.macroenabled.12"],
  rows: (source, options) => sheetRows(source, options),
};

async function* sheetRows(
  source: ParserSource,
  { columns: wanted = [] }: ParseOptions,
): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path } = source;
  const { sheets, warnings } = await sheetsOf(source);
  const tables = sheets.flatMap(({ name, rows }) => tableOf(name, rows));
  if (tables.length === 0)
    throw new InputError(`${path}: there are no cells with text in it`, { remedy: "Leave it out." });
  const known = [...new Set(tables.flatMap(({ columns }) => columns))];
  const usual = columnsOf(known, wanted, path);
  const table = usual === undefined ? wholeTable(tables) : undefined;
  if (table !== undefined) return yield { ...table, mediaType, warnings };
  const problems = new Problems();
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    let number = 0;
    for (const { name, columns, rows: cells } of tables)
      for (const row of cells) {
        number++;
        const values = Object.fromEntries(row.map((cell, index) => [columns[index] ?? `column ${index + 1}`, cell]));
        yield { number, values, ...(name === undefined ? {} : { heading: name }) };
      }
    await Promise.resolve();
  }
  yield* documentsOfRows(rows(), { path, mediaType, wanted, known, problems, warnings });
}

interface Sheet {
  name: string;
  rows: string[][];
}

async function sheetsOf({ path, file }: ParserSource): Promise<{ sheets: Sheet[]; warnings: string[] }> {
  const { size } = await stat(file);
  if (size > largestFile)
    throw new InputError(`${path}: it has ${Math.round(size / 2 ** 20)} MB, more than is read of a workbook`, {
      remedy: "Save its sheets as CSV, which may be of any size.",
    });
  const bytes = await readFile(file);
  if (bytes.subarray(0, 4).toString("latin1") === "\u00d0\u00cf\u0011\u00e0")
    throw new InputError(`${path}: it is protected by a password, or a workbook of the old format (.xls)`, {
      remedy: "Open it in a spreadsheet program and save it as .xlsx without a password.",
    });
  const hidden = await checkParts(bytes, path);
  let given: { sheet: string; data: unknown[][] }[];
  try {
    const { default: readWorkbook } = await import("read-excel-file/node");
    given = await readWorkbook(bytes, { parseNumber: exactNumber });
  } catch (cause) {
    throw cause instanceof QuernError ? cause : damaged(path, cause);
  }
  const sheets = given.map(({ sheet, data }) => ({ name: sheet, rows: data.map((row) => row.map(cellText)) }));
  const seen = sheets.filter(({ name }) => !hidden.includes(name));
  const left = hidden.filter((name) => sheets.some((one) => one.name === name));
  // A workbook of which all is hidden is meant to be read all the same.
  if (seen.length === 0) return { sheets, warnings: [] };
  return {
    sheets: seen,
    warnings: left.length === 0 ? [] : [`hidden sheets are left out: ${left.join(", ")}`],
  };
}

function damaged(path: string, cause: unknown): InputError {
  return new InputError(`${path}: it cannot be read as a workbook: ${messageOf(cause)}`, {
    cause,
    remedy: "Open it in a spreadsheet program and save it again as .xlsx.",
  });
}

/**
 * Unpacks all that the library will unpack, within limits.
 *
 * @returns the names of hidden sheets
 * @throws {InputError} when it is no workbook, is damaged, or unpacks to too much
 */
async function checkParts(bytes: Uint8Array, path: string): Promise<string[]> {
  const zip = await ZipArchive.open(bytes, path, zipLimits);
  let workbook: Buffer | undefined;
  for (const { name } of zip.entries) {
    if (!/\.xml$|\.rels$/.test(name)) continue;
    const part = await zip.read(name);
    if (/^(?:\/)?xl\/workbook\.xml$/.test(name)) workbook = part;
  }
  if (workbook === undefined)
    throw new InputError(`${path}: it is no workbook, whatever its name says`, {
      remedy: "Name it by what it is, or save it again as .xlsx.",
    });
  const tags = workbook.toString("utf8").match(/<(?:\w+:)?sheet\s[^>]*>/g) ?? [];
  return tags.flatMap((tag) => {
    const name = /\bname\s*=\s*(["'])(.*?)\1/.exec(tag)?.[2];
    return name !== undefined && /\bstate\s*=\s*["'](?:hidden|veryHidden)["']/.test(tag) ? [unescaped(name)] : [];
  });
}

function unescaped(text: string): string {
  return text
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, code: string) =>
      String.fromCodePoint(parseInt(code, hex ? 16 : 10)),
    )
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, "&");
}

/** Numbers as people see them: 0.1 and not its nearest binary fraction, and long integers with all their digits. */
function exactNumber(text: string): string {
  const number = Number(text);
  if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) return text;
  // Programs write 17 digits, where 15 are exact.
  return String(Number(number.toPrecision(15)));
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return dateText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Dates as ISO 8601 has them; the time only where there is one, and alone where the day is that of mere times. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  // Fractions of days become times that are off by some milliseconds.
  const [day = "", time = ""] = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().split("T");
  const clock = time.slice(0, 8).replace(/:00$/, "");
  if (/^(?:1899-12-3[01]|1900-01-0[01]|1904-01-01)$/.test(day)) return clock;
  return clock === "00:00" ? day : `${day} ${clock}`;
}

/** A sheet as a table: rows and columns without any text are left out, and the first row may name the columns. */
function tableOf(name: string, cells: readonly string[][]): Table[] {
  const filled = cells.filter((row) => row.some((cell) => cell.trim() !== ""));
  if (filled.length === 0) return [];
  const width = Math.max(...filled.map(({ length }) => length));
  const used = Array.from({ length: width }, (_, index) => index).filter((index) =>
    filled.some((row) => (row[index] ?? "").trim() !== ""),
  );
  const rows = filled.map((row) => used.map((index) => row[index] ?? ""));
  const { names, isHeader } = headerOf(rows);
  return [{ name, columns: names, rows: isHeader ? rows.slice(1) : rows }];
}
