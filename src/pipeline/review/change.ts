/** Changes of one run, each on disk when it is done, touching nothing else in its file. */
import { InputError, UsageError } from "../../errors.js";
import {
  checkValue,
  currentUser,
  humanSource,
  type KilnDataSource,
  type KilnRating,
  type KilnRun,
  newOutput,
  newRating,
  patchFile,
  type StoredRun,
  tagProblem,
  type TaskFolder,
} from "../projects/index.js";
import { asRun } from "../projects/run-shape.js";
import { oneLineJson } from "./json-text.js";
import { type RatingWish, requirementNamed } from "./rating-value.js";

/** A run as a file may hold it, without what may be absent. */
type Raw = Omit<KilnRun, "tags" | "output"> & {
  tags?: string[];
  output: Omit<KilnRun["output"], "rating"> & { rating?: RawRating | null };
};
type RawRating = Omit<KilnRating, "value" | "requirement_ratings"> &
  Partial<Pick<KilnRating, "value" | "requirement_ratings">>;

async function patch({ file, run }: StoredRun, change: (tree: Raw) => void): Promise<StoredRun> {
  const tree = await patchFile<Raw>(file, change);
  return { file, run: { ...asRun(tree, file), id: run.id } };
}

/**
 * Rates the output as a whole.
 * @param wish a value that its type allows; `none` takes the rating away, and leaves those of requirements
 */
export async function rateRun(stored: StoredRun, wish: RatingWish): Promise<StoredRun> {
  return await patch(stored, ({ output }) => {
    const { rating } = output;
    if (wish !== "none") {
      if (rating == null) output.rating = newRating(wish.type, wish.value);
      else Object.assign(rating, wish);
    } else if (rating != null) {
      if (Object.keys(rating.requirement_ratings ?? {}).length === 0) output.rating = null;
      else rating.value = null;
    }
  });
}

/**
 * Rates the output by one of the task's requirements.
 * @param requirement its id or name
 * @param wish of the requirement's type
 * @throws {UsageError} where the task has no such requirement, or the rating is not of its type
 */
export async function rateRequirement(
  task: TaskFolder,
  stored: StoredRun,
  requirement: string,
  wish: RatingWish,
): Promise<StoredRun> {
  const { id, name, type } = requirementNamed(task.task, requirement);
  if (wish !== "none" && wish.type !== type)
    throw new UsageError(`the requirement "${name}" is rated by ${type}, not by ${wish.type}`);
  return await patch(stored, ({ output }) => {
    if (wish === "none") {
      const { rating } = output;
      if (rating?.requirement_ratings === undefined) return;
      Reflect.deleteProperty(rating.requirement_ratings, id);
      if (Object.keys(rating.requirement_ratings).length === 0 && rating.value == null) output.rating = null;
      return;
    }
    output.rating ??= newRating("five_star", null);
    output.rating.requirement_ratings ??= {};
    // An id of a file is any text, `__proto__` too.
    Object.defineProperty(output.rating.requirement_ratings, id, {
      value: { value: wish.value, type: wish.type },
      enumerable: true,
      writable: true,
      configurable: true,
    });
  });
}

/**
 * Puts a text of a person's in the place of the output. What it was rated is taken away: that was of another text.
 * @param text where the task has an output schema, JSON in any layout
 * @throws {InputError} where it does not comply with the schema, or is empty
 */
export async function editOutput(task: TaskFolder, stored: StoredRun, text: string): Promise<StoredRun> {
  const output = checkedOutput(task, text);
  if (output === stored.run.output.output) return stored;
  return await patch(stored, (tree) => {
    tree.output.output = output;
    tree.output.source = editedBy(stored.run.output.source);
    tree.output.rating = null;
  });
}

/** What a source of a person must not have: it says of the model what `edited_from` then says. */
const propertiesOfModels = [
  "model_name",
  "model_provider",
  "adapter_name",
  "prompt_builder_name",
  "prompt_id",
  "file_name",
  "structured_output_mode",
  "temperature",
  "top_p",
  "verdict",
  "verdict_reason",
  "verdict_model",
];

/** The source of a text that a person wrote over another: who, and what is known of the sample. */
function editedBy(source: KilnDataSource | null): KilnDataSource {
  const before = Object.entries(source?.properties ?? {});
  const kept = before.filter(([name]) => !propertiesOfModels.includes(name));
  const from = source?.properties["model_name"] ?? source?.properties["file_name"];
  const { properties, ...rest } = humanSource(currentUser());
  return {
    ...rest,
    properties: { ...Object.fromEntries(kept), ...properties, ...(from === undefined ? {} : { edited_from: from }) },
  };
}

export interface RepairWish {
  /** What had to change, in words. */
  instructions: string;
  /** The output after the change. */
  output: string;
  /** Who made it: a model, or where absent the person who runs quern. */
  source?: KilnDataSource;
}

/**
 * Keeps a repair beside the output as it was; one that was there is replaced.
 * @throws {UsageError} without instructions
 * @throws {InputError} where the repaired output does not comply with the schema, or is empty
 */
export async function acceptRepair(task: TaskFolder, stored: StoredRun, wish: RepairWish): Promise<StoredRun> {
  const instructions = wish.instructions.trim();
  if (instructions === "") throw new UsageError("a repair needs an instruction", { remedy: "say what had to change" });
  const output = checkedOutput(task, wish.output);
  const source = wish.source ?? humanSource(currentUser());
  return await patch(stored, (tree) => {
    tree.repair_instructions = instructions;
    tree.repaired_output = newOutput(output, source);
  });
}

/** Takes a repair away; the output stays. */
export async function removeRepair(stored: StoredRun): Promise<StoredRun> {
  if (stored.run.repaired_output === null) return stored;
  return await patch(stored, (tree) => {
    tree.repair_instructions = null;
    tree.repaired_output = null;
  });
}

export interface TagWish {
  add: readonly string[];
  remove: readonly string[];
}

/** @throws {UsageError} for a tag that Kiln refuses, or one that is both added and removed */
export function checkTags({ add, remove }: TagWish): void {
  for (const tag of add) {
    const problem = tagProblem(tag);
    if (problem !== undefined) throw new UsageError(problem);
    if (remove.includes(tag)) throw new UsageError(`the tag "${tag}" is both added and removed`);
  }
}

/** @returns the tags after a change: those that stay in their order, new ones behind */
export function tagsAfter(tags: readonly string[], { add, remove }: TagWish): string[] {
  return [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])];
}

/**
 * Adds and removes tags.
 * @returns the run, the same object where nothing changes
 * @throws {UsageError} as {@link checkTags}
 */
export async function changeTags(stored: StoredRun, wish: TagWish): Promise<StoredRun> {
  checkTags(wish);
  const before = stored.run.tags;
  if (sameList(before, tagsAfter(before, wish))) return stored;
  return await patch(stored, (tree) => {
    tree.tags = tagsAfter(tree.tags ?? [], wish);
  });
}

/** Puts a list in the place of a run's tags. @throws {UsageError} for a tag that Kiln refuses */
export async function setTags(stored: StoredRun, tags: readonly string[]): Promise<StoredRun> {
  const wanted = [...new Set(tags)];
  checkTags({ add: wanted, remove: [] });
  if (sameList(stored.run.tags, wanted)) return stored;
  return await patch(stored, (tree) => {
    tree.tags = wanted;
  });
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

/** @returns the text as a run holds it */
function checkedOutput(task: TaskFolder, text: string): string {
  if (text.trim() === "") throw new InputError("the output is empty", { remedy: "write one, or delete the sample" });
  if (task.task.output_json_schema === null) return text;
  checkValue(task, "output", text);
  return oneLineJson(text);
}
