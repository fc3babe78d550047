/** What else a task has: saved prompts, the guide to its inputs, dataset splits, what people said of runs. */
import { rm } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { messageOf, UsageError } from "../../errors.js";
import { newBase } from "./base.js";
import { childFiles, patchFile, readKiln, writeInNewFolder } from "./file.js";
import { folderName, nameProblem } from "./names.js";
import type { OnBroken, TaskFolder } from "./open.js";
import type { StoredRun } from "./runs.js";
import { dataGuideSchema, feedbackSchema, promptSchema, splitSchema } from "./schemas.js";
import type { KilnBase, KilnDataGuide, KilnDatasetSplit, KilnFeedback, KilnPrompt, KilnSplit } from "./types.js";

/** Children of one kind that can be read. */
async function readChildren<T extends KilnBase>(
  folder: string,
  kind: string,
  schema: z.ZodType<T>,
  onBroken: OnBroken = () => undefined,
): Promise<{ file: string; value: T }[]> {
  const found: { file: string; value: T }[] = [];
  for (const file of await childFiles(folder, `${kind}.kiln`)) {
    try {
      found.push({ file, value: await readKiln(file, kind, schema) });
    } catch (error) {
      if (/ENOENT/.test(messageOf(error))) continue;
      onBroken(file, messageOf(error).replace(`${file}: `, ""));
    }
  }
  return found;
}

/** @returns the saved prompts that can be read */
export async function readPrompts(task: TaskFolder, onBroken?: OnBroken): Promise<KilnPrompt[]> {
  const found = await readChildren(path.join(task.folder, "prompts"), "prompt", promptSchema, onBroken);
  return found.map(({ value }) => value);
}

/** @throws {UsageError} for a name that Kiln refuses or an empty prompt */
export async function writePrompt(
  task: TaskFolder,
  fields: { name: string; prompt: string; description?: string | null; chain_of_thought_instructions?: string | null },
): Promise<KilnPrompt> {
  checkName("prompt", fields.name);
  if (fields.prompt.trim() === "") throw new UsageError("the prompt is empty");
  const { v, id, created_at, created_by } = newBase();
  // Kiln writes a prompt's own keys before those of every file.
  const prompt: KilnPrompt = {
    name: fields.name,
    description: fields.description ?? null,
    generator_id: null,
    prompt: fields.prompt,
    chain_of_thought_instructions: fields.chain_of_thought_instructions ?? null,
    v,
    id,
    created_at,
    created_by,
    model_type: "prompt",
  };
  await writeInNewFolder(path.join(task.folder, "prompts", folderName(id, fields.name), "prompt.kiln"), prompt);
  return prompt;
}

async function dataGuides(task: TaskFolder, onBroken?: OnBroken) {
  return await readChildren(path.join(task.folder, "data_guides"), "data_guide", dataGuideSchema, onBroken);
}

/** @returns the guide to what inputs are like; of several the first */
export async function readDataGuide(task: TaskFolder, onBroken?: OnBroken): Promise<KilnDataGuide | undefined> {
  return (await dataGuides(task, onBroken))[0]?.value;
}

/** Writes the guide, in the place of the one that is there. @throws {UsageError} for an empty one */
export async function writeDataGuide(task: TaskFolder, guide: string): Promise<KilnDataGuide> {
  if (guide.trim() === "") throw new UsageError("the data guide is empty", { remedy: "remove it instead" });
  const [known] = await dataGuides(task);
  if (known !== undefined)
    return await patchFile<KilnDataGuide>(known.file, (tree) => {
      tree.guide = guide;
      tree.source = "manual";
    });
  const { v, id, created_at, created_by } = newBase();
  const made: KilnDataGuide = { v, id, created_at, created_by, guide, source: "manual", model_type: "data_guide" };
  await writeInNewFolder(path.join(task.folder, "data_guides", id, "data_guide.kiln"), made);
  return made;
}

/** @returns whether there was one */
export async function removeDataGuide(task: TaskFolder): Promise<boolean> {
  const found = await dataGuides(task);
  for (const { file } of found) await rm(path.dirname(file), { recursive: true, force: true });
  return found.length > 0;
}

/** @returns the dataset splits that can be read */
export async function readSplits(task: TaskFolder, onBroken?: OnBroken): Promise<KilnDatasetSplit[]> {
  const found = await readChildren(path.join(task.folder, "dataset_splits"), "dataset_split", splitSchema, onBroken);
  return found.map(({ value }) => value);
}

/** @throws {UsageError} for a name that Kiln refuses */
export async function writeSplit(
  task: TaskFolder,
  fields: {
    name: string;
    description?: string | null;
    splits: readonly KilnSplit[];
    split_contents: Readonly<Record<string, readonly string[]>>;
    filter: string | null;
  },
): Promise<KilnDatasetSplit> {
  checkName("dataset split", fields.name);
  const { v, id, created_at, created_by } = newBase();
  const made: KilnDatasetSplit = {
    v,
    id,
    created_at,
    created_by,
    name: fields.name,
    description: fields.description ?? null,
    splits: fields.splits.map(({ name, description, percentage }) => ({ name, description, percentage })),
    split_contents: Object.fromEntries(Object.entries(fields.split_contents).map(([name, ids]) => [name, [...ids]])),
    filter: fields.filter,
    model_type: "dataset_split",
  };
  await writeInNewFolder(
    path.join(task.folder, "dataset_splits", folderName(id, fields.name), "dataset_split.kiln"),
    made,
  );
  return made;
}

/** @returns what people said of a run */
export async function readFeedback(stored: StoredRun, onBroken?: OnBroken): Promise<KilnFeedback[]> {
  const folder = path.join(path.dirname(stored.file), "feedback");
  return (await readChildren(folder, "feedback", feedbackSchema, onBroken)).map(({ value }) => value);
}

/** @throws {UsageError} for an empty text */
export async function writeFeedback(stored: StoredRun, text: string): Promise<KilnFeedback> {
  if (text.trim() === "") throw new UsageError("the feedback is empty");
  const { v, id, created_at, created_by } = newBase();
  const made: KilnFeedback = {
    v,
    id,
    created_at,
    created_by,
    feedback: text,
    source: "run-page",
    model_type: "feedback",
  };
  await writeInNewFolder(path.join(path.dirname(stored.file), "feedback", id, "feedback.kiln"), made);
  return made;
}

function checkName(what: string, name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new UsageError(`the ${what}'s name cannot be used: ${problem}`);
}
