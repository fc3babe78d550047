/** Counts what became of the records of one input, for its report. */
import type { CheckReport, CurationMetrics, Distribution, RecordExample } from "./report.js";
import { NoteTally } from "./note-tally.js";
import { Scores } from "./scores.js";
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
  notes: NoteTally;
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
          notes: new NoteTally(),
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
      tally.notes.add(verdict.note);
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
      const { scores, notes, reasons, ...rest } = this.tallies.get(check.name)!;
      return {
        name: check.name,
        description: check.description,
        action,
        ...rest,
        reasons: Object.fromEntries([...reasons].sort((a, b) => b[1] - a[1])),
        scores: scores.distribution(),
        ...notes.figures(),
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
