/** What Kiln takes of each kind of file when it reads it; what may be absent there is filled here. */
import { z } from "zod";
import { parseFilter } from "./filters.js";
import { mostNameCharacters, mostShortNameCharacters, nameProblem } from "./names.js";
import {
  type KilnDataGuide,
  type KilnDatasetSplit,
  type KilnFeedback,
  type KilnProject,
  type KilnPrompt,
  type KilnTask,
  ratingTypes,
} from "./types.js";

/** Empty where absent: the reader fills it, so that it stays the same. What they hold is looked at before. */
const orEmpty = z.preprocess(
  (value) => (value === undefined || value === null ? "" : typeof value === "number" ? String(value) : value),
  z.string(),
);
const base = {
  v: z.preprocess((value) => value ?? 1, z.coerce.number()),
  id: orEmpty,
  created_at: orEmpty,
  created_by: orEmpty,
  model_type: z.string(),
};

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const nameOf = (most: number) =>
  z.string().superRefine((value, context) => {
    const problem = nameProblem(value, most);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
const name = nameOf(mostNameCharacters);
const filled = z.string().min(1, "it is empty");

export const projectSchema: z.ZodType<KilnProject> = z.object({ ...base, name, description: text });

export const requirementSchema = z.object({
  id: orEmpty,
  name: nameOf(mostShortNameCharacters),
  description: text,
  instruction: filled,
  priority: z.number().int().min(0).max(3).default(2),
  type: z.enum(ratingTypes).default("five_star"),
});

export const taskSchema: z.ZodType<KilnTask> = z.object({
  ...base,
  name,
  description: text,
  instruction: filled,
  requirements: z.array(requirementSchema).default([]),
  output_json_schema: text,
  input_json_schema: text,
  thinking_instruction: text,
  default_run_config_id: text,
});

export const promptSchema: z.ZodType<KilnPrompt> = z.object({
  ...base,
  name,
  description: text,
  generator_id: text,
  prompt: filled,
  chain_of_thought_instructions: text,
});

export const dataGuideSchema: z.ZodType<KilnDataGuide> = z.object({
  ...base,
  guide: z.string().default(""),
  source: z.enum(["manual", "kiln_pro"]).default("manual"),
});

export const feedbackSchema: z.ZodType<KilnFeedback> = z.object({
  ...base,
  feedback: filled,
  source: z.enum(["run-page", "spec-feedback"]),
});

export const splitSchema: z.ZodType<KilnDatasetSplit> = z.object({
  ...base,
  name,
  description: text,
  splits: z
    .array(z.object({ name, description: text, percentage: z.number().min(0).max(1) }))
    .default([])
    .refine(
      (splits) => Math.abs(splits.reduce((sum, { percentage }) => sum + percentage, 0) - 1) <= 1e-9,
      "the percentages do not add up to 1",
    ),
  split_contents: z.record(z.string(), z.array(z.string())),
  filter: text.refine((id) => id === null || isKilnFilter(id), "it is no filter that Kiln knows"),
});

function isKilnFilter(id: string): boolean {
  try {
    return parseFilter(id).kilnId !== undefined;
  } catch {
    return false;
  }
}

/** By what a file says that it holds. Runs are looked at by hand. */
export const schemas: Readonly<Record<string, z.ZodType>> = {
  project: projectSchema,
  task: taskSchema,
  prompt: promptSchema,
  data_guide: dataGuideSchema,
  feedback: feedbackSchema,
  dataset_split: splitSchema,
};
