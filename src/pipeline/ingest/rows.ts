/**
 * What files of rows have in common: which columns hold the text, how a row becomes a document, and what is said at the
 * end of those that did not.
 */
import { InputError } from "../../errors.js";
import { nearest } from "../../models/nearest.js";
import type { ParsedDocument } from "../document.js";
import { cleanText } from "./clean.js";
import { readable } from "./json-text.js";

/** A row as its file has it. */
export interface Row {
  /** From 1, in the file. */
  number: number;
  /** The values by the names of their columns, or a text that stands alone. */
  values: Readonly<Record<string, unknown>> | string;
  /** What stands above it: the name of its sheet. */
  heading?: string;
}

/** Columns of which one alone usually holds the text, when no other of them is there. */
const textColumns: readonly string[] = ["text", "content", "contents", "body", "document", "article", "passage"];
/** Columns that name the row. */
const titleColumns: readonly string[] = ["title", "heading", "headline", "subject"];

/** Counts of what was left out or is not as it should be, by what it is, with the first place of each. */
export class Problems {
  private readonly counts = new Map<string, { count: number; first: string }>();

  /**
   * @param what in words, for one and for many: `without text`
   * @param where the first time: `line 3`
   */
  add(what: string, where: string): void {
    const known = this.counts.get(what);
    if (known === undefined) this.counts.set(what, { count: 1, first: where });
    else known.count++;
  }

  /** A sentence each: `3 rows without text are left out (the first: row 7)`. */
  get sentences(): string[] {
    return [...this.counts].map(([what, { count, first }]) =>
      count === 1 ? `1 row ${what} (${first})` : `${count} rows ${what} (the first: ${first})`,
    );
  }
}

/**
 * Which columns hold the text.
 *
 * @param known the columns that there are
 * @param wanted those that the user named, in any case; none: the only one of the usual names, or all
 * @returns undefined for all columns
 * @throws {InputError} when a named column is not there; the message lists those that are
 */
export function columnsOf(known: readonly string[], wanted: readonly string[], path: string): string[] | undefined {
  if (wanted.length > 0) return wanted.map((name) => columnNamed(known, name, path));
  const usual = known.filter((name) => textColumns.includes(name.trim().toLowerCase()));
  return usual.length === 1 ? usual : undefined;
}

function columnNamed(known: readonly string[], wanted: string, path: string): string {
  const name = known.find((one) => one === wanted) ?? known.find((one) => sameName(one, wanted));
  if (name !== undefined) return name;
  const near = nearest(wanted, known)[0];
  throw new InputError(`${path}: it has no column "${wanted}"`, {
    remedy: `${near === undefined ? "" : `Did you mean "${near}"? `}${known.length === 0 ? "Its rows have no columns." : `Its columns are ${known.map((one) => `"${one}"`).join(", ")}.`}`,
  });
}

function sameName(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/**
 * The text of a row: a single column's value as it is, several as `name: value`, each on lines of its own.
 *
 * @param columns undefined for all
 */
export function textOfRow(values: Row["values"], columns: readonly string[] | undefined): string {
  if (typeof values === "string") return cleanText(values).trim();
  if (columns?.length === 1) return cleanText(readable(valueOf(values, columns[0]!))).trim();
  const names = columns ?? Object.keys(values);
  const lines = names.flatMap((name) => {
    const text = cleanText(readable(valueOf(values, name))).trim();
    if (text === "") return [];
    return [text.includes("\n") ? `${cleanText(name).trim()}:\n${text}` : `${cleanText(name).trim()}: ${text}`];
  });
  return lines.join("\n");
}

/** The value of a column; `a.b` also names b within a. */
function valueOf(values: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  let at: unknown = values;
  for (const key of name.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** The title that a row has beside its text. */
function titleOf(values: Row["values"], columns: readonly string[] | undefined): string | undefined {
  if (typeof values === "string" || columns === undefined) return undefined;
  const name = Object.keys(values).find((one) => titleColumns.includes(one.trim().toLowerCase()));
  if (name === undefined || columns.includes(name)) return undefined;
  const value = values[name];
  const title = typeof value === "string" ? cleanText(value).replace(/\s+/g, " ").trim() : "";
  return title === "" || title.length > 200 ? undefined : title;
}

/** Rows that are looked at for their columns before the first is given, and characters of them. */
const lookahead = { rows: 100, characters: 4_000_000 };

export interface RowsOptions {
  path: string;
  mediaType: string;
  /** Columns that the user named; none: those that hold the text by their names. */
  wanted: readonly string[];
  /** All columns, where the file says them at its beginning. */
  known?: readonly string[];
  problems: Problems;
  /** What to say with the first document. */
  warnings?: readonly string[];
  /** Asked at the end for what else is to be said. */
  closing?: () => readonly string[];
}

/**
 * Turns rows into documents as they come; a few rows are held back to learn the columns, and one to have the warnings.
 *
 * @throws {InputError} when a named column is not there, or not one row has text
 */
export async function* documentsOfRows(
  rows: AsyncIterable<Row>,
  options: RowsOptions,
): AsyncGenerator<ParsedDocument, void, undefined> {
  const { path, mediaType, problems, wanted } = options;
  let held: ParsedDocument | undefined;
  let warnings = [...(options.warnings ?? [])];
  const iterator = rows[Symbol.asyncIterator]();
  try {
    const first: Row[] = [];
    let characters = 0;
    let end = false;
    while (!end && first.length < lookahead.rows && characters < lookahead.characters) {
      const next = await iterator.next();
      if (next.done === true) end = true;
      else {
        first.push(next.value);
        characters += sizeOf(next.value.values);
      }
    }
    const known = options.known ?? namesIn(first);
    const dotted = wanted.filter((name) =>
      first.some((row) => typeof row.values !== "string" && valueOf(row.values, name) !== undefined),
    );
    const columns = first.length === 0 ? undefined : columnsOf([...known, ...dotted], wanted, path);
    for (;;) {
      const next =
        first.shift() ??
        (end ? undefined : await iterator.next().then((one) => (one.done === true ? undefined : one.value)));
      if (next === undefined) break;
      const text = textOfRow(next.values, typeof next.values === "string" ? undefined : columns);
      if (text === "") {
        problems.add("without text left out", `row ${next.number}`);
        continue;
      }
      const heading = titleOf(next.values, columns) ?? next.heading;
      if (held !== undefined) yield held;
      held = {
        text,
        sections: [{ start: 0, end: text.length, ...(heading === undefined ? {} : { heading }) }],
        mediaType,
        warnings,
        row: next.number,
      };
      warnings = [];
    }
  } finally {
    await iterator.return?.();
  }
  const closing = [...problems.sentences, ...(options.closing?.() ?? [])];
  if (held === undefined)
    throw new InputError(
      `${path}: there is no row with text in it${closing.length === 0 ? "" : `: ${closing.join("; ")}`}`,
      {
        remedy: "Check the file, and the column where one was named.",
      },
    );
  yield { ...held, warnings: [...held.warnings, ...closing] };
}

function namesIn(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ values }) => (typeof values === "string" ? [] : Object.keys(values))))];
}

/** About how many characters a row has. */
function sizeOf(values: Row["values"]): number {
  if (typeof values === "string") return values.length;
  return Object.values(values).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 100),
    0,
  );
}

/**
 * Writes rows as a Markdown table with the columns as its header.
 *
 * @returns lines joined by `\n`
 */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${columns.map((_, index) => cellOf(cells[index] ?? "")).join(" | ")} |`;
  return [line(columns), `|${" --- |".repeat(columns.length)}`, ...rows.map(line)].join("\n");
}

function cellOf(text: string): string {
  return cleanText(text).replace(/\s+/g, " ").trim().replace(/\|/g, "\\|");
}
