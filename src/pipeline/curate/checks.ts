/** All checks, in the order in which they are applied; those that ask the model come after all that do not. */
import type { Check } from "./check.js";
import { nearDuplicates } from "./near-duplicates.js";

export const checks: readonly Check[] = [nearDuplicates];
