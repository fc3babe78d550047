/**
 * Shares requests out among servers, and sees each through: to the server with most room that knows most of its prompt,
 * again where a server was lost or full, with waits where a server errs, until it has an answer or a reason why not.
 */
import {
  AbortedError,
  BackendError,
  BackendLostError,
  type GenerateOptions,
  type GenerateRequest,
  type GenerateResult,
  RequestRefusedError,
  TransientError,
} from "../backend.js";
import type { Endpoint } from "./endpoint.js";
import { exchange } from "./exchange.js";
import { type Failure, failureOf, type Parameter } from "./failures.js";
import { Job } from "./job.js";
import type { Settings } from "./options.js";
import { prefixesOf } from "./prefixes.js";
import type { ServerKind } from "./server-facts.js";

/** Weights of room and of a known prompt, as llm-d's router has them. */
const roomWeight = 2;
const prefixWeight = 3;
/** A request with which servers died so many times may be the reason, so it is sent alone and takes no others with it. */
const suspectDeaths = 2;
/** After so many it is no longer sent. */
const maxDeaths = 5;
/** Refusals for want of room after which the caller is told; with the longest waits, a quarter of an hour or more. */
const maxFull = 20;
const maxRetryDelayMs = 30_000;
/** Which say by 503 that their engine is dead or still being loaded. */
const diesWith503: readonly ServerKind[] = ["vllm", "sglang", "llama-server"];
/** What only shapes the answer; whoever has set it should know that it is ignored. */
const audible: readonly Parameter[] = ["temperature", "top_p", "seed"];

export class Pool {
  /** Requests sent again, by why. */
  readonly retries: Record<string, number> = {};
  private readonly jobs = new Set<Job>();
  /** Those that can be sent now, in order of arrival. */
  private readonly queue: Job[] = [];
  private readonly waiters = new Set<{ resolve: (endpoint: Endpoint) => void; reject: (error: Error) => void }>();
  private wakeTimer: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;
  private ended: Error | undefined;
  private nextNumber = 0;

  constructor(
    private readonly endpoints: readonly Endpoint[],
    private readonly settings: Settings,
  ) {
    for (const endpoint of endpoints) endpoint.watch({ changed: () => this.serversChanged() });
  }

  /**
   * @throws {AbortedError} {BackendLostError} {RequestRefusedError} {ContextOverflowError} {TransientError}
   */
  run(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    if (options.signal?.aborted) return Promise.reject(new AbortedError());
    return new Promise((resolve, reject) => {
      // With one server there is nothing to choose.
      const prefixes = this.endpoints.length > 1 ? prefixesOf(request.messages) : [];
      const job = new Job(this.nextNumber++, request, options, prefixes, { resolve, reject }, () => {
        this.jobs.delete(job);
        const at = this.queue.indexOf(job);
        if (at >= 0) this.queue.splice(at, 1);
        this.serversChanged();
      });
      this.jobs.add(job);
      this.queue.push(job);
      this.serversChanged();
    });
  }

  /**
   * A server that is up, as soon as there is one.
   * @throws {BackendLostError} when there will be none
   */
  anyUp(): Promise<Endpoint> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const up = this.endpoints.filter((endpoint) => endpoint.isUp);
    const [first, ...others] = up;
    if (first !== undefined)
      return Promise.resolve(others.reduce((best, one) => (one.inFlight < best.inFlight ? one : best), first));
    return new Promise((resolve, reject) => {
      this.waiters.add({ resolve, reject });
      this.serversChanged();
    });
  }

  /** Ends everything that waits or is under way. */
  end(error: Error): void {
    this.ended ??= error;
    clearTimeout(this.wakeTimer);
    clearTimeout(this.deadline);
    for (const job of [...this.jobs]) job.fail(error);
    for (const waiter of this.waiters) waiter.reject(error);
    this.waiters.clear();
    for (const endpoint of this.endpoints) endpoint.close();
  }

  private serversChanged(): void {
    if (this.ended !== undefined) return;
    const up = this.endpoints.find((endpoint) => endpoint.isUp);
    if (up === undefined) this.checkServers();
    else {
      clearTimeout(this.deadline);
      this.deadline = undefined;
      for (const waiter of this.waiters) waiter.resolve(up);
      this.waiters.clear();
      this.dispatch();
    }
  }

  /** No server is up: for how long may that go on? */
  private checkServers(): void {
    clearTimeout(this.deadline);
    this.deadline = undefined;
    const lost = this.endpoints.filter((endpoint) => endpoint.lostError !== undefined);
    if (lost.length === this.endpoints.length) return this.end(lost[0]!.lostError!);
    if (this.settings.managed || (this.jobs.size === 0 && this.waiters.size === 0)) return;
    const { waitForServerMs } = this.settings;
    // A server that comes back only to be lost again, without making a single token, has been gone all the time.
    const since = Math.max(...this.endpoints.map((endpoint) => endpoint.troubledSince ?? performance.now()));
    const left = since + waitForServerMs - performance.now();
    if (left > 0) {
      this.deadline = setTimeout(() => this.serversChanged(), Math.ceil(left));
      return;
    }
    const each = this.endpoints.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
    this.end(
      new BackendLostError(
        `${this.settings.provider}: no answer for ${Math.round(waitForServerMs / 1000)} s from ${each}`,
        { remedy: "start the server again and run the same command: what is done is kept" },
      ),
    );
  }

  private dispatch(): void {
    const now = performance.now();
    while (this.queue.length > 0) {
      const job = this.queue[0]!;
      const isSuspect = job.deaths >= suspectDeaths;
      const open = this.endpoints.filter((endpoint) => endpoint.hasRoom(now) && !(isSuspect && endpoint.inFlight > 0));
      const [first] = open;
      if (first === undefined) break;
      this.queue.shift();
      const best = open.reduce((one, other) => (score(other, job) > score(one, job) ? other : one), first);
      void this.send(job, best);
    }
    if (this.queue.length === 0)
      for (const endpoint of this.endpoints) if (endpoint.hasRoom(now)) endpoint.limit?.notFull();
    this.wakeWhenUnpaused(now);
  }

  /** Servers that are left alone for a while do not tell when that is over. */
  private wakeWhenUnpaused(now: number): void {
    clearTimeout(this.wakeTimer);
    if (this.queue.length === 0) return;
    const pauses = this.endpoints
      .filter((endpoint) => endpoint.isUp && endpoint.openAt > now)
      .map((endpoint) => endpoint.openAt - now);
    if (pauses.length > 0) this.wakeTimer = setTimeout(() => this.serversChanged(), Math.ceil(Math.min(...pauses)) + 1);
  }

  private async send(job: Job, endpoint: Endpoint): Promise<void> {
    const { controller, epoch, end } = endpoint.begin(job.deaths >= suspectDeaths);
    const sentAt = performance.now();
    const without = new Set(endpoint.unsupported);
    endpoint.prefixes.add(job.prefixes);
    job.attempt(controller);
    try {
      const result = await exchange(endpoint, job.request, controller.signal, job.handOn());
      // Before the caller goes on, so that the place is free when it sends the next.
      end();
      job.succeed(result);
    } catch (error) {
      end();
      if (!job.isSettled) this.failed(job, endpoint, { error, epoch, sentAt, without });
    }
    this.serversChanged();
  }

  private failed(job: Job, endpoint: Endpoint, attempt: Attempt): void {
    const failure = this.failureOf(job, endpoint, attempt.error);
    switch (failure.kind) {
      case "final":
        return job.fail(failure.error);
      case "unsupported":
        return this.sendWithout(job, endpoint, failure, attempt.without);
      case "lost": {
        // A server that does not load or die with this status has too much to do.
        if (failure.status === 503 && !diesWith503.includes(endpoint.facts?.kind ?? "unknown"))
          endpoint.limit?.refused(attempt.sentAt);
        endpoint.suspect(failure.reason, attempt.epoch);
        if (failure.hasBegun && ++job.deaths >= maxDeaths)
          return job.fail(
            new RequestRefusedError(
              `the server was lost ${job.deaths} times while it worked on this: ${failure.reason}`,
            ),
          );
        this.count("server lost");
        return this.again(job);
      }
      case "full": {
        endpoint.full(attempt.sentAt, failure.retryAfterMs);
        if (++job.full > maxFull) return job.fail(new TransientError(failure.reason, failure.retryAfterMs));
        this.count("server full");
        return this.again(job);
      }
      case "again": {
        const { maxRetries, retryDelayMs } = this.settings;
        if (job.errors >= maxRetries) return job.fail(new TransientError(failure.reason, retryDelayMs));
        this.count("server error");
        job.avoided = endpoint;
        const wait = Math.min(maxRetryDelayMs, retryDelayMs * 2 ** job.errors++);
        // Spread, so that what failed together does not come back together.
        return job.later(wait * (0.5 + Math.random() / 2), () => {
          this.again(job);
          this.serversChanged();
        });
      }
    }
  }

  private failureOf(job: Job, endpoint: Endpoint, error: unknown): Failure {
    if (error instanceof BackendError) return { kind: "final", error };
    return failureOf(error, {
      secrets: endpoint.connection.address.secrets,
      server: `${this.settings.provider}: ${endpoint.name}`,
      models: endpoint.facts?.models ?? [],
      maxTokens: job.request.maxTokens,
      contextTokens: endpoint.facts?.context?.tokens ?? 0,
      now: Date.now(),
    });
  }

  private sendWithout(
    job: Job,
    endpoint: Endpoint,
    { parameter, reason }: Failure & { kind: "unsupported" },
    without: ReadonlySet<Parameter>,
  ): void {
    // It was not even sent, so that is not what is wrong.
    if (without.has(parameter)) return job.fail(new RequestRefusedError(reason));
    if (!endpoint.unsupported.has(parameter) && audible.includes(parameter))
      this.settings.onNotice(
        `${this.settings.provider}: ${endpoint.name} does not take ${parameter}, so it is left out: ${reason}`,
      );
    endpoint.unsupported.add(parameter);
    this.again(job);
  }

  /** Back into the queue, at the place it had; what servers die of goes last, so that the rest gets done. */
  private again(job: Job): void {
    if (job.isSettled) return;
    const at = job.deaths >= suspectDeaths ? -1 : this.queue.findIndex((other) => other.number > job.number);
    if (at < 0) this.queue.push(job);
    else this.queue.splice(at, 0, job);
  }

  private count(reason: string): void {
    this.retries[reason] = (this.retries[reason] ?? 0) + 1;
  }
}

interface Attempt {
  error: unknown;
  epoch: number;
  sentAt: number;
  without: ReadonlySet<Parameter>;
}

function score(endpoint: Endpoint, job: Job): number {
  const room = 1 - endpoint.inFlight / endpoint.capacity;
  const avoided = job.avoided === endpoint ? roomWeight + prefixWeight : 0;
  return roomWeight * room + prefixWeight * endpoint.prefixes.hit(job.prefixes) - avoided;
}
