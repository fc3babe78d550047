/** Counts what became of the records of one input, for its report. */
import type { CheckReport, CurationMetrics, Distribution, RecordExample } from "./report.js";
import { annotated, type OpenCheck, type Passing } from "./curator.js";

/** Examples kept in a report, of kept and of dropped records and for each check. */
const mostExamples = 10;
const examplesPerCheck = 5;
/** Characters shown of a text in an example. */
const shownCharacters = 400;
/** Different reasons told apart; whatever comes after them is counted together. */
const mostReasons = 200;

interface CheckTally {
  seen: number;
  flagged: number;
  dropped: number;
  changed: number;
  failed: number;
  reasons: Map<string, number>;
  scores: Scores;
  examples: CheckReport["examples"];
}

export class Tally {
  private readonly tallies: Map<string, CheckTally>;
  private readonly ratings = new Scores();
  readonly examples: { kept: RecordExample[]; dropped: RecordExample[] } = { kept: [], dropped: [] };
  readonly unusable = { count: 0, reasons: {} as Record<string, number> };
  total = 0;
  kept = 0;
  /** Records that a check could not look at. */
  failed = 0;
  withoutSource = 0;

  constructor(private readonly checks: readonly OpenCheck[]) {
    this.tallies = new Map(
      checks.map(({ check }) => [
        check.name,
        {
          seen: 0,
          flagged: 0,
          dropped: 0,
          changed: 0,
          failed: 0,
          reasons: new Map(),
          scores: new Scores(),
          examples: [],
        },
      ]),
    );
  }

  add(passing: Passing): void {
    const { candidate, dropped, failed } = passing;
    this.total++;
    if (candidate.text === undefined) this.withoutSource++;
    if (dropped === undefined) this.kept++;
    if (failed === true) this.failed++;
    for (const { check, verdict } of passing.found) {
      const { name } = check.check;
      const tally = this.tallies.get(name)!;
      tally.seen++;
      if (verdict.score !== undefined) tally.scores.add(verdict.score);
      if (name === "judge" && verdict.score !== undefined) this.ratings.add(verdict.score);
      if (verdict.record !== undefined) tally.changed++;
      if (verdict.failure !== undefined) {
        tally.failed++;
        count(tally.reasons, verdict.failure);
      }
      const { problems = [] } = verdict;
      for (const { reason } of problems) count(tally.reasons, reason);
      if (problems.length > 0 && dropped?.check === name) tally.dropped++;
      else if (problems.length > 0) tally.flagged++;
      const [first] = problems;
      if (first !== undefined && tally.examples.length < examplesPerCheck)
        tally.examples.push({
          reason: first.reason,
          ...(first.detail === undefined ? {} : { detail: first.detail }),
          question: shorten(candidate.record.question),
        });
    }
    const list = dropped === undefined ? this.examples.kept : this.examples.dropped;
    if (list.length < mostExamples) list.push(exampleOf(passing));
  }

  addUnusable(reason: string): void {
    this.unusable.count++;
    this.unusable.reasons[reason] = (this.unusable.reasons[reason] ?? 0) + 1;
  }

  /** Records that a check dropped, by its name. */
  get droppedBy(): Record<string, number> {
    return Object.fromEntries(
      [...this.tallies].filter(([, { dropped }]) => dropped > 0).map(([name, { dropped }]) => [name, dropped]),
    );
  }

  get flagged(): number {
    return [...this.tallies.values()].reduce((sum, { flagged }) => sum + flagged, 0);
  }

  get metrics(): CurationMetrics {
    return {
      total: this.total,
      filtered: this.kept,
      retention_rate: round(this.total === 0 ? 0 : this.kept / this.total, 2),
      avg_score: round(this.ratings.mean, 1),
      rated: this.ratings.count,
    };
  }

  get ratingDistribution(): Distribution | null {
    return this.ratings.distribution();
  }

  checkReports(): CheckReport[] {
    return this.checks.map(({ check, action, looker }) => {
      const { scores, reasons, ...rest } = this.tallies.get(check.name)!;
      return {
        name: check.name,
        description: check.description,
        action,
        ...rest,
        reasons: Object.fromEntries([...reasons].sort((a, b) => b[1] - a[1])),
        scores: scores.distribution(),
        summary: looker.summary?.() ?? null,
      };
    });
  }
}

function count(counts: Map<string, number>, reason: string): void {
  const key = counts.has(reason) || counts.size < mostReasons ? reason : "other reasons";
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function exampleOf(passing: Passing): RecordExample {
  const { record } = passing.candidate;
  const { rating, quality, dropped } = annotated(passing) as Partial<RecordExample>;
  return {
    question: shorten(record.question),
    answer: shorten(record.answer),
    ...(typeof rating === "number" ? { rating } : {}),
    ...(quality === undefined ? {} : { quality }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}

function shorten(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Numbers of which a sample is kept: all of the first 10,000, then every second, every fourth … of them. */
export class Scores {
  count = 0;
  private sum = 0;
  private min = Infinity;
  private max = -Infinity;
  private sample: number[] = [];
  private every = 1;

  add(value: number): void {
    if (this.count % this.every === 0) this.sample.push(value);
    if (this.sample.length > 10_000) {
      this.sample = this.sample.filter((_, i) => i % 2 === 0);
      this.every *= 2;
    }
    this.count++;
    this.sum += value;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
  }

  /** 0 where there is none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  distribution(): Distribution | null {
    if (this.count === 0) return null;
    const sorted = [...this.sample].sort((a, b) => a - b);
    const at = (share: number) => tidy(sorted[Math.round(share * (sorted.length - 1))]!);
    return {
      count: this.count,
      mean: tidy(this.mean),
      min: tidy(this.min),
      max: tidy(this.max),
      p5: at(0.05),
      p25: at(0.25),
      p50: at(0.5),
      p75: at(0.75),
      p95: at(0.95),
      histogram: this.histogram(sorted),
    };
  }

  private histogram(sorted: readonly number[]): Distribution["histogram"] {
    const integers = sorted.every(Number.isInteger) && this.max - this.min < 20;
    // Integers have a step each, from one to the next.
    const steps = integers ? this.max - this.min + 1 : this.max > this.min ? 10 : 1;
    const width = integers ? 1 : (this.max - this.min) / steps;
    const scale = this.count / sorted.length;
    const counts = Array.from({ length: steps }, () => 0);
    for (const value of sorted) {
      const step = width === 0 ? 0 : Math.min(steps - 1, Math.floor((value - this.min) / width));
      counts[step]! += scale;
    }
    return counts.map((one, i) => ({
      from: tidy(this.min + i * width),
      to: tidy(integers ? this.min + i : this.min + (i + 1) * width),
      count: Math.round(one),
    }));
  }
}

function tidy(value: number): number {
  return Number(value.toFixed(4));
}
