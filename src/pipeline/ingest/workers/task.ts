/** What goes to a thread that parses, and what comes back: errors lose their class on the way. */
import type { MessagePort } from "node:worker_threads";
import { InputError, QuernError } from "../../../errors.js";
import type { ParsedDocument } from "../../document.js";
import type { ParsedFile } from "../parse.js";
import type { ParseOptions, ParserSource } from "../parser.js";

export interface ParseTask {
  source: ParserSource;
  options: ParseOptions;
  mediaType?: string | undefined;
}

/** Rows are sent through a port, in batches; the other side answers each, so that only a few are on their way. */
export interface RowsTask extends ParseTask {
  port: MessagePort;
}

export interface RowsBatch {
  rows: ParsedDocument[];
}

/** Batches that may be on their way unanswered. */
export const batchesAhead = 4;

interface Refusal {
  message: string;
  remedy?: string;
  stack?: string;
}

export type ParseReply = { file: ParsedFile } | { refused: Refusal };
export type RowsReply = { done: true } | { refused: Refusal };

/** An error as it is sent; any that is not quern's own is thrown on. */
export function asRefusal(error: unknown): { refused: Refusal } {
  if (!(error instanceof QuernError)) throw error;
  const { message, remedy, cause } = error;
  const stack = cause instanceof Error ? cause.stack : error.stack;
  return {
    refused: { message, ...(remedy === undefined ? {} : { remedy }), ...(stack === undefined ? {} : { stack }) },
  };
}

/** The error that a refusal stands for. */
export function refusal({ message, remedy, stack }: Refusal): QuernError {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return new InputError(message, { cause, ...(remedy === undefined ? {} : { remedy }) });
}
