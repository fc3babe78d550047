/**
 * Kiln's data model as it stands on disk (kiln-ai 1.1.0): the shapes of its `.kiln` files, in the names and the order of
 * keys in which its library writes them. Facts of the format: https://github.com/Kiln-AI/Kiln, `libs/core/kiln_ai/datamodel`.
 */

/** What every `.kiln` file holds. `model_type` comes last in a file. */
export interface KilnBase {
  /** Version of the format; 1. */
  v: number;
  /** Twelve decimal digits where made by Kiln or quern; any text is taken. */
  id: string;
  /** ISO 8601 with an offset or `Z`. */
  created_at: string;
  /** Who made it: a person's name on their machine. */
  created_by: string;
  model_type: string;
}

export interface KilnProject extends KilnBase {
  name: string;
  description: string | null;
}

export const ratingTypes = ["five_star", "pass_fail", "pass_fail_critical", "custom"] as const;
export type RatingType = (typeof ratingTypes)[number];

/** Something that outputs of a task must fulfil, and that they are rated by. Stands within the task's file. */
export interface KilnRequirement {
  id: string;
  /** At most 32 characters. */
  name: string;
  description: string | null;
  instruction: string;
  /** 0 is the most important, 3 the least. */
  priority: number;
  type: RatingType;
}

export interface KilnTask extends KilnBase {
  name: string;
  description: string | null;
  instruction: string;
  requirements: KilnRequirement[];
  /** A JSON Schema as text, of an object with properties; null: outputs are plain text. */
  output_json_schema: string | null;
  /** A JSON Schema as text; null: inputs are plain text. */
  input_json_schema: string | null;
  thinking_instruction: string | null;
  default_run_config_id: string | null;
}

export type SourceType = "human" | "synthetic" | "file_import" | "tool_call";

/** Where an input or an output came from. */
export interface KilnDataSource {
  type: SourceType;
  /**
   * `human` needs `created_by`; `synthetic` needs `model_name`, `model_provider`, `adapter_name`; `file_import` needs
   * `file_name`; each of these is forbidden for the other types. Others may stand beside them. No empty texts.
   */
  properties: Record<string, string | number>;
  run_config_id: string | null;
  run_config: unknown;
}

export interface KilnRequirementRating {
  value: number;
  type: RatingType;
}

export interface KilnRating extends KilnBase {
  path: null;
  type: RatingType;
  /** five_star: 1 to 5; pass_fail: 0 or 1; pass_fail_critical: -1, 0 or 1. */
  value: number | null;
  /** By the id of a requirement, or `named::<name>` of a score. */
  requirement_ratings: Record<string, KilnRequirementRating>;
}

export interface KilnOutput extends KilnBase {
  path: null;
  /** Plain text, or JSON as text where the task has an output schema. */
  output: string;
  source: KilnDataSource | null;
  rating: KilnRating | null;
}

export interface KilnUsage {
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cost: number | null;
  cached_tokens: number | null;
  total_llm_latency_ms: number | null;
}

/** A message of a trace. Assistants' may carry more keys. */
export interface KilnMessage {
  role: "system" | "user" | "assistant" | "developer" | "tool" | "function";
  content: string | null;
  [key: string]: unknown;
}

/** One sample: an input, its output, how good it is and where it came from. */
export interface KilnRun extends KilnBase {
  /** Plain text, or JSON as text where the task has an input schema. */
  input: string;
  input_source: KilnDataSource | null;
  output: KilnOutput;
  repair_instructions: string | null;
  /** Its rating is always null. */
  repaired_output: KilnOutput | null;
  /** `chain_of_thought` and `reasoning`. */
  intermediate_outputs: Record<string, string> | null;
  /** Not empty, no spaces in them. */
  tags: string[];
  usage: KilnUsage | null;
  cumulative_usage: Omit<KilnUsage, "total_llm_latency_ms"> | null;
  trace: KilnMessage[] | null;
  parent_task_run_id: string | null;
  eval_source: unknown;
}

export interface KilnSplit {
  name: string;
  description: string | null;
  /** 0 to 1; those of a dataset split add up to 1. */
  percentage: number;
}

export interface KilnDatasetSplit extends KilnBase {
  name: string;
  description: string | null;
  splits: KilnSplit[];
  /** Ids of runs by the name of the split. */
  split_contents: Record<string, string[]>;
  /** Which runs were taken: `all`, `high_rating`, `tag::x`, ... */
  filter: string | null;
}

/** A saved prompt. In its file the own keys come before those of every file. */
export interface KilnPrompt extends KilnBase {
  name: string;
  description: string | null;
  generator_id: string | null;
  prompt: string;
  chain_of_thought_instructions: string | null;
}

/** What real inputs of a task are like, in Markdown; at most one for each task. */
export interface KilnDataGuide extends KilnBase {
  guide: string;
  source: "manual" | "kiln_pro";
}

/** What a person said of a run. */
export interface KilnFeedback extends KilnBase {
  feedback: string;
  source: "run-page" | "spec-feedback";
}
