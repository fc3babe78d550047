/** Whether a run complies with its task: what Kiln checks when it saves one. */
import { InputError } from "../../errors.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { compileValidator } from "../schema/validate.js";
import { idProblem, tagProblem } from "./names.js";
import type { TaskFolder } from "./open.js";
import { runProblem } from "./run-shape.js";
import { isWaitingForTools } from "./trace-shape.js";
import type { KilnRun } from "./types.js";

/**
 * Checks what Kiln checks when a run is saved: its sources and tags, and input and output against the task's schemas.
 * @throws {InputError} saying what does not comply
 */
export function checkRun(task: TaskFolder, run: KilnRun): void {
  const problem =
    runProblem(run) ??
    idProblem(run.id) ??
    // Kiln's app takes no new runs without.
    (run.input_source === null ? "it has no input_source" : undefined) ??
    (run.output.source === null || run.repaired_output?.source === null ? "an output has no source" : undefined) ??
    run.tags.map(tagProblem).find((one) => one !== undefined);
  if (problem !== undefined) throw new InputError(`the run does not comply: ${problem}`);
  const [wrong] = runValueProblems(task, run);
  if (wrong !== undefined) throw new InputError(sentence(wrong), { remedy: `correct the ${wrong.which}` });
}

export interface ValueProblem {
  which: "input" | "output" | "repaired output";
  text: string;
}

/** @returns what of a run's texts does not comply with the task's schemas */
export function runValueProblems(task: TaskFolder, run: KilnRun): ValueProblem[] {
  const found: ValueProblem[] = [];
  const check = (which: ValueProblem["which"], text: string) => {
    const problem = valueProblem(task, which === "input" ? "input" : "output", text);
    if (problem !== undefined) found.push({ which, text: problem });
  };
  check("input", run.input);
  // As in Kiln, an output is still to come where tools are waited for.
  if (!isWaitingForTools(run.trace)) check("output", run.output.output);
  if (run.repaired_output !== null) check("repaired output", run.repaired_output.output);
  return found;
}

/** A problem as people read it. */
export function sentence({ which, text }: ValueProblem): string {
  return `the ${which} does not comply with the task's ${which === "input" ? "input" : "output"} schema: ${text}`;
}

/**
 * @param text of an input or output
 * @throws {InputError} when it does not comply with the task's schema
 */
export function checkValue(task: TaskFolder, which: "input" | "output", text: string): void {
  const problem = valueProblem(task, which, text);
  if (problem !== undefined)
    throw new InputError(sentence({ which, text: problem }), { remedy: `correct the ${which}` });
}

/**
 * @returns what does not comply, or undefined
 * @throws {InputError} when the task's schema cannot be used
 */
export function valueProblem(task: TaskFolder, which: "input" | "output", text: string): string | undefined {
  const schema = task.task[`${which}_json_schema`];
  if (schema === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const validity = compileValidator(parseTaskSchema(schema, which))(value);
  return validity.valid ? undefined : (validity.errors[0] ?? "it is not valid");
}
