/** What each goal sets where the user says nothing. */
import { UsageError } from "../../errors.js";
import type { Goal, TagShare, Template } from "./types.js";

export interface GoalDefaults {
  template: string;
  splits: readonly TagShare[];
  /** Whether some samples are meant to fail, as many as the template says. */
  fails: boolean;
  /** Whether a judge looks at each sample. */
  judge: boolean;
}

const defaults: Readonly<Record<Goal, GoalDefaults>> = {
  "fine-tune": {
    template: "fine-tuning",
    splits: [{ tag: "fine_tune_data", weight: 100 }],
    fails: false,
    judge: false,
  },
  // Whether a sample is what it was meant to be is all that evaluation data is worth.
  eval: {
    template: "requirements",
    splits: [
      { tag: "eval_data", weight: 80 },
      { tag: "golden_data", weight: 20 },
    ],
    fails: true,
    judge: true,
  },
};

/** @returns what the goal sets where the user says nothing */
export function defaultsOf(goal: Goal): GoalDefaults {
  return defaults[goal];
}

/**
 * @param wanted by the user; undefined: the goal and the template say it
 * @returns the share of samples that are meant to fail, 0 to 1
 * @throws {UsageError} where the template does not say how outputs that are meant to fail differ
 */
export function failShareFor(goal: Goal, template: Template, wanted: number | undefined): number {
  const share = wanted ?? (defaults[goal].fails ? template.fail_share : 0);
  if (share > 0 && template.outputs_fail === "")
    throw new UsageError(
      `the template ${template.name} does not say what outputs are like that are meant to fail, and a share of ${share} is to`,
      { remedy: "leave --fail-share out, or use a template with outputs_fail" },
    );
  return share;
}
