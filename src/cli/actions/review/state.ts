/** What a review shows and is asked: the state that keys change and the screen is drawn from. */
import type { KilnDataSource, KilnRequirement, KilnRun } from "../../../pipeline/projects/index.js";
import type { RatingWish } from "../../../pipeline/review/index.js";
import type { Field } from "./field.js";

/** The sample on the screen. */
export interface Shown {
  run: KilnRun;
  /** What people said of it. */
  feedback: readonly string[];
}

export interface Notice {
  text: string;
  kind: "done" | "bad" | "plain";
}

/** What is asked for on one line. */
export type Question = "repair" | "repair-by-hand" | "tags" | "feedback" | "search" | "go-to";

/** A repair that is looked at before it is kept. */
export interface Draft {
  instructions: string;
  /** Undefined: there is none yet; a person can write it. */
  output: string | undefined;
  /** Where it came from: a model; undefined: a person wrote or changed it. */
  source: KilnDataSource | undefined;
  /** The model whose text the person changed. */
  editedFrom?: string;
  /** How many times the model was asked for it before. */
  attempt: number;
}

export type Mode =
  | { name: "view" }
  | { name: "help"; scroll: number }
  | { name: "requirements"; at: number }
  | { name: "delete" }
  | { name: "ask"; what: Question; field: Field }
  /** Something takes a while and can be stopped. */
  | { name: "busy"; what: string }
  | { name: "repair"; draft: Draft; scroll: number }
  /** Writing on the screen: the output itself, or that of a repair. */
  | { name: "edit"; of: "output" | "repair"; draft?: Draft; field: Field; before: string; warned: boolean };

export interface ReviewState {
  columns: number;
  rows: number;
  taskName: string;
  requirements: readonly KilnRequirement[];
  /** From 0. */
  position: number;
  total: number;
  /** Of them not reviewed yet. */
  left: number;
  /** Undefined: there is none. */
  shown: Shown | undefined;
  /** Lines that are above what is seen. */
  scroll: number;
  /** Whether a rating goes on to the next sample. */
  advance: boolean;
  /** Whether reasoning and sources are shown. */
  details: boolean;
  mode: Mode;
  notice: Notice | undefined;
  /** Changes that can be taken back. */
  undoable: number;
  /** Whether the user has an editor of their own. */
  hasEditor: boolean;
  lastSearch: string;
  /** Tags of the task's runs, for completion. */
  knownTags: readonly string[];
}

/** What a key sets off beyond the state. */
export type Effect =
  | { do: "quit"; interrupted: boolean }
  | { do: "suspend" }
  | { do: "repaint" }
  | { do: "stop" }
  | { do: "go"; by: number }
  | { do: "go-to"; text: string }
  | { do: "search"; text: string }
  | { do: "rate"; wish: RatingWish }
  | { do: "rate-requirement"; requirement: string; wish: RatingWish }
  | { do: "tags"; tags: string[] }
  | { do: "feedback"; text: string }
  | { do: "delete" }
  | { do: "undo" }
  | { do: "suggest"; instructions: string; attempt: number }
  | { do: "accept"; draft: Draft }
  | { do: "remove-repair" }
  | { do: "save-output"; text: string }
  | { do: "editor"; of: "output" | "repair"; text: string; draft?: Draft };

export interface Pressed {
  state: ReviewState;
  effect?: Effect;
}

export const view: Mode = { name: "view" };

/** A draft that a person has written or changed; the same where the text is. */
export function byHand(draft: Draft, output: string): Draft {
  if (output === draft.output) return draft;
  const { instructions, attempt, source } = draft;
  const from = draft.editedFrom ?? (source === undefined ? undefined : String(source.properties["model_name"]));
  return { instructions, attempt, output, source: undefined, ...(from === undefined ? {} : { editedFrom: from }) };
}
