/** Ratings as people write them. */
import { UsageError } from "../../errors.js";
import { type KilnRequirement, type KilnRequirementRating, type KilnTask, type RatingType } from "../projects/index.js";
import { ratingValueProblem } from "../projects/run-shape.js";
import { visible } from "../text/visible.js";

/** What a rating is set to; `none` takes it away. */
export type RatingWish = KilnRequirementRating | "none";

const words: Readonly<Record<string, number>> = { pass: 1, fail: 0, critical: -1 };

/** What may be written for a type. */
const forms: Readonly<Record<RatingType, string>> = {
  five_star: "1 to 5 stars",
  pass_fail: "pass or fail",
  pass_fail_critical: "pass, fail or critical",
  custom: "a number",
};

/**
 * @param text stars as a number, `pass`, `fail`, `critical`, or `none`
 * @param type of a requirement; undefined: of the whole output, where the text says which
 * @throws {UsageError} saying what may be written
 */
export function parseRating(text: string, type?: RatingType): RatingWish {
  const word = text.trim().toLowerCase();
  if (word === "none") return "none";
  const named = Object.hasOwn(words, word) ? words[word] : undefined;
  const value = named ?? (/^-?\d+(\.\d+)?$/.test(word) ? Number(word) : undefined);
  const ofType = type ?? (named === undefined ? "five_star" : named === -1 ? "pass_fail_critical" : "pass_fail");
  const fits = value !== undefined && (named === undefined || ofType.startsWith("pass_fail"));
  if (!fits || ratingValueProblem(ofType, value) !== undefined)
    throw new UsageError(`"${visible(text)}" is no rating`, {
      remedy: `give ${type === undefined ? "1 to 5 stars, pass, fail" : forms[type]}, or none to take it away`,
    });
  return { value, type: ofType };
}

/** A rating in words: `4 stars`, `passed`. */
export function ratingText({ value, type }: KilnRequirementRating): string {
  if (type === "five_star") return `${value} star${value === 1 ? "" : "s"}`;
  if (type === "custom") return String(value);
  return value === 1 ? "pass" : value === 0 ? "fail" : "critical";
}

/**
 * @param given the id of a requirement, or its name; case does not matter where that leaves one
 * @throws {UsageError} naming the requirements that there are
 */
export function requirementNamed(task: Pick<KilnTask, "name" | "requirements">, given: string): KilnRequirement {
  const { requirements } = task;
  const exact = requirements.find(({ id }) => id === given) ?? requirements.find(({ name }) => name === given);
  const near = requirements.filter(({ name }) => name.toLowerCase() === given.trim().toLowerCase());
  const found = exact ?? (near.length === 1 ? near[0] : undefined);
  if (found !== undefined) return found;
  throw new UsageError(`the task "${visible(task.name)}" has no requirement "${visible(given)}"`, {
    remedy:
      requirements.length === 0
        ? "it has none; add some with quern task edit --add-requirement"
        : `there are ${requirements.map(({ name }) => `"${visible(name)}"`).join(", ")}`,
  });
}
