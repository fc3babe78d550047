/**
 * Keeps one server running: starts it, waits until it is really ready, watches it, and starts it again when it dies,
 * hangs or runs out of memory, each time with a little less where that was the reason.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../errors.js";
import { AbortedError, BackendLostError, BackendStartError, OutOfMemoryError } from "../backend.js";
import { isHealthy, Stall } from "./health.js";
import type { Address, Capacity, Diagnosis, Launcher } from "./launcher.js";
import { freePort } from "./port.js";
import { forgetServer, rememberServer } from "./registry.js";
import { ServerProcess } from "./server-process.js";

export interface SupervisorOptions<Settings> {
  launcher: Launcher<Settings>;
  settings: Settings;
  /** Name of the log: `vllm`, `vllm-2`. */
  label: string;
  /** Folder of logs and of the record of what runs. */
  stateFolder: string;
  /** Milliseconds without a new line of output after which a start counts as hung. */
  startTimeoutMs: number;
  /** Times in a row it may die without having answered a request. */
  maxRestarts: number;
  /** Told of what people should know at once. */
  onNotice: (text: string) => void;
  /** Told of the progress of a start. */
  onProgress?: (text: string) => void;
  onDown?: (reason: string) => void;
  onUp?: (address: Address, capacity: Capacity) => void;
  onLost?: (error: Error) => void;
  /** How many requests the server has answered so far. */
  answers?: () => number;
  /** Milliseconds between two looks at a running server. */
  watchMs?: number;
  /** Milliseconds without progress after which a busy server counts as hung. */
  stallMs?: number;
  signal?: AbortSignal | undefined;
}

const defaultWatchMs = 5_000;
const defaultStallMs = 180_000;
const mostAttempts = 12;

export class Supervisor<Settings> {
  /** Guards against other users of this machine; made anew for each run and never written down. */
  readonly key = randomBytes(24).toString("hex");
  private process: ServerProcess | undefined;
  private settings: Settings;
  private deathsInARow = 0;
  private answersBefore = 0;
  private ended = false;
  private watcher: NodeJS.Timeout | undefined;
  private starting: Promise<unknown> | undefined;
  private readonly attempts: string[] = [];

  constructor(private readonly options: SupervisorOptions<Settings>) {
    this.settings = options.settings;
    mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  }

  /** Where the whole output of the server is. */
  get logFile(): string {
    return path.join(this.options.stateFolder, `${this.options.label}.log`);
  }

  /** What was given up for the server to start, in order. */
  get changes(): readonly string[] {
    return this.attempts;
  }

  /** Times it died and was started again. */
  restarts = 0;

  /** Of the server, for tests that kill it. */
  get processId(): number | undefined {
    return this.process?.pid;
  }

  /**
   * Starts the server and resolves when it answers.
   * @throws {BackendStartError} {OutOfMemoryError} when it cannot be started, with what it said itself
   */
  async start(): Promise<{ address: Address; capacity: Capacity }> {
    const starting = this.startWithLess();
    this.starting = starting;
    const started = await starting;
    this.watch(started.address);
    return started;
  }

  async stop(): Promise<void> {
    this.ended = true;
    clearInterval(this.watcher);
    const { process: running } = this;
    this.process = undefined;
    // A start that is under way ends by itself: it looks at `ended`.
    await Promise.all([running?.stop(), this.starting?.catch(() => undefined)]);
    this.forget(running);
  }

  /** Walks down what the launcher can do with less until the server starts. */
  private async startWithLess(): Promise<{ address: Address; capacity: Capacity }> {
    const { launcher, onNotice } = this.options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.startOnce();
      if ("address" in outcome) return outcome;
      if (this.ended || this.options.signal?.aborted === true) throw new AbortedError();
      const { diagnosis, lines } = outcome;
      const again =
        diagnosis.kind === "port"
          ? { settings: this.settings, change: "another port" }
          : diagnosis.kind === "hopeless" || attempt >= mostAttempts
            ? undefined
            : launcher.easier(this.settings, diagnosis);
      if (again === undefined) throw this.startError(diagnosis, lines);
      this.settings = again.settings;
      this.attempts.push(again.change);
      onNotice(`${launcher.title} did not start: ${diagnosis.message}; trying again with ${again.change}`);
      await launcher.waitUntilFree(this.settings);
    }
  }

  private async startOnce(): Promise<
    { address: Address; capacity: Capacity } | { diagnosis: Diagnosis; lines: readonly string[] }
  > {
    const { launcher, startTimeoutMs, onProgress, signal } = this.options;
    const port = await freePort();
    const address = { origin: `http://127.0.0.1:${port}`, key: this.key };
    let lastSign = Date.now();
    let end: string | undefined;
    let wake: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (wake = resolve));
    const server = new ServerProcess(
      launcher.command(this.settings, port, this.key),
      {
        onLine: (line) => {
          lastSign = Date.now();
          const progress = launcher.progress(line);
          if (progress !== undefined) onProgress?.(progress);
        },
        onExit: (reason) => {
          end = reason;
          if (this.process === server) this.onDeath(reason);
          wake();
        },
      },
      this.logFile,
    );
    while (end === undefined) {
      if (this.ended || signal?.aborted === true) {
        await server.stop();
        return { diagnosis: { kind: "hopeless", message: "aborted" }, lines: [] };
      }
      if (await isHealthy(address)) {
        const capacity = await launcher.capacity(address, this.settings).catch((error: unknown) => messageOf(error));
        if (typeof capacity !== "string") {
          this.process = server;
          if (server.pid !== undefined) this.remember(server);
          return { address, capacity };
        }
        end = `it is healthy but cannot be used: ${capacity}`;
      } else if (Date.now() - lastSign > startTimeoutMs)
        end = `it gave no sign for ${Math.round(startTimeoutMs / 1000)} seconds`;
      else await Promise.race([over, delay(150)]);
    }
    await server.stop();
    const diagnosis = launcher.diagnose(server.lines, this.settings);
    return {
      diagnosis: diagnosis.kind === "unknown" && diagnosis.message === "" ? { ...diagnosis, message: end } : diagnosis,
      lines: server.lines,
    };
  }

  private startError(diagnosis: Diagnosis, lines: readonly string[]): Error {
    const { launcher } = this.options;
    const tried = this.attempts.length === 0 ? "" : ` (tried: ${this.attempts.join("; ")})`;
    const text = `${launcher.title} did not start: ${diagnosis.message}${tried}`;
    const remedy = diagnosis.remedy ?? `see ${this.logFile}`;
    const options = { remedy, cause: new Error(lines.slice(-20).join("\n")) };
    return diagnosis.kind === "out-of-memory" || diagnosis.kind === "context"
      ? new OutOfMemoryError(text, options)
      : new BackendStartError(text, options);
  }

  private watch(address: Address): void {
    const { watchMs = defaultWatchMs, stallMs = defaultStallMs } = this.options;
    const stall = new Stall(address, stallMs);
    let looking = false;
    clearInterval(this.watcher);
    this.watcher = setInterval(() => {
      if (looking || this.process === undefined) return;
      looking = true;
      const watched = this.process;
      void stall
        .look()
        .then((reason) => {
          if (reason !== undefined && watched === this.process && !this.ended) this.onDeath(reason);
        })
        .finally(() => (looking = false));
    }, watchMs);
    this.watcher.unref();
  }

  private onDeath(reason: string): void {
    const dead = this.process;
    if (this.ended || dead === undefined) return;
    this.process = undefined;
    clearInterval(this.watcher);
    void this.revive(dead, reason);
  }

  private async revive(dead: ServerProcess, reason: string): Promise<void> {
    const { launcher, maxRestarts, onNotice, onDown, onUp, onLost } = this.options;
    onDown?.(reason);
    await dead.stop();
    this.forget(dead);
    const answers = this.options.answers?.() ?? 0;
    // It answered since the last time, so it died of something else.
    this.deathsInARow = answers > this.answersBefore ? 1 : this.deathsInARow + 1;
    this.answersBefore = answers;
    const diagnosis = launcher.diagnose(dead.lines, this.settings);
    const why = diagnosis.message === "" ? reason : `${reason}: ${diagnosis.message}`;
    if (this.deathsInARow > maxRestarts) {
      onLost?.(
        new BackendLostError(`${launcher.title}: ${why}; it died ${this.deathsInARow} times without answering`, {
          remedy: "what is done is kept, run the same command to go on; use a smaller model or fewer requests at once",
        }),
      );
      return;
    }
    this.restarts++;
    let change = "";
    if (diagnosis.kind === "out-of-memory" || this.deathsInARow > 1) {
      const less = launcher.easier(this.settings, { ...diagnosis, kind: "out-of-memory" });
      if (less !== undefined) {
        this.settings = less.settings;
        this.attempts.push(less.change);
        change = ` with ${less.change}`;
      }
    }
    onNotice(`${launcher.title}: ${why}; starting it again${change}, what was in flight will be sent again`);
    try {
      await launcher.waitUntilFree(this.settings);
      const starting = this.startWithLess();
      this.starting = starting;
      const { address, capacity } = await starting;
      this.watch(address);
      onUp?.(address, capacity);
    } catch (error) {
      if (!this.ended) onLost?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private remember(server: ServerProcess): void {
    rememberServer(this.options.stateFolder, this.options.launcher.name, server.pid!, server.guardPid);
  }

  private forget(server: ServerProcess | undefined): void {
    if (server?.pid !== undefined) forgetServer(this.options.stateFolder, this.options.launcher.name, server.pid);
  }
}
