/**
 * How many columns of a terminal texts take, and how they are divided into lines. Widths are those of Unicode's East
 * Asian Width (UAX 11); a cluster that is an emoji takes two columns, as terminals of these years draw it.
 */
import { eastAsianWidth } from "get-east-asian-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const plain = /^[\u0020-\u007E]*$/;
/** Takes no column: marks above and below, joiners, selectors, and the vowels and finals of Hangul in pieces. */
const empty = /[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11FF\uD7B0-\uD7FF]/u;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|\uFE0F?\u20E3/u;

/** Characters as people count them: an emoji of several, or a letter with its marks, is one. */
export function clusters(text: string): string[] {
  if (plain.test(text)) return text.split("");
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Columns of one cluster. */
export function clusterWidth(cluster: string): number {
  if (cluster.length === 1 && plain.test(cluster)) return 1;
  if (emoji.test(cluster)) return 2;
  let width = 0;
  for (const character of cluster) if (!empty.test(character)) width += eastAsianWidth(character.codePointAt(0)!);
  return width;
}

/** Columns of a line without control characters. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  return clusters(text).reduce((sum, cluster) => sum + clusterWidth(cluster), 0);
}

/** @returns the text, its end replaced by `…` where it takes more columns */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return "";
  // Most texts are far longer than a line: the rest need not be looked at.
  const near = text.length > 40 * columns ? text.slice(0, 40 * columns).toWellFormed() : text;
  if (near.length === text.length && textWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const cluster of clusters(near)) {
    width += clusterWidth(cluster);
    if (width > columns) break;
    kept += cluster;
  }
  return `${kept}…`;
}

/** @returns the text with spaces behind it, or its end cut off, so that it takes exactly so many columns */
export function pad(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + " ".repeat(Math.max(0, columns - textWidth(fitted)));
}

/** Deepest indentation that is kept in the lines that a long line becomes, as a share of the columns. */
const deepestIndent = 0.5;

/**
 * Divides a line at spaces, and where there is none between any two characters.
 * @param columns at least 2, so that every character fits
 * @returns its lines, at least one; further ones are indented as the first
 */
export function wrap(line: string, columns: number): string[] {
  const most = Math.max(2, columns);
  if (line.length <= most && textWidth(line) <= most) return [line];
  const [indent = ""] = /^ */.exec(line) ?? [];
  // Beside it there must be room for the widest character.
  const hanging = indent.length <= most * deepestIndent && indent.length + 2 <= most ? indent : "";
  const lines: string[] = [];
  let current = "";
  let width = 0;
  // Where the current line can be divided: behind its last space.
  let breakAt = 0;
  for (const cluster of clusters(line)) {
    const own = clusterWidth(cluster);
    if (width + own > most && current !== "") {
      if (cluster === " ") {
        // A space that a line ends with needs no place.
        lines.push(current);
        [current, width, breakAt] = [hanging, hanging.length, 0];
        continue;
      }
      const at = breakAt > hanging.length && current.slice(0, breakAt).trim() !== "" ? breakAt : current.length;
      lines.push(current.slice(0, at).trimEnd());
      current = hanging + current.slice(at);
      width = textWidth(current);
      breakAt = 0;
    }
    current += cluster;
    width += own;
    // Scripts without spaces can be divided behind each of their characters.
    if (cluster === " " || own === 2) breakAt = current.length;
  }
  lines.push(current);
  return lines;
}
