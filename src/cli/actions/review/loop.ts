/** Runs a review on a terminal: keys in their order, one thing done at a time, the screen drawn after each. */
import type { ReadStream, WriteStream } from "node:tty";
import { InputError, lineOf } from "../../../errors.js";
import { editorCommand, editText } from "./editor.js";
import type { Key } from "./keys.js";
import { frameOf } from "./layout.js";
import { press } from "./press.js";
import type { Reviewer } from "./reviewer.js";
import { Screen } from "./screen.js";
import { byHand, type Effect, type ReviewState, view } from "./state.js";

export interface Terminal {
  input: ReadStream;
  output: WriteStream;
  colours: boolean;
}

export class Loop {
  private readonly screen: Screen;
  private readonly queue: Key[] = [];
  private running = false;
  private stop: AbortController | undefined;
  private finish!: (interrupted: boolean) => void;
  private fail!: (error: unknown) => void;

  /** @param state as the review begins */
  constructor(
    terminal: Terminal,
    private readonly reviewer: Reviewer,
    private state: ReviewState,
  ) {
    this.screen = new Screen(terminal.input, terminal.output, terminal.colours, {
      onKey: (key) => this.take(key),
      onResize: () => this.draw(),
      onEnd: () => this.finish(true),
    });
  }

  /**
   * @param signal ends the review
   * @returns whether it was interrupted
   */
  async run(signal: AbortSignal): Promise<boolean> {
    const ended = new Promise<boolean>((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    const onAbort = () => {
      this.stop?.abort();
      this.finish(true);
    };
    signal.addEventListener("abort", onAbort);
    this.screen.start();
    try {
      this.draw();
      return await ended;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.screen.stop();
    }
  }

  /** Tells how something gets on that takes a while. */
  tell(text: string): void {
    if (!this.running) return;
    this.state = { ...this.state, mode: { name: "busy", what: text } };
    this.draw();
  }

  private take(key: Key): void {
    const isBusy = this.state.mode.name === "busy";
    // What is pressed while something is waited for is meant for what is seen now, not for what comes then.
    if (isBusy) {
      if (press(this.state, key).effect?.do === "stop") this.stop?.abort();
      return;
    }
    this.queue.push(key);
    this.pump();
  }

  private pump(): void {
    while (!this.running) {
      const key = this.queue.shift();
      if (key === undefined) return;
      const { state, effect } = press(this.state, key);
      this.state = state;
      if (effect === undefined) this.draw();
      else this.start(effect);
    }
  }

  private start(effect: Effect): void {
    this.running = true;
    this.perform(effect)
      .then((state) => {
        this.running = false;
        this.stop = undefined;
        this.state = state;
        this.draw();
        this.pump();
      })
      .catch((error: unknown) => this.fail(error));
  }

  private async perform(effect: Effect): Promise<ReviewState> {
    const { state } = this;
    switch (effect.do) {
      case "quit":
        this.finish(effect.interrupted);
        return state;
      case "suspend":
        this.screen.suspend();
        return state;
      case "repaint":
        this.screen.forget();
        return state;
      case "stop":
        return state;
      case "editor":
        return await this.edit(state, effect);
      default: {
        this.stop = new AbortController();
        if (effect.do === "search") this.tell(`looking for "${effect.text}" …`);
        return await this.reviewer.perform(state, effect, this.stop.signal);
      }
    }
  }

  private async edit(state: ReviewState, effect: Effect & { do: "editor" }): Promise<ReviewState> {
    const { of, draft } = effect;
    const isJson = /^\s*[[{]/.test(effect.text);
    let text: string;
    try {
      text = await this.screen.lend(() => editText(editorCommand() ?? "vi", effect.text, isJson ? ".json" : ".txt"));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { ...state, notice: { text: lineOf(error), kind: "bad" } };
    }
    const isSame = text === effect.text;
    if (isSame && draft?.output === undefined)
      return { ...state, mode: view, notice: { text: "Nothing is changed.", kind: "plain" } };
    // A layout that was only for reading is no change.
    if (of === "repair")
      return { ...state, mode: { name: "repair", draft: isSame ? draft! : byHand(draft!, text), scroll: 0 } };
    // What was written stays where it can be corrected, when it does not comply.
    const field = { text, at: 0 };
    const editing: ReviewState = {
      ...state,
      mode: { name: "edit", of, field, before: effect.text, warned: false },
    };
    return await this.reviewer.perform(editing, { do: "save-output", text }, new AbortController().signal);
  }

  private draw(): void {
    const { columns, rows } = this.screen;
    if (columns !== this.state.columns || rows !== this.state.rows) this.state = { ...this.state, columns, rows };
    this.screen.draw(frameOf(this.state));
  }
}
