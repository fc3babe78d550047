/** Samples into the task's dataset: each a run of its own, with tags whose shares come out exact over the session. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../errors.js";
import { Gate } from "../engine/gate.js";
import { checkRun, runFile, writeRun } from "../projects/index.js";
import { addCount, type Observer, type StageResult } from "../stages/stage.js";
import type { Sample, Session } from "./session.js";
import { assignExactly, sessionTags } from "./tags.js";
import { runOf } from "./sample-run.js";

/** Files that are written at once. */
const mostAtOnce = 16;

export interface SaveWish {
  /** Whether samples are saved too that the judge found to be something else; they get a tag that says so. */
  rejected: boolean;
}

/** The tag of samples that are saved although they are not what they were meant to be. */
export const mismatchTag = "label_mismatch";

export class SampleSaver {
  private readonly gate = new Gate(() => mostAtOnce);
  /** By tag; without what objects inherit, for a tag may be called as that. */
  private readonly counts = Object.create(null) as Record<string, number>;

  /** @param seed of the order in which tags are given */
  constructor(
    private readonly session: Session,
    private readonly wish: SaveWish,
    private readonly seed: number,
    private readonly result: StageResult,
    private readonly observer: Observer,
  ) {
    for (const { tag } of session.settings.splits) this.counts[tag] = 0;
    for (const { tag } of session.samples.values())
      if (tag !== undefined && tag in this.counts) this.counts[tag] = (this.counts[tag] ?? 0) + 1;
  }

  /**
   * Saves samples that have an output and are not saved yet. A sample that does not comply is counted and left out; it
   * stays in the session.
   * @returns how many were saved
   * @throws {OutputError} when the dataset cannot be written
   */
  async save(samples: readonly Sample[]): Promise<number> {
    const ready = samples.filter(
      (one) => one.output !== undefined && !one.saved && (!one.rejected || this.wish.rejected),
    );
    const tagless = ready.filter(({ tag }) => tag === undefined);
    const { splits } = this.session.settings;
    if (splits.length > 0) {
      const shares = splits.map(({ tag: name, weight }) => ({ name, weight }));
      const tags = assignExactly(shares, this.counts, tagless.length, this.seed);
      for (const tag of tags) this.counts[tag]!++;
      // On record before anything is written, so that a sample keeps its tag however this ends.
      await Promise.all(tagless.map(({ id }, i) => this.session.write({ tagged: { id, tag: tags[i]! } })));
    }
    const saved = await Promise.all(ready.map((sample) => this.gate.run(() => this.saveOne(sample))));
    return saved.filter(Boolean).length;
  }

  private async saveOne(sample: Sample): Promise<boolean> {
    const { session, result, observer } = this;
    const output = await session.outputOf(sample);
    if (output === undefined) return false;
    const custom = [...session.settings.tags, ...(sample.tag === undefined ? [] : [sample.tag])];
    const tags = sessionTags(session.id, sample.rejected ? [...custom, mismatchTag] : custom);
    const run = runOf(session, sample, output, tags);
    try {
      checkRun(session.task, run);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      addCount(result, "samples that do not comply, not saved", 1);
      result.incomplete++;
      observer.warn(`sample ${sample.id}: ${error.message}`);
      return false;
    }
    // Written before, and cut off before that was on record: the same run is there already.
    const isThere = await stat(runFile(session.task, sample.id)).then(
      () => true,
      () => false,
    );
    if (!isThere) await writeRun(session.task, run);
    await session.write({ saved: sample.id });
    addCount(result, "samples saved", 1);
    return true;
  }
}

/** The folder of a task's runs. */
export function runsFolder(session: Session): string {
  return path.join(session.task.folder, "runs");
}
