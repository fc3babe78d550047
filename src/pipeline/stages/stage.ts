/** What all stages have in common: what they tell while they run, and what they give back. */
import path from "node:path";
import { AbortedError, BackendLostError } from "../../backends/backend.js";
import { ConfigError, ExitCode, lineOf, messageOf, OutputError, QuernError, UsageError } from "../../errors.js";
import type { EngineStats } from "../engine/engine.js";
import { Journal } from "../engine/journal.js";
import { Lock } from "../files/lock.js";
import { workFolder } from "../files/write.js";

/** Told what happens while a stage runs. */
export interface Observer {
  /** Something the user should know: a warning, a document that failed. */
  warn: (text: string) => void;
  /** Something for those who want to know more. */
  detail: (text: string) => void;
  /** Something was made: a line of the command's output. */
  made: (text: string) => void;
  progress: (progress: Progress) => void;
}

export interface Progress {
  /** Inputs finished, and of how many. */
  done: number;
  total: number;
  /** What is counted: `documents` where absent. */
  what?: string;
  /** The engine's counters, where a model is at work. */
  engine?: Readonly<EngineStats>;
}

export const silentObserver: Observer = {
  warn: () => undefined,
  detail: () => undefined,
  made: () => undefined,
  progress: () => undefined,
};

export interface StageFailure {
  input: string;
  error: string;
}

export interface StageResult {
  /** Paths of what was written. */
  outputs: string[];
  /** Inputs of which nothing was made, with the reason. */
  failures: StageFailure[];
  /** Outputs that lack some of what was asked for because requests failed. */
  incomplete: number;
  /** Counters by name, for the summary. */
  counts: Record<string, number>;
  engine?: EngineStats;
}

export function emptyResult(): StageResult {
  return { outputs: [], failures: [], incomplete: 0, counts: {} };
}

export function addCount(result: StageResult, name: string, amount: number): void {
  result.counts[name] = (result.counts[name] ?? 0) + amount;
}

/** The exit code of a command that ended with this result. */
export function exitCodeOf(result: StageResult): ExitCode {
  if (result.failures.length > 0 && result.outputs.length === 0) return ExitCode.failed;
  return result.failures.length > 0 || result.incomplete > 0 ? ExitCode.partial : ExitCode.done;
}

/**
 * Tells whether an error concerns one input only. The end of the backend, a disk that is full, a wrong setting or an
 * abort end the whole run; anything that is not quern's own error is a fault that must be seen.
 */
export function concernsOneInput(error: unknown): boolean {
  if (error instanceof AbortedError || error instanceof BackendLostError) return false;
  if (error instanceof OutputError || error instanceof UsageError || error instanceof ConfigError) return false;
  return error instanceof QuernError;
}

/** Notes an input's failure and goes on, or throws what ends the run. */
export function noteFailure(result: StageResult, observer: Observer, input: string, error: unknown): void {
  if (!concernsOneInput(error)) throw error;
  result.failures.push({ input, error: messageOf(error).replace(/\s*\n\s*/g, " ") });
  observer.warn(`✗ ${lineOf(error)}`);
}

/**
 * Keeps other runs from writing an output.
 * @throws {OutputError} when another run writes it
 */
export function lockOutput(output: string): Promise<Lock> {
  return Lock.take(`${besides(output)}.lock`, output);
}

function besides(output: string): string {
  return path.join(path.dirname(output), workFolder, path.basename(output));
}

/** Holds an output for this run: nobody else writes it, and its journal is open. */
export class Work implements AsyncDisposable {
  private constructor(
    readonly journal: Journal,
    private readonly lock: Lock,
  ) {}

  /** @throws {OutputError} when another run writes this output, or the folder cannot be written */
  static async begin(output: string, observer: Observer): Promise<Work> {
    const lock = await lockOutput(output);
    try {
      const journal = await Journal.open(`${besides(output)}.journal.jsonl`);
      if (journal.damagedLines > 0)
        observer.warn(`${journal.file}: ${journal.damagedLines} lines cannot be read; what they held is asked again`);
      return new Work(journal, lock);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal[Symbol.asyncDispose]();
    await this.lock[Symbol.asyncDispose]();
  }
}
