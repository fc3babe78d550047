/** What every command does around its work: configuration, Ctrl-C, the model, exit codes. */
import { setMaxListeners } from "node:events";
import type { Backend } from "../backends/backend.js";
import type { Config } from "../config/schema.js";
import { isVerbose } from "../config/environment.js";
import { loadConfig, type LoadedConfig } from "../config/load.js";
import { ExitCode, lineOf, QuernError } from "../errors.js";
import { configProblems } from "../pipeline/check-config.js";
import { exitCodeOf, type StageResult } from "../pipeline/stages/stage.js";
import type { CommonOptions } from "./options.js";
import { Reporter } from "./reporter.js";

/** As shells count a process that Ctrl-C ended. */
export const interruptedExitCode = 130;

export interface Session {
  config: Config;
  /** The configuration with where each value comes from. */
  loaded: LoadedConfig;
  reporter: Reporter;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  /** Opens the model and closes it when the work is done or fails. */
  withBackend: <T>(work: (backend: Backend) => Promise<T>) => Promise<T>;
}

/**
 * Runs a command that makes something, and sets the exit code of the process.
 * @param flags the command's flags as a part of the configuration
 */
export async function runCommand(
  command: string,
  options: CommonOptions,
  flags: Record<string, unknown>,
  work: (session: Session) => Promise<{ result: StageResult; extra?: Record<string, unknown> }>,
): Promise<void> {
  await inSession(
    command,
    options,
    flags,
    async (session) => {
      const { result, extra } = await work(session);
      process.exitCode = exitCodeOf(result);
      session.reporter.summary(result, process.exitCode, extra);
    },
    "interrupted: what is done is kept; run the same command to go on",
  );
}

export interface Report {
  /** What `--json` prints beside the command and its exit code; undefined: it is printed already. */
  json: Record<string, unknown> | undefined;
  /** Lines for people, on stdout. */
  lines: readonly string[];
  exitCode?: ExitCode;
}

/** Runs a command that tells something, and sets the exit code of the process. */
export async function runReport(
  command: string,
  options: CommonOptions,
  flags: Record<string, unknown>,
  work: (session: Session) => Promise<Report>,
): Promise<void> {
  await inSession(
    command,
    options,
    flags,
    async (session) => {
      const { json, lines, exitCode = ExitCode.done } = await work(session);
      session.reporter.stop();
      process.exitCode = exitCode;
      if (options.json === true) {
        if (json !== undefined)
          session.reporter.result(JSON.stringify({ command, exit_code: exitCode, ...json }, null, 2));
      } else if (options.quiet !== true) for (const line of lines) session.reporter.result(line);
    },
    "interrupted",
  );
}

async function inSession(
  command: string,
  options: CommonOptions,
  flags: Record<string, unknown>,
  work: (session: Session) => Promise<void>,
  onInterrupt: string,
): Promise<void> {
  const reporter = new Reporter(command, isVerbose() ? { ...options, verbose: true } : options);
  const interrupt = new AbortController();
  // Every request in flight listens.
  setMaxListeners(0, interrupt.signal);
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupt.signal.aborted) process.exit(interruptedExitCode);
    interrupt.abort();
    reporter.warn(`${signal === "SIGINT" ? "interrupted" : "terminated"}: finishing what is being written`);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const loaded = await loadConfig({ file: options.config, flags });
    const { config } = loaded;
    for (const warning of loaded.warnings) reporter.warn(`warning: ${warning}`);
    await checkConfig(command, loaded, reporter);
    await reporter.prepare();
    await work({
      config,
      loaded,
      reporter,
      signal: interrupt.signal,
      withBackend: (use) => withBackend(config, reporter, interrupt.signal, use),
    });
  } catch (error) {
    reporter.stop();
    if (!interrupt.signal.aborted) {
      reporter.failure(error, error instanceof QuernError ? error.exitCode : ExitCode.failed);
      throw error;
    }
    reporter.failure(error, interruptedExitCode);
    reporter.warn(onInterrupt);
    process.exitCode = interruptedExitCode;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Commands that ask a model: for the others, a prompt that cannot be used is no reason to do nothing. */
const asking: readonly string[] = ["create", "curate", "run", "topics", "inputs", "outputs", "generate", "serve"];

/** @throws {ConfigError} for the first thing that cannot be used, where the command may need it */
async function checkConfig(command: string, { config, origins }: LoadedConfig, reporter: Reporter): Promise<void> {
  const [problem] = await configProblems(config, (name) => origins.get(name) ?? "the configuration");
  if (problem === undefined) return;
  if (asking.includes(command)) throw problem;
  reporter.warn(`warning: ${lineOf(problem)}`);
}

async function withBackend<T>(
  config: Config,
  reporter: Reporter,
  signal: AbortSignal,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { openBackend } = await import("../backends/open.js");
  await using backend = await openBackend(config, {
    onNotice: (text) => reporter.warn(text),
    onProgress: (text) => reporter.waiting(text),
    signal,
  });
  for (const line of backend.description) reporter.detail(line);
  return await use(backend);
}
