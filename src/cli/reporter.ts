/** What a command prints: results to stdout, everything else to stderr; a bar for a person who watches, plain lines otherwise. */
import type { SingleBar } from "cli-progress";
import { messageOf } from "../errors.js";
import type { Observer, Progress, StageResult } from "../pipeline/stages/stage.js";
import type { CommonOptions } from "./options.js";

const plainIntervalMs = 10_000;
const barIntervalMs = 200;

export class Reporter implements Observer {
  private readonly started = Date.now();
  private bar: SingleBar | undefined;
  private barStarted = false;
  private lastShown = Date.now();
  private lastWaiting = 0;
  private isWaiting = false;
  private readonly watched = process.stderr.isTTY;

  constructor(
    private readonly command: string,
    private readonly options: CommonOptions,
  ) {}

  /** Loads what draws the bar, where one is wanted. */
  async prepare(): Promise<void> {
    if (!this.watched || this.options.quiet === true) return;
    const { default: progress } = await import("cli-progress");
    this.bar = new progress.SingleBar(
      {
        stream: process.stderr,
        format: `${this.command} {bar} {percentage}% | {what} | {rate} | {left} left`,
        hideCursor: true,
        clearOnComplete: true,
        fps: 5,
        // A line that is printed meanwhile takes the bar's place; it is drawn again below.
        forceRedraw: true,
      },
      progress.Presets.shades_classic,
    );
  }

  warn(text: string): void {
    this.line(text);
  }

  /** How something gets on that takes a while and has no end that is known: one line that is written over. */
  waiting(text: string): void {
    if (this.options.quiet === true) return;
    if (this.watched) {
      process.stderr.write(`\r\u001B[2K${text.slice(0, process.stderr.columns - 1)}`);
      this.isWaiting = true;
    } else if (Date.now() - this.lastWaiting > plainIntervalMs) {
      this.lastWaiting = Date.now();
      this.line(text);
    }
  }

  detail(text: string): void {
    if (this.options.verbose === true) this.line(text);
  }

  made(text: string): void {
    if (this.options.json !== true && this.options.quiet !== true) this.result(text);
  }

  /** A line of `--preview`, which is what was asked for, so it is not left out; stdout is for JSON where that is. */
  preview(text: string): void {
    if (this.options.json === true) this.line(text);
    else this.result(text);
  }

  /** A line of the command's result. */
  result(text: string): void {
    if (process.stdout.isTTY) this.clearBar();
    process.stdout.write(`${text}\n`);
  }

  progress(progress: Progress): void {
    if (this.options.quiet === true) return;
    const now = Date.now();
    if (this.bar !== undefined) {
      if (now - this.lastShown < barIntervalMs) return;
      this.lastShown = now;
      const view = this.view(progress);
      if (!this.barStarted) this.bar.start(1, 0, { what: "", rate: "", left: "" });
      this.barStarted = true;
      this.bar.setTotal(Math.max(1, view.total));
      this.bar.update(view.done, { what: view.what, rate: view.rate, left: view.left });
    } else if (now - this.lastShown >= plainIntervalMs) {
      this.lastShown = now;
      const view = this.view(progress);
      this.line(`${this.command}: ${view.what}, ${view.rate}, ${view.left} left`);
    }
  }

  /** Takes the bar away. */
  stop(): void {
    if (this.barStarted) this.bar?.stop();
    this.bar = undefined;
    this.barStarted = false;
  }

  /** The end of a command: what was made, what was not and why. */
  summary(result: StageResult, exitCode: number, extra: Readonly<Record<string, unknown>> = {}): void {
    this.stop();
    const seconds = (Date.now() - this.started) / 1000;
    if (this.options.json === true) {
      const { outputs, failures, incomplete, counts, engine } = result;
      const all = {
        command: this.command,
        exit_code: exitCode,
        outputs,
        failures,
        incomplete,
        counts,
        engine,
        seconds,
        ...extra,
      };
      process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    }
    if (this.options.quiet === true) return;
    const counts = Object.entries(result.counts).map(([name, count]) => `${count} ${name}`);
    if (counts.length > 0) this.line(`${this.command}: ${counts.join(", ")}`);
    const { engine } = result;
    if (engine !== undefined && engine.tasks > 0) {
      const tokens = engine.promptTokens + engine.completionTokens;
      const retries = sum(engine.retries);
      this.line(
        `model: ${engine.requests} requests${engine.fromJournal > 0 ? `, ${engine.fromJournal} answers from an earlier run` : ""}` +
          `${retries > 0 ? `, ${retries} retries` : ""}; ${engine.promptTokens} prompt tokens (${engine.cachedTokens} cached), ` +
          `${engine.completionTokens} generated; ${Math.round(tokens / seconds)} tokens/s in ${duration(seconds)}`,
      );
      for (const [reason, times] of Object.entries(engine.retries)) this.detail(`retried ${times} times: ${reason}`);
      for (const [reason, times] of Object.entries(engine.failures)) this.line(`failed ${times} times: ${reason}`);
    }
    // Each was told when it happened; many lines later they are told again, together.
    const total = result.failures.length + result.outputs.length;
    if (result.failures.length === 0 || total === 1) return;
    this.line(`${result.failures.length} of ${result.failures.length + result.outputs.length} failed:`);
    for (const { error } of result.failures) this.line(`  ✗ ${error}`);
  }

  /** What `--json` prints when a command ends with an error; people read it on stderr. */
  failure(error: unknown, exitCode: number): void {
    if (this.options.json !== true) return;
    const summary = { command: this.command, exit_code: exitCode, error: messageOf(error), outputs: [] };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  }

  private view({ done, total, engine, what }: Progress) {
    const seconds = Math.max(0.001, (Date.now() - this.started) / 1000);
    const documents = `${done}/${total} ${what ?? "documents"}`;
    if (engine === undefined || engine.tasks === 0)
      return {
        done,
        total,
        what: documents,
        rate: `${(done / seconds).toFixed(1)}/s`,
        left: duration((seconds / Math.max(1, done)) * (total - done)),
      };
    const finished = engine.done + engine.failed;
    const tokens = engine.promptTokens + engine.completionTokens;
    // How many requests things take is not known where many come of one, so the things themselves tell how far it is.
    if (what !== undefined)
      return {
        done,
        total,
        what: `${documents}, ${finished} requests`,
        rate: `${Math.round(tokens / seconds)} tokens/s`,
        left: done === 0 ? "?" : duration((seconds / done) * Math.max(0, total - done)),
      };
    const left = finished === 0 ? "?" : duration((seconds / finished) * (engine.tasks - finished));
    return {
      done: finished,
      total: engine.tasks,
      what: `${finished}/${engine.tasks} requests, ${documents}`,
      rate: `${Math.round(tokens / seconds)} tokens/s`,
      left,
    };
  }

  private line(text: string): void {
    this.clearBar();
    process.stderr.write(`${text}\n`);
  }

  /** Empties the line that the bar stands in, so that text can be printed there. */
  private clearBar(): void {
    if (this.isWaiting) process.stderr.write("\r\u001B[2K");
    this.isWaiting = false;
    if (this.barStarted) process.stderr.write("\r\u001B[2K");
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(Math.round(seconds % 60)).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}
