/** Lines of the screen: texts with what they mean, which becomes bold or a colour where that is wanted. */

export type Tone = "title" | "head" | "dim" | "good" | "bad" | "mark" | "key";

export interface Span {
  text: string;
  tone?: Tone;
}

export type Line = readonly Span[];

export function span(text: string, tone?: Tone): Span {
  return tone === undefined ? { text } : { text, tone };
}

/** A line as plain text. */
export function plainText(line: Line): string {
  return line.map(({ text }) => text).join("");
}

const codes: Readonly<Record<Tone, string>> = {
  title: "7",
  head: "1",
  dim: "2",
  good: "32",
  bad: "31",
  mark: "33",
  key: "1",
};

/** @param colours false: no styles at all, for NO_COLOR */
export function painted(line: Line, colours: boolean): string {
  if (!colours) return plainText(line);
  return line.map(({ text, tone }) => (tone === undefined ? text : `\u001B[${codes[tone]}m${text}\u001B[0m`)).join("");
}
