/**
 * How many requests one server gets at once, found by trying. Time is cut into windows; after each, the tokens made per
 * second tell whether the last step was worth it. A step up that brings nothing is taken back, and the next one waits
 * longer; a server that lets requests wait longer than it works on them gets fewer, unless that costs throughput; one
 * that refuses gets fewer at once. Pure: it knows neither servers nor timers, only the times it is told.
 */

export interface LimitOptions {
  /** Requests at once to begin with. */
  initial: number;
  /** Never more than this. */
  max: number;
  /** Not fewer than this for the sake of speed; refusals and preemptions may still go below. */
  floor?: number;
  /** Milliseconds of any clock that does not run backwards. */
  now: () => number;
}

/** What is known of a request that was answered. */
export interface FinishedRequest {
  /** From sending to the end, in milliseconds. */
  ms: number;
  /** From sending to the first token; undefined where the answer came in one piece. */
  firstMs: number | undefined;
  tokens: number;
}

/** A window is judged when so long a time has passed and each place was used about once. */
const windowMs = 1_000;
const growth = 1.5;
/** A step up must bring so much more throughput, a step down cost no more than so much. */
const worthwhile = 1.05;
const bearable = 0.95;
const refusedShare = 0.7;
const fewerShare = 0.8;
/** Windows before growth is tried again where it brought nothing; doubled each time, up to the longest. */
const firstPatience = 4;
const maxPatience = 64;

interface Measure {
  value: number;
  /** Tokens per second. */
  throughput: number;
  /** Milliseconds per token of a request, waiting included; the median. */
  msPerToken: number;
}

export class ConcurrencyLimit {
  private current: number;
  private readonly floor: number;
  private window = emptyWindow(0);
  /** The window before the last step, and which way that went. */
  private step: { before: Measure; direction: "up" | "down" } | undefined;
  /** The best throughput seen, fading slowly since servers change; steps down are measured against it. */
  private best = 0;
  private patience = firstPatience;
  private windowsUntilGrowth = 0;
  private windowsUntilShrink = 0;
  private lastCutAt = -Infinity;
  private isHeld = false;

  constructor(private readonly options: LimitOptions) {
    this.current = clamp(Math.round(options.initial), 1, options.max);
    this.floor = Math.min(options.floor ?? 1, this.current);
    this.window = emptyWindow(options.now());
  }

  get value(): number {
    return this.current;
  }

  /** Tokens arrived, of any request. */
  madeTokens(count: number): void {
    this.window.tokens += count;
  }

  /** There was not enough work to fill all places, so this window tells nothing. */
  notFull(): void {
    this.window.isFull = false;
  }

  /** A request was answered; windows end here. */
  finished(request: FinishedRequest): void {
    const { window } = this;
    const tokens = Math.max(1, request.tokens);
    window.msPerToken.push(request.ms / tokens);
    if (request.firstMs !== undefined && request.firstMs > request.ms / 2) window.waited++;
    const elapsed = this.options.now() - window.startedAt;
    if (window.msPerToken.length < this.current || elapsed < windowMs) return;
    this.window = emptyWindow(this.options.now());
    if (window.isFull)
      this.judge(
        {
          value: this.current,
          throughput: (window.tokens * 1000) / elapsed,
          msPerToken: median(window.msPerToken),
        },
        window.waited > window.msPerToken.length / 2,
      );
  }

  /**
   * The server refused a request for want of room.
   * @param sentAt when that was sent; refusals of requests sent before the last cut are part of the same jam
   */
  refused(sentAt: number): void {
    if (sentAt >= this.lastCutAt) this.cut(refusedShare);
  }

  /** The server had to throw work away that it had begun. */
  preempted(): void {
    this.cut(fewerShare);
  }

  /** While held, the limit does not grow: the server is known to be nearly full. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
  }

  private cut(share: number): void {
    this.current = Math.max(1, Math.floor(this.current * share));
    this.lastCutAt = this.options.now();
    this.window = emptyWindow(this.lastCutAt);
    this.step = undefined;
    this.best = 0;
    this.beMorePatient();
  }

  private judge(measure: Measure, isWaiting: boolean): void {
    if (this.windowsUntilGrowth > 0) this.windowsUntilGrowth--;
    if (this.windowsUntilShrink > 0) this.windowsUntilShrink--;
    const { step } = this;
    this.step = undefined;
    this.best = Math.max(this.best * 0.99, measure.throughput);
    if (step?.direction === "up" && measure.throughput < step.before.throughput * worthwhile) {
      this.beMorePatient();
      // Twice as slow for nothing: the place before may have been too many already.
      if (measure.msPerToken > 2 * step.before.msPerToken) this.stepDown(step.before);
      else this.current = step.before.value;
      return;
    }
    if (step?.direction === "up") this.patience = firstPatience;
    if (step?.direction === "down" && measure.throughput < this.best * bearable) {
      this.current = step.before.value;
      this.windowsUntilShrink = maxPatience;
      return;
    }
    if (isWaiting && this.windowsUntilShrink === 0 && this.current > this.floor && step?.direction !== "up") {
      this.stepDown(measure);
      this.windowsUntilGrowth = Math.max(this.windowsUntilGrowth, this.patience);
      return;
    }
    if (this.isHeld || this.windowsUntilGrowth > 0 || this.current >= this.options.max) return;
    this.step = { before: measure, direction: "up" };
    this.current = Math.min(this.options.max, Math.ceil(this.current * growth));
  }

  private stepDown(before: Measure): void {
    const next = Math.max(this.floor, Math.floor(before.value * fewerShare));
    this.step = next < before.value ? { before, direction: "down" } : undefined;
    this.current = next;
  }

  private beMorePatient(): void {
    this.windowsUntilGrowth = this.patience;
    this.patience = Math.min(maxPatience, this.patience * 2);
  }
}

function emptyWindow(startedAt: number) {
  return { startedAt, tokens: 0, msPerToken: [] as number[], waited: 0, isFull: true };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
