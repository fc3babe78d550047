/**
 * Whether what a file holds is a run as Kiln reads it. By hand and not by a schema library: it is done for each of
 * hundreds of thousands of files whenever a dataset is listed.
 */
import { baseProblem } from "./file.js";
import { tagProblem } from "./names.js";
import { type KilnRating, type KilnRun, type RatingType, ratingTypes } from "./types.js";

type Raw = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const sourceTypes: readonly string[] = ["human", "synthetic", "file_import", "tool_call"];
/** Properties that a source of a type needs; they are forbidden for the others. */
const needed: Readonly<Record<string, readonly string[]>> = {
  human: ["created_by"],
  synthetic: ["model_name", "model_provider", "adapter_name"],
  file_import: ["file_name"],
  tool_call: [],
};
const promptProperties = ["prompt_builder_name", "prompt_id"];
const roles: readonly unknown[] = ["developer", "system", "user", "assistant", "tool", "function"];

/** @returns what Kiln would refuse, or undefined */
export function runProblem(value: unknown): string | undefined {
  const wrong = baseProblem(value, "task_run");
  if (wrong !== undefined) return wrong;
  const run = value as Raw;
  if (typeof run["input"] !== "string") return '"input" is no text';
  const output = outputProblem(run["output"], "output");
  if (output !== undefined) return output;
  const source = sourceProblem(run["input_source"], "input_source");
  if (source !== undefined) return source;
  const tags = run["tags"] ?? [];
  if (!Array.isArray(tags)) return '"tags" is no list';
  for (const tag of tags as unknown[]) {
    if (typeof tag !== "string") return "a tag is no text";
    // As Kiln: only these two; quern itself is stricter where it writes.
    if (tag === "" || tag.includes(" ")) return tagProblem(tag);
  }
  const { repaired_output: repaired, repair_instructions: instructions } = run;
  if (isAbsent(repaired) !== isAbsent(instructions))
    return "repair_instructions and repaired_output must come together";
  if (!isAbsent(repaired)) {
    const problem = outputProblem(repaired, "repaired_output");
    if (problem !== undefined) return problem;
    if (!isAbsent((repaired as Raw)["rating"])) return "repaired_output has a rating";
  }
  const { intermediate_outputs: between, trace } = run;
  if (!isAbsent(between) && !(isObject(between) && Object.values(between).every((text) => typeof text === "string")))
    return '"intermediate_outputs" is not texts by name';
  if (!isAbsent(trace)) {
    if (!Array.isArray(trace)) return '"trace" is no list';
    if (!trace.every((message) => isObject(message) && roles.includes(message["role"])))
      return '"trace" has a message of an unknown role';
  }
  return undefined;
}

function outputProblem(value: unknown, where: string): string | undefined {
  if (!isObject(value)) return `"${where}" is missing`;
  if (typeof value["output"] !== "string") return `"${where}.output" is no text`;
  return sourceProblem(value["source"], `${where}.source`) ?? ratingProblem(value["rating"], `${where}.rating`);
}

/** @returns what Kiln would refuse of a source, or undefined */
export function sourceProblem(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return `"${where}" is no object`;
  const { type, properties = {} } = value;
  if (typeof type !== "string" || !sourceTypes.includes(type)) return `"${where}.type" is ${JSON.stringify(type)}`;
  if (!isObject(properties)) return `"${where}.properties" is no object`;
  for (const [name, property] of Object.entries(properties)) {
    if (property === "") return `"${where}.properties.${name}" is empty`;
    if (!["string", "number", "boolean"].includes(typeof property))
      return `"${where}.properties.${name}" is no text or number`;
  }
  for (const [of, names] of Object.entries(needed))
    for (const name of names) {
      if (of === type && properties[name] === undefined) return `"${where}" is ${type} and has no "${name}"`;
      if (of !== type && properties[name] !== undefined) return `"${where}" is ${type} and must not have "${name}"`;
    }
  if (type !== "synthetic")
    for (const name of promptProperties)
      if (properties[name] !== undefined) return `"${where}" is ${type} and must not have "${name}"`;
  return undefined;
}

const bounds: Readonly<Record<RatingType, readonly [number, number] | undefined>> = {
  five_star: [1, 5],
  pass_fail: [0, 1],
  pass_fail_critical: [-1, 1],
  custom: undefined,
};

/** @returns why a value is no rating of a type, or undefined */
export function ratingValueProblem(type: RatingType, value: unknown): string | undefined {
  const range = bounds[type];
  if (typeof value !== "number") return "a rating is a number";
  if (range === undefined || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return undefined;
  return `a rating of type ${type} is a whole number from ${range[0]} to ${range[1]}, not ${value}`;
}

function ratingProblem(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return `"${where}" is no object`;
  const { type = "five_star", value: given, requirement_ratings: each = {} } = value;
  if (!(ratingTypes as readonly unknown[]).includes(type)) return `"${where}.type" is ${JSON.stringify(type)}`;
  if (!isAbsent(given)) {
    const problem = ratingValueProblem(type as RatingType, given);
    if (problem !== undefined) return `${where}: ${problem}`;
  }
  if (!isObject(each)) return `"${where}.requirement_ratings" is no object`;
  for (const [id, one] of Object.entries(each)) {
    // The older form is the number alone.
    const [ofType, number] = isObject(one) ? [one["type"] ?? "five_star", one["value"]] : ["five_star", one];
    if (!(ratingTypes as readonly unknown[]).includes(ofType)) return `${where}: unknown type of ${id}`;
    const problem = ratingValueProblem(ofType as RatingType, number);
    if (problem !== undefined) return `${where}: ${id}: ${problem}`;
  }
  return undefined;
}

/**
 * @param value for which {@link runProblem} found nothing
 * @param id where the file has none
 * @returns the run with what may be absent filled in; keys that are not Kiln's stay
 */
export function asRun(value: unknown, id: () => string): KilnRun {
  const run = value as Partial<KilnRun> & { output: Partial<KilnRun["output"]> & { output: string } };
  run.v ??= 1;
  run.id ??= id();
  run.created_at ??= "";
  run.created_by ??= "";
  run.input_source ??= null;
  run.output.source ??= null;
  run.output.rating = withRatings(run.output.rating ?? null);
  run.repair_instructions ??= null;
  run.repaired_output ??= null;
  run.intermediate_outputs ??= null;
  run.tags ??= [];
  run.usage ??= null;
  run.trace ??= null;
  run.parent_task_run_id ??= null;
  run.eval_source ??= null;
  return run as KilnRun;
}

function withRatings(rating: KilnRating | null): KilnRating | null {
  if (rating === null) return null;
  const each: unknown = (rating as Partial<KilnRating>).requirement_ratings ?? {};
  rating.requirement_ratings = Object.fromEntries(
    Object.entries(each as Record<string, unknown>).map(([id, one]) => [
      id,
      isObject(one)
        ? { value: one["value"] as number, type: (one["type"] ?? "five_star") as RatingType }
        : { value: one as number, type: "five_star" },
    ]),
  );
  rating.type = (rating as Partial<KilnRating>).type ?? "five_star";
  rating.value = (rating as Partial<KilnRating>).value ?? null;
  return rating;
}

/** As Kiln: at least four stars, or passed. Ratings of a type of one's own never are. */
export function isHighQuality(rating: KilnRating | null): boolean {
  if (rating?.value === null || rating === null) return false;
  if (rating.type === "custom") return false;
  return rating.type === "five_star" ? rating.value >= 4 : rating.value === 1;
}
