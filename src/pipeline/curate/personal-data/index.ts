/** Personal data and secrets in records: flagged, masked or dropped. */
import type { Config } from "../../../config/schema.js";
import { ConfigError } from "../../../errors.js";
import type { Candidate, Check, Problem, Verdict } from "../check.js";
import { card } from "./card.js";
import { email } from "./email.js";
import type { Family, Found } from "./family.js";
import { iban } from "./iban.js";
import { Masker, maskRest } from "./mask.js";
import { nationalId } from "./national-id.js";
import { network } from "./network.js";
import { phone } from "./phone.js";
import { secret } from "./secret.js";

/** Where two find the same piece of text, the earlier in this list has it. */
export const families: readonly Family[] = [secret, email, iban, card, nationalId, network, phone];

export const personalData: Check = {
  name: "personal_data",
  description: "mail addresses, phone numbers, cards, accounts, national numbers, addresses of machines, keys",
  stage: "record",
  open({ config }) {
    const { action, families: wanted, country } = config.curate.checks.personal_data;
    const chosen = chosenFamilies(wanted);
    const options = { country: country === "" ? undefined : country.toUpperCase() };
    const counts: Record<string, number> = {};
    const look = ({ record, text }: Candidate): Verdict => {
      const masker = new Masker((said) => findAll(said, chosen, options));
      const masked = masker.record(record);
      const { kinds } = masker;
      if (kinds.size === 0) return {};
      for (const [kind, times] of kinds) counts[kind] = (counts[kind] ?? 0) + times;
      const note = Object.fromEntries(kinds);
      // The judge must see the text as it sees the record.
      if (action === "mask")
        return { note, record: masked, ...(text === undefined ? {} : { text: masker.mask(text) }) };
      const problems = [...kinds].map(([kind, times]): Problem => ({
        reason: `has a ${kind}`,
        ...(times > 1 ? { detail: `${times} times` } : {}),
      }));
      return { problems, note };
    };
    return { look: (batch) => batch.map(look), summary: () => counts };
  },
};

/** What stands beside a file's records, masked where records are. */
export function restFor(config: Config, rest: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { action, families: wanted, country } = config.curate.checks.personal_data;
  if (action !== "mask") return { ...rest };
  const chosen = chosenFamilies(wanted);
  const options = { country: country === "" ? undefined : country.toUpperCase() };
  return maskRest(rest, (text) => findAll(text, chosen, options)) as Record<string, unknown>;
}

/** @throws {ConfigError} when there is no family of a name */
export function chosenFamilies(names: readonly string[]): Family[] {
  for (const name of names)
    if (!families.some((family) => family.name === name))
      throw new ConfigError(`curate.checks.personal_data.families: there is no family "${name}"`, {
        remedy: `use some of ${families.map((family) => family.name).join(", ")}`,
      });
  return families.filter(({ name }) => names.includes(name));
}

/** Everything that families find in a text, in order, not overlapping. */
export function findAll(
  text: string,
  chosen: readonly Family[] = families,
  options: { country: string | undefined } = { country: undefined },
): Found[] {
  const found: Found[] = [];
  // What one family found is blanked for the next, so that nothing is found twice or across it.
  let left = text;
  for (const family of chosen)
    for (const one of family.find(left, options)) {
      if (found.some(({ start, end }) => one.start < end && start < one.end)) continue;
      found.push(one);
      left = left.slice(0, one.start) + "|".repeat(one.end - one.start) + left.slice(one.end);
    }
  return found.sort((a, b) => a.start - b.start);
}
