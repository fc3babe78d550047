/** The runs of a task: its dataset. Each is a folder with one file, so that adding one changes nothing else. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf } from "../../errors.js";
import { childFolders, removeFolderOf, writeInNewFolder } from "./file.js";
import { jsonProblem } from "./json.js";
import type { OnBroken, TaskFolder } from "./open.js";
import { type Bytes, BytesReader, parentIn, textOf } from "./run-bytes.js";
import { checkRun } from "./run-check.js";
import { asRun, runProblem } from "./run-shape.js";
import type { KilnRun } from "./types.js";

export const runFileName = "task_run.kiln";

export interface StoredRun {
  file: string;
  run: KilnRun;
}

export interface ListOptions {
  /** Told of runs that cannot be read; they are left out. */
  onBroken?: OnBroken;
  /** Runs too that Kiln keeps out of the dataset: those made by evaluations, and turns that others follow. */
  all?: boolean;
  /** Leaves out the traces, which are most of a file; the runs then have `trace: null`. */
  withoutTrace?: boolean;
  signal?: AbortSignal;
}

/** Files read before others get their turn. */
const batch = 64;

export function runsFolderOf(task: TaskFolder): string {
  return path.join(task.folder, "runs");
}

/** Where a run of an id is written. Readers find it under any name. */
export function runFile(task: TaskFolder, id: string): string {
  return path.join(runsFolderOf(task), id, runFileName);
}

/** Bytes of files that are held between the two looks at them; beyond, files are read twice. */
const mostHeldBytes = 256 * 1024 * 1024;

/**
 * Gives the runs of a task, without those that Kiln keeps out of the dataset: made by evaluations, and turns of a
 * conversation that others follow. In the order of their folders' names. One that is broken does not keep the others
 * from being read.
 * @throws {InputError} when the folder itself cannot be read
 */
export async function* listRuns(
  task: TaskFolder,
  options: ListOptions = {},
): AsyncGenerator<StoredRun, void, undefined> {
  const { onBroken, all = false, withoutTrace = false, signal } = options;
  const folder = runsFolderOf(task);
  const names = await childFolders(folder);
  const fileOf = (name: string) => `${folder}${path.sep}${name}${path.sep}${runFileName}`;
  const held: (Bytes | undefined)[] = [];
  // Which runs are followed by others is known once all have been looked at.
  const followed = all ? new Set<string>() : await lookAhead(names.map(fileOf), held, signal);
  const reader = new BytesReader(false);
  for (const [i, name] of names.entries()) {
    if (i % batch === 0) await pause(signal);
    const file = fileOf(name);
    const bytes = held[i] ?? read(reader, file, onBroken);
    held[i] = undefined;
    if (bytes === undefined) continue;
    const run = runInBytes(bytes, file, withoutTrace);
    if (typeof run === "string") onBroken?.(file, run);
    else if (all || (run.eval_source === null && !followed.has(run.id))) yield { file, run };
  }
}

/**
 * @param held gets what was read of the files, as far as there is room
 * @returns ids of runs that others follow
 */
async function lookAhead(
  files: readonly string[],
  held: (Bytes | undefined)[],
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const followed = new Set<string>();
  const holding = new BytesReader(true);
  const passing = new BytesReader(false);
  let size = 0;
  for (const [i, file] of files.entries()) {
    if (i % batch === 0) await pause(signal);
    const isHeld = size < mostHeldBytes;
    const bytes = read(isHeld ? holding : passing, file, undefined);
    if (bytes === undefined) continue;
    const parent = parentIn(bytes);
    if (parent !== undefined) followed.add(parent);
    size += bytes.end - bytes.start;
    if (isHeld) held[i] = bytes;
  }
  return followed;
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

function read(reader: BytesReader, file: string, onBroken: OnBroken | undefined): Bytes | undefined {
  try {
    return reader.read(file);
  } catch (error) {
    // Folders without the file are none of Kiln's.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") onBroken?.(file, `it cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function runInBytes(bytes: Bytes, file: string, withoutTrace: boolean): KilnRun | string {
  const read = textOf(bytes);
  return "problem" in read ? read.problem : readRunText(read.text, file, withoutTrace);
}

/**
 * @param text of a file
 * @returns the run, or what is wrong with it
 */
export function readRunText(text: string, file: string, withoutTrace = false): KilnRun | string {
  let value: unknown;
  try {
    value = JSON.parse(withoutTrace ? cutTrace(text) : text);
  } catch (error) {
    return jsonProblem(text, error);
  }
  return runProblem(value) ?? asRun(value, file);
}

const traceStart = '\n  "trace": [\n';
const traceEnd = '\n  ],\n  "parent_task_run_id"';

/**
 * Leaves the trace out before the text is parsed. A line's end within a string is escaped, so these marks stand only
 * where Kiln's own formatting puts them; a file that is formatted in another way is parsed whole.
 */
function cutTrace(text: string): string {
  const start = text.indexOf(traceStart);
  if (start === -1) return text;
  const end = text.indexOf(traceEnd, start);
  if (end === -1) return text;
  return `${text.slice(0, start)}\n  "trace": null${text.slice(end + "\n  ]".length)}`;
}

/**
 * @param id of the run, or its beginning where that is enough to tell it
 * @throws {InputError} when there is none, or it is broken
 */
export async function readRun(task: TaskFolder, id: string): Promise<StoredRun> {
  const direct = runFile(task, id);
  const isPlain = /^[\w-]+$/.test(id);
  const memory = isPlain ? await readFile(direct).catch(() => undefined) : undefined;
  if (memory !== undefined) {
    const run = runInBytes({ memory, start: 0, end: memory.length }, direct, false);
    if (typeof run === "string") throw new InputError(`${direct}: ${run}`, { remedy: "correct the file" });
    if (run.id === id) return { file: direct, run };
  }
  // In a folder of another name.
  const found: StoredRun[] = [];
  for await (const stored of listRuns(task, { all: true }))
    if (stored.run.id === id) return stored;
    else if (id.length >= 4 && stored.run.id.startsWith(id)) found.push(stored);
  if (found.length === 1) return found[0]!;
  throw new InputError(
    found.length > 1
      ? `${found.length} runs of the task "${task.task.name}" begin with ${id}`
      : `there is no run ${id} of the task "${task.task.name}"`,
    { remedy: "quern review --list shows the runs and their ids" },
  );
}

/**
 * Writes a run into a folder of its own, which appears with the file in it.
 * @returns the file
 * @throws {InputError} when it does not comply
 * @throws {OutputError} when it cannot be written
 */
export async function writeRun(task: TaskFolder, run: KilnRun): Promise<string> {
  checkRun(task, run);
  const file = runFile(task, run.id);
  await writeInNewFolder(file, run);
  return file;
}

/**
 * Takes a run away with all that stands in its folder, at once: nobody sees a part of it.
 * @throws {OutputError} when it cannot be taken away
 */
export async function deleteRun(stored: StoredRun): Promise<void> {
  await removeFolderOf(stored.file);
}
