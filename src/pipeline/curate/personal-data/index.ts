/** Personal data and secrets in records: flagged, masked or dropped. */
import { ConfigError } from "../../../errors.js";
import type { Candidate, Check, Problem, Verdict } from "../check.js";
import { card } from "./card.js";
import { email } from "./email.js";
import type { Family, Found } from "./family.js";
import { iban } from "./iban.js";
import { Masker } from "./mask.js";
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
  for (const family of chosen)
    for (const one of family.find(text, options))
      if (!found.some(({ start, end }) => one.start < end && start < one.end)) found.push(one);
  return found.sort((a, b) => a.start - b.start);
}
