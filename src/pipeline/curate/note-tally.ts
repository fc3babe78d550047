/** Adds up what a check notes on records, whatever its shape: numbers as distributions, short words as counts. */
import type { Json } from "./check.js";
import type { Distribution } from "./report.js";
import { Scores } from "./scores.js";

/** What was noted under each name; the name of a note that has none is the empty one. */
export interface NoteFigures {
  /** Of numbers: scores by criterion, shares. */
  measures: Record<string, Distribution>;
  /** Of words: how often each verdict or level was given, the most frequent first. */
  kinds: Record<string, Record<string, number>>;
}

const mostNames = 30;
/** More different words than these are no kinds but free text, which is not counted. */
const mostKinds = 40;
const longestKind = 40;

export class NoteTally {
  private readonly measures = new Map<string, Scores>();
  private readonly kinds = new Map<string, Map<string, number> | "free text">();

  /** @param note as a check gives it: a number, a word, or an object of them; what lies deeper does not count */
  add(note: Json | undefined): void {
    if (note === undefined || note === null || Array.isArray(note)) return;
    if (typeof note !== "object") return this.addValue("", note);
    for (const [name, value] of Object.entries(note)) this.addValue(name, value);
  }

  figures(): NoteFigures {
    const measures: NoteFigures["measures"] = {};
    const kinds: NoteFigures["kinds"] = {};
    for (const [name, scores] of this.measures) {
      const distribution = scores.distribution();
      if (distribution !== null) measures[name] = distribution;
    }
    for (const [name, counts] of this.kinds)
      if (counts !== "free text") kinds[name] = Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
    return { measures, kinds };
  }

  private addValue(name: string, value: Json): void {
    if (typeof value === "number" && Number.isFinite(value)) {
      let scores = this.measures.get(name);
      if (scores === undefined) {
        if (this.measures.size >= mostNames) return;
        this.measures.set(name, (scores = new Scores()));
      }
      scores.add(value);
      return;
    }
    if (typeof value !== "string" && typeof value !== "boolean") return;
    const kind = typeof value === "boolean" ? (value ? "yes" : "no") : value;
    let counts = this.kinds.get(name);
    if (counts === undefined) {
      if (this.kinds.size >= mostNames) return;
      this.kinds.set(name, (counts = new Map()));
    }
    if (counts === "free text") return;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (kind.length > longestKind || counts.size > mostKinds) this.kinds.set(name, "free text");
  }
}
