/** All checks, in the order in which they are applied; those that ask the model come after all that do not. */
import type { Config } from "../../config/schema.js";
import type { Check, CheckAction, CheckName } from "./check.js";
import { diversity } from "./diversity.js";
import { coherence } from "./coherence/index.js";
import { contamination } from "./contamination/index.js";
import { difficulty } from "./difficulty.js";
import { exactDuplicates } from "./exact-duplicates.js";
import { groundedness } from "./groundedness/index.js";
import { judge } from "./judge.js";
import { language } from "./language.js";
import { length } from "./length.js";
import { nearDuplicates } from "./near-duplicates.js";
import { personalData } from "./personal-data/index.js";
import { semanticDuplicates } from "./semantic-duplicates.js";

export const checks: readonly Check[] = [
  length,
  language,
  coherence,
  contamination,
  difficulty,
  personalData,
  exactDuplicates,
  nearDuplicates,
  semanticDuplicates,
  diversity,
  groundedness,
  judge,
];

/** What is done with the problems of a check. */
export function actionOf(config: Config, name: CheckName): CheckAction {
  return config.curate.checks[name].action;
}

/** The checks that have something to do under a configuration, in the order in which they are applied. */
export function checksFor(config: Config): Check[] {
  const on = checks.filter((check) => actionOf(config, check.name) !== "off" && check.applies?.(config) !== false);
  const place = (check: Check) => (check.asksModel?.(config) === true ? 2 : check.stage === "set" ? 1 : 0);
  return [0, 1, 2].flatMap((wanted) => on.filter((check) => place(check) === wanted));
}

/** Whether a model has to be opened for a curation. */
export function curationNeedsModel(config: Config): boolean {
  return checksFor(config).some((check) => check.asksModel?.(config) === true);
}
