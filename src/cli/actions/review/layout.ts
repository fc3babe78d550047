/** The screen of a review, drawn from its state: as many lines as the terminal has rows, none wider than its columns. */
import { visible } from "../../../pipeline/text/visible.js";
import { bodyLines } from "./body.js";
import { cursorOf, type Field, fieldRows } from "./field.js";
import { headerLines, requirementRating } from "./header.js";
import { helpLines } from "./help.js";
import { hintsOf } from "./hints.js";
import { type Line, plainText, span, type Span } from "./spans.js";
import type { Question, ReviewState } from "./state.js";
import { fit, textWidth, wrap } from "./width.js";

export interface Frame {
  lines: Line[];
  /** Where the cursor stands while something is written, from 0. */
  cursor?: { row: number; column: number };
}

const questions: Readonly<Record<Question, string>> = {
  repair: "What has to change?",
  "repair-by-hand": "What has to change? You write the output yourself.",
  tags: "Tags, with spaces between them:",
  feedback: "Comment:",
  search: "Search for:",
  "go-to": "Go to number or id:",
};

/** Rows of a question's field that are shown at once. */
const mostFieldRows = 5;

export function frameOf(state: ReviewState): Frame {
  const { rows, columns } = state;
  const { above, rule, height } = divided(state);
  const body = bodyWindow(state, height);
  const below = footer(state, height);
  const all = [...headerLines(state).slice(0, above), ...(rule ? [ruleLine(columns)] : []), ...body.lines];
  const lines = [...all, ...below.lines].slice(0, rows).map((line) => fitLine(line, columns));
  const cursor =
    body.cursor === undefined
      ? below.cursor && { ...below.cursor, row: all.length + below.cursor.row }
      : { ...body.cursor, row: all.length - body.lines.length + body.cursor.row };
  return { lines, ...(cursor !== undefined && cursor.row < rows ? { cursor } : {}) };
}

/** How the rows of the screen are shared out. */
function divided(state: ReviewState): { above: number; rule: boolean; height: number } {
  const below = footerHeight(state);
  // In a low terminal the sample is worth more than what stands above it.
  const above = Math.min(headerLines(state).length, Math.max(1, state.rows - below - 4));
  const rule = state.rows - below - above >= 6;
  return { above, rule, height: Math.max(0, state.rows - above - below - (rule ? 1 : 0)) };
}

/** Rows of the screen for what is read. */
export function bodyHeight(state: ReviewState): number {
  return divided(state).height;
}

/** All lines of what is read; the window shows a part of them. */
export function readLines(state: ReviewState): readonly Line[] {
  return state.mode.name === "help" ? helpLines(state.columns) : bodyLines(state);
}

export function scrollOf(state: ReviewState): number {
  const { mode } = state;
  return mode.name === "help" || mode.name === "repair" ? mode.scroll : state.scroll;
}

function bodyWindow(state: ReviewState, height: number): Frame {
  const { mode, columns } = state;
  if (mode.name === "edit") return fieldWindow(mode.field, columns, height, true);
  const lines = readLines(state);
  const from = Math.max(0, Math.min(scrollOf(state), lines.length - height));
  return { lines: filled(lines.slice(from, from + height), height) };
}

function fieldWindow(field: Field, columns: number, height: number, fill: boolean): Frame {
  const rows = fieldRows(field.text, columns);
  const at = cursorOf(rows, field);
  const from = Math.max(0, Math.min(at.row - (height >> 1), rows.length - height));
  const lines = rows.slice(from, from + height).map(({ shown }): Line => [span(shown)]);
  return { lines: fill ? filled(lines, height) : lines, cursor: { row: at.row - from, column: at.column } };
}

function filled(lines: readonly Line[], height: number): Line[] {
  return [...lines, ...Array.from({ length: Math.max(0, height - lines.length) }, (): Line => [])];
}

function footerHeight(state: ReviewState): number {
  const { mode, columns, rows, requirements } = state;
  if (mode.name === "ask") return 2 + Math.min(mostAsked(rows), fieldRows(mode.field.text, columns).length);
  const said = 1 + noticeRows(state).length;
  return mode.name === "requirements" ? said + Math.min(mostRequirements(rows), requirements.length) : said;
}

const mostAsked = (rows: number) => Math.max(1, Math.min(mostFieldRows, rows - 6));
const mostRequirements = (rows: number) => Math.max(1, rows - 8);

/** @param height rows of what is read */
function footer(state: ReviewState, height: number): Frame {
  const { mode, columns, rows } = state;
  const hints = hintLine(state);
  if (mode.name === "ask") {
    const { lines, cursor } = fieldWindow(mode.field, columns, mostAsked(rows), false);
    const question: Line = [span(questions[mode.what], "head")];
    return { lines: [question, ...lines, hints], ...(cursor && { cursor: { ...cursor, row: cursor.row + 1 } }) };
  }
  const notice = noticeLines(state, height);
  if (mode.name !== "requirements") return { lines: [...notice, hints] };
  const all = requirementLines(state, mode.at);
  const most = mostRequirements(rows);
  const from = Math.max(0, Math.min(mode.at - (most >> 1), all.length - most));
  return { lines: [...notice, ...all.slice(from, from + most), hints] };
}

function requirementLines({ requirements, shown }: ReviewState, at: number): Line[] {
  const rating = shown?.run.output.rating ?? null;
  return requirements.map((one, i) => [
    span(i === at ? "▶ " : "  ", "mark"),
    ...requirementRating(one, rating),
    ...(i === at ? [span(`  ${visible(one.instruction)}`, "dim")] : []),
  ]);
}

/** Rows of what is said; what is longer is cut. */
const mostNoticeRows = 4;

/** What is said, divided into rows; at least one. What is seen of the text stands in the last of them. */
function noticeRows(state: ReviewState): string[] {
  const { columns, rows } = state;
  const { text } = saidNow(state);
  const wide = wrap(text, columns);
  // The last row keeps a place for which lines are seen.
  const lines =
    textWidth(wide.at(-1)!) + mostWhereColumns <= columns ? wide : wrap(text, Math.max(12, columns - mostWhereColumns));
  const most = Math.max(1, Math.min(mostNoticeRows, rows - 8));
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), fit(lines.slice(most - 1).join(" "), columns)];
}

const mostWhereColumns = 26;

function noticeLines(state: ReviewState, height: number): Line[] {
  const { mode, columns } = state;
  const rows = noticeRows(state);
  const { tone } = saidNow(state);
  const where = mode.name === "edit" ? "" : whereText(state, height);
  return rows.map((row, i) => {
    if (i < rows.length - 1 || where === "") return [span(row, tone)];
    const text = fit(row, Math.max(0, columns - textWidth(where) - 2));
    const gap = " ".repeat(Math.max(0, columns - textWidth(text) - textWidth(where)));
    return [span(text, tone), span(gap), span(where, "dim")];
  });
}

function saidNow({ mode, notice }: ReviewState): Span {
  if (mode.name === "busy") return span(visible(mode.what), "mark");
  if (mode.name === "delete") return span("Delete this sample? y deletes it, any other key does not.", "bad");
  if (notice === undefined) return span("");
  return span(visible(notice.text), notice.kind === "plain" ? undefined : notice.kind === "done" ? "good" : "bad");
}

/** Which part of the lines is seen, where not all are. */
function whereText(state: ReviewState, height: number): string {
  const { length } = readLines(state);
  if (length <= height) return "";
  const from = Math.max(0, Math.min(scrollOf(state), length - height));
  const more = from + height < length ? "↓" : " ";
  return `lines ${from + 1}–${from + height} of ${length} ${more}`;
}

function hintLine(state: ReviewState): Line {
  const line: Span[] = [];
  for (const [key, what] of hintsOf(state)) {
    if (line.length > 0) line.push(span("  "));
    line.push(span(key, "key"), span(` ${what}`, "dim"));
  }
  return line;
}

function ruleLine(columns: number): Line {
  return [span("─".repeat(columns), "dim")];
}

function fitLine(line: Line, columns: number): Line {
  if (textWidth(plainText(line)) <= columns) return line;
  const kept: Span[] = [];
  let left = columns;
  for (const one of line) {
    if (left <= 0) break;
    const text = fit(one.text, left);
    kept.push({ ...one, text });
    left -= textWidth(text);
    if (text !== one.text) break;
  }
  return kept;
}
