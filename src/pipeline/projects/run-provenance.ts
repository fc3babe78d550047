/** Where a run came from and what is thought of it, in the words of records' provenance. */
import { labelOf } from "./filters.js";
import type { TaskFolder } from "./open.js";
import type { KilnRun } from "./types.js";

/**
 * @param tools ids of the tools that its model could call
 * @returns what is known; what is not is left out. Names of people are: datasets are given away
 */
export function provenanceOf(task: TaskFolder, run: KilnRun, tools: readonly string[] = []): Record<string, unknown> {
  const { source, rating } = run.output;
  const of = { ...run.input_source?.properties, ...source?.properties };
  const text = (name: string): string | undefined => (typeof of[name] === "string" ? of[name] : undefined);
  const number = (name: string): number | undefined => (typeof of[name] === "number" ? of[name] : undefined);
  const [start, end] = [number("span_start"), number("span_end")];
  return known({
    task: task.task.id,
    run: run.id,
    source: source?.type,
    document: text("document"),
    hash: text("document_hash"),
    row: number("document_row"),
    chunk: number("chunk"),
    span: start === undefined || end === undefined ? undefined : [start, end],
    page: number("page"),
    heading: text("heading"),
    file: text("file_name"),
    file_row: number("row"),
    topic: text("topic_path")?.split(">>>>>"),
    model: text("model_name"),
    provider: text("model_provider"),
    prompt: text("prompt"),
    prompt_id: text("prompt_id"),
    seed: number("seed"),
    template: text("template"),
    session: text("session"),
    label: labelOf(run),
    verdict: text("verdict"),
    judge_rating: number("judge_rating"),
    rating: rating?.value ?? undefined,
    rating_type: rating?.value == null ? undefined : rating.type,
    requirement_ratings: ratingsByName(task, run),
    repaired: run.repaired_output === null ? undefined : true,
    tags: run.tags.length === 0 ? undefined : run.tags,
    tools: tools.length === 0 ? undefined : tools,
    created_at: run.created_at === "" ? undefined : run.created_at,
  });
}

/** Ratings of requirements by the requirements' names; those of scores keep theirs (`named::...`). */
function ratingsByName({ task }: TaskFolder, { output }: KilnRun): Record<string, number> | undefined {
  const each = Object.entries(output.rating?.requirement_ratings ?? {});
  if (each.length === 0) return undefined;
  const names = new Map(task.requirements.map(({ id, name }) => [id, name]));
  return Object.fromEntries(each.map(([id, { value }]) => [names.get(id) ?? id, value]));
}

function known(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
