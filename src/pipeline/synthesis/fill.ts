/**
 * Fills many targets with new things, a few to a request, with as many requests in flight as the engine takes: topics
 * under nodes, inputs under topics.
 *
 * Requests become smaller as the rest shrinks, so that all sequences end together (guided self-scheduling: Polychronopoulos
 * and Kuck, 1987). Where requests would stand idle in the end, what others were asked for is asked for again, and the
 * first answers count (backup tasks: Dean and Ghemawat, "MapReduce", 2004). A target whose requests give nothing new
 * is given up after some, so nothing loops.
 */

/** Something to be filled. */
export interface Target {
  /** How many things it lacks; those that are being asked for included. */
  missing(): number;
  /** It is given up: its requests gave nothing new any more. */
  onGivenUp?(missing: number): void;
  /** Nothing is missing any more. */
  onFull?(): void;
}

/** One request for some things. */
export interface Ask<T extends Target> {
  target: T;
  count: number;
  /** Of the requests for this target, from 0. */
  part: number;
  /** Whether the same is asked for by others that are in flight. */
  isHedge: boolean;
  /** Aborts once the target is full. */
  signal: AbortSignal;
}

/** What a request gave. */
export interface Filled {
  /** Things that were new and are kept. */
  added: number;
  /** It was ended because the target was full. */
  abandoned?: boolean;
}

export interface FillOptions<T extends Target> {
  /** Requests at once; asked each time. */
  slots: () => number;
  /** Most things that one request is asked for; asked each time. */
  most: () => number;
  /** Fewest, where so many are missing. */
  least: number;
  /** Whether idle requests ask for what others have been asked for. */
  hedge: boolean;
  /** Requests in a row without anything new after which a target is given up. */
  barren: number;
  /** Asks, keeps what is new, and says how much that was; throws what ends the run. */
  ask: (ask: Ask<T>) => Promise<Filled>;
}

interface State<T extends Target> {
  target: T;
  /** Things asked for by requests in flight that are no hedges. */
  asked: number;
  inFlight: Set<AbortController>;
  hedges: number;
  parts: number;
  /** Requests in a row that gave nothing new. Those that were sent side by side count once: none knew of the others. */
  barren: number;
  /** Goes up with each request that counted as barren. */
  round: number;
  isQueued: boolean;
  isDone: boolean;
}

/** Hedges of one target at once; more only where so few targets are left that requests would stand idle. */
const fewestHedges = 2;

export class Filler<T extends Target> {
  /** Targets of which something is not asked for yet, in turn. */
  private readonly queue: State<T>[] = [];
  private readonly open = new Set<State<T>>();
  private inFlight = 0;
  private closed = false;
  private failure: { error: unknown } | undefined;
  private settle: () => void = () => undefined;
  private readonly ended = new Promise<void>((resolve) => (this.settle = resolve));

  constructor(private readonly options: FillOptions<T>) {}

  /** Adds a target; it may be added while others are being filled. */
  add(target: T): void {
    const missing = target.missing();
    if (missing <= 0) {
      target.onFull?.();
      return;
    }
    const state: State<T> = {
      target,
      asked: 0,
      inFlight: new Set(),
      hedges: 0,
      parts: 0,
      barren: 0,
      round: 0,
      isQueued: false,
      isDone: false,
    };
    this.open.add(state);
    this.enqueue(state);
    // Not at once: targets that are added together share the requests.
    queueMicrotask(() => this.pump());
  }

  /** Looks again whether there are slots, where their number depends on something else. */
  wake(): void {
    this.pump();
  }

  /** No more targets will come. Resolves when all are full or given up. @throws what a request threw */
  async close(): Promise<void> {
    this.closed = true;
    this.pump();
    await this.ended;
    if (this.failure !== undefined) throw this.failure.error;
  }

  private enqueue(state: State<T>): void {
    if (state.isQueued || state.isDone || this.unasked(state) <= 0) return;
    state.isQueued = true;
    this.queue.push(state);
  }

  private unasked(state: State<T>): number {
    return state.target.missing() - state.asked;
  }

  private pump(): void {
    while (this.failure === undefined && this.inFlight < this.options.slots()) {
      if (!this.askNext() && !this.hedgeNext()) break;
    }
    if (this.inFlight === 0 && (this.failure !== undefined || (this.closed && this.open.size === 0))) this.settle();
  }

  private askNext(): boolean {
    const { slots, most, least } = this.options;
    for (let state = this.queue.shift(); state !== undefined; state = this.queue.shift()) {
      state.isQueued = false;
      const unasked = this.unasked(state);
      if (state.isDone || unasked <= 0) continue;
      const fair = Math.ceil(this.rest(unasked, 2 * Math.max(1, slots()) * most()) / (2 * Math.max(1, slots())));
      const count = Math.min(unasked, Math.max(1, Math.min(most(), Math.max(least, fair))));
      state.asked += count;
      this.start(state, count, false);
      this.enqueue(state);
      return true;
    }
    return false;
  }

  /** Things that nobody is asked for yet, up to as many as matter. */
  private rest(first: number, enough: number): number {
    let sum = first;
    for (const state of this.queue) {
      if (sum >= enough) break;
      sum += Math.max(0, this.unasked(state));
    }
    return sum;
  }

  private hedgeNext(): boolean {
    if (!this.options.hedge || !this.closed) return false;
    const mostHedges = Math.max(fewestHedges, Math.ceil(this.options.slots() / Math.max(1, this.open.size)));
    let best: State<T> | undefined;
    for (const state of this.open)
      if (
        state.hedges < mostHedges &&
        state.barren < this.options.barren &&
        (best === undefined || state.hedges < best.hedges)
      )
        best = state;
    if (best === undefined) return false;
    best.hedges++;
    this.start(best, Math.max(1, Math.min(this.options.most(), best.target.missing())), true);
    return true;
  }

  private start(state: State<T>, count: number, isHedge: boolean): void {
    this.inFlight++;
    const controller = new AbortController();
    state.inFlight.add(controller);
    const { target, round } = state;
    const asked = this.options.ask({ target, count, part: state.parts++, isHedge, signal: controller.signal });
    void asked
      .then(
        ({ added, abandoned }) => {
          if (added > 0) state.barren = 0;
          else if (abandoned !== true && round === state.round) {
            state.barren++;
            state.round++;
          }
        },
        (error: unknown) => {
          this.failure ??= { error };
        },
      )
      .then(() => {
        this.inFlight--;
        state.inFlight.delete(controller);
        if (isHedge) state.hedges--;
        else state.asked -= count;
        this.look(state);
        this.pump();
      });
  }

  /** Whether a target has what it needs, or will not get it. */
  private look(state: State<T>): void {
    if (state.isDone) return;
    const missing = state.target.missing();
    const isFull = missing <= 0;
    const isUsedUp = state.barren >= this.options.barren;
    if (isFull || (isUsedUp && state.inFlight.size === 0)) {
      state.isDone = true;
      this.open.delete(state);
      for (const controller of state.inFlight) controller.abort();
      if (isFull) state.target.onFull?.();
      else state.target.onGivenUp?.(missing);
    } else if (!isUsedUp) this.enqueue(state);
  }
}
