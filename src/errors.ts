/** Exit codes of the command: 0 done, 1 failed, 2 wrong usage, 3 finished with some items failed. */
export const ExitCode = { done: 0, failed: 1, usage: 2, partial: 3 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface QuernErrorOptions {
  /** What the user can do about it, as one sentence. */
  remedy?: string;
  /** The error underneath, kept for `--verbose`. */
  cause?: unknown;
}

/**
 * The base of every error quern throws on purpose: the message says what is wrong and names the file, flag or key;
 * the remedy says what to do. The command prints both on one line, and the stack only with `--verbose`.
 */
export class QuernError extends Error {
  readonly remedy: string | undefined;
  /** The exit code of a command that ends with this error. */
  readonly exitCode: ExitCode = ExitCode.failed;

  constructor(message: string, options: QuernErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy;
  }
}

/** The command was called wrongly: an unknown value, a number out of range, flags that exclude each other. */
export class UsageError extends QuernError {
  override readonly exitCode = ExitCode.usage;
}

/** The configuration cannot be used; the message names the key. */
export class ConfigError extends QuernError {
  override readonly exitCode = ExitCode.usage;
}

/** A file or folder that was given cannot be read or used. */
export class InputError extends QuernError {}

/** An output cannot be written. */
export class OutputError extends QuernError {}

/** An error and what to do about it, on one line. */
export function lineOf(error: unknown): string {
  const remedy = error instanceof QuernError ? error.remedy : undefined;
  const then = remedy === undefined ? "" : `; ${remedy.charAt(0).toLowerCase()}${remedy.slice(1)}`;
  return `${messageOf(error)}${then}`.replace(/\s*\n\s*/g, " ");
}

/** The text of an error of unknown type, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
