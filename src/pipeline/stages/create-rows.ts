/** Makes records of the rows of a dataset: one file for all of them, written as they come, in flat memory. */
import type { Backend } from "../../backends/backend.js";
import { messageOf, QuernError } from "../../errors.js";
import { type Creation, type CreationReport, sourceOf } from "../create/type.js";
import type { PlanReport } from "../create/question-plan.js";
import type { Document } from "../document.js";
import { ListsWriter } from "../files/lists.js";
import { reportPath } from "../files/names.js";
import { writeFileAtomic } from "../files/write.js";
import { mapConcurrent } from "../flow.js";
import type { Item } from "../records/record.js";
import { type Creator, requireRecords, used } from "./creator.js";
import { noteCreation } from "./create.js";
import { documentsAtOnce } from "./inputs.js";
import { addCount, concernsOneInput, type Observer, type StageResult, type Work } from "./stage.js";
import type { Held } from "./units.js";

/** What one row gave: its records with the text they came from, or why there are none. */
export type RowOutcome =
  { row: number; creation: Creation; items: Item[]; head: Record<string, unknown> } | { row: number; error: string };

export interface RowsReport extends CreationReport {
  hash: string;
  rows: number;
  failedRows: { count: number; reasons: Record<string, number>; examples: { row: number; error: string }[] };
}

/** Failed rows that a report names one by one. */
const namedRows = 100;

interface Surroundings {
  observer: Observer;
  result: StageResult;
  backend: Backend;
  /** Told of each row's records once they are written. */
  onItems?: (items: readonly Item[]) => Promise<void>;
}

/**
 * @param first the first row, for what all have in common
 * @param rows all rows; each is released once its records are made
 * @param work the output is held by
 * @returns what stands about the source in the file
 * @throws {QuernError} when no row gave a record
 */
export async function createFromRows(
  creator: Creator,
  output: string,
  first: Document,
  rows: AsyncIterable<Held>,
  work: Work,
  { observer, result, backend, onItems }: Surroundings,
): Promise<{ source: Record<string, unknown> }> {
  const { type } = creator.options;
  const isWhole = type.items === undefined;
  const lists = isWhole ? ["summaries", "sources"] : [...Object.keys(type.lists), "sources"];
  const writer = await ListsWriter.open(output, lists);
  const report = emptyRowsReport(first);
  let source: Record<string, unknown>;
  try {
    for await (const outcome of rowOutcomes(creator, work.journal, rows, backend)) {
      addRow(report, outcome);
      if ("error" in outcome) {
        observer.detail(`${first.source}, row ${outcome.row}: ${outcome.error}`);
        continue;
      }
      const { creation, items, head, row } = outcome;
      for (const [key, entry] of Object.entries(type.lists))
        for (const item of items) await writer.write(key, entry(item));
      if (isWhole) await writer.write("summaries", { row, ...head });
      await writer.write("sources", { row, ...(isWhole ? {} : head), ...rowSource(creation, items) });
      await onItems?.(items);
    }
    requireRows(report);
    const { source: document, hash, mediaType } = first;
    source = { document, hash, media_type: mediaType, rows: report.rows, model: backend.model };
    await writer.commit({ source });
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await writeFileAtomic(reportPath(output), `${JSON.stringify(creator.reportOf(report), null, 2)}\n`);
  noteRows(result, observer, report);
  return { source };
}

/** Makes the records of each row, many rows at once, in the order of the rows. */
export async function* rowOutcomes(
  creator: Creator,
  answers: Creation["answers"],
  rows: AsyncIterable<Held>,
  backend: Backend,
): AsyncGenerator<RowOutcome, void, undefined> {
  const { type } = creator.options;
  yield* mapConcurrent(
    rows,
    () => documentsAtOnce(backend),
    async ({ document, release }): Promise<RowOutcome> => {
      const row = document.row ?? 0;
      try {
        const creation = await creator.begin(document, answers);
        const items: Item[] = [];
        for await (const item of type.items?.(creation) ?? []) items.push(item);
        requireRecords(type, creation, items);
        return { row, creation, items, head: await type.head(creation) };
      } catch (error) {
        if (!concernsOneInput(error)) {
          creator.engine.end(error);
          throw error;
        }
        return { row, error: messageOf(error).replace(/\s*\n\s*/g, " ") };
      } finally {
        release();
      }
    },
  );
}

export function emptyRowsReport(first: Document): RowsReport {
  return {
    document: first.source,
    hash: first.hash,
    rows: 0,
    failedRows: { count: 0, reasons: {}, examples: [] },
    characters: 0,
    chunks: 0,
    wanted: 0,
    made: 0,
    duplicates: 0,
    copied: 0,
    empty: 0,
    otherLanguage: 0,
    topUpRounds: 0,
    cutAnswers: 0,
    failures: {},
  };
}

/** Adds what became of a row to what became of all. */
export function addRow(total: RowsReport, outcome: RowOutcome): void {
  total.rows++;
  if ("error" in outcome) {
    const { failedRows } = total;
    failedRows.count++;
    // The reason without the document's name and the row's numbers, so that equal ones are counted together.
    const reason = outcome.error.replace(`${total.document}: `, "");
    if (Object.keys(failedRows.reasons).length < namedRows || reason in failedRows.reasons)
      failedRows.reasons[reason] = (failedRows.reasons[reason] ?? 0) + 1;
    if (failedRows.examples.length < namedRows) failedRows.examples.push({ row: outcome.row, error: outcome.error });
    return;
  }
  const { report } = outcome.creation;
  for (const key of [
    "characters",
    "chunks",
    "made",
    "duplicates",
    "copied",
    "empty",
    "otherLanguage",
    "topUpRounds",
    "cutAnswers",
  ] as const)
    total[key] += report[key];
  total.wanted = (total.wanted ?? 0) + (report.wanted ?? report.made);
  for (const [reason, times] of Object.entries(report.failures))
    total.failures[reason] = (total.failures[reason] ?? 0) + times;
  if (report.mix !== undefined) total.mix = addMix(total.mix ?? {}, report.mix);
  if ((report.notSummarized ?? 0) > 0) total.notSummarized = (total.notSummarized ?? 0) + report.notSummarized!;
}

function addMix(total: PlanReport, more: PlanReport): PlanReport {
  for (const part of ["question_types", "difficulty"] as const) {
    const added = more[part];
    if (added === undefined) continue;
    const sum = (total[part] ??= { asked: {}, made: {} });
    for (const side of ["asked", "made"] as const)
      for (const [name, times] of Object.entries(added[side])) sum[side][name] = (sum[side][name] ?? 0) + times;
  }
  return total;
}

/** @throws {QuernError} when no row gave a record */
export function requireRows({ document, rows, failedRows }: RowsReport): void {
  if (failedRows.count < rows) return;
  const reasons = Object.entries(failedRows.reasons).map(([reason, times]) => `${reason} (${times} rows)`);
  throw new QuernError(`${document}: no record could be made of its ${rows} rows: ${reasons.slice(0, 3).join("; ")}`, {
    remedy: "try another --seed, more generation.retries or a stronger model",
  });
}

export function noteRows(result: StageResult, observer: Observer, report: RowsReport): void {
  addCount(result, "rows", report.rows);
  noteCreation(result, observer, report);
  const { count, examples } = report.failedRows;
  if (count === 0) return;
  addCount(result, "rows without a record", count);
  result.incomplete++;
  const [first] = examples;
  observer.warn(`${report.document}: ${count} rows gave no record, for example row ${first!.row}: ${first!.error}`);
}

/** A row beside its records: the texts of the chunks that were used, so that a judge can read them. */
export function rowSource(creation: Creation, items: readonly Item[]): Record<string, unknown> {
  const { hash, characters, chunks } = sourceOf(creation, used(creation, items));
  return { hash, characters, chunks };
}
