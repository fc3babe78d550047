/** Rows that a task does not take, put aside with the reason: a file that can be corrected and imported itself. */
import { isObject } from "../records/chat.js";
import { jsonOf } from "../save/storages/text.js";
import type { ImportRow } from "./format.js";

/** Beside the file that the rows are of. */
export function rejectedPath(file: string): string {
  return `${file}.rejected.jsonl`;
}

/** @returns a line: the row as it was, and why it was not taken under the key `rejected` */
export function rejectedLine(row: ImportRow, file: string, reason: string): string {
  const rejected = { file, row: row.number, reason };
  const own =
    "reason" in row
      ? row.text === undefined
        ? {}
        : { text: row.text }
      : isObject(row.value)
        ? row.value
        : { value: row.value };
  return `${jsonOf({ ...own, rejected })}\n`;
}
