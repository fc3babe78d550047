/** Bank accounts: IBAN (ISO 13616) by the country's length and structure and the check digits (ibantools). */
import { electronicFormatIBAN, isValidIBAN } from "ibantools";
import { compact, type Family, type Found } from "./family.js";

const pattern = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}/giu;

export const iban: Family = {
  name: "iban",
  description: "bank accounts (IBAN): country, length and check digits",
  find(text) {
    const found: Found[] = [];
    for (const { 0: match, index } of text.matchAll(pattern)) {
      // Words that follow look like more of it: the longest beginning that is an IBAN and ends a word is taken.
      for (let end = match.length; end >= 15; end--) {
        if (/[A-Z0-9]/i.test(match[end] ?? text[index + end] ?? " ")) continue;
        const part = match.slice(0, end).trimEnd();
        if (!isValidIBAN(electronicFormatIBAN(part) ?? "")) continue;
        found.push({
          start: index,
          end: index + part.length,
          label: "IBAN",
          kind: "bank account",
          value: compact(part),
        });
        break;
      }
    }
    return found;
  },
};
