/** Curated records to files that trainers load. */
import { AbortedError } from "../../backends/backend.js";
import { InputError } from "../../errors.js";
import { openRecords, type RecordFile, type StoredRecord, type UnusableRecord } from "../records/read.js";
import { DatasetWriter } from "../save/dataset.js";
import { encodeRecord } from "../save/format.js";
import type { DatasetOptions } from "../save/options.js";
import { planSplits, type SplitPlan } from "../save/splits.js";
import { addCount, emptyResult, noteFailure, type Observer, silentObserver, type StageResult } from "./stage.js";

export { DatasetWriter, provenancePath } from "../save/dataset.js";

export interface SaveOptions {
  dataset: DatasetOptions;
  /** The file or folder to write for an input; or, with `merge`, for all of them. */
  outputFor: (input: string) => string;
  /** Whether all inputs become one dataset, in their order; `outputFor` is asked for the first. */
  merge?: boolean;
  /** Opens an input that is no file of records, such as a task's folder; {@link openRecords} where absent. */
  open?: (input: string) => Promise<RecordFile>;
  /** Told of each record that was written, and of its split where there are any. */
  onRecord?: (record: StoredRecord, split: string | undefined) => void;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/**
 * Converts files of records.
 * @throws {OutputError} when an output cannot be written
 * @throws {AbortedError}
 */
export async function save(inputs: readonly string[], options: SaveOptions): Promise<StageResult> {
  const observer = options.observer ?? silentObserver;
  const result = emptyResult();
  const jobs = options.merge === true ? [inputs] : inputs.map((input) => [input]);
  let done = 0;
  for (const job of jobs) {
    const progress = () => observer.progress({ done, total: inputs.length });
    progress();
    try {
      await saveOne(job, options, observer, result, () => {
        done++;
        progress();
      });
    } catch (error) {
      // Of a merge nothing is written: a dataset that lacks an input would look whole.
      noteFailure(result, observer, options.merge === true ? job.join(", ") : job[0]!, error);
    }
  }
  observer.progress({ done: inputs.length, total: inputs.length });
  return result;
}

async function saveOne(
  inputs: readonly string[],
  { dataset, outputFor, signal, open = openFile, onRecord }: SaveOptions,
  observer: Observer,
  result: StageResult,
  onInput: () => void,
): Promise<void> {
  const { format } = dataset;
  const output = outputFor(inputs[0]!);
  const plan = dataset.splits.length === 0 ? undefined : await planOf(inputs, dataset, open, signal);
  const writer = await DatasetWriter.open(output, dataset, { inputs, plan });
  const left: Left[] = [];
  let summary;
  try {
    for (const input of inputs) {
      const tally = new Left(input);
      left.push(tally);
      for await (const record of recordsOf(input, open, signal, tally)) {
        const problem = await writer.write(record);
        tally.refused(problem, format.name);
        if (problem === undefined) onRecord?.(record, plan?.splitOf(record));
      }
      onInput();
    }
    if (left.every(({ written }) => written === 0))
      throw new InputError(`${inputs.join(", ")}: no record can be saved as ${format.name}: ${left[0]!.example}`, {
        remedy: "use another --format",
      });
    summary = await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  addCount(result, "records saved", summary.records);
  for (const [split, count] of summary.splits) addCount(result, `in ${split}`, count);
  for (const tally of left) tally.note(result, observer);
  for (const note of summary.notes) observer.warn(note);
  result.outputs.push(output);
  const merged = inputs.length > 1 ? `${inputs.length} files ` : "";
  observer.made(`Converted ${merged}to ${format.name} format and saved to ${output}`);
  for (const [split, count] of summary.splits)
    observer.made(`  ${split}: ${count} records (${((count / summary.records) * 100).toFixed(2)}%)`);
}

/** The records of one input that were left out, and why. */
class Left {
  written = 0;
  private unusable = 0;
  private refusedByFormat = 0;
  example = "";
  opened: RecordFile | undefined;

  constructor(private readonly input: string) {}

  isUnusable({ index, file, reason }: UnusableRecord): void {
    this.unusable++;
    this.say(`${file ?? `number ${index + 1}`}: ${reason}`);
  }

  refused(problem: string | undefined, format: string): void {
    this.written += problem === undefined ? 1 : 0;
    if (problem === undefined) return;
    this.refusedByFormat++;
    this.say(`refused by ${format}: ${problem}`);
  }

  private say(example: string): void {
    if (this.example === "") this.example = example;
  }

  note(result: StageResult, observer: Observer): void {
    for (const note of this.opened?.notes?.() ?? []) observer.warn(note);
    for (const key of this.opened?.passedOver ?? [])
      observer.warn(`${this.input}: the records of its other key "${key}" are not saved`);
    if (this.unusable > 0) addCount(result, "unusable records", this.unusable);
    if (this.refusedByFormat > 0) addCount(result, "records refused by the format", this.refusedByFormat);
    const all = this.unusable + this.refusedByFormat;
    if (all === 0) return;
    result.incomplete++;
    observer.warn(`${this.input}: ${all} unusable records left out, for example ${this.example}`);
  }
}

/** The texts of the chunks beside the records are not needed and may be large. */
function openFile(input: string): Promise<RecordFile> {
  return openRecords(input, { rest: false });
}

async function* recordsOf(
  input: string,
  open: (input: string) => Promise<RecordFile>,
  signal: AbortSignal | undefined,
  tally?: Left,
): AsyncGenerator<StoredRecord, void, undefined> {
  const opened = await open(input);
  if (tally !== undefined) tally.opened = opened;
  for await (const read of opened.records()) {
    if (signal?.aborted === true) throw new AbortedError();
    if ("record" in read) yield read.record;
    else tally?.isUnusable(read.unusable);
  }
}

function planOf(
  inputs: readonly string[],
  { splits, seed, format, encoding }: DatasetOptions,
  open: (input: string) => Promise<RecordFile>,
  signal: AbortSignal | undefined,
): Promise<SplitPlan> {
  const savable = async function* () {
    for (const input of inputs)
      for await (const record of recordsOf(input, open, signal))
        if ("encoded" in encodeRecord(format, record, encoding)) yield record;
  };
  return planSplits(savable(), splits, seed);
}
