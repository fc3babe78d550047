/** Threads that parse: as many documents at once as there are cores, and one that goes wrong fails alone. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import type { Piscina } from "piscina";
import { InputError, messageOf } from "../../../errors.js";
import { AbortedError } from "../../../backends/backend.js";
import { Gate } from "../../engine/gate.js";
import type { ParsedDocument } from "../../document.js";
import { type ParsedFile, parseFile, parseRows } from "../parse.js";
import { type ParseReply, type ParseTask, refusal, type RowsBatch, type RowsReply } from "./task.js";
import { shareSlots } from "../ocr/slots.js";

const workerFile = fileURLToPath(new URL("./worker.js", import.meta.url));

/** Files of rows that may be open at once; their threads wait most of the time. */
const mostRowFiles = 64;

export interface PoolOptions {
  /** Threads; 0 parses here, one after the other, without the limits. */
  threads: number;
  /** Milliseconds that one document may take. */
  timeout: number;
  /** Megabytes (2^20 bytes) of JavaScript objects that one document may take. */
  maxMemory: number;
  signal?: AbortSignal | undefined;
}

/** As many as there are cores this process may use. */
export function threadsFor(workers: "auto" | number): number {
  return workers === "auto" ? os.availableParallelism() : workers;
}

export class ParserPool implements AsyncDisposable {
  private readonly gate: Gate;
  private pool: Promise<Piscina> | undefined;
  /** Rows are taken for as long as their reader likes, and must not keep documents from a thread meanwhile. */
  private rowsPool: Promise<Piscina> | undefined;

  constructor(private readonly options: PoolOptions) {
    this.gate = new Gate(() => options.threads);
  }

  /** How many documents are parsed at once. */
  get size(): number {
    return Math.max(1, this.options.threads);
  }

  /**
   * @param here parses it in this thread: for a small document a thread would take longer to start than to work
   * @throws {InputError} when the document cannot be used, takes too long or too much memory
   * @throws {AbortedError}
   */
  async parse(task: ParseTask, here = false): Promise<ParsedFile> {
    // Run from its sources, as tests do, there is no compiled file that a thread could run.
    if (here || this.options.threads === 0 || !existsSync(workerFile))
      return await parseFile(task.source, task.options, task.mediaType);
    // The largest first: one that is begun last would be all that is left to wait for.
    const { size } = await stat(task.source.file).catch(() => ({ size: 0 }));
    return await this.gate.run(() => this.inThread(task), size);
  }

  /**
   * The rows of a file, parsed in a thread while others are taken.
   * @param here as in `parse`
   * @throws {InputError} when the file cannot be used, takes too much memory, or too long to give the next row
   * @throws {AbortedError}
   */
  async *rows(task: ParseTask, here = false): AsyncGenerator<ParsedDocument, void, undefined> {
    if (here || this.options.threads === 0 || !existsSync(workerFile)) {
      yield* parseRows(task.source, task.options, task.mediaType);
      return;
    }
    const { signal, timeout } = this.options;
    const pool = await (this.rowsPool ??= this.open(mostRowFiles));
    const { port1, port2 } = new MessageChannel();
    const stop = new AbortController();
    const clock = new AbortController();
    const batches: ParsedDocument[][] = [];
    let wake: () => void = () => undefined;
    port1.on("message", ({ rows }: RowsBatch) => {
      batches.push(rows);
      wake();
    });
    const state: { reply?: RowsReply; error?: unknown } = {};
    const signals = [stop.signal, clock.signal, ...(signal === undefined ? [] : [signal])];
    const running = pool
      .run({ ...task, port: port2 }, { name: "rows", transferList: [port2], signal: AbortSignal.any(signals) })
      .then((reply: RowsReply) => (state.reply = reply))
      .catch((error: unknown) => (state.error = error))
      .finally(() => wake());
    try {
      for (;;) {
        const batch = batches.shift();
        if (batch !== undefined) {
          yield* batch;
          port1.postMessage("taken");
        } else if (state.error !== undefined) {
          throw this.explained(state.error, task.source.path, clock.signal);
        } else if (state.reply !== undefined) {
          if ("refused" in state.reply) throw refusal(state.reply.refused);
          return;
        } else {
          const timer = setTimeout(() => clock.abort(), timeout);
          await new Promise<void>((resolve) => (wake = resolve));
          clearTimeout(timer);
        }
      }
    } finally {
      stop.abort();
      await running;
      port1.close();
    }
  }

  private async inThread(task: ParseTask): Promise<ParsedFile> {
    const { signal, timeout } = this.options;
    const pool = await (this.pool ??= this.open(this.options.threads));
    const clock = AbortSignal.timeout(timeout);
    try {
      const either = signal === undefined ? clock : AbortSignal.any([clock, signal]);
      const reply = (await pool.run(task, { signal: either })) as ParseReply;
      if ("file" in reply) return reply.file;
      throw refusal(reply.refused);
    } catch (cause) {
      throw this.explained(cause, task.source.path, clock);
    }
  }

  /** What became of a thread, as it concerns its document. */
  private explained(cause: unknown, path: string, clock: AbortSignal): Error {
    const { signal, timeout, maxMemory } = this.options;
    if (cause instanceof InputError) return cause;
    if (signal?.aborted === true) return new AbortedError();
    if (clock.aborted)
      return new InputError(`${path}: reading it takes longer than ${timeout / 1000} seconds`, {
        cause,
        remedy: "Split it, or raise ingest.timeout in the configuration.",
      });
    if ((cause as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY")
      return new InputError(`${path}: reading it takes more than ${maxMemory} MB of memory`, {
        cause,
        remedy: "Split it, or raise ingest.max_memory in the configuration.",
      });
    return new InputError(`${path}: reading it broke off: ${messageOf(cause)}`, {
      cause,
      remedy: "Open it in its own program and save it again; --verbose shows the error underneath.",
    });
  }

  private async open(maxThreads: number): Promise<Piscina> {
    const { Piscina: Pool } = await import("piscina");
    shareSlots();
    return new Pool({
      filename: workerFile,
      minThreads: 0,
      maxThreads,
      idleTimeout: 1000,
      // Threads that wait without sleeping would take the core from one that works.
      atomics: "disabled",
      resourceLimits: { maxOldGenerationSizeMb: this.options.maxMemory },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.pool)?.destroy();
    await (await this.rowsPool)?.destroy();
  }
}
