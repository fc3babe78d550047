/** What a task says of itself. */
import type { KilnTask } from "../../projects/index.js";

/** @returns the instruction, and the requirements under numbers; the most important first as they stand */
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
  let schema = task.output_json_schema;
  try {
    schema = JSON.stringify(JSON.parse(schema));
  } catch {
    // It is shown as it stands; whoever uses the schema says what is wrong with it.
  }
  return `Answer with JSON that this JSON Schema allows, and nothing else:\n${schema}`;
}
