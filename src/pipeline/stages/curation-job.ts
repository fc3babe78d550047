/** One input of a curation: its curated file, what was dropped, its counts and its report. */
import type { Config } from "../../config/schema.js";
import { CuratedFile, droppedPath } from "../curate/curated-file.js";
import type { Json } from "../curate/check.js";
import { annotated, type Curator, keptRecord, type Passing } from "../curate/curator.js";
import { restFor } from "../curate/personal-data/index.js";
import { writeReport } from "../curate/report/index.js";
import type { CurationReport } from "../curate/report.js";
import type { Settled } from "../curate/stream.js";
import { Tally } from "../curate/tally.js";
import type { RecordKind, StoredRecord } from "../records/read.js";
import { addCount, type Observer, type StageResult } from "./stage.js";

/** So many records with the same rating make a judge suspicious. */
const suspiciousRatings = 20;

export interface CurationJobOptions {
  curator: Curator;
  config: Config;
  observer: Observer;
  model: object | undefined;
  /** Counts the records of all inputs together, for a report over the whole command. */
  overall?: Tally;
}

/** What the report says of the records that a tally counted. */
export function curationReport(
  tally: Tally,
  names: { input: string; output: string; droppedFile: string },
  { config, model, curator }: Pick<CurationJobOptions, "config" | "model" | "curator">,
): CurationReport {
  return {
    stage: "curate",
    input: names.input,
    output: names.output,
    dropped_file: names.droppedFile,
    metrics: tally.metrics,
    checks: tally.checkReports(),
    ratings: tally.ratingDistribution,
    examples: tally.examples,
    unusable: tally.unusable,
    without_source: tally.withoutSource,
    settings: config.curate,
    threshold: config.curate.threshold,
    model: (model as Json | undefined) ?? null,
    ...(curator.asksModel ? { prompts: { qa_rating: config.prompts.qa_rating } } : {}),
  };
}

export class CurationJob implements AsyncDisposable {
  private file: CuratedFile | undefined;
  private held: AsyncDisposable | undefined;
  private rest: Readonly<Record<string, unknown>> = {};
  private readonly tally: Tally;
  private unusableExample = "";

  /**
   * @param input as messages name it
   * @param output the file to write
   */
  constructor(
    readonly input: string,
    readonly output: string,
    private readonly options: CurationJobOptions,
  ) {
    this.tally = new Tally(options.curator.open);
  }

  /** What is let go when the job is over: locks, journals. */
  holds(held: AsyncDisposable): void {
    this.held = held;
  }

  /**
   * @param rest keys of the input beside its records
   * @throws {OutputError}
   */
  async begin(kind: RecordKind, rest: Readonly<Record<string, unknown>>): Promise<void> {
    this.rest = rest;
    this.file = await CuratedFile.open(this.output, kind, restFor(this.options.config, { summary: rest["summary"] }));
  }

  /**
   * Writes what became of a record.
   * @returns the record where it is kept
   * @throws {OutputError}
   */
  async take(step: Extract<Settled<unknown>, { kind: "record" | "unusable" }>): Promise<StoredRecord | undefined> {
    if (step.kind === "record") return await this.takeRecord(step.passing);
    const { raw, reason, index } = step.unusable;
    if (this.unusableExample === "") this.unusableExample = `number ${index + 1}: ${reason}`;
    this.tally.addUnusable(reason);
    this.options.overall?.addUnusable(reason);
    await this.file?.drop({ record: raw, dropped: { check: "read", reason } });
    return undefined;
  }

  private async takeRecord(passing: Passing): Promise<StoredRecord | undefined> {
    this.tally.add(passing);
    this.options.overall?.add(passing);
    if (passing.dropped !== undefined) {
      await this.file?.drop(annotated(passing));
      return undefined;
    }
    const record = keptRecord(passing);
    await this.file?.keep(record);
    return record;
  }

  /**
   * Ends the files and says what became of the input.
   * @param rest keys of the input beside its records, where they are known only now
   * @returns the curated file
   * @throws {OutputError}
   */
  async finish(result: StageResult, rest = this.rest): Promise<string> {
    await this.file?.commit(this.tally.metrics, restFor(this.options.config, rest));
    this.file = undefined;
    await writeReport(this.output, this.report());
    this.tell(result);
    return this.output;
  }

  /** Leaves the files that stood there before. */
  async discard(): Promise<void> {
    await this.file?.discard();
    this.file = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { held } = this;
    this.held = undefined;
    await held?.[Symbol.asyncDispose]();
  }

  private report(): CurationReport {
    const { input, output } = this;
    return curationReport(this.tally, { input, output, droppedFile: droppedPath(output) }, this.options);
  }

  private tell(result: StageResult): void {
    const { observer, curator } = this.options;
    const { tally, output, input } = this;
    const { metrics } = tally;
    if (curator.asksModel) addCount(result, "rated", metrics.rated);
    addCount(result, "kept", metrics.filtered);
    for (const [name, times] of Object.entries(tally.droppedBy))
      addCount(result, name === "judge" ? "below the threshold" : `dropped by ${name}`, times);
    if (tally.flagged > 0) addCount(result, "flags", tally.flagged);
    if (tally.failed > 0) {
      addCount(result, "not rated", tally.failed);
      result.incomplete++;
      observer.warn(
        `${output}: ${tally.failed} records could not be rated; they are in ${droppedPath(output)} with the reason`,
      );
    }
    if (tally.unusable.count > 0) {
      addCount(result, "unusable records", tally.unusable.count);
      result.incomplete++;
      observer.warn(`${input}: ${tally.unusable.count} unusable records, for example ${this.unusableExample}`);
    }
    if (tally.withoutSource > 0 && curator.asksModel)
      observer.warn(
        `${input}: ${tally.withoutSource} records do not say which text they came from and were rated without it`,
      );
    const ratings = tally.ratingDistribution;
    if (ratings !== null && ratings.count >= suspiciousRatings && ratings.min === ratings.max)
      observer.warn(
        `${input}: the judge gave all ${ratings.count} records the rating ${ratings.min}: it may not be judging; try a stronger model`,
      );
    if (metrics.filtered === 0 && metrics.total > 0)
      observer.warn(`${input}: none of ${metrics.total} records was kept; see ${droppedPath(output)} for the reasons`);
    observer.detail(`${output}: ${metrics.filtered} of ${metrics.total} kept, average rating ${metrics.avg_score}`);
  }
}
