/** What the keys do, on one screen. */
import { type Line, span } from "./spans.js";
import { wrap } from "./width.js";

const keys: readonly (readonly [keys: string, what: string] | string)[] = [
  "RATE",
  ["1 2 3 4 5", "stars for the whole output; 4 and 5 make it an example for few-shot prompts"],
  ["p  f", "pass or fail instead of stars"],
  ["m", "rate by each of the task's requirements: 1 to 5, p, f, or c for a critical fail"],
  ["0", "take the rating away"],
  ["a", "whether a rating goes on to the next sample"],
  "CHANGE",
  ["r", "repair: say what has to change, a model tries, you accept or edit"],
  ["R", "repair by hand"],
  ["x", "take a repair away"],
  ["e", "edit the output in your editor ($VISUAL or $EDITOR), or here; E always here"],
  ["t", "tags: with spaces between them; tab completes"],
  ["c", "leave a comment"],
  ["d", "delete the sample"],
  ["u", "undo the last change; again for the one before"],
  "MOVE",
  ["n  j  →", "next sample"],
  ["b  k  ←", "the one before"],
  ["↑ ↓ space PgUp PgDn Home End", "read what does not fit the screen"],
  ["/", "search in input, output, topic, tags and ids; enter again for the next"],
  ["g", "go to a number or an id"],
  ["v", "reasoning, and where the sample came from"],
  ["?", "this help"],
  ["q", "quit. Every change is on disk already"],
];

const keyColumns = 11;

export function helpLines(columns: number): Line[] {
  const lines: Line[] = [];
  for (const entry of keys) {
    if (typeof entry === "string") {
      lines.push(...(lines.length === 0 ? [] : [[]]), [span(entry, "head")]);
      continue;
    }
    const [name, what] = entry;
    const [first = "", ...rest] = wrap(what, columns - keyColumns - 2);
    if (name.length > keyColumns)
      lines.push([span(`  ${name}`, "key")], [span(`${" ".repeat(keyColumns + 2)}${first}`)]);
    else lines.push([span(`  ${name.padEnd(keyColumns)}`, "key"), span(first)]);
    for (const more of rest) lines.push([span(`${" ".repeat(keyColumns + 2)}${more}`)]);
  }
  return lines;
}
