/** What goes to a thread that parses, and what comes back: errors lose their class on the way. */
import { InputError, type QuernError } from "../../../errors.js";
import type { ParsedFile } from "../parse.js";
import type { ParseOptions, ParserSource } from "../parser.js";

export interface ParseTask {
  source: ParserSource;
  options: ParseOptions;
  mediaType?: string | undefined;
}

export type ParseReply = { file: ParsedFile } | { refused: { message: string; remedy?: string; stack?: string } };

/** The error that a thread's refusal stands for. */
export function refusal({ message, remedy, stack }: { message: string; remedy?: string; stack?: string }): QuernError {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return new InputError(message, { cause, ...(remedy === undefined ? {} : { remedy }) });
}
