/** Threads that parse: as many documents at once as there are cores, and one that goes wrong fails alone. */
import { existsSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import type { Piscina } from "piscina";
import { InputError, messageOf } from "../../../errors.js";
import { AbortedError } from "../../../backends/backend.js";
import { Gate } from "../../engine/gate.js";
import { type ParsedFile, parseFile } from "../parse.js";
import { type ParseReply, type ParseTask, refusal } from "./task.js";

const workerFile = fileURLToPath(new URL("./worker.js", import.meta.url));

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
    return await this.gate.run(() => this.inThread(task));
  }

  private async inThread(task: ParseTask): Promise<ParsedFile> {
    const { signal, timeout, maxMemory } = this.options;
    const pool = await (this.pool ??= this.open());
    const { path } = task.source;
    const clock = AbortSignal.timeout(timeout);
    try {
      const either = signal === undefined ? clock : AbortSignal.any([clock, signal]);
      const reply = (await pool.run(task, { signal: either })) as ParseReply;
      if ("file" in reply) return reply.file;
      throw refusal(reply.refused);
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      if (signal?.aborted === true) throw new AbortedError();
      if (clock.aborted)
        throw new InputError(`${path}: reading it takes longer than ${timeout / 1000} seconds`, {
          cause,
          remedy: "Split it, or raise ingest.timeout in the configuration.",
        });
      if ((cause as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY")
        throw new InputError(`${path}: reading it takes more than ${maxMemory} MB of memory`, {
          cause,
          remedy: "Split it, or raise ingest.max_memory in the configuration.",
        });
      throw new InputError(`${path}: reading it broke off: ${messageOf(cause)}`, {
        cause,
        remedy: "Open it in its own program and save it again; --verbose shows the error underneath.",
      });
    }
  }

  private async open(): Promise<Piscina> {
    const { Piscina: Pool } = await import("piscina");
    return new Pool({
      filename: workerFile,
      minThreads: 0,
      maxThreads: this.options.threads,
      idleTimeout: 1000,
      // Threads that wait without sleeping would take the core from one that works.
      atomics: "disabled",
      resourceLimits: { maxOldGenerationSizeMb: this.options.maxMemory },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.pool)?.destroy();
  }
}
