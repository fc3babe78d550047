/**
 * Whether what a file holds is a run as Kiln reads it. By hand and not by a schema library: it is done for each of
 * hundreds of thousands of files whenever a dataset is listed.
 * Source: kiln_ai/datamodel/task_run.py and task_output.py (kiln-ai 1.1.0).
 */
import { baseProblem, currentUser, filledBase, formatVersion, nestedProblem, timeIn } from "./base.js";
import { kilnTagProblem } from "./names.js";
import { completeRating, ratingProblem } from "./rating-shape.js";
import { isAbsent, isObject, isTextOrAbsent, type Raw } from "./raw.js";
import { sourceProblem } from "./source-shape.js";
import { traceProblem, usageProblem } from "./trace-shape.js";
import type { KilnBase, KilnDataSource, KilnOutput, KilnRun } from "./types.js";

export { isHighQuality, ratingValueProblem } from "./rating-shape.js";
export { sourceProblem } from "./source-shape.js";

/** @returns what Kiln would refuse, or undefined */
export function runProblem(value: unknown): string | undefined {
  const wrong = baseProblem(value, "task_run");
  if (wrong !== undefined) return wrong;
  const run = value as Raw;
  if (typeof run["input"] !== "string") return '"input" is no text';
  return (
    outputProblem(run["output"], "output") ??
    sourceProblem(run["input_source"], "input_source") ??
    tagsProblem(run["tags"]) ??
    repairProblem(run) ??
    intermediateProblem(run["intermediate_outputs"]) ??
    usageProblem(run["usage"], "usage") ??
    usageProblem(run["cumulative_usage"], "cumulative_usage") ??
    traceProblem(run["trace"]) ??
    originProblem(run)
  );
}

function outputProblem(value: unknown, where: string): string | undefined {
  if (!isObject(value)) return `"${where}" is ${value === undefined ? "missing" : "no object"}`;
  if (typeof value["output"] !== "string") return `"${where}.output" is no text`;
  return (
    nestedProblem(value, `${where}.`) ??
    sourceProblem(value["source"], `${where}.source`) ??
    ratingProblem(value["rating"], `${where}.rating`)
  );
}

function tagsProblem(tags: unknown): string | undefined {
  if (tags === undefined) return undefined;
  if (!Array.isArray(tags)) return '"tags" is no list';
  for (const tag of tags as unknown[]) {
    const problem = typeof tag === "string" ? kilnTagProblem(tag) : "a tag is no text";
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function repairProblem({ repaired_output: repaired, repair_instructions: instructions }: Raw): string | undefined {
  if (!isTextOrAbsent(instructions)) return '"repair_instructions" is no text';
  if (isAbsent(repaired) !== isAbsent(instructions))
    return "repair_instructions and repaired_output must come together";
  if (isAbsent(repaired)) return undefined;
  const problem = outputProblem(repaired, "repaired_output");
  if (problem !== undefined) return problem;
  return isAbsent((repaired as Raw)["rating"]) ? undefined : '"repaired_output" has a rating';
}

function intermediateProblem(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  if (isObject(value) && Object.values(value).every((text) => typeof text === "string")) return undefined;
  return '"intermediate_outputs" is not texts by name';
}

function originProblem({ parent_task_run_id: parent, eval_source: source }: Raw): string | undefined {
  if (!isTextOrAbsent(parent)) return '"parent_task_run_id" is no text';
  if (isAbsent(source)) return undefined;
  const { source_type: type, source_id: id } = isObject(source) ? source : {};
  const isKnown = (type === "eval_input" || type === "task_run") && typeof id === "string" && id !== "";
  return isKnown ? undefined : '"eval_source" names no item of an evaluation';
}

/**
 * Fills what a file may lack, in place.
 * @param value that {@link runProblem} found nothing wrong with
 * @param file it came from, so that what is filled stays the same while quern runs
 */
export function asRun(value: unknown, file: string): KilnRun {
  const run = value as KilnRun;
  const partial: Partial<KilnRun> = run;
  completeBase(run, file);
  partial.input_source ??= null;
  if (run.input_source !== null) completeSource(run.input_source);
  completeOutput(run.output, `${file}#output`);
  partial.repair_instructions ??= null;
  partial.repaired_output ??= null;
  if (run.repaired_output !== null) completeOutput(run.repaired_output, `${file}#repaired`);
  partial.intermediate_outputs ??= null;
  partial.tags ??= [];
  partial.usage ??= null;
  partial.cumulative_usage ??= null;
  partial.trace ??= null;
  partial.parent_task_run_id ??= null;
  partial.eval_source ??= null;
  return run;
}

function completeBase(object: KilnBase, place: string): void {
  const partial: { -readonly [K in keyof KilnBase]?: KilnBase[K] | null } = object;
  if (typeof partial.v !== "number") partial.v = formatVersion;
  partial.id ??= filledBase(place).id;
  partial.created_at = timeIn(partial.created_at) ?? filledBase(place).created_at;
  partial.created_by ??= currentUser();
}

function completeOutput(output: KilnOutput, place: string): void {
  const partial: Partial<KilnOutput> = output;
  completeBase(output, place);
  partial.path = null;
  partial.model_type = "task_output";
  partial.source ??= null;
  if (output.source !== null) completeSource(output.source);
  partial.rating ??= null;
  if (output.rating === null) return;
  completeBase(output.rating, `${place}.rating`);
  output.rating.model_type = "task_output_rating";
  completeRating(output.rating);
}

function completeSource(source: KilnDataSource): void {
  const partial: Partial<KilnDataSource> = source;
  partial.properties ??= {};
  partial.run_config_id = partial.run_config_id === "" ? null : (partial.run_config_id ?? null);
  partial.run_config ??= null;
}
