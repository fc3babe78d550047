/** What several modes do with a key. */
import { fieldOf, mostFieldCharacters } from "./field.js";
import type { Key } from "./keys.js";
import { bodyHeight, readLines, scrollOf } from "./layout.js";
import type { Draft, Pressed, Question, ReviewState } from "./state.js";

export const isPressed = (key: Key, name: string) => "press" in key && key.press === name;
export const isText = (key: Key, text: string) => "text" in key && key.text === text;

export function said(state: ReviewState, text: string, kind: "plain" | "bad" = "plain"): Pressed {
  return { state: { ...state, notice: { text, kind } } };
}

export function asking(state: ReviewState, what: Question, text: string): Pressed {
  return { state: { ...state, mode: { name: "ask", what, field: fieldOf(text) } } };
}

/**
 * Begins to edit a text, in the user's editor where there is one.
 * @param here on the screen all the same
 */
export function editing(
  state: ReviewState,
  of: "output" | "repair",
  text: string,
  draft: Draft | undefined,
  here: boolean,
): Pressed {
  const about = draft === undefined ? {} : { draft };
  if (state.hasEditor && !here) return { state, effect: { do: "editor", of, text, ...about } };
  if (text.length > mostFieldCharacters)
    return said(state, `The text has ${text.length} characters: set $EDITOR to edit it.`, "bad");
  return {
    state: { ...state, mode: { name: "edit", of, field: { text, at: 0 }, before: text, warned: false, ...about } },
  };
}

/** @returns the state after a key that moves what is read, or undefined where the key is none */
export function scrolled(state: ReviewState, key: Key): Pressed | undefined {
  const height = bodyHeight(state);
  const most = Math.max(0, readLines(state).length - height);
  const at = Math.min(scrollOf(state), most);
  const page = Math.max(1, height - 1);
  const name = "text" in key ? key.text : key.press;
  const steps: Readonly<Record<string, number>> = {
    up: at - 1,
    down: at + 1,
    pageup: at - page,
    pagedown: at + page,
    " ": at + page,
    home: 0,
    end: most,
  };
  if (!Object.hasOwn(steps, name)) return undefined;
  const scroll = Math.max(0, Math.min(most, steps[name]!));
  const { mode } = state;
  if (mode.name === "help" || mode.name === "repair") return { state: { ...state, mode: { ...mode, scroll } } };
  return { state: { ...state, scroll } };
}
