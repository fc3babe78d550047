/** The runs of a task as lines, or as JSON with all that a review shows. */
import { ExitCode } from "../../../errors.js";
import {
  type KilnRun,
  type KilnTask,
  openTask,
  parseFilter,
  type StoredRun,
} from "../../../pipeline/projects/index.js";
import {
  chosenRuns,
  factsOf,
  isReviewed,
  type Order,
  orderKey,
  parseOrder,
  ratingText,
  readStored,
  sortByKey,
} from "../../../pipeline/review/index.js";
import { visible, visibleJson } from "../../../pipeline/text/visible.js";
import type { ReviewFlags } from "../../review.js";
import { runReport } from "../../session.js";
import { fit, pad, textWidth } from "./width.js";

const usualColumns = 160;

export async function listAction(given: string, flags: ReviewFlags): Promise<void> {
  await runReport("review", flags, {}, async ({ reporter, signal }) => {
    const task = await openTask(given);
    const filters = (flags.filter ?? []).map(parseFilter);
    const order = parseOrder(flags.sort ?? "folder");
    const broken: { file: string; error: string }[] = [];
    const onBroken = (file: string, error: string) => {
      broken.push({ file, error });
      reporter.warn(`✗ ${visible(file)}: ${visible(error)}`);
    };
    const { json = false, quiet = false } = flags;
    // One after the other, so that a dataset of any size is listed.
    const columns = process.stdout.isTTY ? process.stdout.columns : usualColumns;
    let printed = 0;
    const print = ({ run }: StoredRun) => {
      if (json) reporter.result(`${printed === 0 ? "" : ","}${visibleJson(JSON.stringify(jsonOf(run, task.task)))}`);
      else if (!quiet) reporter.result(lineOf(run, task.task, columns));
      printed++;
    };
    if (json) reporter.result('{"command": "review", "runs": [');
    let matched = 0;
    const runs = chosenRuns(task, { filters, ids: flags.id }, { onBroken, signal });
    for await (const stored of ordered(runs, order, flags.reverse === true)) {
      matched++;
      if (printed < (flags.limit ?? Infinity)) print(stored);
    }
    const exitCode = broken.length > 0 ? ExitCode.partial : ExitCode.done;
    if (json)
      reporter.result(
        `], "matched": ${matched}, "broken": ${visibleJson(JSON.stringify(broken))}, "exit_code": ${exitCode}}`,
      );
    else if (!quiet) reporter.warn(`review: ${matched} runs${printed < matched ? `, ${printed} of them shown` : ""}`);
    return { json: undefined, lines: [], exitCode };
  });
}

/** In the order of the folders as they come; in another one only what it goes by is held, and files are read again. */
async function* ordered(
  runs: AsyncIterable<StoredRun>,
  order: Order,
  reverse: boolean,
): AsyncGenerator<StoredRun, void, undefined> {
  if (order === "folder" && !reverse) {
    yield* runs;
    return;
  }
  const found: { file: string; key: string | number }[] = [];
  for await (const { file, run } of runs)
    found.push({ file, key: order === "folder" ? found.length : orderKey(order, run) });
  for (const { file } of sortByKey(found, reverse)) yield await readStored(file);
}

function jsonOf(run: KilnRun, task: KilnTask) {
  const { rating } = run.output;
  const { topic, label, verdict, verdictReason, by } = factsOf(run);
  return {
    id: run.id,
    created_at: run.created_at,
    input: run.input,
    output: run.output.output,
    repair_instructions: run.repair_instructions,
    repaired_output: run.repaired_output?.output ?? null,
    rating: rating?.value == null ? null : { type: rating.type, value: rating.value },
    requirement_ratings: Object.entries(rating?.requirement_ratings ?? {}).map(([id, one]) => ({
      id,
      name: task.requirements.find((requirement) => requirement.id === id)?.name ?? id,
      ...one,
    })),
    reviewed: isReviewed(run, task),
    tags: run.tags,
    topic: topic || null,
    label: label || null,
    verdict: verdict || null,
    verdict_reason: verdictReason || null,
    by: by || null,
  };
}

const ratingColumns = 8;
const mostTagColumns = 30;

function lineOf(run: KilnRun, task: KilnTask, columns: number): string {
  const { rating } = run.output;
  const rated =
    rating?.value != null
      ? ratingText({ type: rating.type, value: rating.value })
      : isReviewed(run, task) && run.repaired_output === null
        ? "by parts"
        : "–";
  const marks = run.repaired_output === null ? " " : "R";
  const tags = run.tags.length === 0 ? "" : `[${fit(visible(run.tags.join(" ")), mostTagColumns)}] `;
  const start = `${pad(visible(run.id), 12)}  ${pad(rated, ratingColumns)} ${marks} ${tags}`;
  const texts = `${oneLine(run.input)} → ${oneLine((run.repaired_output ?? run.output).output)}`;
  return start + fit(texts, Math.max(20, columns - textWidth(start)));
}

const mostTextCharacters = 2000;

function oneLine(text: string): string {
  return visible(text.slice(0, mostTextCharacters).trim().replace(/\s+/gu, " "));
}
