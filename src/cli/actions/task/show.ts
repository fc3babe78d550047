import path from "node:path";
import { ExitCode, InputError, UsageError } from "../../../errors.js";
import { listRuns, listTasks, openProject, openTask, type TaskFolder } from "../../../pipeline/projects/index.js";
import { isFile, projectFile } from "../../../pipeline/projects/file.js";
import { taskPrompt } from "../../../pipeline/synthesis/task-prompt/index.js";
import { type Report, runReport } from "../../session.js";
import type { TaskShowFlags } from "../../task.js";
import { type Counts, type Facts, factsOf } from "./facts.js";

export async function showAction(given: string, flags: TaskShowFlags): Promise<void> {
  await runReport("task show", flags, {}, async ({ reporter, signal }) => {
    const { tasks, broken } = await tasksAt(given);
    const [only] = tasks;
    if (flags.prompt !== undefined) {
      if (only === undefined || tasks.length > 1)
        throw new UsageError(`--prompt is of one task, and there are ${tasks.length}`, {
          remedy: `give one of ${tasks.map(({ folder }) => folder).join(", ")}`,
        });
      return await promptOf(only, flags.prompt);
    }
    const all: Facts[] = [];
    const onProgress = (runs: number) => reporter.waiting(`task show: ${runs} runs counted`);
    for (const task of tasks) all.push(await factsOf(task, onProgress, signal));
    const cannot = broken.map(({ file, reason }) => `✗ ${file}: ${reason}`);
    const [facts] = all;
    const isPartial = broken.length > 0 || all.some((one) => one.broken.length > 0);
    return {
      json: facts !== undefined && all.length === 1 && broken.length === 0 ? facts : { tasks: all, broken },
      lines: [...all.flatMap((one, i) => [...(i === 0 ? [] : [""]), ...linesOf(one)]), ...cannot],
      exitCode: isPartial ? ExitCode.partial : ExitCode.done,
    };
  });
}

async function promptOf(task: TaskFolder, name: string): Promise<Report> {
  const prompt = await taskPrompt(name, task, listRuns(task));
  const text = prompt.system("", { guidance: "", room: 100_000 });
  return { json: { prompt: prompt.kilnId, examples: prompt.examples, text }, lines: [text] };
}

/** @throws {InputError} where there is neither a task nor a project with some */
async function tasksAt(given: string): Promise<{ tasks: TaskFolder[]; broken: { file: string; reason: string }[] }> {
  const isProject = path.basename(given) === projectFile || (await isFile(path.join(given, projectFile)));
  if (!isProject) return { tasks: [await openTask(given)], broken: [] };
  const broken: { file: string; reason: string }[] = [];
  const project = await openProject(given);
  const tasks = await listTasks(project, (file, reason) => broken.push({ file, reason }));
  if (tasks.length === 0 && broken.length === 0)
    throw new InputError(`the project ${given} has no task`, { remedy: "make one with quern task init" });
  return { tasks, broken };
}

function linesOf(facts: Facts): string[] {
  const lines = [`${facts.name}${facts.project === null ? "" : ` (project ${facts.project})`}`, facts.file, ""];
  if (facts.description !== null) lines.push(facts.description, "");
  lines.push(facts.instruction.trim(), "");
  for (const { name, instruction, priority, type } of facts.requirements)
    lines.push(`- ${name} [${priority}, ${type}]: ${instruction}`);
  lines.push(
    `Inputs: ${facts.input_json_schema ?? "plain text"}`,
    `Outputs: ${facts.output_json_schema ?? "plain text"}`,
  );
  if (facts.thinking_instruction !== null) lines.push(`Thinking: ${firstLine(facts.thinking_instruction)}`);
  if (facts.data_guide !== null) lines.push(`Data guide: ${firstLine(facts.data_guide)}`);
  lines.push(
    "",
    `${facts.runs} ${facts.runs === 1 ? "run" : "runs"}; ${facts.good} rated high or repaired (${facts.repaired}), which few-shot prompts can show`,
  );
  for (const [what, counts] of [
    ["tags", facts.tags],
    ["sources", facts.sources],
    ["models", facts.models],
    ["ratings", facts.ratings],
    ["meant to", facts.labels],
  ] as const)
    if (Object.keys(counts).length > 0) lines.push(`  ${what}: ${shown(counts)}`);
  for (const { id, name } of facts.prompts) lines.push(`Prompt ${name} (${id})`);
  for (const { name, splits, filter } of facts.splits)
    lines.push(
      `Split ${name}${filter === null ? "" : ` of ${filter}`}: ${splits
        .map((one) => `${one.name} ${Math.round(one.percentage * 100)} % (${one.runs})`)
        .join(", ")}`,
    );
  for (const one of facts.sessions)
    lines.push(
      `Session ${one.id}: ${one.goal}, ${one.template}, ${one.topics} topics, ${one.samples} samples, ${one.saved} saved${one.finished ? "" : ", not finished"}`,
    );
  for (const { file, reason } of facts.broken) lines.push(`✗ ${file}: ${reason}`);
  return lines;
}

/** A text of many lines by its first. */
function firstLine(text: string): string {
  const [first = "", ...others] = text.trim().split("\n");
  return others.length === 0 ? first : `${first} ...`;
}

function shown(counts: Counts): string {
  const list = Object.entries(counts);
  const text = list.slice(0, 12).map(([name, times]) => `${name} ${times}`);
  return text.join(", ") + (list.length > 12 ? `, and ${list.length - 12} more` : "");
}
