/** The national numbers that are known: form and check digits, as the countries' authorities publish them. */
import { isDay, luhn, mod11_10, verhoeff, weighted } from "./checksums.js";
import { digitsOf, isMonotonous } from "./family.js";

export interface NationalId {
  /** What it is, with its country. */
  kind: string;
  pattern: RegExp;
  /** @param id letters and digits alone, upper case */
  isValid: (id: string) => boolean;
  /** The number counts only behind words like these: its form alone is too common. */
  called?: RegExp;
  /** Signs between digits mean something and are given to `isValid`. */
  keepsSigns?: true;
}

const from = "(?<![\\p{L}\\p{N}.,+/-])";
const to = "(?![\\p{L}\\p{N}]|[-.,/]\\d)";
const form = (source: string) => new RegExp(`${from}(?:${source})${to}`, "giu");
const called = (source: string) => new RegExp(`(?<![\\p{L}])(?:${source})[^\\p{N}\\n]{0,30}$`, "iu");
const number = (text: string, start: number, end?: number) => Number(text.slice(start, end));

export const ids: readonly NationalId[] = [
  {
    kind: "social security number (US)",
    pattern: form("\\d{3}-\\d{2}-\\d{4}|\\d{9}|\\d{3} \\d{2} \\d{4}"),
    // Never given: area 000, 666 and from 900 on, group 00, serial 0000; and numbers of advertisements.
    isValid: (id) =>
      /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(id) && !["078051120", "219099999", "123456789"].includes(id),
    called: called("ssn|social security(?: (?:number|no\\.?|#))?|soc\\.? sec\\.?"),
  },
  {
    kind: "national insurance number (UK)",
    pattern: form("[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]"),
    isValid: (id) => !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(id),
  },
  {
    kind: "tax number (DE)",
    pattern: form("\\d{11}|\\d{2} \\d{3} \\d{3} \\d{3}"),
    // Of the first ten digits one comes twice or three times, the others at most once.
    isValid: (id) => {
      const counts = Array.from("0123456789", (digit) => id.slice(0, 10).split(digit).length - 1);
      const repeated = counts.filter((count) => count > 1);
      return !id.startsWith("0") && repeated.length === 1 && repeated[0]! <= 3 && mod11_10(id);
    },
    called: called("steuer-?id\\p{L}*|steuerliche identifikationsnummer|idnr\\.?|tax id\\p{L}*|tin"),
  },
  {
    kind: "social security number (FR)",
    pattern: form("[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}"),
    isValid: (id) => {
      const whole = id.slice(0, 13).replace("2A", "19").replace("2B", "18");
      return 97n - (BigInt(whole) % 97n) === BigInt(id.slice(13));
    },
  },
  {
    kind: "identity number (ES)",
    pattern: form("(?:[XYZ][- ]?\\d{7}|\\d{8})[- ]?[A-Z]"),
    isValid: (id) => {
      const digits = id.slice(0, -1).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
      return "TRWAGMYFPDXBNJZSQVHLCKE"[Number(digits) % 23] === id.at(-1) && !isMonotonous(digits);
    },
  },
  {
    kind: "tax code (IT)",
    pattern: form("[A-Z]{6}[\\dLMNP-V]{2}[A-EHLMPRST][\\dLMNP-V]{2}[A-Z][\\dLMNP-V]{3}[A-Z]"),
    isValid: (id) => {
      const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
      const valueOf = (char: string) => (/\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65);
      const sum = Array.from(id.slice(0, 15)).reduce(
        (all, char, i) => all + (i % 2 === 0 ? odd[valueOf(char)]! : valueOf(char)),
        0,
      );
      return String.fromCharCode(65 + (sum % 26)) === id[15];
    },
  },
  {
    kind: "citizen number (NL)",
    pattern: form("\\d{9}|\\d{4}[. ]\\d{2}[. ]\\d{3}|\\d{3}[. ]\\d{3}[. ]\\d{3}"),
    isValid: (id) => weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    called: called("bsn|burgerservicenummer|sofi-?nummer"),
  },
  {
    kind: "PESEL (PL)",
    pattern: form("\\d{11}"),
    isValid: (id) =>
      // The century is added to the month.
      isDay(number(id, 0, 2), number(id, 2, 4) % 20, number(id, 4, 6)) &&
      (10 - (weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(id[10]),
    called: called("pesel(?:u|em)?"),
  },
  {
    kind: "national number (BE)",
    pattern: form("\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}|\\d{11}|\\d{6}[- ]\\d{3}[- .]\\d{2}"),
    isValid: (id) => {
      const is = (prefix: string) => 97 - (Number(prefix + id.slice(0, 9)) % 97) === number(id, 9);
      // Month and day are zero for those whose birthday is not known; a 2 goes before since 2000.
      return number(id, 2, 4) % 20 <= 12 && number(id, 4, 6) <= 31 && (is("") || is("2"));
    },
    called: called("rijksregister\\p{L}*|insz|niss|registre national|numéro national|national (?:register )?number"),
  },
  {
    kind: "CPF (BR)",
    pattern: form("\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}|\\d{11}"),
    isValid: (id) => {
      const check = (length: number) =>
        ((weighted(
          id,
          Array.from({ length }, (_, i) => length + 1 - i),
        ) *
          10) %
          11) %
        10;
      return check(9) === Number(id[9]) && check(10) === Number(id[10]);
    },
    called: called("cpf"),
  },
  {
    kind: "CNPJ (BR)",
    pattern: form("\\d{2}\\.\\d{3}\\.\\d{3}/\\d{4}-\\d{2}"),
    isValid: (id) => {
      const weights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
      const check = (part: readonly number[]) => {
        const rest = weighted(id, part) % 11;
        return rest < 2 ? 0 : 11 - rest;
      };
      return check(weights.slice(1)) === Number(id[12]) && check(weights) === Number(id[13]);
    },
  },
  {
    kind: "Aadhaar (IN)",
    pattern: form("[2-9]\\d{3} \\d{4} \\d{4}|[2-9]\\d{3}-\\d{4}-\\d{4}|[2-9]\\d{11}"),
    isValid: verhoeff,
    called: called("aadhaar|aadhar|uidai?|आधार"),
  },
  {
    kind: "resident number (CN)",
    pattern: form("[1-9]\\d{5}(?:18|19|20)\\d{9}[\\dX]"),
    isValid: (id) => {
      const sum = weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
      return isDay(number(id, 6, 10), number(id, 10, 12), number(id, 12, 14)) && "10X98765432"[sum % 11] === id[17];
    },
  },
  {
    kind: "personal number (SE)",
    pattern: form("(?:19|20)?\\d{6}[-+]\\d{4}|(?:19|20)\\d{10}"),
    isValid: (id) => {
      const ten = id.slice(-10);
      // Coordination numbers add 60 to the day.
      return isDay(number(ten, 0, 2), number(ten, 2, 4), number(ten, 4, 6) % 60) && luhn(ten);
    },
  },
  {
    kind: "personal number (FI)",
    pattern: form("\\d{6}[-+A-FU-Y]\\d{3}[0-9A-Y]"),
    keepsSigns: true,
    isValid: (id) => {
      // The sign tells the century and is not counted.
      const digits = digitsOf(id.slice(0, 6) + id.slice(7, 10));
      const check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[Number(digits) % 31];
      return isDay(number(id, 4, 6), number(id, 2, 4), number(id, 0, 2)) && check === id.at(-1);
    },
  },
  {
    kind: "CPR number (DK)",
    // Since 2007 without a check digit that always holds: the form, a day, and the word.
    pattern: form("\\d{6}-?\\d{4}"),
    isValid: (id) => isDay(number(id, 4, 6), number(id, 2, 4), number(id, 0, 2)),
    called: called("cpr(?:[- ]?(?:nr|nummer|number)\\.?)?|personnummer"),
  },
  {
    kind: "birth number (NO)",
    pattern: form("\\d{6} ?\\d{5}"),
    isValid: (id) => {
      const check = (weights: readonly number[]) => (11 - (weighted(id, weights) % 11)) % 11;
      return (
        isDay(number(id, 4, 6), number(id, 2, 4) % 40, number(id, 0, 2) % 40) &&
        check([3, 7, 6, 1, 8, 9, 4, 5, 2]) === Number(id[9]) &&
        check([5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) === Number(id[10])
      );
    },
    called: called("fødselsnummer|fødselsnr\\.?|personnummer|f\\.?nr\\.?|d-nummer"),
  },
  {
    kind: "social security number (CH)",
    pattern: form("756\\.\\d{4}\\.\\d{4}\\.\\d{2}|756\\d{10}|756 \\d{4} \\d{4} \\d{2}"),
    isValid: (id) => (10 - (weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === Number(id[12]),
  },
  {
    kind: "social insurance number (CA)",
    pattern: form("[1-79]\\d{2}[ -]\\d{3}[ -]\\d{3}|[1-79]\\d{8}"),
    isValid: luhn,
    called: called("sin|social insurance(?: number)?|nas|numéro d['’]assurance sociale"),
  },
  {
    kind: "tax file number (AU)",
    pattern: form("\\d{3}[ -]?\\d{3}[ -]?\\d{3}"),
    isValid: (id) => weighted(id, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    called: called("tfn|tax file (?:number|no\\.?)"),
  },
];
