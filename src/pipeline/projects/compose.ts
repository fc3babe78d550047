/** New objects of Kiln's format, with all their keys in the order in which Kiln writes them. */
import { newBase } from "./base.js";
import type {
  KilnDataSource,
  KilnMessage,
  KilnOutput,
  KilnRating,
  KilnRequirementRating,
  KilnRun,
  KilnUsage,
  RatingType,
} from "./types.js";

/** @param rating undefined: none yet */
export function newOutput(text: string, source: KilnDataSource | null, rating: KilnRating | null = null): KilnOutput {
  const { v, id, created_at, created_by } = newBase();
  return { v, id, path: null, created_at, created_by, output: text, source, rating, model_type: "task_output" };
}

/** @param value within the bounds of the type; null: only requirements are rated */
export function newRating(
  type: RatingType,
  value: number | null,
  requirement_ratings: Record<string, KilnRequirementRating> = {},
): KilnRating {
  const { v, id, created_at, created_by } = newBase();
  return {
    v,
    id,
    path: null,
    created_at,
    created_by,
    type,
    value,
    requirement_ratings,
    model_type: "task_output_rating",
  };
}

export interface RunFields {
  input: string;
  input_source: KilnDataSource | null;
  output: string;
  source: KilnDataSource | null;
  tags?: string[];
  intermediate_outputs?: Record<string, string> | null;
  usage?: KilnUsage | null;
  trace?: KilnMessage[] | null;
  rating?: KilnRating | null;
  id?: string;
  created_by?: string;
}

export function newRun(fields: RunFields): KilnRun {
  const { v, id, created_at, created_by } = newBase(fields.id, fields.created_by);
  return {
    v,
    id,
    created_at,
    created_by,
    input: fields.input,
    input_source: fields.input_source,
    output: newOutput(fields.output, fields.source, fields.rating ?? null),
    repair_instructions: null,
    repaired_output: null,
    intermediate_outputs: fields.intermediate_outputs ?? null,
    tags: fields.tags ?? [],
    usage: fields.usage ?? null,
    cumulative_usage: null,
    trace: fields.trace ?? null,
    parent_task_run_id: null,
    eval_source: null,
    model_type: "task_run",
  };
}

/** Where something came from that a person wrote. */
export function humanSource(createdBy: string): KilnDataSource {
  return { type: "human", properties: { created_by: createdBy }, run_config_id: null, run_config: null };
}
