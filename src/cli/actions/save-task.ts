/** `save-as` of tasks: their runs as records. */
import { access } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "../../errors.js";
import {
  allFilters,
  nameProblem,
  openTask,
  parseFilter,
  readSplits,
  type RunFilter,
  type TaskFolder,
  writeSplit,
} from "../../pipeline/projects/index.js";
import { openRunRecords } from "../../pipeline/projects/run-records.js";
import type { StoredRecord } from "../../pipeline/records/read.js";
import { type DatasetOptions, isFolderOutput, outputNameOf } from "../../pipeline/save/options.js";
import { save } from "../../pipeline/stages/save.js";
import { emptyResult, type StageResult } from "../../pipeline/stages/stage.js";
import { type TrainedPrompt, trainedPrompt } from "../../pipeline/synthesis/task-prompt/index.js";
import type { SaveFlags } from "../save-as.js";
import type { Session } from "../session.js";
import { refuseForeign } from "./chosen-dataset.js";
import { isDirectory } from "./curate.js";
import { outputNaming } from "./inputs.js";
import { namesDataset } from "./save-naming.js";

const files = ["task.kiln", "project.kiln"];

/** Whether a path is a task or a project: a folder of one, or its file. */
export async function isTaskPath(given: string): Promise<boolean> {
  if (files.includes(path.basename(given))) return true;
  const found = await Promise.all(files.map((name) => exists(path.join(given, name))));
  return found.includes(true);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** @throws {UsageError} when a flag is given that is of tasks alone */
export function refuseTaskFlags({ filter, prompt, keepSplit }: SaveFlags): void {
  const given = filter !== undefined ? "--filter" : prompt !== undefined ? "--prompt" : undefined;
  const flag = given ?? (keepSplit === undefined ? undefined : "--keep-split");
  if (flag === undefined) return;
  throw new UsageError(`${flag} is of tasks, and none of the paths is one`, {
    remedy: "give a task's folder, or leave it out",
  });
}

/** A task, and how its runs become records. */
interface Source {
  task: TaskFolder;
  prompt: TrainedPrompt;
}

/**
 * @param paths tasks alone
 * @param chosen how the dataset is written
 */
export async function saveTasks(
  paths: readonly string[],
  flags: SaveFlags,
  chosen: DatasetOptions,
  { config, reporter, signal }: Session,
): Promise<StageResult> {
  if (flags.system !== undefined && flags.prompt !== undefined)
    throw new UsageError("--system and --prompt both say the system text", { remedy: "leave one of them out" });
  const filter = allFilters((flags.filter ?? []).map(parseFilter));
  const sources = await sourcesOf(paths, flags);
  // A run's own system text is said by its task; nothing is to be put in the place of one that is left out.
  const dataset = { ...chosen, encoding: { ...chosen.encoding, system: "" } };
  const open = (input: string) => {
    const { task, prompt } = sources.get(input)!;
    return Promise.resolve(openRunRecords(task, { filter, ...prompt, signal }));
  };
  if (flags.preview === true) {
    for (const [input, { task }] of sources) {
      let count = 0;
      for await (const one of (await open(input)).records()) if ("record" in one) count++;
      reporter.preview(`Preview: the task "${task.task.name}" has ${count} runs for a dataset (${chosen.format.name})`);
    }
    return emptyResult();
  }
  const kept = flags.keepSplit === undefined ? undefined : await KeptSplit.begin(flags.keepSplit, sources, dataset);
  const inputs = [...sources.keys()];
  const result = await save(inputs, {
    dataset,
    outputFor: await naming(flags, dataset, config.paths.output.final, sources),
    merge: flags.merge === true,
    open,
    ...(kept === undefined ? {} : { onRecord: (record, split) => kept.add(record, split) }),
    observer: reporter,
    signal,
  });
  if (kept !== undefined && result.outputs.length > 0) reporter.made(await kept.write(filter, dataset));
  return result;
}

async function sourcesOf(paths: readonly string[], flags: SaveFlags): Promise<Map<string, Source>> {
  const sources = new Map<string, Source>();
  for (const given of paths) {
    const task = await openTask(given);
    const prompt = await trainedPrompt(flags.prompt ?? "basic", task);
    const { system = prompt.system } = flags;
    sources.set(path.resolve(task.file), { task, prompt: { ...prompt, system } });
  }
  return sources;
}

async function naming(
  flags: SaveFlags,
  dataset: DatasetOptions,
  folder: string,
  sources: ReadonlyMap<string, Source>,
): Promise<(input: string) => string> {
  const merge = flags.merge === true;
  const nameOf = (input: string) =>
    outputNameOf(dataset, merge ? (flags.name ?? "merged") : stemOf(sources.get(input)!.task));
  const inputs = [...sources.keys()];
  const found = { isFolder: inputs.length > 1 && !merge, inputs, others: [] };
  const named = flags.output !== undefined && !found.isFolder && (await namesDataset(flags.output, dataset));
  const outputFor = named
    ? () => flags.output!
    : outputNaming(flags.output, folder, found, await isDirectory(flags.output), nameOf);
  if (isFolderOutput(dataset))
    for (const input of merge ? inputs.slice(0, 1) : inputs) await refuseForeign(outputFor(input));
  return outputFor;
}

/** A task's name as a file may be called by it. */
function stemOf({ task }: TaskFolder): string {
  return task.name.replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "_").replace(/^_+|_+$/g, "") || `task_${task.id}`;
}

/** Which run went into which split, as the task's folder keeps it. */
class KeptSplit {
  private readonly contents = new Map<string, string[]>();

  private constructor(
    private readonly name: string,
    private readonly task: TaskFolder,
  ) {}

  /** @throws {UsageError} before any work, where it could not be kept */
  static async begin(
    name: string,
    sources: ReadonlyMap<string, Source>,
    { splits }: DatasetOptions,
  ): Promise<KeptSplit> {
    const [only] = [...sources.values()];
    if (only === undefined || sources.size > 1)
      throw new UsageError("--keep-split is of one task", { remedy: "save the tasks one by one" });
    const problem = nameProblem(name);
    if (problem !== undefined) throw new UsageError(`--keep-split ${name}: ${problem}`);
    for (const split of splits) {
      const wrong = nameProblem(split.name);
      if (wrong !== undefined) throw new UsageError(`the split "${split.name}" cannot be kept: ${wrong}`);
    }
    const known = await readSplits(only.task);
    if (known.some((one) => one.name === name))
      throw new UsageError(`the task "${only.task.task.name}" has a dataset split "${name}" already`, {
        remedy: "give another name with --keep-split",
      });
    const kept = new KeptSplit(name, only.task);
    for (const split of splits.length === 0 ? [{ name: whole }] : splits) kept.contents.set(split.name, []);
    return kept;
  }

  add({ raw }: StoredRecord, split = whole): void {
    this.contents.get(split)!.push((raw["provenance"] as { run: string }).run);
  }

  /** @returns what is told of it */
  async write(filter: RunFilter, { splits, format }: DatasetOptions): Promise<string> {
    const shares = splits.length === 0 ? [{ name: whole, share: 1 }] : splits;
    const sum = shares.reduce((total, { share }) => total + share, 0);
    const { id } = await writeSplit(this.task, {
      name: this.name,
      description: `Saved as ${format.name}, of the runs that match ${filter.text}`,
      splits: shares.map(({ name, share }) => ({ name, description: null, percentage: share / sum })),
      split_contents: Object.fromEntries(this.contents),
      // Kiln refuses a file with a filter that it does not have.
      filter: filter.kilnId ?? null,
    });
    return `Kept in the task's folder as the dataset split "${this.name}" (${id})`;
  }
}

/** What Kiln calls the only split of a dataset that is in one piece. */
const whole = "all";
