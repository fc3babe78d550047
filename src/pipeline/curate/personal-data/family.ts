/** The contract of a family of personal data: what finds mail addresses, phone numbers and so on in a text. */

/** A piece of personal data in a text. */
export interface Found {
  /** First character, and one past the last. */
  start: number;
  end: number;
  /** What it is masked as: `[EMAIL_1]`. Upper-case letters. */
  label: string;
  /** What it is, in words that are the same for all of its kind: `mail address`. */
  kind: string;
  /** The same for the same datum however it is written: digits without spaces. */
  value: string;
}

export interface FamilyOptions {
  /** Where phone numbers without a country code are from: two letters, upper case; undefined: they are not looked for. */
  country: string | undefined;
}

export interface Family {
  /** As `curate.checks.personal_data.families` names it. */
  name: string;
  description: string;
  /** Everything of its kind in a text, in order, not overlapping. */
  find(text: string, options: FamilyOptions): Found[];
}

/** All matches of a pattern whose text passes a test, as findings. The pattern must have the flag `g`. */
export function matches(
  text: string,
  pattern: RegExp,
  label: string,
  kind: string,
  accept: (match: string, context: { before: string; after: string }) => boolean = () => true,
  valueOf: (match: string) => string = compact,
): Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(pattern)) {
    const start = match.index;
    const end = start + match[0].length;
    const context = { before: text.slice(Math.max(0, start - 60), start), after: text.slice(end, end + 20) };
    if (accept(match[0], context)) found.push({ start, end, label, kind, value: valueOf(match[0]) });
  }
  return found;
}

/** Letters and digits alone, in upper case. */
export function compact(text: string): string {
  return text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Digits alone. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

/** Whether all digits are the same, as in examples and placeholders. */
export function isMonotonous(digits: string): boolean {
  return /^(\d)\1*$/.test(digits);
}
