/** Flags that take two things. */
import { UsageError } from "../../../errors.js";
import { visible } from "../../../pipeline/text/visible.js";

/** What was given in pairs: an id and a text. */
export function pairOf(flag: string, given: readonly string[]): [id: string, text: string] {
  const [id, text, ...more] = given;
  if (id === undefined || text === undefined || more.length > 0)
    throw new UsageError(`${flag} takes an id and a text, and got ${given.length} words`, {
      remedy: `put the text in quotes, and the task before it: quern review TASK ${flag} ID "${visible(text ?? "make it shorter")}"`,
    });
  return [id, text];
}

/** @returns what stands before and behind the last `=` */
export function divided(flag: string, text: string, example: string): [before: string, behind: string] {
  const at = text.lastIndexOf("=");
  if (at < 1)
    throw new UsageError(`${flag} "${visible(text)}": there is no "="`, { remedy: `write ${flag} ${example}` });
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}
