/** What was done in a review, and can be taken back in turn. */
import { forget, type Undo } from "../../../pipeline/review/index.js";
import type { Entry } from "./entries.js";

export interface Done {
  what: string;
  entry: Entry;
  /** Where the entry stood, where the change took it out of the list. */
  at?: number;
  /** What it is counted as. */
  count: string;
  undo: Undo;
  /** Where what was deleted is kept meanwhile. */
  folder?: string;
}

export class History {
  /** How often what was done, for the summary; what was taken back does not count. */
  readonly counts: Record<string, number> = {};
  private readonly done: Done[] = [];
  private readonly folders = new Set<string>();

  get length(): number {
    return this.done.length;
  }

  add(done: Done): void {
    this.done.push(done);
    if (done.folder !== undefined) this.folders.add(done.folder);
    this.counts[done.count] = (this.counts[done.count] ?? 0) + 1;
  }

  /**
   * Takes the last change back. It is tried once, whether or not it can be.
   * @returns what it was, or undefined where there is none left
   * @throws {InputError} when the file has been changed since
   */
  async undo(): Promise<Done | undefined> {
    const last = this.done.pop();
    if (last === undefined) return undefined;
    await last.undo();
    if (last.folder !== undefined) this.folders.delete(last.folder);
    this.counts[last.count]!--;
    return last;
  }

  /** Deletes for good what was deleted. */
  async close(): Promise<void> {
    await forget([...this.folders]);
  }
}
