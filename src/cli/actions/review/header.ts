/** What stands above a sample: where it is in the list, what is known of it, and how it is rated. */
import type { KilnRating, KilnRequirement, KilnRequirementRating } from "../../../pipeline/projects/index.js";
import { factsOf, ratingText } from "../../../pipeline/review/index.js";
import { visible } from "../../../pipeline/text/visible.js";
import { type Line, plainText, span, type Span, type Tone } from "./spans.js";
import type { ReviewState } from "./state.js";
import { fit, pad, textWidth } from "./width.js";

/** @returns the lines above the sample, the most important first */
export function headerLines(state: ReviewState): Line[] {
  const { columns, shown } = state;
  const title = [span(titleText(state), "title")];
  if (shown === undefined) return [title];
  const { run } = shown;
  const { topic, label, verdict, by } = factsOf(run);
  const made: Span[][] = [
    ...(topic === "" ? [] : [[span("topic ", "dim"), span(visible(topic))]]),
    ...(label === "" ? [] : [[span("meant to ", "dim"), span(visible(label))]]),
    ...(verdict === "" ? [] : [[span("judge ", "dim"), span(visible(verdict), toneOf(verdict))]]),
    ...(by === "" ? [] : [[span("by ", "dim"), span(visible(by))]]),
  ];
  const ratings: Span[][] = [
    wholeRating(run.output.rating),
    ...state.requirements.map((one) => requirementRating(one, run.output.rating)),
    ...(run.repaired_output === null ? [] : [[span("repaired", "good")]]),
  ];
  const tags =
    run.tags.length === 0 ? [span("no tags", "dim")] : [span("tags ", "dim"), span(visible(run.tags.join(" ")))];
  return [title, onOneLine(ratings, columns), onOneLine(made, columns), onOneLine([tags], columns)].filter(
    (line) => line.length > 0,
  );
}

function titleText({ columns, taskName, position, total, left, shown }: ReviewState): string {
  const where = shown === undefined ? "no samples" : `${position + 1} of ${total}`;
  const right = `${where} · ${left} to review${shown === undefined ? "" : ` · ${visible(shown.run.id)}`} `;
  const room = columns - textWidth(right) - 2;
  if (room < 4) return pad(` ${right}`, columns);
  return ` ${pad(fit(visible(taskName), room), room)} ${right}`;
}

function wholeRating(rating: KilnRating | null): Span[] {
  if (rating?.value == null) return [span("not rated", "mark")];
  return ratingSpans({ type: rating.type, value: rating.value });
}

/** How a requirement is rated: its name and the rating. */
export function requirementRating({ id, name }: KilnRequirement, rating: KilnRating | null): Span[] {
  const each = rating?.requirement_ratings ?? {};
  const one = Object.hasOwn(each, id) ? each[id] : undefined;
  return [span(`${visible(name)} `, "dim"), ...(one === undefined ? [span("–", "dim")] : ratingSpans(one))];
}

function ratingSpans({ type, value }: KilnRequirementRating): Span[] {
  if (type !== "five_star") return [span(ratingText({ type, value }), value === 1 ? "good" : "bad")];
  return [span("★".repeat(value) + "☆".repeat(Math.max(0, 5 - value)), value >= 4 ? "good" : "mark")];
}

function toneOf(verdict: string): Tone {
  return verdict === "pass" ? "good" : "bad";
}

const between = " · ";

/** Parts beside each other, as many as fit; the last that does is cut. */
function onOneLine(parts: readonly (readonly Span[])[], columns: number): Line {
  const line: Span[] = [];
  let left = columns;
  for (const part of parts) {
    const spans = line.length === 0 ? part : [span(between, "dim"), ...part];
    for (const one of spans) {
      if (left <= 0) return line;
      const text = fit(one.text, left);
      line.push({ ...one, text });
      left -= textWidth(text);
      if (text !== one.text) return line;
    }
  }
  return plainText(line).trim() === "" ? [] : line;
}
