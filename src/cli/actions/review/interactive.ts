/** A review on a terminal, from the first sample to the summary. */
import { AbortedError } from "../../../backends/backend.js";
import { openTask, parseFilter } from "../../../pipeline/projects/index.js";
import { parseOrder } from "../../../pipeline/review/index.js";
import { addCount, emptyResult, type StageResult } from "../../../pipeline/stages/stage.js";
import { visible } from "../../../pipeline/text/visible.js";
import { modelFlags } from "../../options.js";
import type { ReviewFlags } from "../../review.js";
import { interruptedExitCode, runCommand } from "../../session.js";
import { editorCommand } from "./editor.js";
import { findEntries } from "./entries.js";
import { Loop } from "./loop.js";
import { RepairModel } from "./repair-model.js";
import { Reviewer } from "./reviewer.js";
import { type Notice, type ReviewState, view } from "./state.js";

export async function interactiveAction(given: string, flags: ReviewFlags): Promise<void> {
  const ended = { interrupted: false };
  await runCommand("review", flags, modelFlags(flags), async ({ config, reporter, signal }) => {
    const task = await openTask(given);
    const filters = (flags.filter ?? []).map(parseFilter);
    const order = parseOrder(flags.sort ?? "folder");
    const result = emptyResult();
    const onBroken = (file: string, reason: string) => {
      result.failures.push({ input: file, error: reason });
      reporter.warn(`✗ ${visible(file)}: ${visible(reason)}`);
    };
    reporter.waiting("looking at the runs …");
    const all = flags.all === true;
    const { list, tags, matched } = await findEntries(
      task,
      { filters },
      { all, order, reverse: flags.reverse === true, onBroken, signal },
    );
    reporter.waiting("");
    if (list.length === 0) {
      const which = filters.length > 0 ? " that the filters let through" : "";
      reporter.warn(
        matched === 0
          ? `the task "${visible(task.task.name)}" has no runs${which}`
          : `all ${matched} runs${which} are reviewed; --all shows them`,
      );
      return { result };
    }
    let tell: (text: string) => void = () => undefined;
    await using model = new RepairModel(config, task, (text) => tell(text));
    const reviewer = new Reviewer(task, list, model);
    const start: ReviewState = {
      columns: process.stdout.columns,
      rows: process.stdout.rows,
      taskName: task.task.name,
      requirements: task.task.requirements,
      position: 0,
      total: list.length,
      left: reviewer.left,
      shown: undefined,
      scroll: 0,
      advance: flags.advance !== false,
      details: false,
      mode: view,
      notice: undefined,
      undoable: 0,
      hasEditor: editorCommand() !== undefined,
      lastSearch: "",
      knownTags: tags,
    };
    const first = Math.max(
      0,
      list.findIndex(({ reviewed }) => !reviewed),
    );
    const state = await reviewer.goTo(start, first, firstNotice(result.failures.length, first, all));
    const { env } = process;
    const colours = env["NO_COLOR"] === undefined || env["NO_COLOR"] === "";
    const loop = new Loop({ input: process.stdin, output: process.stdout, colours }, reviewer, state);
    tell = (text) => loop.tell(text);
    try {
      ended.interrupted = await loop.run(signal);
    } finally {
      await reviewer.history.close();
    }
    if (signal.aborted) throw new AbortedError();
    return { result: summed(result, reviewer, task.folder) };
  });
  if (ended.interrupted) process.exitCode = interruptedExitCode;
  // Nothing more is read; an open terminal would keep the process.
  process.stdin.unref();
}

function firstNotice(broken: number, first: number, all: boolean): Notice {
  if (broken > 0)
    return { kind: "bad", text: `${broken} runs cannot be read and are left out; quern task check says why.` };
  const text = all && first > 0 ? "This is the first that is not reviewed. ? shows the keys." : "? shows the keys.";
  return { kind: "plain", text };
}

function summed(result: StageResult, { history, left }: Reviewer, folder: string): StageResult {
  for (const [name, count] of Object.entries(history.counts)) if (count > 0) addCount(result, name, count);
  addCount(result, "left to review", left);
  result.outputs.push(folder);
  return result;
}
