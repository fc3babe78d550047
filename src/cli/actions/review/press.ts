/** What each key does: a pure function from a state and a key to the next state, and what is to be done. */
import type { RatingType } from "../../../pipeline/projects/index.js";
import { prettyJson, type RatingWish } from "../../../pipeline/review/index.js";
import type { Key } from "./keys.js";
import { pressAsk } from "./press-ask.js";
import { asking, editing, isPressed, isText, said, scrolled } from "./pressed.js";
import { pressEdit, pressRepair } from "./press-repair.js";
import { type Mode, type Pressed, type ReviewState, view } from "./state.js";

export function press(state: ReviewState, key: Key): Pressed {
  if (isPressed(key, "ctrl-c")) {
    if (state.mode.name === "busy") return { state, effect: { do: "stop" } };
    return { state, effect: { do: "quit", interrupted: true } };
  }
  if (isPressed(key, "ctrl-z")) return { state, effect: { do: "suspend" } };
  if (isPressed(key, "ctrl-l")) return { state, effect: { do: "repaint" } };
  // What was said belongs to the key before.
  const fresh = state.mode.name === "edit" ? state : { ...state, notice: undefined };
  switch (fresh.mode.name) {
    case "view":
      return pressView(fresh, key);
    case "help":
      return scrolled(fresh, key) ?? { state: { ...fresh, mode: view } };
    case "requirements":
      return pressRequirement(fresh, fresh.mode, key);
    case "delete":
      return isText(key, "y") || isText(key, "Y")
        ? { state: { ...fresh, mode: view }, effect: { do: "delete" } }
        : { state: { ...fresh, mode: view } };
    case "ask":
      return pressAsk(fresh, fresh.mode, key);
    case "busy":
      return isPressed(key, "escape") ? { state, effect: { do: "stop" } } : { state };
    case "repair":
      return pressRepair(fresh, fresh.mode, key);
    case "edit":
      return pressEdit(fresh, fresh.mode, key);
  }
}

function pressView(state: ReviewState, key: Key): Pressed {
  const moved = scrolled(state, key);
  if (moved !== undefined) return moved;
  const { shown } = state;
  const name = "text" in key ? key.text : key.press;
  const anywhere: Record<string, () => Pressed> = {
    n: () => ({ state, effect: { do: "go", by: 1 } }),
    b: () => ({ state, effect: { do: "go", by: -1 } }),
    "/": () => asking(state, "search", ""),
    g: () => asking(state, "go-to", ""),
    u: () => ({ state, effect: { do: "undo" } }),
    a: () =>
      said({ ...state, advance: !state.advance }, state.advance ? "Ratings stay here." : "Ratings go on to the next."),
    "?": () => ({ state: { ...state, mode: { name: "help", scroll: 0 } } }),
    q: () => ({ state, effect: { do: "quit", interrupted: false } }),
  };
  const same: Readonly<Record<string, string>> = { j: "n", right: "n", k: "b", left: "b" };
  const meant = Object.hasOwn(same, name) ? same[name]! : name;
  if (Object.hasOwn(anywhere, meant)) return anywhere[meant]!();
  if (shown === undefined || !("text" in key)) return { state };
  const { run } = shown;
  const wish = ratingOf(name);
  if (wish !== undefined) return { state, effect: { do: "rate", wish } };
  switch (name) {
    case "m":
      if (state.requirements.length === 0)
        return said(state, "The task has no requirements to rate by; quern task edit --add-requirement adds some.");
      return { state: { ...state, mode: { name: "requirements", at: firstUnrated(state) } } };
    case "r":
      return asking(state, "repair", run.repair_instructions ?? "");
    case "R":
      return asking(state, "repair-by-hand", run.repair_instructions ?? "");
    case "x":
      return run.repaired_output === null
        ? said(state, "There is no repair to take away.")
        : { state, effect: { do: "remove-repair" } };
    case "e":
    case "E": {
      const here = name === "E";
      // What counts of a repaired run is the repair.
      const { repaired_output: repaired, repair_instructions: instructions } = run;
      if (repaired === null) return editing(state, "output", prettyJson(run.output.output), undefined, here);
      const draft = { instructions: instructions ?? "", output: undefined, source: undefined, attempt: 0 };
      return editing(state, "repair", prettyJson(repaired.output), draft, here);
    }
    case "t":
      return asking(state, "tags", run.tags.join(" ") + (run.tags.length > 0 ? " " : ""));
    case "c":
      return asking(state, "feedback", "");
    case "d":
      return { state: { ...state, mode: { name: "delete" } } };
    case "v":
      return { state: { ...state, details: !state.details } };
    default:
      return name.length === 1 ? said(state, "That key does nothing; ? shows those that do.") : { state };
  }
}

/** Ratings of the whole output by one key. */
function ratingOf(name: string): RatingWish | undefined {
  if (/^[1-5]$/.test(name)) return { type: "five_star", value: Number(name) };
  if (name === "p") return { type: "pass_fail", value: 1 };
  if (name === "f") return { type: "pass_fail", value: 0 };
  return name === "0" ? "none" : undefined;
}

function firstUnrated({ requirements, shown }: ReviewState): number {
  const each = shown?.run.output.rating?.requirement_ratings ?? {};
  return Math.max(
    0,
    requirements.findIndex(({ id }) => !Object.hasOwn(each, id)),
  );
}

function pressRequirement(state: ReviewState, mode: Mode & { name: "requirements" }, key: Key): Pressed {
  const { requirements } = state;
  const to = (at: number): Pressed => ({
    state: { ...state, mode: { ...mode, at: (at + requirements.length) % requirements.length } },
  });
  const name = "text" in key ? key.text : key.press;
  switch (name) {
    case "down":
    case "j":
    case "tab":
      return to(mode.at + 1);
    case "up":
    case "k":
    case "shift-tab":
      return to(mode.at - 1);
    case "escape":
    case "return":
    case "m":
    case "q":
      return { state: { ...state, mode: view } };
  }
  const requirement = requirements[mode.at];
  if (requirement === undefined || !("text" in key)) return { state };
  const wish = requirementWish(requirement.type, name);
  if (wish === undefined) return said(state, "That is no rating of this requirement.", "bad");
  const isLast = mode.at === requirements.length - 1;
  return {
    state: {
      ...state,
      mode: isLast && wish !== "none" ? view : { ...mode, at: wish === "none" ? mode.at : mode.at + 1 },
    },
    effect: { do: "rate-requirement", requirement: requirement.id, wish },
  };
}

function requirementWish(type: RatingType, name: string): RatingWish | undefined {
  if (name === "0") return "none";
  if (type === "five_star") return /^[1-5]$/.test(name) ? { type, value: Number(name) } : undefined;
  if (type === "custom") return undefined;
  const value = name === "p" ? 1 : name === "f" ? 0 : name === "c" && type === "pass_fail_critical" ? -1 : undefined;
  return value === undefined ? undefined : { type, value };
}
