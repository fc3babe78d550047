/** The system text that runs of a task are saved with, for models that are trained to do the task. */
import { UsageError } from "../../../errors.js";
import { nearest } from "../../../models/nearest.js";
import { readPrompts, type TaskFolder } from "../../projects/index.js";
import { promptNames } from "./task-prompt.js";
import { taskText } from "./task-text.js";

export interface TrainedPrompt {
  /** Empty: none. */
  system: string;
  /** What the model is told to think about, for datasets that ask for it; undefined: the task does not say. */
  thinking: string | undefined;
}

/**
 * @param name `basic`: instruction and requirements; `none`; or the id or name of a saved prompt
 * @throws {UsageError} for another, listing those there are
 */
export async function trainedPrompt(name: string, task: TaskFolder): Promise<TrainedPrompt> {
  const thinking = task.task.thinking_instruction ?? undefined;
  if (name === "none") return { system: "", thinking };
  if (name === "basic" || name === "simple_prompt_builder") return { system: taskText(task.task), thinking };
  const saved = await readPrompts(task);
  const id = name.replace(/^id::/, "");
  const found = saved.find((one) => one.id === id) ?? saved.find((one) => one.name === name);
  if (found !== undefined)
    return { system: found.prompt.trim(), thinking: found.chain_of_thought_instructions ?? thinking };
  const all = ["basic", "none", ...saved.map((one) => one.name)];
  const near = nearest(name, all)[0];
  throw new UsageError(
    promptNames.includes(name)
      ? `the prompt ${name} is another for each input, and cannot be what a model is trained with`
      : `the task "${task.task.name}" has no prompt "${name}"`,
    { remedy: `${near === undefined ? "" : `did you mean ${near}? `}there are ${all.join(", ")}` },
  );
}
