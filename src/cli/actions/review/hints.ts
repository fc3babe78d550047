/** The keys that are worth knowing now, for the last line of the screen. */
import type { ReviewState } from "./state.js";
import { textWidth } from "./width.js";

/** A key and what it does. */
export type Hint = readonly [key: string, what: string];

/** Each with how much it is worth a place: the least go first where there is none. */
type Ranked = readonly [key: string, what: string, rank: number];

/** @returns those that fit one line, in the order in which they are shown */
export function hintsOf(state: ReviewState): Hint[] {
  const all = rankedOf(state);
  const widthOf = (hints: readonly Ranked[]) =>
    hints.reduce((sum, [key, what]) => sum + textWidth(key) + textWidth(what) + 3, -2);
  const kept = [...all];
  while (kept.length > 1 && widthOf(kept) > state.columns) {
    const least = Math.min(...kept.map(([, , rank]) => rank));
    kept.splice(
      kept.findLastIndex(([, , rank]) => rank === least),
      1,
    );
  }
  return kept.map(([key, what]) => [key, what]);
}

function rankedOf({ mode, shown, requirements, undoable, hasEditor }: ReviewState): Ranked[] {
  switch (mode.name) {
    case "view":
      if (shown === undefined)
        return [...(undoable > 0 ? [["u", "undo", 8] as const] : []), ["b", "back", 3], ["q", "quit", 9]];
      return [
        ["1-5 p f", "rate", 9],
        ...(requirements.length > 0 ? [["m", "by requirement", 5] as const] : []),
        ["r", "repair", 7],
        ["e", "edit", 6],
        ["t", "tags", 4],
        ["d", "delete", 4],
        ...(undoable > 0 ? [["u", "undo", 5] as const] : []),
        ["n", "next", 7],
        ["b", "back", 3],
        ["/", "search", 1],
        ["?", "help", 10],
        ["q", "quit", 8],
      ];
    case "help":
      return [
        ["↑ ↓", "read on", 1],
        ["any other key", "back", 2],
      ];
    case "requirements":
      return [...ratingKeys(requirements[mode.at]?.type), ["↑ ↓", "choose", 2], ["0", "none", 1], ["esc", "back", 3]];
    case "delete":
      return [
        ["y", "delete", 2],
        ["n", "keep", 1],
      ];
    case "ask":
      return [
        ["enter", mode.what === "repair" ? "let the model try" : "go on", 3],
        ...(mode.what === "tags" ? [["tab", "complete", 1] as const] : []),
        ["esc", "back", 2],
      ];
    case "busy":
      return [["esc", "stop", 1]];
    case "repair":
      return [
        ...(mode.draft.output === undefined ? [] : [["a", "accept", 9] as const]),
        ["e", mode.draft.output === undefined ? "write it" : "edit", 7],
        ["t", "let the model try again", 5],
        ["i", "other instruction", 4],
        ["↑ ↓", "read", 1],
        ["esc", "discard", 8],
      ];
    case "edit":
      return [
        ["ctrl-s", mode.of === "output" ? "save" : "done", 9],
        ...(hasEditor ? [["ctrl-o", "in your editor", 3] as const] : []),
        ["esc", "discard", 8],
      ];
  }
}

function ratingKeys(type: string | undefined): Ranked[] {
  if (type === "five_star") return [["1-5", "stars", 9]];
  if (type === "pass_fail") return [["p f", "pass or fail", 9]];
  if (type === "pass_fail_critical") return [["p f c", "pass, fail or critical", 9]];
  return [["", "rated with --requirement only", 9]];
}
