/** Keys while something is asked for on one line. */
import { prettyJson } from "../../../pipeline/review/index.js";
import { type Field, pressField } from "./field.js";
import type { Key } from "./keys.js";
import { editing, isPressed, said } from "./pressed.js";
import { type Draft, type Mode, type Pressed, type Question, type ReviewState, view } from "./state.js";

export function pressAsk(state: ReviewState, mode: Mode & { name: "ask" }, key: Key): Pressed {
  if (isPressed(key, "escape")) return { state: { ...state, mode: view } };
  if (isPressed(key, "return")) return answered({ ...state, mode: view }, mode.what, mode.field.text);
  if (isPressed(key, "tab") && mode.what === "tags")
    return { state: { ...state, mode: { ...mode, field: completed(mode.field, state.knownTags) } } };
  const field = pressField(mode.field, key, { columns: state.columns, multiline: false }) ?? mode.field;
  return { state: { ...state, mode: { ...mode, field } } };
}

function answered(state: ReviewState, what: Question, given: string): Pressed {
  const text = given.trim();
  switch (what) {
    case "repair":
    case "repair-by-hand": {
      if (text === "") return said(state, "Nothing is repaired: there is no instruction.");
      if (what === "repair") return { state, effect: { do: "suggest", instructions: text, attempt: 0 } };
      const draft: Draft = { instructions: text, output: undefined, source: undefined, attempt: 0 };
      const { run } = state.shown!;
      return editing(state, "repair", prettyJson((run.repaired_output ?? run.output).output), draft, false);
    }
    case "tags":
      return { state, effect: { do: "tags", tags: text === "" ? [] : text.split(/\s+/) } };
    case "feedback":
      return text === "" ? { state } : { state, effect: { do: "feedback", text } };
    case "search": {
      const wanted = text === "" ? state.lastSearch : text;
      if (wanted === "") return { state };
      return { state: { ...state, lastSearch: wanted }, effect: { do: "search", text: wanted } };
    }
    case "go-to":
      return text === "" ? { state } : { state, effect: { do: "go-to", text } };
  }
}

/** The word before the cursor, completed as far as the tags that begin with it agree. */
function completed(field: Field, tags: readonly string[]): Field {
  const [word = ""] = /\S*$/.exec(field.text.slice(0, field.at)) ?? [];
  const fitting = tags.filter((tag) => tag.startsWith(word));
  const [first] = fitting;
  if (first === undefined || word === "") return field;
  let { length } = first;
  for (const tag of fitting) while (!tag.startsWith(first.slice(0, length))) length--;
  const added = first.slice(word.length, length) + (fitting.length === 1 ? " " : "");
  return { text: field.text.slice(0, field.at) + added + field.text.slice(field.at), at: field.at + added.length };
}
