import { quantile } from "./geometry.js";
import type { Vocabulary } from "./hyphens.js";
import type { Line } from "./lines.js";

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

/** Lines that belong together, as they will be written. */
export interface Paragraph {
  kind: "text" | "item" | "code" | "table";
  text: string;
  lines: Line[];
  /** Indentation of a list item, in points from the left edge of its region. */
  indent: number;
}

export const sentenceEnd = /[.!?:;…。！？؟]["'”’»)\]]*$/;
const bullet = /^[•‣◦▪▸●○■□➢➤✓►∙*–—-]\s+(?=\S)/;
const numbered = /^(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\[\d{1,3}\]|\(?[ivx]{1,4}[.)])\s/;
const leader = /(?:[.·]\s?){5,}/;
const leaders = /\s*(?:[.·]\s?){5,}/g;

/**
 * Puts the lines of a page together: the lines of a paragraph joined by spaces, words divided at a line end put
 * together, one line each for verses, addresses and program code, an item each for lists.
 *
 * @param regions groups of lines, in reading order
 * @param words of the document, for divided words
 */
export function toParagraphs(regions: readonly (readonly Line[])[], words: Vocabulary): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let last: Line | undefined;
  for (const region of regions) {
    const lines = inReadingDirection(region);
    const measure = measureOf(lines.filter((line) => !line.block));
    let inParagraph = 0;
    for (const [index, line] of lines.entries()) {
      const paragraph = paragraphs.at(-1);
      const kind =
        !last || !paragraph || last.block || line.block
          ? "paragraph"
          : index === 0
            ? betweenRegions(last, line)
            : between(last, line, measure, inParagraph);
      if (kind === "paragraph" || !paragraph) paragraphs.push(open(line, measure));
      else add(paragraph, line, kind, measure, words);
      inParagraph = kind === "none" ? inParagraph + 1 : 1;
      last = line;
    }
  }
  for (const paragraph of paragraphs) {
    if (paragraph.kind !== "table" && paragraph.kind !== "code")
      paragraph.text = paragraph.text.replace(leaders, " … ");
  }
  return paragraphs;
}

function open(line: Line, measure: Measure): Paragraph {
  const kind = line.block ? "table" : line.fixed ? "code" : isItem(line.text) ? "item" : "text";
  const text =
    kind === "code" ? indentation(line, measure) + line.text : kind === "item" ? itemText(line.text) : line.text;
  return { kind, text, lines: [line], indent: Math.max(0, line.x0 - measure.left) };
}

function isItem(text: string): boolean {
  return bullet.test(text) || numbered.test(text);
}

const itemText = (text: string): string => text.replace(bullet, "- ");

function add(paragraph: Paragraph, line: Line, kind: Break, measure: Measure, words: Vocabulary): void {
  paragraph.lines.push(line);
  if (paragraph.kind === "code") paragraph.text += `\n${indentation(line, measure)}${line.text}`;
  else if (kind === "line") paragraph.text += `\n${line.text}`;
  else paragraph.text = words.join(paragraph.text, line.text);
}

/** Program code keeps its indentation. */
function indentation(line: Line, measure: Measure): string {
  return " ".repeat(Math.min(80, Math.max(0, Math.round((line.x0 - measure.left) / (0.6 * line.size)))));
}

/** A paragraph goes on in the next column when its sentence is open. */
function betweenRegions(last: Line, line: Line): Break {
  const open = !sentenceEnd.test(last.text) && /^[\p{Ll}\p{Nd}(]/u.test(line.text) && !isItem(line.text);
  return open && Math.abs(last.size - line.size) < 0.1 * line.size ? "none" : "paragraph";
}

function between(last: Line, line: Line, measure: Measure, inParagraph: number): Break {
  const expected = measure.leading * Math.max(1, line.size / measure.size);
  const distance = line.y - last.y;
  if (distance > 1.3 * expected || Math.abs(line.size - last.size) > 0.12 * last.size) return "paragraph";
  if (line.fixed !== last.fixed)
    return line.fixed && last.text.length > 0 && !line.pieces.length ? "none" : "paragraph";
  if (line.fixed) return "line";
  if (isItem(line.text)) return isListItem(last, line, measure) ? "paragraph" : "none";
  if (hasCells(line) || hasCells(last)) return "line";
  if (leader.test(line.text) || leader.test(last.text)) return "line";
  // The lines of a title are broken anywhere.
  if (line.size > 1.15 * measure.size) return "none";
  if (line.bold !== last.bold && distance > 1.05 * expected) return "paragraph";
  const em = line.size;
  const ended = sentenceEnd.test(last.text);
  const space = measure.right - last.x1;
  const firstWord = line.text.split(/\s/, 1)[0] ?? "";
  const wordWidth = ((line.x1 - line.x0) * firstWord.length) / Math.max(1, line.text.length);
  // The next word had room on the line before, so the line was ended on purpose.
  if (space > wordWidth + 1.5 * em) return ended || line.font !== last.font ? "paragraph" : "line";
  const indent = line.x0 - last.x0;
  if (indent > 0.8 * em && ended && last.x0 - measure.left < 0.5 * em) return "paragraph";
  if (indent < -0.8 * em && isItem(last.text)) return "paragraph";
  if (indent < -0.8 * em && inParagraph > 1 && line.x0 - measure.left < 0.5 * em) return "paragraph";
  return "none";
}

const hasCells = (line: Line): boolean =>
  line.pieces.length > 1 &&
  line.pieces.some((piece, index) => index > 0 && piece.x0 - line.pieces[index - 1]!.x1 > 1.8 * line.size);

/** A number with a full stop may also end a sentence: "… in the year\n1904. It …". */
function isListItem(last: Line, line: Line, measure: Measure): boolean {
  if (bullet.test(line.text) && !/^[–—*-]\s/.test(line.text)) return true;
  const full = measure.right - last.x1 < 3 * line.size;
  const ended = sentenceEnd.test(last.text) || /[,;]$/.test(last.text);
  const apart = Math.abs(line.x0 - last.x0) > 0.5 * line.size;
  return !full || ended || apart;
}

/** Lines of a right-to-left script are mirrored, so that what follows need only know left to right. */
function inReadingDirection(lines: readonly Line[]): readonly Line[] {
  const mirrored = lines.filter((line) => line.rightToLeft).length * 2 > lines.length;
  return mirrored ? lines.map((line) => ({ ...line, x0: -line.x1, x1: -line.x0 })) : lines;
}

function measureOf(lines: readonly Line[]): Measure {
  const distances = lines
    .slice(1)
    .map((line, index) => line.y - lines[index]!.y)
    // Limits of sums, notes in a diagram.
    .filter((distance, index) => distance > 0.9 * lines[index]!.size);
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
    leading: Math.min(distances.length > 0 ? quantile(distances, 0.25) : size, (distances.length < 5 ? 1.4 : 3) * size),
    size,
  };
}
