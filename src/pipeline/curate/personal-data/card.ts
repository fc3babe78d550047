/** Payment cards: the issuer's range, the length that goes with it (ISO/IEC 7812) and the check digit (Luhn). */
import { digitsOf, type Family, isMonotonous, matches } from "./family.js";
import { luhn } from "./checksums.js";

const pattern = /(?<![\p{L}\p{N}.,+-])\d(?:[ -]?\d){11,18}(?![\p{L}\p{N}]|[-.,]\d)/gu;

/** Beginnings of numbers, and the lengths that they have. */
const issuers: readonly { range: RegExp; lengths: readonly number[] }[] = [
  { range: /^4/, lengths: [13, 16, 19] }, // Visa
  { range: /^(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/, lengths: [16] }, // Mastercard
  { range: /^3[47]/, lengths: [15] }, // American Express
  { range: /^(?:6011|64[4-9]|65|622(?:12[6-9]|1[3-9]|[2-8]|9[01]|92[0-5]))/, lengths: [16, 17, 18, 19] }, // Discover
  { range: /^3(?:0[0-5]|095|[689])/, lengths: [14, 16, 19] }, // Diners Club
  { range: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] }, // JCB
  { range: /^62/, lengths: [16, 17, 18, 19] }, // UnionPay
  { range: /^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { range: /^220[0-4]/, lengths: [16, 17, 18, 19] }, // Mir
  { range: /^(?:60|65|81|82|508)/, lengths: [16] }, // RuPay
];

/** Groups as cards have them; anything else is a number that happens to fit. */
const grouped = /^(?:\d+|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}|\d{4}([ -])(?:\d{4}\3){3}\d{3})$/;

export function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (isMonotonous(digits) || !grouped.test(text)) return false;
  return luhn(digits) && issuers.some(({ range, lengths }) => range.test(digits) && lengths.includes(digits.length));
}

export const card: Family = {
  name: "card",
  description: "payment cards: issuer, length and check digit",
  find: (text) => matches(text, pattern, "CARD", "payment card", (match) => isCard(match), digitsOf),
};
