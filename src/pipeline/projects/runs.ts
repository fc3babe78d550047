/** The runs of a task: its dataset. Each is a folder with one file, so that adding one changes nothing else. */
import { readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf } from "../../errors.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { compileValidator } from "../schema/validate.js";
import { childFolders, idFor, writeInNewFolder } from "./file.js";
import { parseKiln } from "./json.js";
import { tagProblem } from "./names.js";
import type { OnBroken, TaskFolder } from "./open.js";
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
  // Which runs are followed by others is known once all have been looked at.
  const followed = new Set<string>();
  const held: (Buffer | undefined)[] = [];
  if (!all) {
    let bytes = 0;
    for (const [i, name] of names.entries()) {
      if (i % batch === 0) await pause(signal);
      const file = read(path.join(folder, name, runFileName), undefined);
      const parent = file === undefined ? undefined : parentIn(file);
      if (parent !== undefined) followed.add(parent);
      bytes += file?.length ?? 0;
      held.push(bytes > mostHeldBytes ? undefined : file);
    }
  }
  for (const [i, name] of names.entries()) {
    if (i % batch === 0) await pause(signal);
    const file = path.join(folder, name, runFileName);
    const bytes = held[i] ?? read(file, onBroken);
    held[i] = undefined;
    if (bytes === undefined) continue;
    const run = readRunText(bytes.toString("utf8"), file, withoutTrace);
    if (typeof run === "string") onBroken?.(file, run);
    else if (all || (run.eval_source === null && !followed.has(run.id))) yield { file, run };
  }
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/** Many small files: asynchronous reads take several times as long. */
function read(file: string, onBroken: OnBroken | undefined): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    // Folders without the file are none of Kiln's.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") onBroken?.(file, messageOf(error));
    return undefined;
  }
}

const parentKey = '"parent_task_run_id"';

/** The run that this one follows, without parsing the file; the key stands near its end. */
function parentIn(bytes: Buffer): string | undefined {
  const at = bytes.lastIndexOf(parentKey);
  if (at === -1) return undefined;
  return /^\s*:\s*"([^"\\]+)"/.exec(bytes.toString("utf8", at + parentKey.length, at + parentKey.length + 200))?.[1];
}

/**
 * @param text of a file
 * @returns the run, or what is wrong with it
 */
export function readRunText(text: string, file: string, withoutTrace = false): KilnRun | string {
  let value: unknown;
  try {
    value = JSON.parse(withoutTrace ? cutTrace(text) : text);
  } catch {
    try {
      parseKiln(text, file);
      return "it is not JSON";
    } catch (error) {
      return messageOf(error).replace(`${file} `, "it ");
    }
  }
  const problem = runProblem(value);
  return problem ?? asRun(value, () => idFor(file));
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
  const text = isPlain ? await readFile(direct, "utf8").catch(() => undefined) : undefined;
  if (text !== undefined) {
    const run = readRunText(text, direct);
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
 * Checks what Kiln checks when a run is saved: its sources and tags, and input and output against the task's schemas.
 * @throws {InputError} saying what does not comply
 */
export function checkRun(task: TaskFolder, run: KilnRun): void {
  const problem = runProblem(run) ?? run.tags.map(tagProblem).find((one) => one !== undefined);
  if (problem !== undefined) throw new InputError(`the run does not comply: ${problem}`);
  checkValue(task, "input", run.input);
  checkValue(task, "output", run.output.output);
  if (run.repaired_output !== null) checkValue(task, "output", run.repaired_output.output);
}

/**
 * @param text of an input or output
 * @throws {InputError} when it does not comply with the task's schema
 */
export function checkValue(task: TaskFolder, which: "input" | "output", text: string): void {
  const problem = valueProblem(task, which, text);
  if (problem !== undefined)
    throw new InputError(`the ${which} does not comply with the task's ${which} schema: ${problem}`, {
      remedy: `correct the ${which}`,
    });
}

/** @returns what does not comply, or undefined */
export function valueProblem(task: TaskFolder, which: "input" | "output", text: string): string | undefined {
  const schema = task.task[`${which}_json_schema`];
  if (schema === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const validity = compileValidator(parseTaskSchema(schema, which))(value);
  return validity.valid ? undefined : (validity.errors[0] ?? "it is not valid");
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

/** Takes a run away with all that stands in its folder. */
export async function deleteRun(stored: StoredRun): Promise<void> {
  await rm(path.dirname(stored.file), { recursive: true, force: true });
}
