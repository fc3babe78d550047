/** One server as the pool sees it: whether it is up, what it is, how much it gets, and what it has refused before. */
import type { BackendLostError } from "../backend.js";
import { messageOf } from "../../errors.js";
import { presentable } from "./address.js";
import { ConcurrencyLimit } from "./concurrency-limit.js";
import { Connection } from "./connection.js";
import { EndpointDown, type Parameter } from "./failures.js";
import { MetricsWatch, parseMetrics } from "./metrics.js";
import type { EndpointOptions, Settings } from "./options.js";
import { PrefixMemory } from "./prefixes.js";
import { SchemaSupport } from "./schema-support.js";
import { learn, type ServerFacts } from "./server-facts.js";

/** Told when something about an endpoint has changed. */
export interface EndpointWatcher {
  changed: () => void;
}

export class Endpoint {
  connection: Connection;
  /** Unknown until the server has answered once. */
  facts: ServerFacts | undefined;
  limit: ConcurrencyLimit | undefined;
  readonly schema: SchemaSupport;
  readonly prefixes = new PrefixMemory();
  readonly unsupported = new Set<Parameter>();
  /** No request is sent before this time, as the server has asked for. */
  pausedUntil = 0;
  /** No request is sent before this time, as the user has asked for. */
  private nextStart = 0;
  /** Requests it has answered in full. */
  answers = 0;
  /** Times it was said to be up after it was said to be down. */
  restarts = 0;
  /** Since when it has not made a single token, in milliseconds as of `performance.now`; undefined: it works. */
  troubledSince: number | undefined;
  /** Why it is down, for people. */
  reason = "not asked yet";
  /** Set once it is known never to come back. */
  lostError: BackendLostError | undefined;

  private state: "up" | "down" = "down";
  /** Told down from outside, so only being told so brings it up. */
  private isHeldDown = false;
  /** Tells requests of before a loss from those after it: counted up whenever it comes up. */
  epoch = 0;
  private losses = 0;
  private isAlone = false;
  private fullInARow = 0;
  private readonly running = new Set<AbortController>();
  private watcher: EndpointWatcher = { changed: () => undefined };
  private probeTimer: NodeJS.Timeout | undefined;
  private metricsTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @throws {ConfigError} when the address is none */
  constructor(
    private readonly options: EndpointOptions,
    readonly settings: Settings,
  ) {
    this.connection = new Connection(options.apiBase, options.apiKey, settings);
    this.schema = new SchemaSupport(this, settings);
  }

  get isUp(): boolean {
    return this.state === "up";
  }

  get inFlight(): number {
    return this.running.size;
  }

  get name(): string {
    return `the server at ${this.connection.address.base}`;
  }

  /** How many requests it may hold now. */
  get capacity(): number {
    return this.limit?.value ?? 1;
  }

  /** When the next request may be sent at the earliest, in milliseconds as of `performance.now`. */
  get openAt(): number {
    return Math.max(this.pausedUntil, this.nextStart);
  }

  hasRoom(now: number): boolean {
    return this.isUp && !this.isAlone && this.openAt <= now && this.running.size < this.capacity;
  }

  watch(watcher: EndpointWatcher): void {
    this.watcher = watcher;
  }

  /** @throws {BackendStartError} when the server cannot be used as it is */
  async connect(): Promise<void> {
    const { connection } = this;
    const facts = await learn(connection.asker, this.settings);
    // It moved in the meantime, and somebody else asks there.
    if (connection !== this.connection) return;
    if (this.facts?.kind !== facts.kind) this.schema.forget();
    if (this.limit === undefined || this.facts?.slots !== facts.slots || this.facts?.kind !== facts.kind)
      this.limit = limitFor(facts, this.settings);
    this.facts = facts;
    this.setUp();
  }

  /** It did not answer when it was opened: it is looked after until it does. */
  startDown(error: unknown): void {
    this.reason = presentable(messageOf(error), this.connection.address.secrets);
    this.troubledSince = performance.now();
    this.lookAfter(this.settings.timing.probe);
  }

  /**
   * For whoever runs the server: it is gone. What was sent to it is sent again, elsewhere or when it is back.
   * @param reason for people, as the end of a sentence
   */
  down(reason: string): void {
    this.isHeldDown = true;
    clearTimeout(this.probeTimer);
    this.setDown(reason);
    this.abandon();
    this.watcher.changed();
  }

  /**
   * For whoever runs the server: it is there again.
   * @param apiBase where, if elsewhere than before
   * @throws {ConfigError} when that is not an http address
   */
  up(apiBase?: string): void {
    if (this.isHeldDown) this.restarts++;
    this.isHeldDown = false;
    this.lostError = undefined;
    if (apiBase !== undefined) {
      const old = this.connection;
      this.connection = new Connection(apiBase, this.options.apiKey, this.settings);
      this.setDown("it moved");
      this.abandon();
      old.close();
    }
    // What a new process has cached is nothing.
    this.prefixes.clear();
    if (!this.isUp) this.lookAfter(0);
  }

  /** For whoever runs the server: it will not come back. */
  lost(error: BackendLostError): void {
    this.lostError = error;
    this.down(error.message);
  }

  /**
   * A request is sent; returns how it is stopped, and what to call when it is over.
   * @param isAlone nothing else is sent until then
   */
  begin(isAlone = false): { controller: AbortController; epoch: number; end: () => void } {
    const controller = new AbortController();
    this.running.add(controller);
    this.nextStart = performance.now() + this.settings.spacingMs;
    if (isAlone) this.isAlone = true;
    if (this.facts?.hasMetrics === true) this.metricsTimer ??= this.watchMetrics();
    const end = () => {
      this.running.delete(controller);
      if (isAlone) this.isAlone = false;
      if (this.running.size > 0) return;
      clearInterval(this.metricsTimer);
      this.metricsTimer = undefined;
    };
    return { controller, epoch: this.epoch, end };
  }

  /** It makes tokens. */
  worked(): void {
    this.troubledSince = undefined;
  }

  /** It has answered a request in full. */
  answered(): void {
    this.worked();
    this.answers++;
    this.losses = 0;
    this.fullInARow = 0;
  }

  /**
   * A request found it gone. It may still be there, so it is asked at once; if it does not listen, all its requests are
   * sent again.
   * @param epoch of the request: what is known to be lost is not lost again
   */
  suspect(reason: string, epoch: number): void {
    if (!this.isUp || epoch !== this.epoch) return;
    this.losses++;
    this.setDown(reason);
    this.lookAfter(this.losses === 1 ? 0 : this.backoff(this.losses));
    this.watcher.changed();
  }

  /**
   * It has no room.
   * @param sentAt when the refused request was sent
   * @param retryAfterMs how long it asks to be left alone
   */
  full(sentAt: number, retryAfterMs: number | undefined): void {
    const { full, fullMax, retryAfterMax } = this.settings.timing;
    const own = Math.min(fullMax, full * 2 ** this.fullInARow);
    // To be asked to wait for no time at all is as good as not to be asked.
    const wait = Math.min(retryAfterMs === undefined || retryAfterMs === 0 ? own : retryAfterMs, retryAfterMax);
    // Requests of one burst are all refused at once; that is one refusal.
    if (sentAt >= this.pausedUntil) this.fullInARow++;
    this.limit?.refused(sentAt);
    this.pausedUntil = Math.max(this.pausedUntil, performance.now() + wait);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.probeTimer);
    clearInterval(this.metricsTimer);
    this.abandon();
    this.connection.close();
  }

  private setDown(reason: string): void {
    this.state = "down";
    this.reason = reason;
    this.troubledSince ??= performance.now();
  }

  private setUp(): void {
    if (this.isUp || this.isHeldDown || this.isClosed) return;
    this.epoch++;
    this.state = "up";
    this.watcher.changed();
  }

  /** Ends everything that is with it, to be sent again. */
  private abandon(): void {
    for (const controller of this.running) controller.abort(new EndpointDown(this.reason));
  }

  private backoff(times: number): number {
    const { probe, probeMax } = this.settings.timing;
    return Math.min(probeMax, probe * 2 ** (times - 1));
  }

  private lookAfter(delayMs: number, tries = 1): void {
    clearTimeout(this.probeTimer);
    const { connection } = this;
    this.probeTimer = setTimeout(() => {
      void this.probe().catch((error: unknown) => {
        if (this.isClosed || this.isHeldDown || connection !== this.connection) return;
        const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
        // Where nobody listens, nothing that was sent before is answered. A slow server may still be at it.
        if (cause?.code === "ECONNREFUSED") this.abandon();
        this.reason = presentable(messageOf(error), connection.address.secrets);
        this.lookAfter(this.backoff(tries), tries + 1);
      });
    }, delayMs);
    // Whoever waits for a server keeps the process alive, not the looking after it.
    this.probeTimer.unref();
  }

  private async probe(): Promise<void> {
    const { asker, address } = this.connection;
    const kind = this.facts?.kind;
    // A dead engine still lists its models.
    if (kind === "vllm" || kind === "sglang" || kind === "llama-server") await asker.text(`${address.root}/health`);
    await this.connect();
  }

  private watchMetrics(): NodeJS.Timeout {
    const watch = new MetricsWatch();
    const { asker, address } = this.connection;
    const timer = setInterval(() => {
      void asker.text(`${address.root}/metrics`).then(
        (text) => {
          const metrics = parseMetrics(text);
          if (metrics === undefined) return;
          const { isNearlyFull, hasPreempted } = watch.look(metrics);
          this.limit?.hold(isNearlyFull);
          if (hasPreempted) this.limit?.preempted();
        },
        () => undefined,
      );
    }, this.settings.timing.metrics);
    return timer.unref();
  }
}

function limitFor(facts: ServerFacts, settings: Settings): ConcurrencyLimit {
  const { concurrency, maxConcurrent, now } = settings;
  if (facts.slots !== undefined) {
    // A few wait at the server, so that a slot that becomes free is taken without a round trip; more are of no use.
    const initial = concurrency ?? facts.slots + Math.floor(facts.slots / 4) + 1;
    const max = Math.min(initial, maxConcurrent ?? initial);
    return new ConcurrencyLimit({ initial, max, floor: max, now });
  }
  const isBatching = facts.kind === "vllm" || facts.kind === "sglang";
  const initial = concurrency ?? (isBatching ? 32 : 8);
  const max = maxConcurrent ?? Math.max(initial, isBatching ? 256 : 64);
  return new ConcurrencyLimit({ initial, max, floor: isBatching ? 8 : 1, now });
}
