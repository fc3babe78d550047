/**
 * Continuous batching: decides at every step which sequences are evaluated together. All sequences that decode take
 * part in each step, a request that ends is replaced before the next one, and prompts are evaluated in steps of their
 * own, because llama.cpp would evaluate a mixed batch in pieces.
 *
 * The library decodes whatever is queued when it looks, which leaves sequences out of steps, and it keeps its lock as
 * long as anything is queued, so that a finished sequence could not be reused. Here every sequence hands in its token
 * before any asks for the next: the queue is empty between steps, and each step is full.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { GenerateResult } from "../../backend.js";
import type { Slot, SlotJob } from "./slot.js";
import { ThreadTuner } from "./thread-tuner.js";

export interface SchedulerEvents {
  onDone: (id: number, result: GenerateResult) => void;
  onFailed: (id: number, error: unknown) => void;
  onAborted: (id: number) => void;
}

/** How the number of threads is set; absent where threads do not matter, as on a GPU. */
export interface Threads {
  max: number;
  use: (threads: number) => void;
}

/** Schedulers side by side, one for each context, that take requests from one queue. */
export class Schedulers {
  private readonly queue: SlotJob[] = [];
  private readonly schedulers: readonly Scheduler[];

  constructor(
    groups: readonly (readonly Slot[])[],
    batchSize: number,
    private readonly events: SchedulerEvents,
    threads?: Threads,
  ) {
    this.schedulers = groups.map((slots) => new Scheduler(slots, this.queue, batchSize, events, threads));
  }

  submit(job: SlotJob): void {
    this.queue.push(job);
    for (const scheduler of this.schedulers) scheduler.wake();
  }

  /** Takes effect before the next step. */
  abort(id: number): void {
    const waiting = this.queue.findIndex((job) => job.request.id === id);
    if (waiting >= 0) {
      this.queue.splice(waiting, 1);
      this.events.onAborted(id);
    } else for (const scheduler of this.schedulers) scheduler.abort(id);
  }
}

class Scheduler {
  private readonly aborted = new Set<number>();
  private running = false;
  /** Prompts and single tokens keep different numbers of threads busy. */
  private readonly prefillTuner: ThreadTuner | undefined;
  private readonly decodeTuner: ThreadTuner | undefined;
  private decodeWidth = 0;

  constructor(
    private readonly slots: readonly Slot[],
    private readonly queue: SlotJob[],
    /** Most prompt tokens evaluated in one step. */
    private readonly batchSize: number,
    private readonly events: SchedulerEvents,
    private readonly threads?: Threads,
  ) {
    if (threads === undefined) return;
    this.prefillTuner = new ThreadTuner(threads.max);
    this.decodeTuner = new ThreadTuner(threads.max);
  }

  /** Something waits in the queue. */
  wake(): void {
    if (!this.running) void this.run();
  }

  abort(id: number): void {
    if (this.slots.some((slot) => slot.requestId === id)) this.aborted.add(id);
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      for (;;) {
        await this.dropAborted();
        await this.fillSlots();
        const busy = this.slots.filter((slot) => !slot.isFree);
        if (busy.length === 0) break;
        const prefilling = busy.filter((slot) => slot.waitingTokens > 0);
        if (prefilling.length > 0) await this.prefillStep(prefilling);
        else await this.decodeStep(busy);
        // Lets the library finish its step and incoming messages be read.
        await nextTurn();
      }
    } finally {
      this.running = false;
    }
  }

  private async dropAborted(): Promise<void> {
    if (this.aborted.size === 0) return;
    for (const slot of this.slots) {
      const id = slot.requestId;
      if (id === undefined || !this.aborted.has(id)) continue;
      await slot.release();
      this.events.onAborted(id);
    }
    this.aborted.clear();
  }

  /** Gives each waiting request the free slot whose cache holds most of its prompt; the lowest among equals. */
  private async fillSlots(): Promise<void> {
    while (this.queue.length > 0) {
      const free = this.slots.filter((slot) => slot.isFree);
      if (free.length === 0) return;
      const job = this.queue.shift()!;
      let best = free[0]!;
      let bestShared = best.sharedPrefix(job.prompt.tokens);
      for (const slot of free.slice(1)) {
        const shared = slot.sharedPrefix(job.prompt.tokens);
        if (shared > bestShared) [best, bestShared] = [slot, shared];
      }
      try {
        await best.start(job);
      } catch (error) {
        await this.fail(best, error);
      }
    }
  }

  private async prefillStep(slots: readonly Slot[]): Promise<void> {
    let budget = this.batchSize;
    const steps: (() => Promise<void>)[] = [];
    for (const slot of slots) {
      if (budget === 0) break;
      const amount = Math.min(budget, slot.waitingTokens);
      budget -= amount;
      steps.push(() => this.advance(slot, () => slot.prefill(amount)));
    }
    const tokens = this.batchSize - budget;
    // A few tokens cost about as much as one; per token they would look slow.
    const tuner = tokens * 4 >= this.batchSize ? this.prefillTuner : undefined;
    await this.timed(tuner, tokens, () => Promise.all(steps.map((step) => step())));
  }

  private async decodeStep(slots: readonly Slot[]): Promise<void> {
    if (slots.length !== this.decodeWidth) {
      this.decodeWidth = slots.length;
      this.decodeTuner?.forget();
    }
    await this.timed(this.decodeTuner, 1, () =>
      Promise.all(slots.map((slot) => this.advance(slot, () => slot.decode()))),
    );
  }

  /** Takes a step with the number of threads that is fastest now. */
  private async timed(tuner: ThreadTuner | undefined, units: number, step: () => Promise<unknown>): Promise<void> {
    if (tuner !== undefined) this.threads!.use(tuner.threads);
    const started = performance.now();
    await step();
    tuner?.learn((performance.now() - started) / units);
  }

  private async advance(slot: Slot, step: () => Promise<GenerateResult | undefined>): Promise<void> {
    const id = slot.requestId!;
    try {
      const result = await step();
      if (result === undefined) return;
      await slot.release();
      this.events.onDone(id, result);
    } catch (error) {
      await this.fail(slot, error);
    }
  }

  private async fail(slot: Slot, error: unknown): Promise<void> {
    const id = slot.requestId!;
    await slot.release().catch(() => undefined);
    this.events.onFailed(id, error);
  }
}
