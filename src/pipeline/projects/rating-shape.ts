/**
 * Whether a rating is one as Kiln reads it, and what it says.
 * Source: kiln_ai/datamodel/task_output.py (kiln-ai 1.1.0).
 */
import { laxNumber, nestedProblem } from "./base.js";
import { isAbsent, isObject, type Raw, shown } from "./raw.js";
import { type KilnRating, type KilnRequirementRating, type RatingType, ratingTypes } from "./types.js";

const bounds: Readonly<Record<RatingType, readonly [number, number] | undefined>> = {
  five_star: [1, 5],
  pass_fail: [0, 1],
  pass_fail_critical: [-1, 1],
  custom: undefined,
};

/** @returns why a value is no rating of a type, or undefined */
export function ratingValueProblem(type: RatingType, value: unknown): string | undefined {
  const range = bounds[type];
  const number = laxNumber(value);
  if (number === undefined) return `a rating is a number, not ${shown(value)}`;
  if (range === undefined || (Number.isInteger(number) && number >= range[0] && number <= range[1])) return undefined;
  return `a rating of type ${type} is a whole number from ${range[0]} to ${range[1]}, not ${number}`;
}

function isRatingType(value: unknown): value is RatingType {
  return (ratingTypes as readonly unknown[]).includes(value);
}

/** Requirements were once rated by numbers alone, all of them stars. */
function isOldForm(each: Raw): boolean {
  return Object.values(each).every((one) => typeof one === "number" || typeof one === "boolean");
}

/** @returns what Kiln would refuse of a rating, or undefined */
export function ratingProblem(value: unknown, where: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return `"${where}" is no object`;
  const nested = nestedProblem(value, `${where}.`);
  if (nested !== undefined) return nested;
  const { type = "five_star", value: given, requirement_ratings: each = {} } = value;
  if (!isRatingType(type)) return `"${where}.type" is ${shown(type)}, not one of ${ratingTypes.join(", ")}`;
  if (!isAbsent(given)) {
    const problem = ratingValueProblem(type, given);
    if (problem !== undefined) return `"${where}": ${problem}`;
  }
  if (!isObject(each)) return `"${where}.requirement_ratings" is no object`;
  const isOld = isOldForm(each);
  for (const [id, one] of Object.entries(each)) {
    const at = `"${where}.requirement_ratings.${id}"`;
    if (!isOld && !isObject(one)) return `${at} is no object`;
    const [ofType, number] = isObject(one) ? [one["type"], one["value"]] : ["five_star", one];
    if (!isRatingType(ofType)) return `${at} has the type ${shown(ofType)}, not one of ${ratingTypes.join(", ")}`;
    const problem = ratingValueProblem(ofType, number);
    if (problem !== undefined) return `${at}: ${problem}`;
  }
  return undefined;
}

/**
 * Fills what a rating may lack, in place.
 * @param rating that {@link ratingProblem} found nothing wrong with
 */
export function completeRating(rating: KilnRating): void {
  const partial: Partial<KilnRating> = rating;
  partial.path = null;
  partial.type ??= "five_star";
  partial.value = isAbsent(partial.value) ? null : laxNumber(partial.value)!;
  const each: Record<string, unknown> = partial.requirement_ratings ?? {};
  const isPlain = Object.values(each).every((one) => isObject(one) && typeof one["value"] === "number");
  partial.requirement_ratings = isPlain
    ? (each as Record<string, KilnRequirementRating>)
    : Object.fromEntries(
        Object.entries(each).map(([id, one]) => [
          id,
          isObject(one)
            ? { value: laxNumber(one["value"])!, type: one["type"] as RatingType }
            : { value: laxNumber(one)!, type: "five_star" },
        ]),
      );
}

/** As Kiln: at least four stars, or passed. Ratings of a type of one's own never are. */
export function isHighQuality(rating: KilnRating | null): boolean {
  if (rating?.value === null || rating === null) return false;
  if (rating.type === "custom") return false;
  return rating.type === "five_star" ? rating.value >= 4 : rating.value === 1;
}
