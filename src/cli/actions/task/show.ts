import {
  isHighQuality,
  type KilnRun,
  listRuns,
  listTasks,
  openProject,
  openTask,
  readDataGuide,
  readPrompts,
  readSplits,
  type TaskFolder,
} from "../../../pipeline/projects/index.js";
import { InputError } from "../../../errors.js";
import { Session, sessionIds } from "../../../pipeline/synthesis/session.js";
import { taskPrompt } from "../../../pipeline/synthesis/task-prompt/index.js";
import { runReport } from "../../session.js";
import type { TaskShowFlags } from "../../task.js";

export async function showAction(given: string, flags: TaskShowFlags): Promise<void> {
  await runReport("task show", flags, {}, async () => {
    const tasks = await tasksAt(given);
    if (tasks.length === 1) {
      if (flags.prompt !== undefined) {
        const prompt = await taskPrompt(flags.prompt, tasks[0]!, listRuns(tasks[0]!));
        const text = prompt.system("", { guidance: "", room: 100_000 });
        return { json: { prompt: prompt.kilnId, examples: prompt.examples, text }, lines: [text] };
      }
      const facts = await factsOf(tasks[0]!);
      return { json: facts, lines: linesOf(facts) };
    }
    const all = await Promise.all(tasks.map(factsOf));
    return { json: { tasks: all }, lines: all.flatMap((facts) => [...linesOf(facts), ""]).slice(0, -1) };
  });
}

/** @throws {InputError} where there is neither a task nor a project with some */
async function tasksAt(given: string): Promise<TaskFolder[]> {
  const project = await openProject(given).catch(() => undefined);
  if (project === undefined) return [await openTask(given)];
  const tasks = await listTasks(project);
  if (tasks.length === 0) throw new InputError(`the project ${given} has no task that can be read`);
  return tasks;
}

type Counts = Record<string, number>;

async function factsOf(task: TaskFolder) {
  const broken: { file: string; reason: string }[] = [];
  const onBroken = (file: string, reason: string) => broken.push({ file, reason });
  const tags: Counts = {};
  const sources: Counts = {};
  const ratings: Counts = {};
  const labels: Counts = {};
  let runs = 0;
  let good = 0;
  let repaired = 0;
  for await (const { run } of listRuns(task, { onBroken, withoutTrace: true })) {
    runs++;
    for (const tag of run.tags) count(tags, tag);
    count(sources, run.output.source?.type ?? "unknown");
    count(ratings, ratingOf(run));
    const label = run.output.source?.properties["label"];
    if (typeof label === "string") count(labels, label);
    if (run.repaired_output !== null) repaired++;
    if (run.repaired_output !== null || isHighQuality(run.output.rating)) good++;
  }
  const sessions = await Promise.all(
    (await sessionIds(task)).map(async (id) => {
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
    }),
  );
  const guide = await readDataGuide(task, onBroken);
  return {
    ...task.task,
    file: task.file,
    project: task.project?.project.name ?? null,
    runs,
    good,
    repaired,
    tags,
    sources,
    ratings,
    labels,
    prompts: (await readPrompts(task, onBroken)).map(({ id, name }) => ({ id, name })),
    data_guide: guide?.guide ?? null,
    splits: (await readSplits(task, onBroken)).map(({ id, name, splits }) => ({ id, name, splits })),
    sessions,
    broken,
  };
}

function linesOf(facts: Awaited<ReturnType<typeof factsOf>>): string[] {
  const lines = [`${facts.name}${facts.project === null ? "" : ` (project ${facts.project})`}`, facts.file, ""];
  if (facts.description !== null) lines.push(facts.description, "");
  lines.push(facts.instruction.trim(), "");
  for (const { name, instruction, priority, type } of facts.requirements)
    lines.push(`- ${name} [${priority}, ${type}]: ${instruction}`);
  lines.push(
    `Inputs: ${facts.input_json_schema === null ? "plain text" : facts.input_json_schema}`,
    `Outputs: ${facts.output_json_schema === null ? "plain text" : facts.output_json_schema}`,
  );
  if (facts.data_guide !== null) lines.push(`Data guide: ${facts.data_guide.split("\n")[0] ?? ""} ...`);
  lines.push(
    "",
    `${facts.runs} runs; ${facts.good} rated high or repaired (${facts.repaired}), which few-shot prompts can show`,
  );
  for (const [what, counts] of [
    ["tags", facts.tags],
    ["sources", facts.sources],
    ["ratings", facts.ratings],
    ["meant to", facts.labels],
  ] as const)
    if (Object.keys(counts).length > 0) lines.push(`  ${what}: ${shown(counts)}`);
  for (const { id, name } of facts.prompts) lines.push(`Prompt ${name} (${id})`);
  for (const { name, splits } of facts.splits)
    lines.push(`Split ${name}: ${splits.map((one) => `${one.name} ${Math.round(one.percentage * 100)} %`).join(", ")}`);
  for (const one of facts.sessions)
    lines.push(
      `Session ${one.id}: ${one.goal}, ${one.template}, ${one.topics} topics, ${one.samples} samples, ${one.saved} saved${one.finished ? "" : ", not finished"}`,
    );
  for (const { file, reason } of facts.broken) lines.push(`✗ ${file}: ${reason}`);
  return lines;
}

/** The commonest first. */
function shown(counts: Counts): string {
  const list = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const text = list.slice(0, 12).map(([name, times]) => `${name} ${times}`);
  return text.join(", ") + (list.length > 12 ? `, and ${list.length - 12} more` : "");
}

function ratingOf(run: KilnRun): string {
  const { rating } = run.output;
  if (rating === null || rating.value === null) return "none";
  return rating.type === "five_star" ? `${rating.value} stars` : rating.value === 1 ? "passed" : "failed";
}

function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
