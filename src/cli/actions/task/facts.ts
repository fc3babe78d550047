/** What there is to tell of a task: its dataset counted, and what stands beside it. */
import path from "node:path";
import { QuernError } from "../../../errors.js";
import { workFolder } from "../../../pipeline/files/write.js";
import {
  isHighRated,
  type KilnRun,
  labelOf,
  listRuns,
  type OnBroken,
  readDataGuide,
  readPrompts,
  readSplits,
  type TaskFolder,
} from "../../../pipeline/projects/index.js";
import { Session, sessionIds } from "../../../pipeline/synthesis/session.js";

export type Counts = Record<string, number>;

export type Facts = Awaited<ReturnType<typeof factsOf>>;

/** Counts by names that come out of files. */
class Tally {
  private readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** The commonest first. */
  get sorted(): Counts {
    return Object.fromEntries([...this.counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
  }
}

/** @param onProgress told now and then how many runs have been counted */
export async function factsOf(task: TaskFolder, onProgress: (runs: number) => void, signal: AbortSignal) {
  const broken: { file: string; reason: string }[] = [];
  const onBroken: OnBroken = (file, reason) => broken.push({ file, reason });
  const dataset = await datasetOf(task, onBroken, onProgress, signal);
  const guide = await readDataGuide(task, onBroken);
  return {
    ...task.task,
    file: task.file,
    project: task.project?.project.name ?? null,
    ...dataset,
    prompts: (await readPrompts(task, onBroken)).map(({ id, name }) => ({ id, name })),
    data_guide: guide?.guide ?? null,
    splits: (await readSplits(task, onBroken)).map(({ id, name, splits, split_contents: contents, filter }) => ({
      id,
      name,
      filter,
      splits: splits.map((one) => ({
        ...one,
        runs: Object.hasOwn(contents, one.name) ? contents[one.name]!.length : 0,
      })),
    })),
    sessions: await sessionsOf(task, onBroken),
    broken,
  };
}

async function datasetOf(
  task: TaskFolder,
  onBroken: OnBroken,
  onProgress: (runs: number) => void,
  signal: AbortSignal,
) {
  const [tags, sources, models, ratings, labels] = [new Tally(), new Tally(), new Tally(), new Tally(), new Tally()];
  let runs = 0;
  let good = 0;
  let repaired = 0;
  for await (const { run } of listRuns(task, { onBroken, withoutTrace: true, signal })) {
    if (++runs % 5000 === 0) onProgress(runs);
    for (const tag of run.tags) tags.add(tag);
    const { source } = run.output;
    sources.add(source?.type ?? "unknown");
    const model = source?.properties["model_name"];
    if (model !== undefined) models.add(String(model));
    ratings.add(ratingOf(run));
    const label = labelOf(run);
    if (label !== undefined) labels.add(label);
    if (run.repaired_output !== null) repaired++;
    if (isHighRated(run)) good++;
  }
  return {
    runs,
    good,
    repaired,
    tags: tags.sorted,
    sources: sources.sorted,
    models: models.sorted,
    ratings: ratings.sorted,
    labels: labels.sorted,
  };
}

function ratingOf({ output: { rating } }: KilnRun): string {
  if (rating?.value === null || rating === null) return "none";
  if (rating.type === "custom") return "of their own kind";
  if (rating.type === "five_star") return rating.value === 1 ? "1 star" : `${rating.value} stars`;
  return rating.value === 1 ? "passed" : rating.value === -1 ? "failed critically" : "failed";
}

async function sessionsOf(task: TaskFolder, onBroken: OnBroken) {
  const sessions = await Promise.all(
    (await sessionIds(task)).map(async (id) => {
      try {
        await using session = await Session.resume(task, id, true);
        const samples = [...session.samples.values()];
        return {
          id,
          goal: session.settings.goal,
          template: session.settings.template.name,
          topics: session.topics.size,
          samples: samples.length,
          saved: samples.filter(({ saved }) => saved).length,
          finished: session.closed,
        };
      } catch (error) {
        if (!(error instanceof QuernError)) throw error;
        onBroken(path.join(task.folder, workFolder, "sessions", id), error.message);
        return undefined;
      }
    }),
  );
  return sessions.filter((one) => one !== undefined);
}
