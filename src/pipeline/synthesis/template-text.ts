/**
 * The texts of templates. `{name}` stands for what the user or the task gives; `{?name} ... {/name}` is there only where
 * something is given, `{!name} ... {/name}` only where nothing is. Such marks alone on a line take the line with them.
 * `\{name}` is literal, and so are all braces around anything but one word.
 */

type Piece = { text: string } | { value: string } | { part: string; given: boolean; pieces: Piece[] };

export interface TemplateText {
  pieces: readonly Piece[];
  /** Names of all placeholders and parts, each once, in their order. */
  names: readonly string[];
}

/** What is wrong with a text. */
export interface TextProblem {
  /** Line of the text, from 1. */
  line: number;
  message: string;
  remedy: string;
}

const name = "[a-z][a-z0-9_]*";
const mark = `\\{([?!/]?)(${name})\\}`;
/** Lines with nothing but marks of parts, and lines with nothing but a value. What is escaped is neither. */
const markLine = new RegExp(`^[ \\t]*(?:\\{[?!/]${name}\\}[ \\t]*)+$`);
const valueLine = new RegExp(`^[ \\t]*\\{(${name})\\}[ \\t]*$`);
/** Anything with one word in braces was meant as a placeholder. */
const likeMark = "\\{{1,4}\\s{0,9}[?!/#^]?\\s{0,9}[\\p{L}_][\\p{L}\\p{N}_-]*\\s{0,9}\\}{1,4}";
const maybeMark = new RegExp(`\\\\?${likeMark}`, "gu");
const wholeMark = new RegExp(`^${mark}$`);
/** What is escaped, or a mark. */
const token = new RegExp(`\\\\(${likeMark})|${mark}`, "gu");

/**
 * @param known names that a text may have
 * @returns what is wrong with a text, first things first: marks that are none, names that are not known, parts that are
 *   not closed
 */
export function problemsOf(text: string, known: readonly string[]): TextProblem[] {
  const problems: TextProblem[] = [];
  const open: { name: string; line: number }[] = [];
  for (const match of text.matchAll(maybeMark)) {
    const [found] = match;
    if (found.startsWith("\\")) continue;
    const line = text.slice(0, match.index).split("\n").length;
    const [whole, kind, key] = wholeMark.exec(found) ?? [];
    if (whole === undefined || key === undefined) {
      const word = /[\p{L}_][\p{L}\p{N}_-]*/u.exec(found)![0].toLowerCase().replaceAll("-", "_");
      problems.push({
        line,
        message: `${found} is no placeholder`,
        remedy: `write {${word}}, or \\${found} where it is meant as it stands`,
      });
    } else if (!known.includes(key))
      problems.push({
        line,
        message: `there is no field {${key}}`,
        remedy: `name it under fields, or write \\${found} where it is meant as it stands; there are ${known.join(", ")}`,
      });
    else if (kind === "/") {
      const last = open.pop();
      if (last?.name === key) continue;
      problems.push({
        line,
        message: last === undefined ? `${found} closes nothing` : `${found} closes nothing: {${last.name}} is open`,
        remedy: "write {?name} ... {/name}, one within the other where there are two",
      });
      if (last !== undefined) open.push(last);
    } else if (kind !== "") open.push({ name: key, line });
  }
  for (const one of open)
    problems.push({
      line: one.line,
      message: `the part of {${one.name}} is not closed`,
      remedy: `write {/${one.name}} after it`,
    });
  return problems;
}

/** @param text one that {@link problemsOf} finds nothing wrong with; of another the rest is taken as it stands */
export function parseText(text: string): TemplateText {
  const lean = text
    .split(/\r\n?|\n/)
    .map((line, i, { length }) => {
      if (markLine.test(line)) return line.replace(/[ \t]/g, "");
      const end = i === length - 1 ? "" : "\n";
      // Without its value such a line is not there.
      return line.replace(valueLine, `{?$1}{$1}${end}{/$1}`) + (valueLine.test(line) ? "" : end);
    })
    .join("");
  const names = new Set<string>();
  const root: Piece[] = [];
  const stack: Piece[][] = [root];
  const put = (piece: Piece) => stack.at(-1)!.push(piece);
  let at = 0;
  for (const match of lean.matchAll(token)) {
    const [found, escaped, kind, key] = match;
    put({ text: lean.slice(at, match.index) + (escaped ?? "") });
    at = match.index + found.length;
    if (key === undefined) continue;
    names.add(key);
    if (kind === "") put({ value: key });
    else if (kind === "/") {
      if (stack.length > 1) stack.pop();
    } else {
      const pieces: Piece[] = [];
      put({ part: key, given: kind === "?", pieces });
      stack.push(pieces);
    }
  }
  put({ text: lean.slice(at) });
  return { pieces: root, names: [...names] };
}

/**
 * Puts values in the place of placeholders; what stands in a value is never taken for a placeholder.
 * @param values by name; a name that is not there counts as empty
 * @returns the text without spaces at the ends of its lines, without two empty lines one after the other apart from those
 *   within values, and without empty lines around it
 */
export function fillText({ pieces }: TemplateText, values: ReadonlyMap<string, string>): string {
  const valueOf = (key: string) => (values.get(key) ?? "").trim();
  // Text at even places, values at odd ones.
  const out: string[] = [];
  let text = "";
  const walk = (list: readonly Piece[]): void => {
    for (const piece of list) {
      if ("text" in piece) text += piece.text;
      else if ("value" in piece) {
        const value = valueOf(piece.value);
        if (value === "") continue;
        out.push(text, value);
        text = "";
      } else if ((valueOf(piece.part) !== "") === piece.given) walk(piece.pieces);
    }
  };
  walk(pieces);
  out.push(text);
  return out
    .map((one, i) => (i % 2 === 1 ? one : one.replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n")))
    .join("")
    .trim();
}
