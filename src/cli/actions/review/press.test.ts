import { describe, expect, it } from "vitest";
import { humanSource, type KilnRequirement, newOutput, newRating, newRun } from "../../../pipeline/projects/index.js";
import type { Key } from "./keys.js";
import { bodyHeight, frameOf } from "./layout.js";
import { press } from "./press.js";
import { plainText } from "./spans.js";
import { type Effect, type ReviewState, view } from "./state.js";
import { textWidth } from "./width.js";

const me = humanSource("me");
const requirements: KilnRequirement[] = [
  { id: "1", name: "Short", description: null, instruction: "Under ten words.", priority: 2, type: "five_star" },
  { id: "2", name: "True", description: null, instruction: "Nothing made up.", priority: 2, type: "pass_fail" },
  { id: "3", name: "Safe", description: null, instruction: "No harm.", priority: 2, type: "pass_fail_critical" },
];

function stateWith(more: Partial<ReviewState> = {}, input = "a cat sat", output = "Cat sits"): ReviewState {
  const run = newRun({ id: "412345678901", input, input_source: me, output, source: me, tags: ["one", "two"] });
  return {
    columns: 80,
    rows: 24,
    taskName: "Headlines",
    requirements,
    position: 2,
    total: 9,
    left: 7,
    shown: { run, feedback: [] },
    scroll: 0,
    advance: true,
    details: false,
    mode: view,
    notice: undefined,
    undoable: 0,
    hasEditor: false,
    lastSearch: "",
    knownTags: ["synthetic", "eval_data", "eval_golden"],
    ...more,
  };
}

/** Presses keys one after the other: names of keys in angle brackets, anything else as it is written. */
function type(state: ReviewState, ...keys: string[]): { state: ReviewState; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const name of keys) {
    const key: Key = name.startsWith("<") ? { press: name.slice(1, -1) } : { text: name };
    const pressed = press(state, key);
    ({ state } = pressed);
    if (pressed.effect !== undefined) effects.push(pressed.effect);
  }
  return { state, effects };
}

const textOf = (state: ReviewState) => frameOf(state).lines.map(plainText);

describe("keys", () => {
  it("rate, move, and quit", () => {
    const effects = (...keys: string[]) => type(stateWith(), ...keys).effects;
    expect(effects("1", "5")).toEqual([
      { do: "rate", wish: { type: "five_star", value: 1 } },
      { do: "rate", wish: { type: "five_star", value: 5 } },
    ]);
    expect(effects("p", "f", "0")).toEqual([
      { do: "rate", wish: { type: "pass_fail", value: 1 } },
      { do: "rate", wish: { type: "pass_fail", value: 0 } },
      { do: "rate", wish: "none" },
    ]);
    expect(effects("n", "j", "<right>")).toEqual(Array(3).fill({ do: "go", by: 1 }));
    expect(effects("b", "k", "<left>")).toEqual(Array(3).fill({ do: "go", by: -1 }));
    expect(effects("u", "q", "<ctrl-c>")).toEqual([
      { do: "undo" },
      { do: "quit", interrupted: false },
      { do: "quit", interrupted: true },
    ]);
    for (const key of ["6", "9", "z", "__proto__", "toString", "44", "<f1>"]) expect(effects(key), key).toEqual([]);
  });

  it("rate by requirement, by the type of each, one after the other", () => {
    const { state, effects } = type(stateWith(), "m", "p", "4", "5", "p", "c");
    // p is no rating in stars, and 5 none of pass or fail.
    expect(effects).toEqual([
      { do: "rate-requirement", requirement: "1", wish: { type: "five_star", value: 4 } },
      { do: "rate-requirement", requirement: "2", wish: { type: "pass_fail", value: 1 } },
      { do: "rate-requirement", requirement: "3", wish: { type: "pass_fail_critical", value: -1 } },
    ]);
    expect(state.mode).toEqual(view);
    expect(type(stateWith(), "m", "<down>", "<down>", "<down>", "<up>", "0").effects).toEqual([
      { do: "rate-requirement", requirement: "3", wish: "none" },
    ]);
    expect(type(stateWith({ requirements: [] }), "m").state.notice?.text).toMatch(/no requirements/);
    const rated = stateWith();
    rated.shown!.run.output.rating = newRating("five_star", null, { "1": { value: 3, type: "five_star" } });
    expect(type(rated, "m").state.mode).toEqual({ name: "requirements", at: 1 });
  });

  it("delete only after y", () => {
    expect(type(stateWith(), "d", "n").effects).toEqual([]);
    expect(type(stateWith(), "d", "<return>").effects).toEqual([]);
    expect(type(stateWith(), "d", "y").effects).toEqual([{ do: "delete" }]);
  });

  it("change tags as a line of words, with completion", () => {
    expect(type(stateWith(), "t", "e", "<tab>", "g", "<tab>", "x", "<return>").effects).toEqual([
      { do: "tags", tags: ["one", "two", "eval_golden", "x"] },
    ]);
    expect(type(stateWith(), "t", "<ctrl-u>", "<return>").effects).toEqual([{ do: "tags", tags: [] }]);
    expect(type(stateWith(), "t", "x", "<escape>").effects).toEqual([]);
  });

  it("ask a model for a repair, which is accepted, tried again, or written by hand", () => {
    const asked = type(stateWith(), "r", "shorter", "<return>");
    expect(asked.effects).toEqual([{ do: "suggest", instructions: "shorter", attempt: 0 }]);
    expect(type(stateWith(), "r", "<return>").effects).toEqual([]);
    const draft = { instructions: "shorter", output: "Cat", source: me, attempt: 0 };
    const looked = stateWith({ mode: { name: "repair", draft, scroll: 0 } });
    expect(type(looked, "a").effects).toEqual([{ do: "accept", draft }]);
    expect(type(looked, "t").effects).toEqual([{ do: "suggest", instructions: "shorter", attempt: 1 }]);
    expect(type(looked, "i", "!", "<return>").effects).toEqual([
      { do: "suggest", instructions: "shorter!", attempt: 0 },
    ]);
    const edited = type(looked, "e", "<end>", "s", "<ctrl-s>", "a");
    expect(edited.effects).toMatchObject([{ do: "accept", draft: { output: "Cats", source: undefined } }]);
    // What was only looked at in the editor is still the model's.
    expect(type(looked, "e", "<ctrl-s>", "a").effects).toEqual([{ do: "accept", draft }]);
    const none = stateWith({ mode: { name: "repair", draft: { ...draft, output: undefined }, scroll: 0 } });
    expect(type(none, "a").state.notice?.kind).toBe("bad");
    expect(type(none, "<escape>").state.mode).toEqual(view);
    const byHand = type(stateWith(), "R", "why", "<return>", "!", "<ctrl-s>", "<return>");
    expect(byHand.effects).toMatchObject([
      { do: "accept", draft: { instructions: "why", output: "!Cat sits", source: undefined } },
    ]);
  });

  it("edit the output here, or in the user's editor", () => {
    expect(type(stateWith(), "e", "<end>", "!", "<return>", "x", "<ctrl-s>").effects).toEqual([
      { do: "save-output", text: "Cat sits!\nx" },
    ]);
    expect(type(stateWith({ hasEditor: true }), "e").effects).toEqual([
      { do: "editor", of: "output", text: "Cat sits" },
    ]);
    expect(type(stateWith({ hasEditor: true }), "E").state.mode.name).toBe("edit");
    const repaired = stateWith();
    repaired.shown!.run.repaired_output = newOutput("Cat sat", me);
    repaired.shown!.run.repair_instructions = "past";
    expect(type(repaired, "e", "<end>", "!", "<ctrl-s>", "a").effects).toMatchObject([
      { do: "accept", draft: { instructions: "past", output: "Cat sat!" } },
    ]);
    expect(type(stateWith({}, "x", "y".repeat(200_000)), "e").state.notice?.text).toMatch(/EDITOR/);
  });

  it("throw nothing away that was written without asking", () => {
    const written = type(stateWith(), "e", "x", "<escape>");
    expect(written.state.mode.name).toBe("edit");
    expect(type(written.state, "<escape>").state.mode).toEqual(view);
    expect(type(written.state, "y", "<escape>").state.mode.name).toBe("edit");
    expect(type(stateWith(), "e", "<escape>").state.mode).toEqual(view);
  });

  it("search, and search on with nothing written", () => {
    const searched = type(stateWith(), "/", "cat", "<return>");
    expect(searched.effects).toEqual([{ do: "search", text: "cat" }]);
    expect(type(searched.state, "/", "<return>").effects).toEqual([{ do: "search", text: "cat" }]);
    expect(type(stateWith(), "/", "<return>", "g", "12", "<return>").effects).toEqual([{ do: "go-to", text: "12" }]);
  });

  it("stop what takes a while, and nothing else meanwhile", () => {
    const busy = stateWith({ mode: { name: "busy", what: "…" } });
    expect(type(busy, "a", "5", "q", "<return>").effects).toEqual([]);
    expect(type(busy, "<escape>", "<ctrl-c>").effects).toEqual([{ do: "stop" }, { do: "stop" }]);
  });

  it("do nothing to a sample where there is none", () => {
    const none = stateWith({ shown: undefined, total: 0, left: 0 });
    expect(type(none, "4", "r", "e", "t", "d", "m", "c", "x").effects).toEqual([]);
    expect(textOf(none).join("\n")).toContain("no samples");
    expect(type(none, "q").effects).toHaveLength(1);
  });

  it("scroll within what there is", () => {
    const long = stateWith({}, "line\n".repeat(100));
    expect(type(long, "<up>").state.scroll).toBe(0);
    expect(type(long, "<down>", "<down>").state.scroll).toBe(2);
    const end = type(long, "<end>", "<down>", " ").state;
    expect(textOf(end).join("\n")).toContain("Cat sits");
    expect(type(end, "<pageup>").state.scroll).toBe(end.scroll - bodyHeight(long) + 1);
    expect(type(end, "<home>").state.scroll).toBe(0);
    expect(type(stateWith(), "<down>").state.scroll).toBe(0);
  });
});

describe("the screen", () => {
  const inputs = [
    "plain",
    "日本語の長い文章です。".repeat(60),
    "👩‍👩‍👧‍👦 ".repeat(90),
    "word ".repeat(400),
    "\u001B[2J\u0007\u009B‮evil",
  ];
  const sizes = [
    [80, 24],
    [200, 60],
    [40, 12],
    [20, 6],
    [12, 3],
    [2, 1],
  ] as const;
  const keys: string[][] = [[], ["?"], ["m"], ["d"], ["t"], ["e"], ["r", "x".repeat(300)], ["v"], ["<end>"]];

  it("is exactly as large as the terminal, whatever is shown, and steers it with nothing", () => {
    for (const input of inputs)
      for (const [columns, rows] of sizes)
        for (const pressed of keys) {
          const state = stateWith({ columns, rows, taskName: input.slice(0, 40) }, input, input);
          const frame = frameOf(type(state, ...pressed).state);
          const where = JSON.stringify([input.slice(0, 9), columns, rows, pressed]);
          expect(frame.lines.length, where).toBe(rows);
          for (const line of frame.lines) {
            expect(textWidth(plainText(line)), where).toBeLessThanOrEqual(Math.max(columns, 2));
            // eslint-disable-next-line no-control-regex
            expect(plainText(line), where).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/);
          }
          if (frame.cursor !== undefined) expect(frame.cursor.row).toBeLessThan(rows);
        }
  });

  it("shows where one is, how it is rated, and the keys, on 80 by 24", () => {
    const state = stateWith({}, JSON.stringify({ title: "a cat", tags: ["x"] }));
    state.shown!.run.output.rating = newRating("five_star", 4, { "2": { value: 0, type: "pass_fail" } });
    state.shown!.run.output.source = {
      ...me,
      type: "synthetic",
      properties: {
        model_name: "m",
        model_provider: "p",
        adapter_name: "a",
        label: "pass",
        verdict: "fail",
        verdict_reason: "No verb.",
      },
    };
    state.shown!.run.input_source = { ...me, properties: { created_by: "x", topic_path: "Sports>>>>>Football" } };
    const lines = textOf(state);
    expect(lines[0]).toMatch(/^ Headlines +3 of 9 · 7 to review · 412345678901 $/);
    expect(lines[1]).toBe("★★★★☆ · Short – · True fail · Safe –");
    expect(lines[2]).toBe("topic Sports > Football · meant to pass · judge fail · by m");
    expect(lines[3]).toBe("tags one two");
    const text = lines.join("\n");
    expect(text).toContain('INPUT\n{\n  "title": "a cat",');
    expect(text).toContain("OUTPUT\nCat sits");
    expect(text).toContain("No verb.");
    expect(lines.at(-1)).toMatch(/^1-5 p f rate .*r repair .*\? help {2}q quit$/);
  });

  it("says all of a long message", () => {
    const text = `${"the output does not comply with the schema ".repeat(3)}END`;
    const lines = textOf(stateWith({ notice: { text, kind: "bad" } }));
    expect(lines.slice(-5).join(" ")).toContain("END");
  });
});
