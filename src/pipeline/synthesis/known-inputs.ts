/** The inputs that there are, in the dataset and in the session: what is like one of them is not kept again. */
import { KeptQuestions } from "../create/similar.js";
import { listRuns, type TaskFolder } from "../projects/index.js";
import { comparableText } from "../schema/value-text.js";
import { kilnPath } from "./topic-name.js";

/** Of the dataset's inputs, so many are kept in memory for each topic, to be shown to the model. */
const mostShownEach = 12;
/** Characters of an input that the model is shown. */
const shownCharacters = 160;

export class KnownInputs {
  private readonly kept: KeptQuestions;
  private readonly byTopic = new Map<string, string[]>();
  /** Runs that could not be read, so that nothing is known of their inputs. */
  unreadable = 0;

  /**
   * @param threshold as `synthesis.similarity_threshold`
   * @param isStructured whether inputs are JSON, of which the values are compared
   */
  constructor(
    threshold: number,
    private readonly isStructured: boolean,
  ) {
    this.kept = new KeptQuestions(threshold);
  }

  /** Takes in what is in a task's dataset. */
  async readDataset(task: TaskFolder, signal?: AbortSignal): Promise<void> {
    const runs = listRuns(task, { onBroken: () => this.unreadable++, ...(signal === undefined ? {} : { signal }) });
    for await (const { run } of runs) {
      const topic = run.input_source?.properties["topic_path"];
      this.add(typeof topic === "string" ? topic : "", run.input);
    }
  }

  /**
   * @param topic the path, as Kiln writes it
   * @param input as a run has it
   * @returns whether it is unlike all before it; it is kept if so
   */
  add(topic: string, input: string): boolean {
    const list = this.byTopic.get(topic) ?? [];
    if (!this.kept.add(comparableText(this.isStructured ? valueIn(input) : input))) return false;
    list.push(shorten(input));
    if (list.length > mostShownEach) list.shift();
    this.byTopic.set(topic, list);
    return true;
  }

  /** Inputs of a topic, shortened, the newest last. */
  of(topic: readonly string[]): readonly string[] {
    return this.byTopic.get(kilnPath(topic)) ?? [];
  }
}

function shorten(input: string): string {
  const line = input.replace(/\s+/g, " ").trim();
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters).toWellFormed()}…`;
}

/** What is not JSON, as runs of another schema may be, is compared as the text that it is. */
function valueIn(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
