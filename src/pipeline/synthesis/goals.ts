/** What each goal sets where the user says nothing. */
import type { Goal, TagShare } from "./types.js";

export interface GoalDefaults {
  template: string;
  splits: readonly TagShare[];
  /** Whether a judge looks at each sample. */
  judge: boolean;
}

const defaults: Readonly<Record<Goal, GoalDefaults>> = {
  "fine-tune": { template: "fine-tuning", splits: [{ tag: "fine_tune_data", weight: 1 }], judge: false },
  // Whether a sample is what it was meant to be is all that evaluation data is worth.
  eval: {
    template: "requirements",
    splits: [
      { tag: "eval_data", weight: 80 },
      { tag: "golden_data", weight: 20 },
    ],
    judge: true,
  },
};

export function defaultsOf(goal: Goal): GoalDefaults {
  return defaults[goal];
}
