/** How a session makes data: what is kept with it, so that it goes on as it began. */
import { z } from "zod";
import { goals, labels, type StageName } from "./types.js";

const template = z.object({
  name: z.string(),
  fail_share: z.number().min(0).max(1),
  topics: z.string(),
  inputs: z.string(),
  outputs_pass: z.string(),
  outputs_fail: z.string(),
  criterion: z.string(),
});

export const settingsSchema = z.object({
  goal: z.enum(goals),
  template,
  /** What the user wants at each stage, beside the template. */
  guidance: z.object({ topics: z.string(), inputs: z.string(), outputs: z.string() }),
  /** What real inputs are like, in Markdown; empty: nothing is said. */
  data_guide: z.string(),
  /** Tags that all samples get. */
  tags: z.array(z.string()),
  /** Tags of which each sample gets one, in these shares. */
  splits: z.array(z.object({ tag: z.string(), weight: z.number().nonnegative() })),
  /** Share of samples that are meant to fail, 0 to 1. */
  fail_share: z.number().min(0).max(1),
  /** Whether a judge looks at each sample before it is saved. */
  judge: z.boolean(),
  /** The task's prompt: basic, few-shot, ... */
  prompt: z.string(),
});

export type SessionSettings = z.output<typeof settingsSchema>;

/** Guidance of a stage that may be absent. */
export type Guidance = Partial<Record<StageName, string>>;

export const labelSchema = z.enum(labels);
