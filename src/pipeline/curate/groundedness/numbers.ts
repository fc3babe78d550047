/** Numbers in texts, however they are written, so that those of an answer can be looked for in its text. */

/** One to twelve and the tens, in English, German, French, Spanish, Italian, Portuguese and Dutch. */
const spelled: readonly [number, string][] = [
  [1, "one eins un une uno una um uma één"],
  [2, "two zwei deux dos due dois duas twee"],
  [3, "three drei trois tres tre três drie"],
  [4, "four vier quatre cuatro quattro quatro"],
  [5, "five fünf cinq cinco cinque vijf"],
  [6, "six sechs seis sei zes"],
  [7, "seven sieben sept siete sette sete zeven"],
  [8, "eight acht huit ocho otto oito"],
  [9, "nine neun neuf nueve nove negen"],
  [10, "ten zehn dix diez dieci dez tien"],
  [11, "eleven elf onze once undici"],
  [12, "twelve zwölf douze doce dodici doze twaalf"],
  [20, "twenty zwanzig vingt veinte venti vinte twintig"],
  [30, "thirty dreißig trente treinta trenta trinta dertig"],
  [40, "forty vierzig quarante cuarenta quaranta quarenta veertig"],
  [50, "fifty fünfzig cinquante cincuenta cinquanta cinquenta vijftig"],
  [60, "sixty sechzig soixante sesenta sessanta sessenta zestig"],
  [100, "hundred hundert cent cien cento honderd"],
  [1000, "thousand tausend mille mil duizend"],
];
const byWord = new Map(
  spelled.flatMap(([value, words]) => words.split(" ").map((word) => [word, String(value)] as const)),
);

/** Months, so that `2024-03-05` and `5 March 2024` have the same numbers in them. */
const months = [
  "january januar janvier enero gennaio janeiro januari jan",
  "february februar février febrero febbraio fevereiro februari feb",
  "march märz mars marzo março maart mar",
  "april avril abril aprile apr",
  "may mai mayo maggio maio mei",
  "june juni juin junio giugno junho jun",
  "july juli juillet julio luglio julho jul",
  "august août agosto augustus aug",
  "september septembre septiembre settembre setembro sep sept",
  "october oktober octobre octubre ottobre outubro oct okt",
  "november novembre noviembre novembro nov",
  "december dezember décembre diciembre dicembre dezembro dec dez",
];
const monthNumber = new Map(
  months.flatMap((words, i) => words.split(" ").map((word) => [word, String(i + 1)] as const)),
);

/** Digits with separators in between; fractions and half signs count as they are. */
const pattern = /\p{Nd}+(?:[.,'’\u00a0\u202f ]\p{Nd}{3}(?!\p{Nd}))*(?:[.,]\p{Nd}+)?/gu;

/**
 * The numbers that are written with digits in a text.
 * @returns each in a form that does not depend on separators: `1,000`, `1.000` and `1 000` give `1000`; `2.50` gives `2.5`
 */
export function numbersIn(text: string): string[] {
  return [...text.normalize("NFKC").matchAll(pattern)].map(([found]) => canonical(found));
}

/**
 * All forms that a number may have in the text that supports an answer: with digits, spelled, as a month.
 * @param words of the text, lower case
 */
export function numbersSaid(text: string, words: Iterable<string>): Set<string> {
  const said = new Set(numbersIn(text));
  // 5-6, 05 and the parts of a date or of a version count alone too.
  for (const [digits] of text.normalize("NFKC").matchAll(/\p{Nd}+/gu)) said.add(canonical(digits));
  for (const word of words) {
    const value = byWord.get(word) ?? monthNumber.get(word);
    if (value !== undefined) said.add(value);
  }
  return said;
}

function canonical(found: string): string {
  const ascii = found.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
  const parts = ascii.split(/[.,'’\u00a0\u202f ]/u);
  const separators = ascii.match(/[.,'’\u00a0\u202f ]/gu) ?? [];
  const last = parts.at(-1)!;
  const isGrouped = separators.length > 0 && parts.slice(1).every(({ length }) => length === 3);
  // 1,234 is a thousand and more; 1.5 and 1,5 are one and a half; 1,234.5 is both.
  const isDecimal =
    separators.length > 0 && (!isGrouped || (separators.length > 1 && separators.at(-1) !== separators[0]));
  const whole = (isDecimal ? parts.slice(0, -1) : parts).join("").replace(/^0+(?=\d)/, "");
  const fraction = isDecimal ? last.replace(/0+$/, "") : "";
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** The value of a digit of any script: blocks of digits begin with their zero. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0)!;
  if (code < 128) return code - 48;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return code - zero;
}
