/** Samples of files into the dataset of a task: all are looked at before any is written. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { AbortedError } from "../../backends/backend.js";
import { InputError } from "../../errors.js";
import { FileWriter } from "../files/write.js";
import type { ImportRow, RowFile } from "../import/format.js";
import { importFormatOf } from "../import/index.js";
import { KnownRuns } from "../import/known-runs.js";
import { columnsProblem, type Mapping, sampleIn, wantedColumns } from "../import/mapping.js";
import { rejectedLine, rejectedPath } from "../import/rejected.js";
import { type ImportContext, type Place, runFrom } from "../import/to-run.js";
import { checkRun, currentUser, type KilnRun, runsFolderOf, type TaskFolder, writeRun } from "../projects/index.js";
import { assignExactly } from "../synthesis/tags.js";
import type { TagShare } from "../synthesis/types.js";
import { addCount, emptyResult, lockOutput, type Observer, silentObserver, type StageResult } from "./stage.js";

export interface ImportOptions {
  task: TaskFolder;
  /** Name of the files' format; by their extensions where absent. */
  format?: string | undefined;
  mapping?: Mapping;
  /** Whether rows that comply are taken in where others do not; those are put into a file beside theirs. */
  keepValid?: boolean;
  /** For all runs. */
  tags?: readonly string[];
  /** Tags of which each run gets one, in exact shares. */
  splits?: readonly TagShare[];
  /** Of the order in which tags are given. */
  seed?: number;
  /** Only looks, and writes nothing. */
  dryRun?: boolean;
  /** When it is done, in seconds since 1970; now where absent. */
  session?: number;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/** Files that are written at once. */
const mostAtOnce = 16;
/** Rows that do not comply are told one by one up to here. */
const mostTold = 10;

/**
 * @param files of samples
 * @throws {InputError} when a file cannot be read; where rows do not comply and only valid ones are not asked for, naming
 *   them; nothing is written then
 * @throws {OutputError} when a run cannot be written; running it again goes on
 * @throws {AbortedError}
 */
export async function importFiles(files: readonly string[], options: ImportOptions): Promise<StageResult> {
  // Two at once would not know of each other's samples.
  const lock = await lockOutput(runsFolderOf(options.task));
  try {
    return await importLocked([...new Set(files.map((file) => path.normalize(file)))], options);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function importLocked(files: readonly string[], options: ImportOptions): Promise<StageResult> {
  const { task, observer = silentObserver, signal } = options;
  const result = emptyResult();
  const sources = await Promise.all(files.map((file) => openSource(file, options)));
  const known = await knownRuns(task, observer, signal);
  const work = new Import(options, known, observer, result);
  for (const source of sources) await work.look(source);
  for (const { opened } of sources) for (const warning of opened.warnings()) observer.warn(`warning: ${warning}`);
  work.settle(sources);
  if (options.dryRun !== true) for (const source of sources) await work.write(source);
  work.tell();
  return result;
}

async function knownRuns(task: TaskFolder, observer: Observer, signal: AbortSignal | undefined): Promise<KnownRuns> {
  let broken = 0;
  const known = await KnownRuns.of(task, () => broken++, signal);
  if (broken > 0)
    observer.warn(
      `warning: ${broken} runs of the task cannot be read, so samples that are equal to them are not known; quern task check shows them`,
    );
  return known;
}

/** What is to become of a row. */
const fates = { new: 0, known: 1, rejected: 2 } as const;

interface Source {
  file: string;
  opened: RowFile;
  /** What is to become of each row; a byte for each. */
  fates: Bytes;
}

async function openSource(
  file: string,
  { format, mapping = {}, observer = silentObserver }: ImportOptions,
): Promise<Source> {
  const chosen = importFormatOf(file, format);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new InputError(`${file}: not found`, { remedy: "check the path" });
  if (!found.isFile())
    throw new InputError(`${file} is no file`, { remedy: "give files; they are read twice, so a pipe will not do" });
  if (found.size === 0) throw new InputError(`${file}: it is empty`, { remedy: "check the path" });
  const wanted = wantedColumns(mapping);
  const opened = await chosen.open(file, wanted);
  const problem = opened.columns === undefined ? undefined : columnsProblem(opened.columns, mapping);
  if (problem !== undefined)
    throw new InputError(`${file}: ${problem}`, { remedy: "name them with --map input=COLUMN,output=COLUMN" });
  const ignored = opened.columns?.filter((name) => !wanted.includes(name)) ?? [];
  if (ignored.length > 0)
    observer.warn(
      `warning: ${file}: columns that are not taken in: ${ignored.map((name) => JSON.stringify(name)).join(", ")}`,
    );
  return { file, opened, fates: new Bytes() };
}

class Import {
  private readonly context: ImportContext;
  private readonly wrapped = new Set<string>();
  private readonly told: string[] = [];
  private tags: readonly string[] = [];
  private rows = 0;
  private fresh = 0;
  private rejected = 0;
  private written = 0;

  constructor(
    private readonly options: ImportOptions,
    private readonly known: KnownRuns,
    private readonly observer: Observer,
    private readonly result: StageResult,
  ) {
    const { task, tags = [], session = Math.floor(Date.now() / 1000) } = options;
    this.context = { task, session, tags, createdBy: currentUser() };
  }

  /** Holds every row against the task, and remembers what is to become of it. */
  async look(source: Source): Promise<void> {
    const { file, opened } = source;
    const aside = this.options.keepValid === true && this.options.dryRun !== true ? new Aside(file) : undefined;
    try {
      for await (const row of opened.rows()) {
        this.checkAborted();
        this.rows++;
        const made = this.runOf(row, file);
        if (typeof made === "string") {
          source.fates.add(fates.rejected);
          this.rejected++;
          if (this.told.length < mostTold) this.told.push(`${file}: ${row.where}: ${made}`);
          await aside?.write(row, made);
        } else if (this.known.add(made)) {
          source.fates.add(fates.new);
          this.fresh++;
        } else source.fates.add(fates.known);
        if (this.rows % 1000 === 0)
          this.observer.progress({ done: this.rows, total: this.rows, what: "rows looked at" });
      }
      await aside?.commit();
    } catch (error) {
      await aside?.discard();
      throw error;
    }
  }

  /** @throws {InputError} when something does not comply and that is not wanted */
  settle(sources: readonly Source[]): void {
    const { keepValid = false, dryRun = false, splits = [], seed = 0 } = this.options;
    for (const line of this.told) this.observer.warn(line);
    if (this.rejected > this.told.length) this.observer.warn(`and ${this.rejected - this.told.length} more`);
    if (this.rejected > 0 && !keepValid && !dryRun)
      throw new InputError(
        `${this.rejected} of ${this.rows} rows do not comply, so none was taken in; the first is ${this.told[0]!}`,
        { remedy: "correct them, or take in the others with --keep-valid" },
      );
    if (this.rows === 0)
      throw new InputError(`${sources.map(({ file }) => file).join(", ")}: there are no rows`, {
        remedy: "check the file",
      });
    const shares = splits.map(({ tag: name, weight }) => ({ name, weight }));
    this.tags = assignExactly(shares, {}, this.fresh, seed);
  }

  /** Writes what is new, in the order of the file. */
  async write({ file, opened, fates: decided }: Source): Promise<void> {
    const writing = new Set<Promise<void>>();
    const failures: Error[] = [];
    let i = 0;
    try {
      for await (const row of opened.rows()) {
        if (failures.length > 0) break;
        this.checkAborted();
        if (decided.at(i++) !== fates.new) continue;
        const made = this.runOf(row, file);
        if (typeof made === "string")
          throw new InputError(`${file}: ${row.where}: ${made}: the file was changed while it was read`, {
            remedy: "run the same command again",
          });
        const tag = this.tags[this.written++];
        if (tag !== undefined && !made.tags.includes(tag)) made.tags.push(tag);
        const one: Promise<void> = writeRun(this.context.task, made)
          .then(
            () => this.noteWritten(),
            (error: unknown) => {
              failures.push(error instanceof Error ? error : new Error(String(error)));
            },
          )
          .finally(() => writing.delete(one));
        writing.add(one);
        if (writing.size >= mostAtOnce) await Promise.race(writing);
      }
    } finally {
      await Promise.all(writing);
    }
    const [failure] = failures;
    if (failure !== undefined) throw failure;
  }

  private noteWritten(): void {
    addCount(this.result, "runs imported", 1);
    this.observer.progress({ done: this.result.counts["runs imported"]!, total: this.fresh, what: "runs" });
  }

  tell(): void {
    const { result, observer, options } = this;
    const { dryRun = false, task } = options;
    const known = this.rows - this.fresh - this.rejected;
    if (dryRun) addCount(result, "runs would be imported", this.fresh);
    else if (this.fresh === 0) addCount(result, "runs imported", 0);
    if (known > 0) addCount(result, "rows skipped that the task has already", known);
    if (this.rejected > 0) {
      addCount(result, "rows rejected", this.rejected);
      result.incomplete++;
    }
    for (const note of this.wrapped) observer.warn(note);
    if (this.fresh === 0 || dryRun) return;
    result.outputs.push(runsFolderOf(task));
    observer.made(
      `Imported ${this.fresh} runs into the task "${task.task.name}", tagged imported_${this.context.session}`,
    );
  }

  private runOf(row: ImportRow, file: string): KilnRun | string {
    if ("reason" in row) return row.reason;
    const sample = sampleIn(row.value, this.options.mapping ?? {});
    if (typeof sample === "string") return sample;
    const place: Place = { file, row: row.number };
    const made = runFrom(sample, this.context, place);
    if (typeof made === "string") return made;
    for (const which of made.wrapped)
      this.wrapped.add(`the texts of pairs are put into the only property of the task's ${which} schema`);
    try {
      checkRun(this.context.task, made.run);
    } catch (error) {
      if (error instanceof InputError) return error.message.replace(/^the run does not comply: /, "");
      throw error;
    }
    return made.run;
  }

  private checkAborted(): void {
    if (this.options.signal?.aborted === true) throw new AbortedError();
  }
}

/** The file for rows that do not comply; it is made with the first of them. */
class Aside {
  private writer: FileWriter | undefined;

  constructor(private readonly file: string) {}

  async write(row: ImportRow, reason: string): Promise<void> {
    this.writer ??= await FileWriter.open(rejectedPath(this.file));
    await this.writer.write(rejectedLine(row, path.basename(this.file), reason));
  }

  async commit(): Promise<void> {
    await this.writer?.commit();
  }

  async discard(): Promise<void> {
    await this.writer?.discard();
  }
}

/** Bytes that grow as they are added to. */
class Bytes {
  private all = new Uint8Array(1024);
  private count = 0;

  add(value: number): void {
    if (this.count === this.all.length) {
      const larger = new Uint8Array(this.count * 2);
      larger.set(this.all);
      this.all = larger;
    }
    this.all[this.count++] = value;
  }

  at(i: number): number | undefined {
    return i < this.count ? this.all[i] : undefined;
  }
}
