/** Changes of runs by flags: each tells how many runs it changed. */
import { readFile } from "node:fs/promises";
import { text as textIn } from "node:stream/consumers";
import { InputError, messageOf, UsageError } from "../../../errors.js";
import {
  openTask,
  parseFilter,
  readRun,
  type StoredRun,
  type TaskFolder,
  writeFeedback,
} from "../../../pipeline/projects/index.js";
import {
  type BulkResult,
  changeAll,
  changeTagsOfAll,
  checkTags,
  type Choice,
  deleteAll,
  editOutput,
  parseRating,
  rateRequirement,
  rateRun,
  removeRepair,
  type RatingWish,
  requirementNamed,
} from "../../../pipeline/review/index.js";
import { addCount, emptyResult, type StageResult } from "../../../pipeline/stages/stage.js";
import { visible } from "../../../pipeline/text/visible.js";
import type { ReviewFlags } from "../../review.js";
import { runCommand, type Session } from "../../session.js";
import { asBefore } from "./drafts.js";
import { divided, pairOf } from "./pairs.js";

export async function changeAction(given: string, flags: ReviewFlags): Promise<void> {
  await runCommand("review", flags, {}, async (session) => {
    const task = await openTask(given);
    return { result: await change(task, flags, session) };
  });
}

async function change(task: TaskFolder, flags: ReviewFlags, session: Session): Promise<StageResult> {
  const { reporter, signal } = session;
  const onBroken = (name: string, reason: string) => reporter.warn(`✗ ${visible(name)}: ${visible(reason)}`);
  const options = { onBroken, signal };
  const { edit, feedback } = flags;
  if (edit !== undefined)
    return await one(task, edit, "runs edited", async (stored) => {
      const text = await readOutput(flags.output);
      return (await editOutput(task, stored, asBefore(text, stored.run.output.output))) !== stored;
    });
  if (feedback !== undefined) {
    const [id, text] = pairOf("--feedback", feedback);
    return await one(task, id, "comments", async (stored) => {
      await writeFeedback(stored, text);
      return true;
    });
  }
  if (flags.removeRepair !== undefined)
    return await one(
      task,
      flags.removeRepair,
      "repairs taken away",
      async (stored) => (await removeRepair(stored)) !== stored,
    );
  if (flags.tagAdd !== undefined || flags.tagRemove !== undefined) {
    const wish = { add: flags.tagAdd ?? [], remove: flags.tagRemove ?? [] };
    checkTags(wish);
    const choice = choiceOf(flags, "--tag-add and --tag-remove");
    if (flags.preview === true) return await preview(task, choice, session);
    return told("runs tagged", task, await changeTagsOfAll(task, choice, wish, options));
  }
  if (flags.delete !== undefined)
    return told("runs deleted", task, await deleteAll(task, { filters: [], ids: flags.delete }, options));
  if (flags.deleteAll === true) {
    const choice = choiceOf(flags, "--delete-all");
    if (flags.preview === true) return await preview(task, choice, session);
    if (flags.yes !== true)
      throw new UsageError("--delete-all deletes every run that the filters let through", {
        remedy: "look with --preview, then add --yes",
      });
    return told("runs deleted", task, await deleteAll(task, choice, options));
  }
  return await rate(task, flags, options);
}

/** Runs that are meant: by ids, or by filters. */
export function choiceOf(flags: ReviewFlags, what: string): Choice {
  const filters = (flags.filter ?? []).map(parseFilter);
  if (filters.length === 0 && flags.id === undefined)
    throw new UsageError(`${what} must be told of which runs`, {
      remedy: "name them with --filter or --id; --filter all means all",
    });
  return { filters, ids: flags.id };
}

async function preview(task: TaskFolder, choice: Choice, { reporter, signal }: Session): Promise<StageResult> {
  const result = emptyResult();
  const onBroken = (name: string, reason: string) => {
    result.failures.push({ input: name, error: reason });
    reporter.warn(`✗ ${visible(name)}: ${visible(reason)}`);
  };
  const { matched } = await changeAll(task, choice, () => Promise.resolve(false), { onBroken, signal });
  addCount(result, "runs are meant, none is changed", matched);
  return result;
}

type Wishes = Map<string, { whole?: RatingWish; each: [requirement: string, wish: RatingWish][] }>;

/** All is checked before the first run is changed. */
async function rate(
  task: TaskFolder,
  flags: ReviewFlags,
  options: { onBroken: (name: string, reason: string) => void; signal: AbortSignal },
): Promise<StageResult> {
  const wishes: Wishes = new Map();
  const of = (id: string) => {
    const known = wishes.get(id) ?? { each: [] };
    wishes.set(id, known);
    return known;
  };
  const whole = (id: string, wish: RatingWish) => {
    const known = of(id);
    if (known.whole !== undefined) throw new UsageError(`${visible(id)} is rated twice`, { remedy: "rate it once" });
    known.whole = wish;
  };
  for (const text of flags.rate ?? []) {
    const [id, value] = divided("--rate", text, "ID=4");
    whole(id, parseRating(value));
  }
  for (const id of flags.pass ?? []) whole(id, { type: "pass_fail", value: 1 });
  for (const id of flags.fail ?? []) whole(id, { type: "pass_fail", value: 0 });
  if (flags.requirement !== undefined) {
    const ids = flags.id ?? [...wishes.keys()];
    if (ids.length === 0) throw new UsageError("--requirement must be told of which run", { remedy: "add --id ID" });
    for (const text of flags.requirement) {
      const [name, value] = divided("--requirement", text, "NAME=4");
      const { id: requirement, type } = requirementNamed(task.task, name);
      for (const id of ids) of(id).each.push([requirement, parseRating(value, type)]);
    }
  }
  let ratings = 0;
  const result = await changeAll(
    task,
    { filters: [], ids: [...wishes.keys()] },
    async (stored) => {
      // Ids may be given by their beginning.
      const wish = wishes.get(stored.run.id) ?? [...wishes].find(([id]) => stored.run.id.startsWith(id))![1];
      let now = stored;
      for (const [requirement, value] of wish.each) {
        now = await rateRequirement(task, now, requirement, value);
        ratings++;
      }
      if (wish.whole !== undefined) await rateRun(now, wish.whole);
      return true;
    },
    options,
  );
  const all = told("runs rated", task, result);
  if (ratings > 0) addCount(all, "ratings by requirement", ratings);
  return all;
}

/** One run that was named: what is wrong with it is the command's error. */
export async function one(
  task: TaskFolder,
  id: string,
  count: string,
  change: (stored: StoredRun) => Promise<boolean>,
): Promise<StageResult> {
  const changed = await change(await readRun(task, id));
  return told(count, task, { matched: 1, changed: changed ? 1 : 0, unchanged: changed ? 0 : 1, failures: [] });
}

function told(count: string, task: TaskFolder, { changed, unchanged, failures }: BulkResult): StageResult {
  const result = emptyResult();
  addCount(result, count, changed);
  if (unchanged > 0) addCount(result, "runs that were so already", unchanged);
  result.failures.push(...failures);
  // What is done counts, whatever else failed.
  if (changed > 0) result.outputs.push(task.folder);
  return result;
}

/** What a person wrote in the place of an output. */
export async function readOutput(file: string | undefined): Promise<string> {
  if (file === undefined)
    throw new UsageError("--edit needs the new output", {
      remedy: "add --output FILE, or --output - to read it from stdin",
    });
  try {
    return (file === "-" ? await textIn(process.stdin) : await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`, { remedy: "check the path", cause: error });
  }
}
