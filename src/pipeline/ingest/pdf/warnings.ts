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
  /** Parts that were left out because they unpack to too much. */
  oversizedParts: number;
  /** Why the first page that could not be read could not. */
  cause?: unknown;
  /** Pages that were read by character recognition, in any order; its confidence from 0 to 100. */
  recognised: { number: number; confidence: number }[];
  /** Pages on which character recognition failed, and why. */
  unreadable: { number: number; reason: string }[];
  languages: readonly string[];
  pages: Page[];
}

/** @returns what the user should know of what was left out of a document, and why */
export function warningsOf(composed: Composed, findings: Findings, problems?: ReadonlyMap<string, number>): string[] {
  const { damaged, unmapped, damagedParts, pages } = findings;
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
  for (const [reason, numbers] of cutPages(pages)) {
    warnings.push(`${share(numbers)} left out from some point on: ${listOf(numbers)}: ${reason}`);
  }
  if (unmapped.length > 0) {
    warnings.push(
      `${share(unmapped)} left out, their fonts do not say which characters they show: ${listOf(unmapped)}`,
    );
  }
  if (findings.oversizedParts > 0) {
    warnings.push(`${count(findings.oversizedParts, "part")} left out that would unpack to more than 128 MB`);
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
  for (const [reason, number] of problems ?? []) warnings.push(`${count(number, "picture")} left out: it ${reason}`);
  return [...warnings, ...recognition(findings)];
}

/** @returns the pages that were not read to their end, for each reason */
export function cutPages(pages: readonly Page[]): Map<string, number[]> {
  const reasons = new Map<string, number[]>();
  for (const { number, cut } of pages) {
    if (cut !== undefined) reasons.set(cut, [...(reasons.get(cut) ?? []), number]);
  }
  return reasons;
}

/** Below this confidence text should not be used unseen. */
const doubtful = 70;

function recognition({ recognised, unreadable, pages, languages }: Findings): string[] {
  const failed = unreadable.map(({ number, reason }) => `page ${number}: character recognition failed: ${reason}`);
  if (failed.length > 20)
    failed.splice(20, failed.length, `character recognition failed on ${unreadable.length} pages`);
  if (recognised.length === 0) return failed;
  const mean = recognised.reduce((sum, { confidence }) => sum + confidence, 0) / recognised.length;
  const low = recognised.filter(({ confidence }) => confidence < doubtful).map(({ number }) => number);
  return [
    ...failed,
    `${recognised.length} of ${count(pages.length, "page")} read by character recognition (${languages.join(", ")}), ` +
      `confidence ${Math.round(mean)} of 100`,
    ...(low.length > 0
      ? [`character recognition is in doubt on ${count(low.length, "page")}: ${listOf(low.sort((a, b) => a - b))}`]
      : []),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Page numbers, the first of them when there are many. */
function listOf(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 20).join(", ");
  return numbers.length > 20 ? `${shown}, …` : shown;
}
