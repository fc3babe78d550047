/** Does what keys set off: every change is on disk before the next screen, and can be taken back. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { AbortedError } from "../../../backends/backend.js";
import { lineOf, QuernError } from "../../../errors.js";
import { readFeedback, type StoredRun, type TaskFolder, writeFeedback } from "../../../pipeline/projects/index.js";
import {
  editOutput,
  isReviewed,
  rateRequirement,
  rateRun,
  ratingText,
  recorded,
  readStored,
  removeRepair,
  setTags,
  takeAway,
} from "../../../pipeline/review/index.js";
import { acceptDraft, asBefore } from "./drafts.js";
import { type Entry, searchEntries } from "./entries.js";
import { History } from "./history.js";
import { notWorthIt, type RepairModel } from "./repair-model.js";
import { type Draft, type Effect, type Notice, type ReviewState, view } from "./state.js";

type Change = Exclude<Effect, { do: "quit" | "suspend" | "repaint" | "stop" | "editor" }>;

export class Reviewer {
  readonly history = new History();
  private current: StoredRun | undefined;

  constructor(
    private readonly task: TaskFolder,
    private readonly list: Entry[],
    private readonly model: RepairModel,
  ) {}

  /** Samples that are not reviewed yet. */
  get left(): number {
    return this.list.reduce((sum, { reviewed }) => sum + (reviewed ? 0 : 1), 0);
  }

  /** Shows a sample; one that is gone or broken is left out, and the next is shown. */
  async goTo(state: ReviewState, wanted: number, notice?: Notice): Promise<ReviewState> {
    const problems: string[] = [];
    let position = wanted;
    for (;;) {
      position = Math.max(0, Math.min(position, this.list.length - 1));
      const entry = this.list[position];
      const said = problems.length === 0 ? notice : bad(problems.join("; "));
      if (entry === undefined) {
        this.current = undefined;
        return this.placed({ ...state, position: 0, shown: undefined, scroll: 0, mode: view, notice: said });
      }
      try {
        this.current = await readStored(entry.file);
      } catch (error) {
        if (!(error instanceof QuernError)) throw error;
        problems.push(lineOf(error));
        this.list.splice(position, 1);
        continue;
      }
      return await this.shown({ ...state, position, scroll: 0, mode: view, notice: said });
    }
  }

  /**
   * Does one thing.
   * @returns the state after it; errors that concern it alone are told there
   * @throws what must end the review
   */
  async perform(state: ReviewState, effect: Change, signal: AbortSignal): Promise<ReviewState> {
    try {
      return await this.act(state, effect, signal);
    } catch (error) {
      if (signal.aborted) return { ...state, notice: { text: "Stopped.", kind: "plain" } };
      if (!(error instanceof QuernError)) throw error;
      return { ...state, notice: bad(lineOf(error)) };
    }
  }

  private async act(state: ReviewState, effect: Change, signal: AbortSignal): Promise<ReviewState> {
    switch (effect.do) {
      case "go":
        return await this.go(state, effect.by);
      case "go-to":
        return await this.find(state, effect.text);
      case "search": {
        const at = await searchEntries(this.list, state.position, effect.text, signal);
        if (at === undefined) return { ...state, notice: bad(`Nothing has "${effect.text}" in it.`) };
        return await this.goTo(state, at, plain(`Found "${effect.text}"; / and enter looks on.`));
      }
      case "undo":
        return await this.undo(state);
      case "suggest":
        return await this.suggest(state, effect.instructions, effect.attempt, signal);
      default:
        return await this.change(state, effect);
    }
  }

  private async change(
    state: ReviewState,
    effect: Exclude<Change, { do: "go" | "go-to" | "search" | "undo" | "suggest" }>,
  ): Promise<ReviewState> {
    const { task } = this;
    switch (effect.do) {
      case "rate": {
        const { wish } = effect;
        const what = wish === "none" ? "not rated any more" : ratingText(wish);
        const rated = await this.record(state, what, "runs rated", (stored) => rateRun(stored, wish));
        return state.advance && wish !== "none" ? await this.go(rated, 1, rated.notice) : rated;
      }
      case "rate-requirement": {
        const { requirement, wish } = effect;
        const name = task.task.requirements.find(({ id }) => id === requirement)?.name ?? requirement;
        const what = `${name}: ${wish === "none" ? "not rated any more" : ratingText(wish)}`;
        return await this.record(state, what, "ratings by requirement", (stored) =>
          rateRequirement(task, stored, requirement, wish),
        );
      }
      case "tags": {
        const known = [...new Set([...state.knownTags, ...effect.tags])];
        const what = effect.tags.length === 0 ? "no tags" : `tags: ${effect.tags.join(" ")}`;
        return await this.record({ ...state, knownTags: known }, what, "runs tagged", (stored) =>
          setTags(stored, effect.tags),
        );
      }
      case "save-output":
        return await this.record(state, "edited", "runs edited", (stored) =>
          editOutput(task, stored, asBefore(effect.text, stored.run.output.output)),
        );
      case "accept":
        return await this.record(state, "repaired", "runs repaired", (stored) =>
          acceptDraft(task, stored, effect.draft),
        );
      case "remove-repair":
        return await this.record(state, "the repair is taken away", "repairs taken away", removeRepair);
      case "feedback":
        return await this.comment(state, effect.text);
      case "delete":
        return await this.remove(state);
    }
  }

  /** Changes the sample's file, and shows it as it is then. */
  private async record(
    state: ReviewState,
    what: string,
    count: string,
    change: (stored: StoredRun) => Promise<StoredRun>,
  ): Promise<ReviewState> {
    const { current } = this;
    const entry = this.list[state.position];
    if (current === undefined || entry === undefined) return state;
    const { stored, undo } = await recorded(current, change);
    this.current = stored;
    entry.reviewed = isReviewed(stored.run, this.task.task);
    if (undo === undefined)
      return await this.shown({ ...state, mode: afterChange(state), notice: plain("Nothing is changed.") });
    this.history.add({ what, entry, count, undo });
    return await this.shown({
      ...state,
      mode: afterChange(state),
      notice: good(`${stored.run.id}: ${what}. u takes it back.`),
    });
  }

  private async comment(state: ReviewState, text: string): Promise<ReviewState> {
    const { current } = this;
    const entry = this.list[state.position];
    if (current === undefined || entry === undefined) return state;
    const { id } = await writeFeedback(current, text);
    const folder = path.join(path.dirname(current.file), "feedback", id);
    const undo = () => rm(folder, { recursive: true, force: true });
    this.history.add({ what: "a comment", entry, count: "comments", undo });
    return await this.shown({ ...state, notice: good("The comment is saved. u takes it back.") });
  }

  private async remove(state: ReviewState): Promise<ReviewState> {
    const { current } = this;
    const { position: at } = state;
    const entry = this.list[at];
    if (current === undefined || entry === undefined) return state;
    const { undo, folder } = await takeAway(this.task, current);
    this.list.splice(at, 1);
    this.history.add({ what: "deleted", entry, at, count: "runs deleted", undo, folder });
    return await this.goTo(state, at, good(`${entry.id} is deleted. u brings it back.`));
  }

  private async undo(state: ReviewState): Promise<ReviewState> {
    const last = await this.history.undo();
    if (last === undefined) return { ...state, notice: plain("There is nothing to take back.") };
    const { entry, at, what } = last;
    if (at !== undefined) this.list.splice(Math.min(at, this.list.length), 0, entry);
    const { run } = await readStored(entry.file);
    entry.reviewed = isReviewed(run, this.task.task);
    return await this.goTo(state, this.list.indexOf(entry), good(`${entry.id}: taken back (${what}).`));
  }

  private async go(state: ReviewState, by: number, notice?: Notice): Promise<ReviewState> {
    const to = state.position + by;
    if (to >= 0 && to < this.list.length) return await this.goTo(state, to, notice);
    const { left } = this;
    const end =
      by < 0
        ? "This is the first."
        : `${notice === undefined ? "" : `${notice.text} `}This is the last; ${left === 0 ? "all are reviewed" : `${left} to review`}.`;
    return { ...state, notice: { text: end, kind: notice?.kind ?? "plain" } };
  }

  private async find(state: ReviewState, text: string): Promise<ReviewState> {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    const byId = this.list.findIndex(({ id }) => id === text);
    const begins = this.list.findIndex(({ id }) => id.startsWith(text));
    const at = byId !== -1 ? byId : number >= 1 && number <= this.list.length ? number - 1 : begins;
    if (at === -1) return { ...state, notice: bad(`There is no sample ${text} among these ${this.list.length}.`) };
    return await this.goTo(state, at);
  }

  private async suggest(
    state: ReviewState,
    instructions: string,
    attempt: number,
    signal: AbortSignal,
  ): Promise<ReviewState> {
    const { current } = this;
    if (current === undefined) return state;
    const drafted = (draft: Partial<Draft>, notice: Notice | undefined): ReviewState => ({
      ...state,
      notice,
      mode: {
        name: "repair",
        scroll: 0,
        draft: { instructions, output: undefined, source: undefined, attempt, ...draft },
      },
    });
    try {
      const { outcome, isEmbedded } = await this.model.suggest(current.run, instructions, attempt, signal);
      if (!outcome.ok && outcome.abandoned === true) return drafted({}, plain(stopped));
      const warning = isEmbedded ? notWorthIt : "";
      if (!outcome.ok) {
        const reason = `The model gives no repair: ${outcome.reason}. e writes it by hand.`;
        return drafted({}, bad(warning === "" ? reason : `${warning} ${reason}`));
      }
      return drafted(outcome.value, warning === "" ? undefined : bad(warning));
    } catch (error) {
      if (error instanceof AbortedError || signal.aborted) return drafted({}, plain(stopped));
      if (!(error instanceof QuernError)) throw error;
      return drafted({}, bad(`${lineOf(error)} (e writes it by hand)`));
    }
  }

  /** The state with the sample as it is now. */
  private async shown(state: ReviewState): Promise<ReviewState> {
    const { current } = this;
    if (current === undefined) return this.placed(state);
    const feedback = (await readFeedback(current)).map((one) => one.feedback);
    return this.placed({ ...state, shown: { run: current.run, feedback } });
  }

  private placed(state: ReviewState): ReviewState {
    return { ...state, total: this.list.length, left: this.left, undoable: this.history.length };
  }
}

const stopped = "Stopped. e writes it by hand.";

/** Modes that are over once the change that they were for is on disk. */
function afterChange({ mode }: ReviewState): ReviewState["mode"] {
  return mode.name === "repair" || mode.name === "edit" ? view : mode;
}

const good = (text: string): Notice => ({ text, kind: "done" });
const bad = (text: string): Notice => ({ text, kind: "bad" });
const plain = (text: string): Notice => ({ text, kind: "plain" });
