import path from "node:path";
import { InputError } from "../../errors.js";
import type { Dialect } from "../ingest/csv-dialect.js";
import { type CsvTable, openCsv } from "../ingest/csv.js";
import type { ImportFormat, ImportRow } from "./format.js";

const delimiters = [",", ";", "\t", "|"] as const;

/**
 * Tables as text. As in Kiln (kiln_ai/utils/dataset_import.py) the first row names the columns and rows are counted from
 * it; encoding, delimiter and quotes are found out.
 */
export const csv: ImportFormat = {
  name: "csv",
  extensions: [".csv", ".tsv", ".tab"],
  async open(file, wanted) {
    const table = await openCsv({ path: file, file, extension: path.extname(file).toLowerCase() });
    const { dialect, columns } = await headerOf(table, wanted, file);
    const twice = columns.find((name, i) => name !== "" && columns.indexOf(name) !== i);
    if (twice !== undefined)
      throw new InputError(`${file}: two columns are called "${twice}"`, { remedy: "give each a name of its own" });
    return {
      columns,
      warnings: () => {
        const lost = table.lost();
        const guessed = table.warnings.map((text) => `${file}: ${text}`);
        return lost === 0 ? guessed : [...guessed, `${file}: ${lost} characters are unreadable and stand as U+FFFD`];
      },
      async *rows() {
        let number = 0;
        for await (const { cells } of table.rows(dialect)) if (++number > 1) yield rowOf(columns, cells, number);
      },
    };
  },
};

/** The delimiter that gives the most of the wanted columns; where that makes no difference, the one that was found out. */
async function headerOf(
  table: CsvTable,
  wanted: readonly string[],
  file: string,
): Promise<{ dialect: Dialect; columns: string[] }> {
  const found: Dialect = { ...table.dialect, hasHeader: false };
  let best: { dialect: Dialect; columns: string[]; count: number } | undefined;
  for (const delimiter of new Set([found.delimiter, ...delimiters])) {
    const dialect = { ...found, delimiter };
    const columns = await firstRow(table, dialect);
    if (columns === undefined) continue;
    const count = columns.filter((name) => wanted.includes(name)).length;
    if (best === undefined || count > best.count) best = { dialect, columns, count };
  }
  if (best === undefined)
    throw new InputError(`${file}: it is empty`, { remedy: "its first row names the columns: input,output" });
  return best;
}

async function firstRow(table: CsvTable, dialect: Dialect): Promise<string[] | undefined> {
  for await (const { cells } of table.rows(dialect)) return cells.map((name) => name.trim());
  return undefined;
}

function rowOf(columns: readonly string[], cells: readonly string[], number: number): ImportRow {
  const at = { number, where: `row ${number}` };
  const beyond = cells.slice(columns.length);
  if (beyond.some((cell) => cell !== ""))
    return {
      ...at,
      reason: `it has ${cells.length} cells, and there are ${columns.length} columns: a delimiter or a quote in a text may not be quoted`,
      text: JSON.stringify(cells),
    };
  const named = columns.flatMap((name, i) =>
    cells[i] === undefined || name === "" ? [] : [[name, cells[i]] as const],
  );
  return { ...at, value: Object.fromEntries(named) };
}
