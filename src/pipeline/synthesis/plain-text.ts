/** Texts that users give, before they are put into prompts. */
import { UsageError } from "../../errors.js";

/**
 * @param what names the text in messages
 * @param most characters
 * @throws {UsageError} for a text that is too long, and for control characters other than tabs and ends of lines
 */
export function checkText(what: string, text: string, most: number): void {
  if (text.length > most)
    throw new UsageError(`${what} has ${text.length} characters, and ${most} are possible`, { remedy: "shorten it" });
  const bad = controlCharacterIn(text);
  if (bad !== undefined)
    throw new UsageError(`${what} has the control character ${bad} in it`, { remedy: "take it out" });
}

/**
 * @returns the first control character of a text that is neither a tab nor an end of a line, as `U+0007`; undefined where
 *   there is none
 */
export function controlCharacterIn(text: string): string | undefined {
  const found = /[^\P{Cc}\t\n\r]/u.exec(text)?.[0];
  return found === undefined ? undefined : codePoint(found);
}

/** A character as `U+00A0`. */
export function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
