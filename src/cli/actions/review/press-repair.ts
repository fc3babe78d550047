/** Keys while a repair is looked at, and while a text is written. */
import { prettyJson } from "../../../pipeline/review/index.js";
import { pressField } from "./field.js";
import type { Key } from "./keys.js";
import { asking, editing, isPressed, said, scrolled } from "./pressed.js";
import { byHand, type Mode, type Pressed, type ReviewState, view } from "./state.js";

export function pressRepair(state: ReviewState, mode: Mode & { name: "repair" }, key: Key): Pressed {
  const moved = scrolled(state, key);
  if (moved !== undefined) return moved;
  const { draft } = mode;
  const name = "text" in key ? key.text : key.press;
  switch (name) {
    case "escape":
    case "q":
      return said({ ...state, mode: view }, "The repair is not kept.");
    case "a":
    case "return":
      if (draft.output === undefined) return said(state, "There is nothing to accept yet: e writes it.", "bad");
      return { state, effect: { do: "accept", draft } };
    case "t":
      return { state, effect: { do: "suggest", instructions: draft.instructions, attempt: draft.attempt + 1 } };
    case "i":
      return asking(state, "repair", draft.instructions);
    case "e":
    case "E": {
      const text = prettyJson(draft.output ?? state.shown?.run.output.output ?? "");
      return editing(state, "repair", text, draft, name === "E");
    }
    default:
      return { state };
  }
}

export function pressEdit(state: ReviewState, mode: Mode & { name: "edit" }, key: Key): Pressed {
  const { field, of, draft } = mode;
  if (isPressed(key, "escape")) {
    const back: Mode = draft?.output === undefined ? view : { name: "repair", draft, scroll: 0 };
    if (field.text === mode.before || mode.warned) return said({ ...state, mode: back }, "Nothing is changed.");
    const warned: Mode = { ...mode, warned: true };
    return said({ ...state, mode: warned }, "Esc again throws away what you wrote; ctrl-s keeps it.", "bad");
  }
  if (isPressed(key, "ctrl-s")) {
    if (of === "output") return { state, effect: { do: "save-output", text: field.text } };
    // A layout that was only for reading is no change.
    const text = field.text === mode.before && draft?.output !== undefined ? draft.output : field.text;
    return {
      state: { ...state, notice: undefined, mode: { name: "repair", draft: byHand(draft!, text), scroll: 0 } },
    };
  }
  if (isPressed(key, "ctrl-o") && state.hasEditor)
    return { state, effect: { do: "editor", of, text: field.text, ...(draft === undefined ? {} : { draft }) } };
  const next = pressField(field, key, { columns: state.columns, multiline: true });
  if (next === undefined) return { state };
  return { state: { ...state, notice: undefined, mode: { ...mode, field: next, warned: false } } };
}
