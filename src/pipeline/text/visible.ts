/** Texts of data on a terminal: what would steer it is shown instead of sent. */

/** Line feeds and tabs are among them, so texts of several lines are divided before. */
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u001F\u007F]/g;
/** Controls of eight bits, which some terminals obey; marks that turn the direction of what follows; ends of lines. */

const hidden = /[\u0080-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB]/g;

/**
 * @param text one line, or what is to be one
 * @returns it without any character that a terminal would obey: control characters as their pictures (`␛`), others by
 *   their number (`‹U+202E›`), halves of surrogates as `�`. What is not such a character stays as it is
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(control, (one) => (one === "\u007F" ? "\u2421" : String.fromCharCode(0x2400 + one.charCodeAt(0))))
    .replace(hidden, (one) => `‹U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}›`);
}

/** The lines of a text, each as {@link visible} shows it; tabs become spaces. */
export function visibleLines(text: string): string[] {
  return text.split(/\r\n|[\n\u0085\u2028\u2029]/).map((line) => visible(line.replaceAll("\t", "    ")));
}

/** JSON whose strings hold nothing that a terminal would obey; what it says stays the same. */
export function visibleJson(json: string): string {
  return json.replace(
    /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
