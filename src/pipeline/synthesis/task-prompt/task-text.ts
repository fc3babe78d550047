/** What a task says of itself. */
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
