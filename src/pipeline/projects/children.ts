/** What else a task has: saved prompts, the guide to its inputs, dataset splits, what people said of runs. */
import path from "node:path";
import type { z } from "zod";
import { InputError, UsageError } from "../../errors.js";
import { newBase } from "./base.js";
import { childFiles, isFile, readKiln, reasonOf, removeFolderOf, writeInNewFolder } from "./file.js";
import { patchFile } from "./patch.js";
import { folderName, storedName } from "./names.js";
import { checkedName, type OnBroken, type TaskFolder } from "./open.js";
import type { StoredRun } from "./runs.js";
import { shapeProblem } from "./shape.js";
import { dataGuideSchema, feedbackSchema, promptSchema, splitSchema } from "./schemas.js";
import type { KilnBase, KilnDataGuide, KilnDatasetSplit, KilnFeedback, KilnPrompt, KilnSplit } from "./types.js";

/** Children of one kind that can be read. */
async function readChildren<T extends KilnBase>(
  folder: string,
  kind: string,
  schema: z.ZodType<T>,
  onBroken: OnBroken = () => undefined,
): Promise<Stored<T>[]> {
  const found: Stored<T>[] = [];
  for (const file of await childFiles(folder, `${kind}.kiln`)) {
    try {
      // Folders without the file are none of Kiln's.
      if (await isFile(file)) found.push({ file, value: await readKiln(file, kind, schema) });
    } catch (error) {
      onBroken(file, reasonOf(file, error));
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
  const name = checkedName("prompt", fields.name);
  if (fields.prompt.trim() === "") throw new UsageError("the prompt is empty");
  const { v, id, created_at, created_by } = newBase();
  // Kiln writes a prompt's own keys before those of every file.
  const prompt: KilnPrompt = {
    name,
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
  await writeInNewFolder(path.join(task.folder, "prompts", folderName(id, name), "prompt.kiln"), prompt);
  return prompt;
}

/** A child and the file it stands in. */
export interface Stored<T> {
  file: string;
  value: T;
}

/** @returns all data guides, of which only the first is used */
export async function storedDataGuides(task: TaskFolder, onBroken?: OnBroken): Promise<Stored<KilnDataGuide>[]> {
  return await readChildren(path.join(task.folder, "data_guides"), "data_guide", dataGuideSchema, onBroken);
}

/** @returns the guide to what inputs are like; of several the first */
export async function readDataGuide(task: TaskFolder, onBroken?: OnBroken): Promise<KilnDataGuide | undefined> {
  return (await storedDataGuides(task, onBroken))[0]?.value;
}

/** Writes the guide, in the place of the one that is there. @throws {UsageError} for an empty one */
export async function writeDataGuide(task: TaskFolder, guide: string): Promise<KilnDataGuide> {
  if (guide.trim() === "") throw new UsageError("the data guide is empty", { remedy: "remove it instead" });
  const [known] = await storedDataGuides(task);
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
  const found = await storedDataGuides(task);
  for (const { file } of found) await removeFolderOf(file);
  return found.length > 0;
}

/** @returns the dataset splits that can be read, with their files */
export async function storedSplits(task: TaskFolder, onBroken?: OnBroken): Promise<Stored<KilnDatasetSplit>[]> {
  return await readChildren(path.join(task.folder, "dataset_splits"), "dataset_split", splitSchema, onBroken);
}

/** @returns the dataset splits that can be read */
export async function readSplits(task: TaskFolder, onBroken?: OnBroken): Promise<KilnDatasetSplit[]> {
  return (await storedSplits(task, onBroken)).map(({ value }) => value);
}

/**
 * @throws {UsageError} for names that Kiln refuses
 * @throws {InputError} for shares that do not add up to 1, and a filter that Kiln does not know
 */
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
  const name = checkedName("dataset split", fields.name);
  const { v, id, created_at, created_by } = newBase();
  const made: KilnDatasetSplit = {
    v,
    id,
    created_at,
    created_by,
    name,
    description: fields.description ?? null,
    splits: fields.splits.map((one) => ({
      name: checkedName("split", one.name),
      description: one.description,
      percentage: one.percentage,
    })),
    split_contents: Object.fromEntries(
      Object.entries(fields.split_contents).map(([one, ids]) => [storedName(one), [...ids]]),
    ),
    filter: fields.filter,
    model_type: "dataset_split",
  };
  const problem = shapeProblem(made);
  if (problem !== undefined) throw new InputError(`the dataset split "${name}" cannot be written: ${problem}`);
  await writeInNewFolder(path.join(task.folder, "dataset_splits", folderName(id, name), "dataset_split.kiln"), made);
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
