/** Lines of text of any size, none of them longer than a limit, so that memory stays flat. */

export interface Line {
  /** From 1. */
  number: number;
  /** Without its end (`\n` or `\r\n`); empty where it was too long. */
  text: string;
  /** It had more characters than the limit and was not kept. */
  isTooLong?: true;
}

/**
 * Cuts text into lines as it comes.
 *
 * @param most characters (UTF-16 code units) of a line; of a longer one nothing is kept
 */
export async function* linesOf(pieces: AsyncIterable<string>, most: number): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let parts: string[] = [];
  let length = 0;
  const line = (): Line => {
    const text = parts.length === 1 ? parts[0]! : parts.join("");
    const result: Line =
      length > most ? { number, text: "", isTooLong: true } : { number, text: text.replace(/\r$/, "") };
    parts = [];
    length = 0;
    number++;
    return result;
  };
  const keep = (text: string) => {
    length += text.length;
    if (length > most) parts = [];
    else if (text !== "") parts.push(text);
  };
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", start)) {
      keep(piece.slice(start, end));
      yield line();
      start = end + 1;
    }
    keep(piece.slice(start));
  }
  if (length > 0) yield line();
}
