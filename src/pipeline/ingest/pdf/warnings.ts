import type { Composed } from "./compose.js";
import type { Page } from "./page.js";

/** What was noticed while the pages of a document were read. */
export interface Findings {
  /** Numbers of the pages that could not be read. */
  damaged: number[];
  /** Numbers of the pages whose fonts do not say which characters they show. */
  unmapped: number[];
  /** Places where the file is damaged; it cannot be told which page they belong to. */
  damagedParts: number;
  /** Why the first page that could not be read could not. */
  cause?: unknown;
  pages: Page[];
}

/** @returns what the user should know of what was left out of a document, and why */
export function warningsOf(composed: Composed, { damaged, unmapped, damagedParts, pages }: Findings): string[] {
  const known = new Set([...damaged, ...unmapped]);
  const removed = new Set([...composed.running.pages, ...composed.watermarks.flatMap((mark) => mark.pages)]);
  const empty = composed.pages.flatMap(({ number, pieces }) =>
    pieces.length === 0 && !known.has(number) && !removed.has(number) ? [number] : [],
  );
  const share = (numbers: readonly number[]): string => `${numbers.length} of ${count(pages.length, "page")}`;
  const warnings: string[] = [];
  if (empty.length > 0) {
    warnings.push(`${share(empty)} ${empty.length === 1 ? "has" : "have"} no text: ${listOf(empty)}`);
  }
  if (damaged.length > 0) {
    warnings.push(`${share(damaged)} could not be read, the file is damaged: ${listOf(damaged)}`);
  }
  if (unmapped.length > 0) {
    warnings.push(
      `${share(unmapped)} left out, their fonts do not say which characters they show: ${listOf(unmapped)}`,
    );
  }
  if (damagedParts > 0) {
    warnings.push(`the file is damaged in ${count(damagedParts, "place")}: text may be missing`);
  }
  const sum = (of: "unknown" | "outside"): number =>
    pages.reduce((total, page) => total + (page.unmapped ? 0 : page[of]), 0);
  if (sum("unknown") > 0) {
    warnings.push(`${count(sum("unknown"), "character")} left out, the font does not say which they are`);
  }
  if (sum("outside") > 0) warnings.push(`${count(sum("outside"), "character")} left out that lie outside of the pages`);
  const { running, watermarks } = composed;
  if (running.pages.length > 0) {
    const samples = running.samples.map((text) => `“${text.length > 40 ? `${text.slice(0, 39)}…` : text}”`);
    const what = samples.length > 0 ? `what repeats at the edges (${samples.join(", ")})` : "page numbers";
    warnings.push(`left out on ${count(running.pages.length, "page")}: ${what}`);
  }
  for (const { text, pages: on } of watermarks)
    warnings.push(`left out on ${count(on.length, "page")}: the watermark “${text}”`);
  return warnings;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Page numbers, the first of them when there are many. */
function listOf(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 20).join(", ");
  return numbers.length > 20 ? `${shown}, …` : shown;
}
