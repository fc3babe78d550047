/**
 * Finds the number of threads that is fastest now. llama.cpp's threads wait for each other by spinning: on a machine
 * where another program keeps a core busy, all of them wait for the one that was put aside, and a step takes up to a
 * hundred times as long as with a thread less. For small models fewer threads can be faster at any time.
 */
const settledSteps = 8;
const firstTrialAfter = 12;
const longestTrialAfter = 2048;
const trialSteps = 3;
/** A trial must gain this much to be adopted. */
const gain = 0.9;
/** A trial that is this much slower ends after one step. */
const hopeless = 2;

export class ThreadTuner {
  /** From all threads down to one, halving. */
  private readonly choices: number[] = [];
  private current = 0;
  private trial: number | undefined;
  private trialCosts: number[] = [];
  private recent: number[] = [];
  private sinceTrial = 0;
  private trialAfter = firstTrialAfter;
  private direction = 1;

  constructor(maxThreads: number) {
    for (let threads = Math.max(1, maxThreads); ; threads = Math.floor(threads / 2)) {
      this.choices.push(threads);
      if (threads === 1) break;
    }
  }

  /** Threads for the next step. */
  get threads(): number {
    return this.choices[this.trial ?? this.current]!;
  }

  /**
   * Learns what a step cost, in any unit that makes steps comparable.
   */
  learn(cost: number): void {
    if (this.trial !== undefined) this.learnFromTrial(cost);
    else {
      this.recent.push(cost);
      if (this.recent.length > settledSteps) this.recent.shift();
      if (++this.sinceTrial >= this.trialAfter && this.recent.length === settledSteps) this.beginTrial();
    }
  }

  /** Forgets costs that can no longer be compared, because steps have become others. */
  forget(): void {
    this.recent = [];
    this.trial = undefined;
    this.trialCosts = [];
  }

  private beginTrial(): void {
    if (this.choices.length === 1) return;
    const next = this.current + this.direction;
    // At either end only one way is open.
    if (next < 0 || next >= this.choices.length) this.direction = -this.direction;
    this.trial = this.current + this.direction;
    this.trialCosts = [];
    this.sinceTrial = 0;
  }

  private learnFromTrial(cost: number): void {
    this.trialCosts.push(cost);
    const usual = median(this.recent);
    if (this.trialCosts.length < trialSteps && cost < usual * hopeless) return;
    const better = this.trialCosts.length === trialSteps && median(this.trialCosts) < usual * gain;
    if (better) {
      this.current = this.trial!;
      this.recent = this.trialCosts;
      this.trialAfter = firstTrialAfter;
    } else {
      // The other way next time, and later: what is settled should cost little to doubt.
      this.direction = -this.direction;
      this.trialAfter = Math.min(longestTrialAfter, this.trialAfter * 2);
    }
    this.trial = undefined;
    this.sinceTrial = 0;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
