/** What a topic may be called, and how a path of topics is written on one line. */

/** Longer than this is a sentence and no topic. */
export const mostTopicCharacters = 120;
/** Kiln joins the topics of a path with this in its files. */
const kilnSeparator = ">>>>>";

/**
 * A topic as it is kept: one line, well-formed Unicode, without the numbering, bullets, quotes and marks that models put
 * around names, and without what would be read as the border between topics.
 * @returns the name, or undefined where nothing is left of it or it is too long
 */
export function cleanTopic(text: string): string | undefined {
  const name = text
    .toWellFormed()
    .normalize("NFC")
    // Control, format and private characters; joiners that scripts and emoji need stay.
    .replace(/[\p{Cc}\p{Co}\p{Cn}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]+/gu, " ")
    .replace(/\s*>+\s*/g, " – ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^(?:[-*•·]|\(?\d{1,3}[.):])\s+/, "")
    .replace(/^(["'“”„«»`*_]+)(.*?)(["'“”„«»`*_]+)$/u, "$2")
    .replace(/[\s.,;:]+$/u, "")
    .replace(/^[\s–]+|[\s–]+$/gu, "");
  if (!/[\p{L}\p{N}]/u.test(name) || Array.from(name).length > mostTopicCharacters) return undefined;
  return name;
}

/** A path as people read and write it: `Sports > Football`; empty for the root. */
export function pathText(path: readonly string[]): string {
  return path.join(" > ");
}

/** @returns the topics of a path that was written on one line */
export function parsePath(text: string): string[] {
  return text
    .split(/\s*>+\s*/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A path as Kiln's files have it. */
export function kilnPath(path: readonly string[]): string {
  return path.join(kilnSeparator);
}
