/**
 * Work that takes longer than a request: it goes on whoever watches, tells how it gets on, and can be cancelled. What a
 * job has made is in its session, so a server that ends loses nothing: the same job asked for again goes on.
 */
import { setMaxListeners } from "node:events";
import { AbortedError, BackendLostError } from "../backends/backend.js";
import { lineOf } from "../errors.js";
import { newId } from "../pipeline/projects/index.js";
import { exitCodeOf, type Observer, type Progress, type StageResult } from "../pipeline/stages/stage.js";
import { RefusedError } from "./errors.js";

export type JobState = "waiting" | "running" | "done" | "partial" | "failed" | "cancelled";

/** What is told of a job. */
export interface JobFacts {
  id: string;
  kind: string;
  project: string;
  task: string;
  session: string;
  state: JobState;
  created_at: string;
  ended_at: string | null;
  /** How far it is: things made, of how many. */
  progress: { done: number; total: number; what: string; requests: number; tokens: number };
  /** Counters by name: made, dropped, failed. */
  counts: Record<string, number>;
  /** Sentences that a person should read, the last ones. */
  messages: string[];
  error: string | null;
}

export interface JobEvent {
  type: "progress" | "message" | "end";
  job: JobFacts;
  message?: string;
}

export interface JobContext {
  signal: AbortSignal;
  observer: Observer;
}

interface Job {
  facts: JobFacts;
  controller: AbortController;
  listeners: Set<(event: JobEvent) => void>;
  work: (context: JobContext) => Promise<StageResult>;
  lastTold: number;
}

/** Ended jobs that are remembered. */
const mostRemembered = 200;
const mostMessages = 100;
/** Jobs that may wait. */
const mostWaiting = 50;
const progressEveryMs = 250;

export class Jobs {
  private readonly all = new Map<string, Job>();
  private readonly waiting: Job[] = [];
  private running: Job | undefined;
  private idle: Promise<void> = Promise.resolve();
  private ended = false;

  /** @param onLost called when the model of a job is lost */
  constructor(private readonly onLost: () => Promise<void>) {}

  /**
   * Hands work in. One job runs at a time, as there is one model; others wait in their order.
   * @throws {RefusedError} when too many wait, or the server ends
   */
  add(
    about: Pick<JobFacts, "kind" | "project" | "task" | "session">,
    work: (context: JobContext) => Promise<StageResult>,
  ): JobFacts {
    if (this.ended) throw new RefusedError(503, "the server is ending");
    if (this.waiting.length >= mostWaiting)
      throw new RefusedError(429, `${mostWaiting} jobs are waiting already`, { remedy: "wait, or cancel some" });
    const controller = new AbortController();
    // Every request in flight listens.
    setMaxListeners(0, controller.signal);
    const facts: JobFacts = {
      id: newId(),
      ...about,
      state: "waiting",
      created_at: new Date().toISOString(),
      ended_at: null,
      progress: { done: 0, total: 0, what: "samples", requests: 0, tokens: 0 },
      counts: {},
      messages: [],
      error: null,
    };
    const job: Job = { facts, controller, listeners: new Set(), work, lastTold: 0 };
    this.all.set(facts.id, job);
    this.forget();
    this.waiting.push(job);
    this.next();
    return facts;
  }

  list(): JobFacts[] {
    return [...this.all.values()].map(({ facts }) => facts);
  }

  /** @throws {RefusedError} when there is none */
  get(id: string): JobFacts {
    return this.find(id).facts;
  }

  /** Cancels a job that waits or runs; what it has made is kept. */
  cancel(id: string): JobFacts {
    const job = this.find(id);
    const at = this.waiting.indexOf(job);
    if (at !== -1) {
      this.waiting.splice(at, 1);
      this.end(job, "cancelled");
    } else if (job.facts.state === "running") job.controller.abort();
    return job.facts;
  }

  /**
   * Tells what happens to a job from now on, and its state at once.
   * @returns what stops it
   */
  watch(id: string, listener: (event: JobEvent) => void): () => void {
    const job = this.find(id);
    const isEnded = job.facts.ended_at !== null;
    listener({ type: isEnded ? "end" : "progress", job: job.facts });
    if (!isEnded) job.listeners.add(listener);
    return () => job.listeners.delete(listener);
  }

  /** Cancels all and waits until the one that runs has ended. */
  async close(): Promise<void> {
    this.ended = true;
    for (const { facts } of [...this.waiting]) this.cancel(facts.id);
    this.running?.controller.abort();
    await this.idle;
  }

  private find(id: string): Job {
    const job = this.all.get(id);
    if (job === undefined) throw new RefusedError(404, `there is no job ${id}`);
    return job;
  }

  private next(): void {
    if (this.running !== undefined) return;
    const job = this.waiting.shift();
    if (job === undefined) return;
    this.running = job;
    job.facts.state = "running";
    this.idle = this.run(job).finally(() => {
      this.running = undefined;
      this.next();
    });
  }

  private async run(job: Job): Promise<void> {
    const { facts, controller } = job;
    this.tell(job, { type: "progress", job: facts });
    try {
      const result = await job.work({ signal: controller.signal, observer: this.observerOf(job) });
      facts.counts = { ...result.counts };
      for (const { error } of result.failures) this.say(job, error);
      const code = exitCodeOf(result);
      if (code === 1) facts.error = result.failures[0]?.error ?? "nothing was made";
      this.end(job, code === 0 ? "done" : code === 1 ? "failed" : "partial");
    } catch (error) {
      if (controller.signal.aborted || error instanceof AbortedError) this.end(job, "cancelled");
      else {
        facts.error = lineOf(error);
        if (error instanceof BackendLostError) await this.onLost().catch(() => undefined);
        this.end(job, "failed");
      }
    }
  }

  private observerOf(job: Job): Observer {
    return {
      warn: (text) => this.say(job, text),
      detail: () => undefined,
      made: () => undefined,
      progress: (progress) => this.note(job, progress),
    };
  }

  private note(job: Job, { done, total, engine, what = "samples" }: Progress): void {
    const tokens = engine === undefined ? 0 : engine.promptTokens + engine.completionTokens;
    job.facts.progress = { done, total, what, requests: engine?.requests ?? 0, tokens };
    if (Date.now() - job.lastTold < progressEveryMs) return;
    job.lastTold = Date.now();
    this.tell(job, { type: "progress", job: job.facts });
  }

  private say(job: Job, message: string): void {
    job.facts.messages.push(message);
    if (job.facts.messages.length > mostMessages) job.facts.messages.shift();
    this.tell(job, { type: "message", job: job.facts, message });
  }

  private end(job: Job, state: JobState): void {
    job.facts.state = state;
    job.facts.ended_at = new Date().toISOString();
    this.tell(job, { type: "end", job: job.facts });
    job.listeners.clear();
  }

  private tell(job: Job, event: JobEvent): void {
    for (const listener of job.listeners) listener(event);
  }

  private forget(): void {
    for (const [id, { facts }] of this.all) {
      if (this.all.size <= mostRemembered) return;
      if (facts.ended_at !== null) this.all.delete(id);
    }
  }
}
