/** One instruction for many outputs: the model repairs each, as many at once as it takes, and goes on after any end. */
import { rm } from "node:fs/promises";
import path from "node:path";
import type { Backend } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { OutputError, UsageError } from "../../errors.js";
import { Journal } from "../engine/journal.js";
import { Gate } from "../engine/gate.js";
import { Lock } from "../files/lock.js";
import { workFolder } from "../files/write.js";
import { type StoredRun, type TaskFolder } from "../projects/index.js";
import { noteEngine, openEngine } from "../stages/inputs.js";
import {
  addCount,
  emptyResult,
  noteFailure,
  type Observer,
  silentObserver,
  type StageResult,
} from "../stages/stage.js";
import { acceptRepair } from "./change.js";
import { type Choice, chosenRuns } from "./choose.js";
import { Repairer } from "./repairer.js";

export interface RepairAllOptions {
  backend: Backend;
  config: Config;
  task: TaskFolder;
  choice: Choice;
  /** What has to change, in words. */
  instructions: string;
  /** Whether runs that were repaired before are repaired anew; else they are left as they are. */
  again?: boolean;
  observer?: Observer;
  signal?: AbortSignal | undefined;
}

/**
 * Repairs all runs that are meant. Each is on disk as soon as the model has answered; started again, what is repaired
 * is left, and what the model had answered is not asked again.
 * @returns counts of what was repaired, left and failed, each failure with its reason
 * @throws {UsageError} without an instruction
 * @throws {OutputError} when another process repairs the same task's runs
 */
export async function repairAll(options: RepairAllOptions): Promise<StageResult> {
  const { backend, config, task, choice, again = false, observer = silentObserver, signal } = options;
  const instructions = options.instructions.trim();
  if (instructions === "") throw new UsageError("there is no instruction", { remedy: "say what has to change" });
  const result = emptyResult();
  let done = 0;
  let total = 0;
  const tell = () => observer.progress({ done, total, engine: engine.stats, what: "repairs" });
  const engine = openEngine(options, tell);
  const file = path.join(task.folder, workFolder, "repairs.jsonl");
  await using _lock = await lockRepairs(task);
  await using journal = await Journal.open(file);
  const repairer = await Repairer.prepare({
    backend,
    config,
    task,
    engine,
    answers: journal,
    warn: (line) => observer.warn(line),
  });

  const repair = async (stored: StoredRun) => {
    try {
      const outcome = await repairer.suggest(stored.run, instructions);
      if (!outcome.ok) {
        addCount(result, "runs not repaired", 1);
        result.incomplete++;
        observer.warn(`✗ ${stored.run.id}: ${outcome.reason}`);
        return;
      }
      await acceptRepair(task, stored, { instructions, ...outcome.value });
      addCount(result, "runs repaired", 1);
    } catch (error) {
      // What ends the run must keep the others from being asked.
      try {
        noteFailure(result, observer, stored.run.id, error);
      } catch (ends) {
        engine.end(ends);
        throw ends;
      }
    } finally {
      done++;
      tell();
    }
  };

  const onBroken = (broken: string, reason: string) => {
    result.failures.push({ input: broken, error: reason });
    observer.warn(`✗ ${broken}: ${reason}`);
  };
  // Some wait for their files to be written while others are with the model.
  const gate = new Gate(() => engine.concurrency + 4);
  const pending = new Set<Promise<void>>();
  let ended: unknown;
  for await (const stored of chosenRuns(task, choice, { onBroken, signal })) {
    if (stored.run.repaired_output !== null && !again) {
      addCount(result, "runs that were repaired already", 1);
      continue;
    }
    total++;
    const work: Promise<void> = gate
      .run(() => repair(stored))
      .catch((error: unknown) => {
        ended ??= error;
      })
      .finally(() => pending.delete(work));
    pending.add(work);
    if (pending.size >= 2 * engine.concurrency + 8) await Promise.race(pending);
    if (ended !== undefined) break;
  }
  await Promise.all(pending);
  noteEngine(result, engine);
  if (ended !== undefined) throw ended as Error;
  if ((result.counts["runs repaired"] ?? 0) > 0) result.outputs.push(task.folder);
  // Nothing is left that the journal could save asking for.
  if (result.incomplete === 0) await rm(file, { force: true });
  return result;
}

async function lockRepairs(task: TaskFolder): Promise<Lock> {
  const what = `repairs of the task "${task.task.name}"`;
  try {
    return await Lock.take(path.join(task.folder, workFolder, "repairs.lock"), what);
  } catch (error) {
    if (error instanceof OutputError && error.message.startsWith("another run"))
      throw new OutputError(error.message, {
        remedy: "wait for it, or stop it; what it has made is kept",
        cause: error,
      });
    throw error;
  }
}
