/** What Kiln takes of each kind of file when it reads it; what may be absent there is filled here. */
import { z } from "zod";
import { nameProblem } from "./names.js";
import {
  type KilnDataGuide,
  type KilnDatasetSplit,
  type KilnFeedback,
  type KilnProject,
  type KilnPrompt,
  type KilnTask,
  ratingTypes,
} from "./types.js";

const base = {
  v: z.number().default(1),
  // Filled by the reader, so that it stays the same.
  id: z
    .string()
    .nullish()
    .transform((id) => id ?? ""),
  created_at: z.string().default(""),
  created_by: z.string().default(""),
  model_type: z.string(),
};

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const name = z.string().superRefine((value, context) => {
  const problem = nameProblem(value);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});
const shortName = z.string().superRefine((value, context) => {
  const problem = nameProblem(value, 32);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});
const filled = z.string().min(1, "it is empty");

export const projectSchema: z.ZodType<KilnProject> = z.object({ ...base, name, description: text });

export const requirementSchema = z.object({
  id: z
    .string()
    .nullish()
    .transform((id) => id ?? ""),
  name: shortName,
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
  guide: z.string(),
  source: z.enum(["manual", "kiln_pro"]),
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
    .array(z.object({ name: filled, description: text, percentage: z.number().min(0).max(1) }))
    .refine(
      (splits) => Math.abs(splits.reduce((sum, { percentage }) => sum + percentage, 0) - 1) <= 1e-9,
      "the percentages do not add up to 1",
    ),
  split_contents: z.record(z.string(), z.array(z.string())),
  filter: text,
});
