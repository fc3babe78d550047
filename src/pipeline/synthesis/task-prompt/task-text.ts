/** What a task says of itself. */
import { parse, stringify } from "lossless-json";
import type { KilnTask } from "../../projects/index.js";

/** @returns the instruction, and the requirements under numbers, in the order of the task */
export function taskText(task: Pick<KilnTask, "instruction" | "requirements">): string {
  const { instruction, requirements } = task;
  if (requirements.length === 0) return instruction.trim();
  return `${instruction.trim()}\n\nRequirements of the output:\n${requirementsText(task)}`;
}

/** @returns a line for each requirement, under a number */
export function requirementsText({ requirements }: Pick<KilnTask, "requirements">): string {
  return requirements.map(({ name, instruction }, i) => `${i + 1}. ${name}: ${instruction.trim()}`).join("\n");
}

/** @returns what is said of the form of outputs, where they are structured; else nothing */
export function formatText(task: Pick<KilnTask, "output_json_schema">): string {
  if (task.output_json_schema === null) return "";
  return `The output is JSON that this JSON Schema allows:\n${compact(task.output_json_schema)}`;
}

/** JSON on one line, its numbers as they stand. */
function compact(json: string): string {
  try {
    return stringify(parse(json.replace(/^\uFEFF/, ""))) ?? json;
  } catch {
    // It is shown as it stands; whoever uses the schema says what is wrong with it.
    return json;
  }
}
