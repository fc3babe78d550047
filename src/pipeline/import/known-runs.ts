/** Which samples a task has already: no input is taken in twice with the same output. */
import { createHash } from "node:crypto";
import { isObject } from "../records/chat.js";
import { type KilnRun, listRuns, type OnBroken, type TaskFolder } from "../projects/index.js";

/** Bytes of a hash by which a sample is known: two of many millions do not share it. */
const keyBytes = 12;

export class KnownRuns {
  /** A text of a byte for each character takes the least of a runtime's memory. */
  private readonly keys = new Set<string>();

  private constructor(private readonly task: TaskFolder) {}

  /** Reads the runs that are there, those too that Kiln keeps out of the dataset. */
  static async of(task: TaskFolder, onBroken: OnBroken, signal?: AbortSignal): Promise<KnownRuns> {
    const known = new KnownRuns(task);
    const options = { all: true, withoutTrace: true, onBroken, ...(signal === undefined ? {} : { signal }) };
    for await (const { run } of listRuns(task, options)) {
      known.add(run);
      // What was repaired goes out as it was repaired, and is not to come in again beside it.
      if (run.repaired_output !== null) known.keys.add(known.keyOf(run.input, run.repaired_output.output));
    }
    return known;
  }

  /** @returns whether it was not there before */
  add({ input, output }: Pick<KilnRun, "input" | "output">): boolean {
    const before = this.keys.size;
    this.keys.add(this.keyOf(input, output.output));
    return this.keys.size > before;
  }

  private keyOf(input: string, output: string): string {
    const { input_json_schema, output_json_schema } = this.task.task;
    const one = input_json_schema === null ? input : sameText(input);
    const other = output_json_schema === null ? output : sameText(output);
    return createHash("sha256").update(`${one.length}\n${one}${other}`).digest().toString("latin1", 0, keyBytes);
  }
}

/** Structured values are the same whatever the order of their keys and the space between. */
function sameText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
    );
  } catch {
    return text;
  }
}
