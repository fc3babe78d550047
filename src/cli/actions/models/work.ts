/** What every command about models does around its work: Ctrl-C, errors, JSON, exit codes. */
import { ExitCode, QuernError } from "../../../errors.js";
import { TransferBar } from "../../transfer-bar.js";
import type { CommonOptions } from "../../options.js";
import { Reporter } from "../../reporter.js";
import { interruptedExitCode } from "../../session.js";

export interface ModelsWork {
  reporter: Reporter;
  bar: TransferBar;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
}

export interface Outcome {
  /** What `--json` prints beside the command and its exit code. */
  json: Record<string, unknown>;
  /** Lines for people, on stdout. */
  lines?: readonly string[];
  exitCode?: ExitCode;
}

/**
 * @param command as in `models pull`
 * @param onInterrupt what to say after Ctrl-C
 */
export async function runModels(
  command: string,
  options: CommonOptions,
  work: (session: ModelsWork) => Promise<Outcome>,
  onInterrupt = "interrupted: nothing was changed",
): Promise<void> {
  const reporter = new Reporter(command, options);
  const bar = new TransferBar(command, options.quiet === true, (text) => reporter.warn(text));
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupt.signal.aborted) process.exit(interruptedExitCode);
    interrupt.abort(new QuernError(signal === "SIGINT" ? "interrupted" : "terminated"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const { json, lines = [], exitCode = ExitCode.done } = await work({ reporter, bar, signal: interrupt.signal });
    bar.stop();
    process.exitCode = exitCode;
    if (options.json === true) reporter.result(JSON.stringify({ command, exit_code: exitCode, ...json }, null, 2));
    else if (options.quiet !== true) for (const line of lines) reporter.result(line);
  } catch (error) {
    bar.stop();
    if (!interrupt.signal.aborted) {
      reporter.failure(error, error instanceof QuernError ? error.exitCode : ExitCode.failed);
      throw error;
    }
    reporter.failure(interrupt.signal.reason, interruptedExitCode);
    reporter.warn(onInterrupt);
    process.exitCode = interruptedExitCode;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Columns as wide as what stands in them; the last is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
