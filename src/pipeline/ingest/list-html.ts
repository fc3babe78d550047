/** Lists of formats that know only paragraphs with a level, as nested HTML lists. */

interface OpenList {
  level: number;
  html: string[];
}

/** One paragraph of a list. */
export interface ListEntry {
  /** From 0. */
  level: number;
  /** What stands before it: `1.`, `(a)`; absent for a bullet. */
  marker?: string | undefined;
  /** A further paragraph of the entry before, not one of its own. */
  isContinued?: boolean;
  /** Its content as HTML. */
  html: string;
}

/**
 * Nests the paragraphs of a list by their levels; a level that is left out counts as one step.
 *
 * @returns HTML with each numbered item's own marker in `data-marker`
 */
export function listHtml(entries: readonly ListEntry[]): string {
  const open: OpenList[] = [{ level: -1, html: [] }];
  const close = (): void => {
    const { html } = open.pop()!;
    open.at(-1)!.html.push(`<ul>${html.join("")}</li></ul>`);
  };
  for (const { level, marker, html, isContinued } of entries) {
    while (open.length > 1 && open.at(-1)!.level > level) close();
    if (isContinued && open.length > 1) {
      open.at(-1)!.html.push(`<p>${html}</p>`);
      continue;
    }
    const item = `<li${marker === undefined ? "" : ` data-marker="${escapeHtml(marker)}"`}>${html}`;
    if (open.at(-1)!.level < level || open.length === 1) open.push({ level, html: [item] });
    else open.at(-1)!.html.push(`</li>${item}`);
  }
  while (open.length > 1) close();
  return open[0]!.html.join("");
}

/** Text as HTML, also inside double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark]!);
}

/**
 * Writes a number as lists do.
 *
 * @param value from 0
 * @param format a name of ECMA-376 (`lowerLetter`) or a sample of OpenDocument (`a`)
 */
export function listNumber(value: number, format: string): string {
  switch (format) {
    case "lowerLetter":
    case "a":
      return letters(value);
    case "upperLetter":
    case "A":
      return letters(value).toUpperCase();
    case "lowerRoman":
    case "i":
      return roman(value).toLowerCase();
    case "upperRoman":
    case "I":
      return roman(value);
    case "decimalZero":
      return String(value).padStart(2, "0");
    case "none":
      return "";
    default:
      return String(value);
  }
}

/** a … z, aa, bb, as word processors count. */
function letters(value: number): string {
  if (value < 1) return String(value);
  return String.fromCharCode(97 + ((value - 1) % 26)).repeat(Math.min(Math.ceil(value / 26), 20));
}

function roman(value: number): string {
  if (value < 1 || value > 3999) return String(value);
  let rest = value;
  let text = "";
  for (const [number, sign] of [
    [1000, "M"],
    [900, "CM"],
    [500, "D"],
    [400, "CD"],
    [100, "C"],
    [90, "XC"],
    [50, "L"],
    [40, "XL"],
    [10, "X"],
    [9, "IX"],
    [5, "V"],
    [4, "IV"],
    [1, "I"],
  ] as const) {
    while (rest >= number) {
      text += sign;
      rest -= number;
    }
  }
  return text;
}
