/** How a table of text is written: what parts its cells and quotes them, and whether its first row names the columns. */
import { parse } from "csv-parse/sync";
import { headerOf } from "./whole-table.js";

export interface Dialect {
  delimiter: string;
  /** Null where nothing is quoted. */
  quote: string | null;
  /** What makes a quote within a quoted cell part of it. */
  escape: string;
  lineEnds: readonly string[];
  /** Lines before the table: `sep=;`, as spreadsheets read and write it. */
  linesBefore: number;
  hasHeader: boolean;
  /** Names of the columns: of the header, or by their places. */
  header: string[];
}

const delimiters = [",", ";", "\t", "|"] as const;
/** Rows by which a dialect is judged. */
const judged = 200;

/**
 * @param sample the text's beginning, up to the end of a line
 * @param extension of the file: `.tsv` has tabs wherever there are any
 */
export function dialectOf(sample: string, extension: string): Dialect {
  const declared = /^\ufeff?sep=(.)(?:\r\n?|\n)/i.exec(sample);
  const text = declared === null ? sample : sample.slice(declared[0].length);
  const quote = quoteOf(text);
  const how = { quote, escape: escapeOf(text, quote), lineEnds: lineEndsOf(text) };
  const isTabbed = extension !== ".csv" && text.includes("\t");
  const candidates = declared !== null ? [declared[1]!] : isTabbed ? ["\t"] : delimiters;
  const best = candidates
    .map((delimiter) => ({ delimiter, rows: rowsOf(text, { ...how, delimiter }) }))
    .map((one) => ({ ...one, score: evenness(one.rows) }))
    .reduce((one, other) => (other.score > one.score ? other : one));
  const { names, isHeader } = headerOf(best.rows);
  return {
    ...how,
    delimiter: best.delimiter,
    linesBefore: declared === null ? 0 : 1,
    hasHeader: isHeader,
    header: names,
  };
}

/** Line ends as they are; a lone `\r`, of old programs, only where there are no others. */
function lineEndsOf(text: string): string[] {
  return text.includes("\n") ? ["\r\n", "\n"] : text.includes("\r") ? ["\r"] : ["\n"];
}

/** The single quote counts only where cells begin and end with it and none does with the double one. */
function quoteOf(text: string): string {
  const count = (mark: string) =>
    text.match(new RegExp(`(?:^|[,;\\t|])[ ]?${mark}[^${mark}\\n]*${mark}(?=[,;\\t|\\r\\n]|$)`, "gm"))?.length ?? 0;
  return count('"') === 0 && count("'") > 1 ? "'" : '"';
}

/** A backslash, where quotes are never doubled, and one stands where it cannot end a cell that ends with a backslash. */
function escapeOf(text: string, quote: string): string {
  const isWithin = new RegExp(`\\\\${quote}(?![,;\\t|\\r\\n]|$)`).test(text);
  return isWithin && !text.includes(`${quote}${quote}`) ? "\\" : quote;
}

function rowsOf(text: string, how: Pick<Dialect, "delimiter" | "quote" | "escape" | "lineEnds">): string[][] {
  try {
    return parse(text, {
      delimiter: how.delimiter,
      quote: how.quote,
      escape: how.escape,
      record_delimiter: [...how.lineEnds],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      bom: true,
      to: judged,
    });
  } catch {
    // A sample may end within a quoted cell; what comes before it tells enough.
    return text
      .split(/\r\n?|\n/)
      .slice(0, judged)
      .filter((line) => line !== "")
      .map((line) => line.split(how.delimiter));
  }
}

/** How well a delimiter explains rows: the share that has the most common number of cells, and a little for more cells. */
function evenness(rows: readonly (readonly string[])[]): number {
  const widths = new Map<number, number>();
  for (const { length } of rows) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [width, times] = [...widths].reduce<[number, number]>((a, b) => (b[1] > a[1] ? b : a), [1, 0]);
  return width < 2 ? 0 : times / rows.length + Math.min(width, 20) / 1000;
}
