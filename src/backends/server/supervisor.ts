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
import { Attempt } from "./attempt.js";
import { isHealthy, Stall } from "./health.js";
import type { Address, Capacity, Diagnosis, Launcher } from "./launcher.js";
import { freePort, isFree } from "./port.js";
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
  /** The port it must have; a free one where absent. */
  port?: number;
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

interface Started {
  address: Address;
  capacity: Capacity;
}

interface Failed {
  diagnosis: Diagnosis;
  lines: readonly string[];
}

const defaultWatchMs = 5_000;
const defaultStallMs = 180_000;
const mostAttempts = 16;
/** Starts that fail for a port of another program; more is no chance any more. */
const mostPorts = 5;
const pollMs = 150;
/** For a server that is healthy to tell what it can hold; another program's server may answer before it does. */
const mostCapacityMs = 15_000;

export class Supervisor<Settings> {
  /** Guards against other users of this machine; made anew for each run and never written down. */
  readonly key = randomBytes(24).toString("hex");
  /** Times it died and was started again. */
  restarts = 0;
  private process: ServerProcess | undefined;
  private settings: Settings;
  private deathsInARow = 0;
  private answersBefore = 0;
  private watcher: NodeJS.Timeout | undefined;
  /** Starts and ends that are under way, which `stop` waits for. */
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly changed: string[] = [];
  /** Aborted when the server is wanted no more. */
  private readonly ending = new AbortController();

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
    return this.changed;
  }

  /** Of the server, for tests that kill it. */
  get processId(): number | undefined {
    return this.process?.pid;
  }

  /** Of the process that guards it, for tests that kill it. */
  get guardProcessId(): number | undefined {
    return this.process?.guardPid;
  }

  /**
   * Starts the server and resolves when it answers.
   * @throws {BackendStartError} {OutOfMemoryError} when it cannot be started, with what it said itself
   * @throws {AbortedError} when it is stopped before
   */
  async start(): Promise<Started> {
    return await this.tracked(this.startWithLess());
  }

  async stop(): Promise<void> {
    this.ending.abort();
    clearInterval(this.watcher);
    const { process: running } = this;
    this.process = undefined;
    if (running !== undefined) await this.end(running);
    await Promise.allSettled(this.underWay);
  }

  private isOver(): boolean {
    return this.ending.signal.aborted || this.options.signal?.aborted === true;
  }

  private get endSignal(): AbortSignal {
    const { signal } = this.options;
    return signal === undefined ? this.ending.signal : AbortSignal.any([signal, this.ending.signal]);
  }

  private tracked<T>(work: Promise<T>): Promise<T> {
    this.underWay.add(work);
    const done = () => this.underWay.delete(work);
    work.then(done, done);
    return work;
  }

  /** Walks down what the launcher can do with less until the server starts. */
  private async startWithLess(isRestart = false): Promise<Started> {
    const { launcher, onNotice } = this.options;
    let ports = 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.startOnce();
      if ("address" in outcome) return outcome;
      const { diagnosis, lines } = outcome;
      const failed = `${launcher.title} did not start: ${diagnosis.message}`;
      if (diagnosis.kind === "port") {
        if (this.options.port !== undefined || ++ports > mostPorts) throw this.startError(diagnosis, lines);
        onNotice(`${failed}; trying again with another port`);
        continue;
      }
      if (diagnosis.kind === "unknown" && isRestart) {
        // It did start before, so this is one more death, whatever it died of.
        this.countDeath(diagnosis.message);
        onNotice(`${failed}; trying once more`);
        continue;
      }
      const again =
        diagnosis.kind === "hopeless" || attempt >= mostAttempts
          ? undefined
          : launcher.easier(this.settings, diagnosis);
      if (again === undefined) throw this.startError(diagnosis, lines);
      this.settings = again.settings;
      this.changed.push(again.change);
      onNotice(`${failed}; trying again with ${again.change}`);
      await launcher.waitUntilFree(this.settings, this.endSignal);
    }
  }

  private async portToUse(): Promise<number> {
    const { port, launcher } = this.options;
    if (port === undefined) return await freePort();
    if (await isFree(port)) return port;
    throw new BackendStartError(`${launcher.title} did not start: port ${port} of this machine is taken`, {
      remedy: `name another with ${launcher.name}.port, or leave that out to have a free one taken`,
    });
  }

  private async startOnce(): Promise<Started | Failed> {
    const { launcher } = this.options;
    const port = await this.portToUse();
    if (this.isOver()) throw new AbortedError();
    const address = { origin: `http://127.0.0.1:${port}`, key: this.key };
    const attempt = new Attempt();
    const server: ServerProcess = new ServerProcess(
      launcher.command(this.settings, port, this.key),
      {
        onStarted: () => this.remember(server),
        onOutput: () => attempt.sign(),
        onLine: (line) => {
          const progress = launcher.progress(line);
          if (progress !== undefined) this.options.onProgress?.(progress);
        },
        onExit: (reason) => {
          attempt.end(reason);
          if (this.process === server) this.onDeath(reason);
        },
      },
      this.logFile,
    );
    const capacity = await this.untilReady(attempt, address);
    if (this.isOver()) {
      await this.end(server);
      throw new AbortedError();
    }
    if (capacity !== undefined) {
      this.process = server;
      this.watch(address);
      return { address, capacity };
    }
    await this.end(server);
    const diagnosis = launcher.diagnose(server.lines, this.settings);
    return {
      diagnosis: diagnosis.message === "" ? { ...diagnosis, message: attempt.reason ?? "" } : diagnosis,
      lines: server.lines,
    };
  }

  /** @returns undefined once it has ended, has to be given up, or is wanted no more */
  private async untilReady(attempt: Attempt, address: Address): Promise<Capacity | undefined> {
    const { launcher, startTimeoutMs } = this.options;
    const { endSignal } = this;
    let healthySince: number | undefined;
    while (!attempt.hasEnded() && !this.isOver()) {
      if (await isHealthy(address, endSignal)) {
        healthySince ??= Date.now();
        const capacity = await launcher.capacity(address, this.settings).catch((error: unknown) => messageOf(error));
        // It may have died in the meantime, and then nobody would hear of it.
        if (attempt.hasEnded()) return undefined;
        if (typeof capacity !== "string") return capacity;
        if (Date.now() - healthySince > mostCapacityMs) attempt.end(`it is healthy but cannot be used: ${capacity}`);
      } else if (attempt.silentMs > startTimeoutMs)
        attempt.end(`it gave no sign for ${Math.round(startTimeoutMs / 1000)} seconds`);
      await Promise.race([attempt.over, delay(pollMs, undefined, { signal: endSignal }).catch(() => undefined)]);
    }
    return undefined;
  }

  private startError(diagnosis: Diagnosis, lines: readonly string[]): Error {
    const { launcher } = this.options;
    const tried = this.changed.length === 0 ? "" : ` (tried: ${this.changed.join("; ")})`;
    const text = `${launcher.title} did not start: ${diagnosis.message}${tried}`;
    const remedy = `${diagnosis.remedy ?? "its own words tell more"}; its log is ${this.logFile}`;
    // Some versions print how they were called.
    const said = lines.slice(-20).join("\n").replaceAll(this.key, "...");
    const options = { remedy, cause: new Error(said) };
    return diagnosis.kind === "out-of-memory" || diagnosis.kind === "context"
      ? new OutOfMemoryError(text, options)
      : new BackendStartError(text, options);
  }

  private watch(address: Address): void {
    const { watchMs = defaultWatchMs, stallMs = defaultStallMs } = this.options;
    const stall = new Stall(address, stallMs);
    const watched = this.process;
    let looking = false;
    clearInterval(this.watcher);
    this.watcher = setInterval(() => {
      if (looking) return;
      looking = true;
      void stall.look().then((reason) => {
        looking = false;
        if (reason !== undefined && watched === this.process) this.onDeath(reason);
      });
    }, watchMs);
    this.watcher.unref();
  }

  private onDeath(reason: string): void {
    const dead = this.process;
    if (dead === undefined) return;
    this.process = undefined;
    clearInterval(this.watcher);
    this.tracked(this.revive(dead, reason)).catch((error: unknown) => {
      if (!this.isOver()) this.options.onLost?.(error instanceof Error ? error : new Error(String(error)));
    });
  }

  private async revive(dead: ServerProcess, reason: string): Promise<void> {
    const { launcher, onNotice, onDown, onUp } = this.options;
    onDown?.(reason);
    await this.end(dead);
    if (this.isOver()) return;
    const diagnosis = launcher.diagnose(dead.lines, this.settings);
    const why = diagnosis.message === "" ? reason : `${reason}: ${diagnosis.message}`;
    this.countDeath(why);
    this.restarts++;
    const change = diagnosis.kind === "out-of-memory" || this.deathsInARow > 1 ? this.askLess(diagnosis) : "";
    onNotice(`${launcher.title}: ${why}; starting it again${change}, what was in flight will be sent again`);
    await launcher.waitUntilFree(this.settings, this.endSignal);
    const { address, capacity } = await this.startWithLess(true);
    onUp?.(address, capacity);
  }

  /** @throws {BackendLostError} when it has died too often */
  private countDeath(why: string): void {
    const { launcher, maxRestarts } = this.options;
    const answers = this.options.answers?.() ?? 0;
    // It answered since the last time, so it died of something else.
    this.deathsInARow = answers > this.answersBefore ? 1 : this.deathsInARow + 1;
    this.answersBefore = answers;
    if (this.deathsInARow <= maxRestarts) return;
    const times = this.deathsInARow === 1 ? "once" : `${this.deathsInARow} times without answering`;
    throw new BackendLostError(`${launcher.title}: ${why}; it died ${times}`, {
      remedy: "what is done is kept, run the same command to go on; use a smaller model or fewer requests at once",
    });
  }

  private askLess(diagnosis: Diagnosis): string {
    // While it works, it is the requests that take memory, not the weights.
    const less = this.options.launcher.easier(this.settings, { ...diagnosis, kind: "out-of-memory", where: "other" });
    if (less === undefined) return "";
    this.settings = less.settings;
    this.changed.push(less.change);
    return ` with ${less.change}`;
  }

  private async end(server: ServerProcess): Promise<void> {
    await server.stop();
    if (server.pid !== undefined) forgetServer(this.options.stateFolder, this.options.launcher.name, server.pid);
  }

  private remember(server: ServerProcess): void {
    const { pid, guardPid, mark } = server;
    if (pid === undefined) return;
    rememberServer(this.options.stateFolder, this.options.launcher.name, { pid, guardPid, mark });
  }
}
