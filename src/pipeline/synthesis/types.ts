/** The words in which making data from a task's description is spoken of. */

/** What the data is for. It sets the template and the tags that are given. */
export const goals = ["fine-tune", "eval"] as const;
export type Goal = (typeof goals)[number];

/** The stages at which a model is asked, in their order. */
export const stages = ["topics", "inputs", "outputs"] as const;
export type StageName = (typeof stages)[number];

/** What an output is meant to be: it does what the task asks, or it shows the fault that an evaluation looks for. */
export const labels = ["pass", "fail"] as const;
export type Label = (typeof labels)[number];

/** The texts of a template, ready to be put into prompts: placeholders are filled. Empty: nothing is said. */
export interface TemplateTexts {
  topics: string;
  inputs: string;
  /** For outputs that are to be good. */
  outputs_pass: string;
  /** For outputs that are to show the fault. */
  outputs_fail: string;
  /** What a judge holds an output against to tell `pass` from `fail`. */
  criterion: string;
}

/** A template with its placeholders filled, as it is used and as it is stored with what was made by it. */
export interface Template extends TemplateTexts {
  name: string;
  /** Share of samples that are meant to fail where the goal is evaluation, 0 to 1. */
  fail_share: number;
}

/** Share of samples that get a tag. */
export interface TagShare {
  tag: string;
  /** Weights; they need not add up to anything. */
  weight: number;
}
