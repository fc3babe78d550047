/** Repairs by flags: of one run, or of all that are meant with one instruction. */
import type { Backend } from "../../../backends/backend.js";
import { InputError, UsageError } from "../../../errors.js";
import { openTask, readRun, type TaskFolder } from "../../../pipeline/projects/index.js";
import {
  acceptRepair,
  chosenRuns,
  isReviewed,
  prettyJson,
  Repairer,
  repairAll,
} from "../../../pipeline/review/index.js";
import { MemoryAnswers } from "../../../pipeline/engine/journal.js";
import { noteEngine, openEngine } from "../../../pipeline/stages/inputs.js";
import { addCount, emptyResult, type StageResult } from "../../../pipeline/stages/stage.js";
import { visible, visibleLines } from "../../../pipeline/text/visible.js";
import { modelFlags } from "../../options.js";
import type { ReviewFlags } from "../../review.js";
import { runCommand, type Session } from "../../session.js";
import { choiceOf, one, readOutput } from "./changes.js";
import { asBefore } from "./drafts.js";
import { pairOf } from "./pairs.js";
import { isEmbedded, notWorthIt } from "./repair-model.js";

export async function repairAction(given: string, flags: ReviewFlags): Promise<void> {
  const [id, instructions] = pairOf("--repair", flags.repair ?? []);
  if (instructions.trim() === "")
    throw new UsageError("--repair: the instruction is empty", { remedy: "say what has to change" });
  await runCommand("review", flags, modelFlags(flags), async (session) => {
    const task = await openTask(given);
    if (flags.output !== undefined) {
      if (flags.preview === true)
        throw new UsageError("--preview shows what a model makes, and --output gives it", { remedy: "leave one out" });
      const output = await readOutput(flags.output);
      const change = async (stored: Parameters<typeof acceptRepair>[1]) => {
        await acceptRepair(task, stored, { instructions, output: asBefore(output, stored.run.output.output) });
        return true;
      };
      return { result: await one(task, id, "runs repaired", change) };
    }
    await readRun(task, id);
    return await session.withBackend((backend) =>
      byModel(task, id, instructions, flags.preview === true, session, backend),
    );
  });
}

async function byModel(
  task: TaskFolder,
  id: string,
  instructions: string,
  preview: boolean,
  { config, reporter, signal }: Session,
  backend: Backend,
): Promise<{ result: StageResult; extra: Record<string, unknown> }> {
  const stored = await readRun(task, id);
  if (await isEmbedded(config, backend)) reporter.warn(notWorthIt);
  const engine = openEngine({ backend, config, signal }, () => undefined);
  const repairer = await Repairer.prepare({
    backend,
    config,
    task,
    engine,
    answers: new MemoryAnswers(),
    warn: (line) => reporter.warn(line),
  });
  const outcome = await repairer.suggest(stored.run, instructions);
  if (!outcome.ok)
    throw new InputError(`the model gives no repair of ${stored.run.id}: ${outcome.reason}`, {
      remedy: "say it in other words, use a larger model, or write it yourself with --output FILE",
    });
  const result = emptyResult();
  noteEngine(result, engine);
  const { output } = outcome.value;
  for (const line of visibleLines(prettyJson(output))) {
    if (preview) reporter.preview(line);
    else reporter.made(line);
  }
  if (!preview) {
    await acceptRepair(task, stored, { instructions, ...outcome.value });
    addCount(result, "runs repaired", 1);
    result.outputs.push(stored.file);
  }
  return { result, extra: { id: stored.run.id, output } };
}

export async function repairAllAction(given: string, flags: ReviewFlags): Promise<void> {
  const instructions = flags.repairAll ?? "";
  if (instructions.trim() === "")
    throw new UsageError("--repair-all: the instruction is empty", { remedy: "say what has to change" });
  const choice = choiceOf(flags, "--repair-all");
  await runCommand("review", flags, modelFlags(flags), async (session) => {
    const { config, reporter, signal } = session;
    const task = await openTask(given);
    const again = flags.again === true;
    if (flags.preview === true) {
      const result = emptyResult();
      const onBroken = (name: string, reason: string) => reporter.warn(`✗ ${visible(name)}: ${visible(reason)}`);
      for await (const { run } of chosenRuns(task, choice, { onBroken, signal })) {
        if (run.repaired_output !== null && !again) addCount(result, "runs that were repaired already", 1);
        else addCount(result, `runs would be repaired${isReviewed(run, task.task) ? " that are reviewed" : ""}`, 1);
      }
      return { result };
    }
    const result = await session.withBackend(async (backend) => {
      if (await isEmbedded(config, backend)) reporter.warn(notWorthIt);
      return await repairAll({ backend, config, task, choice, instructions, again, observer: reporter, signal });
    });
    return { result };
  });
}
