import type { Line } from "./pdf-text.js";

/** What the lines of one region have in common. */
interface Measure {
  left: number;
  right: number;
  /** Usual distance between baselines. */
  leading: number;
  /** Usual font size. */
  size: number;
}

type Break = "none" | "line" | "paragraph";

const sentenceEnd = /[.!?:;…。！？؟]["'”’»)\]]*$/;
const listItem = /^(?:[•‣◦▪▸●○■□–—*·-]\s|\(?\d{1,3}[.)]\s|\(?[a-zA-Z][.)]\s|\[\d{1,3}\]\s)/;
const leader = /(?:\.\s?){5,}/;

/**
 * Writes the lines of a page as text: the lines of a paragraph joined by spaces, words divided at a line end put
 * together, an empty line between paragraphs, one line each for the rows of a table, list items and program code.
 *
 * @param regions groups of lines, in reading order
 * @returns the text without empty lines at its ends
 */
export function writeParagraphs(regions: readonly (readonly Line[])[]): string {
  let text = "";
  let last: Line | undefined;
  for (const region of regions) {
    const lines = inReadingDirection(region);
    const measure = measureOf(lines);
    let inParagraph = 0;
    for (const [index, line] of lines.entries()) {
      const kind = !last
        ? "none"
        : index === 0
          ? betweenRegions(last, line)
          : between(last, line, measure, inParagraph);
      text = append(text, line, kind, measure);
      inParagraph = kind === "none" ? inParagraph + 1 : 1;
      last = line;
    }
  }
  return text;
}

function append(text: string, line: Line, kind: Break, measure: Measure): string {
  if (text === "") return line.text;
  if (kind === "paragraph") return `${text}\n\n${line.text}`;
  if (kind === "line") return `${text}\n${indentation(line, measure)}${line.text}`;
  if (text.endsWith("\u00ad")) return text.slice(0, -1) + line.text;
  if (/\p{L}[-\u2010]$/u.test(text) && /^\p{Ll}/u.test(line.text)) return text.slice(0, -1) + line.text;
  // Chinese and Japanese have no spaces between words.
  const ideographs = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}、。，]$/u;
  return ideographs.test(text) && ideographs.test(line.text.slice(0, 1)) ? text + line.text : `${text} ${line.text}`;
}

/** Program code keeps its indentation. */
function indentation(line: Line, measure: Measure): string {
  if (!line.fixed) return "";
  return " ".repeat(Math.min(80, Math.max(0, Math.round((line.x0 - measure.left) / (0.6 * line.size)))));
}

/** A paragraph goes on in the next column when its sentence is open. */
function betweenRegions(last: Line, line: Line): Break {
  const open = !sentenceEnd.test(last.text) && /^\p{Ll}/u.test(line.text);
  return open && Math.abs(last.size - line.size) < 0.1 * line.size ? "none" : "paragraph";
}

function between(last: Line, line: Line, measure: Measure, inParagraph: number): Break {
  const expected = measure.leading * Math.max(1, line.size / measure.size);
  const distance = line.y - last.y;
  if (distance > 1.3 * expected || Math.abs(line.size - last.size) > 0.12 * last.size) return "paragraph";
  if (line.cells || last.cells || (line.fixed && last.fixed)) return "line";
  if (leader.test(line.text) || leader.test(last.text) || listItem.test(line.text)) return "line";
  // The lines of a title are broken anywhere.
  if (line.size > 1.15 * measure.size) return "none";
  const em = line.size;
  const ended = sentenceEnd.test(last.text);
  const space = measure.right - last.x1;
  const firstWord = line.text.split(/\s/, 1)[0] ?? "";
  const wordWidth = ((line.x1 - line.x0) * firstWord.length) / Math.max(1, line.text.length);
  // The next word had room on the line before, so the line was ended on purpose.
  if (space > wordWidth + 1.5 * em) return ended || line.font !== last.font ? "paragraph" : "line";
  const indent = line.x0 - last.x0;
  if (indent > 0.8 * em && ended && last.x0 - measure.left < 0.5 * em) return "paragraph";
  if (indent < -0.8 * em && inParagraph > 1 && line.x0 - measure.left < 0.5 * em) return "paragraph";
  return "none";
}

/** Lines of a right-to-left script are mirrored, so that what follows need only know left to right. */
function inReadingDirection(lines: readonly Line[]): readonly Line[] {
  const mirrored = lines.filter((line) => line.rightToLeft).length * 2 > lines.length;
  return mirrored ? lines.map((line) => ({ ...line, x0: -line.x1, x1: -line.x0 })) : lines;
}

function measureOf(lines: readonly Line[]): Measure {
  const distances = lines.slice(1).map((line, index) => line.y - lines[index]!.y);
  const size = quantile(
    lines.map((line) => line.size),
    0.5,
  );
  return {
    left: quantile(
      lines.map((line) => line.x0),
      0.05,
    ),
    right: quantile(
      lines.map((line) => line.x1),
      0.9,
    ),
    // With few lines the distances tell nothing.
    leading: Math.min(distances.length > 0 ? quantile(distances, 0.4) : size, (distances.length < 5 ? 1.4 : 3) * size),
    size,
  };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
