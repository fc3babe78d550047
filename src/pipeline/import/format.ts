/** The contract of a format that rows are taken in from. A new format is one file and one line in `index.ts`. */

/** A row of a file. */
export type ImportRow = {
  /** Its number as messages say it: of a table the header is row 1; of lines the line; else from 1. */
  number: number;
  /** In words: `row 7`, `line 7`, `record 7`. */
  where: string;
} & (
  | { value: unknown }
  /** `text`: as it stood in the file, where that can be told. */
  | { reason: string; text?: string }
);

export interface RowFile {
  /** The columns, where the file says so before its rows. */
  columns?: readonly string[];
  /** What the user should know; complete once the rows were read. */
  warnings(): readonly string[];
  /** In the order of the file; can be asked for more than once. */
  rows(): AsyncIterable<ImportRow>;
}

export interface ImportFormat {
  name: string;
  /** Lower case, with the dot. */
  extensions: readonly string[];
  /**
   * @param wanted the columns that are looked at; others need not be read
   * @throws {InputError} when the file cannot be used; from `rows()` where it is broken further down
   */
  open(file: string, wanted: readonly string[]): Promise<RowFile>;
}
