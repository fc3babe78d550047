/** Phone numbers, by the numbering plans of all countries (libphonenumber). */
import { findPhoneNumbersInText, isSupportedCountry } from "libphonenumber-js/max";
import { type Family, type Found } from "./family.js";

/** Words that say that a number is one to call. */
const said =
  /(?:\b(?:tel|phone|telephone|telefon\w*|mobile?|mobil\w*|handy|cell|call|fax|whatsapp|sms|hotline|durchwahl|ruf\w*|téléphone|tél|portable|appel\w*|teléfono|móvil|celular|llam\w*|telefono|cellulare|chiam\w*|telefone|telemóvel|ligue|bel|gsm|ring)\b|电话|手机|電話)[^\d\n]{0,25}$/iu;
/** What is written before numbers that are no phone numbers. */
const other =
  /(?:\b(?:isbn(?:-1[03])?|issn|doi|pmid|pmcid|arxiv|order|invoice|serial|version|v|id|no|nr|ref|art|patent|case|ticket|account|sku|ean|gtin|build|rfc|iso|din|page|pp?|vol|lot|item|part|coordinates|lat|lon|isin|orcid)\b[.:#°\s]*|[=/@_#])$/i;
/** Dates and spans of years or pages, sums of money, coordinates. */
const date =
  /^(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}(?:[ T]\d{1,2})?|\d{4}\s?[-–]\s?\d{2,4}|\d{1,3}(?:[ ,.]\d{3})+|\d+\.\d+)$/;

export const phone: Family = {
  name: "phone",
  description: "phone numbers with a country code, and those of the given country",
  find(text, { country }) {
    if (!/\d{3}/.test(text)) return [];
    const home = country !== undefined && isSupportedCountry(country) ? country : undefined;
    // A semicolon would begin an extension, as in tel: addresses, and take in what follows.
    const candidates = findPhoneNumbersInText(text.replaceAll(";", "|"), home);
    return candidates.flatMap(({ startsAt, endsAt, number }): Found[] => {
      const match = text.slice(startsAt, endsAt);
      const before = text.slice(Math.max(0, startsAt - 40), startsAt);
      const after = text.slice(endsAt, endsAt + 3);
      const hasCode = /^\s*\(?(?:\+|00)/.test(match) || /\+\s?\(?$/.test(before);
      if (!number.isValid() || date.test(match.trim())) return [];
      // Part of a longer number, an address, a formula.
      if (
        /[\p{L}\p{N}][-./_]?$/u.test(before) ||
        /^(?:[-./_]?[\p{L}\p{N}]|%|°|\s?(?:€|\$|£|km|kg|mm|cm|USD|EUR))/u.test(after)
      )
        return [];
      if (!said.test(before) && other.test(before)) return [];
      // Bare digits without a country code are a phone number only where somebody says so.
      if (!hasCode && !/[\s().-]/.test(match.trim()) && !said.test(before)) return [];
      return [{ start: startsAt, end: endsAt, label: "PHONE", kind: "phone number", value: number.number }];
    });
  },
};
