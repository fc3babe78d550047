/**
 * National numbers of people, by their check digits. Where a number has none, or only digits that any number could
 * have, it counts only if the words before it say what it is.
 */
import { digitsOf, type Family, type Found, isMonotonous, matches } from "./family.js";
import { ids } from "./national-ids.js";

/** Forms that only such numbers have: hyphens and dots at these places. Then no word is needed. */
const telling = /^(?:\d{3}-\d{2}-\d{4}|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}|\d{3}\.\d{3}\.\d{3}-\d{2})$/;

export const nationalId: Family = {
  name: "national_id",
  description: "numbers of people by their check digits: US GB DE FR ES IT NL PL BE BR IN CN SE FI DK NO CH CA AU",
  find(text) {
    if (!/\d{2}/.test(text)) return [];
    const found: Found[] = [];
    for (const { kind, pattern, isValid, called, keepsSigns } of ids)
      found.push(
        ...matches(text, pattern, "NATIONAL_ID", kind, (match, { before }) => {
          if (called !== undefined && !telling.test(match) && !called.test(before)) return false;
          const id = keepsSigns === true ? match.toUpperCase() : match.toUpperCase().replace(/[ .\-+/]/g, "");
          return !isMonotonous(digitsOf(id)) && isValid(id);
        }),
      );
    return found;
  },
};
