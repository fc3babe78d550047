/** The prompts that a task can be run with, under Kiln's ids and shorter names. */
import { UsageError } from "../../../errors.js";
import { nearest } from "../../../models/nearest.js";
import { type KilnRun, readPrompts, type TaskFolder } from "../../projects/index.js";
import { Examples } from "./examples.js";
import { examplesText } from "./example-text.js";
import { schemaText } from "./schema-text.js";
import { taskText } from "./task-text.js";

/** How a task is put to a model. */
export interface TaskPrompt {
  /** Kiln's id of it: `simple_prompt_builder`, `id::<id of a saved prompt>`, ... */
  kilnId: string;
  name: string;
  /** What the model is told to think about before it answers; undefined: it answers at once. */
  thinking: string | undefined;
  /** Examples there are to choose from. */
  examples: number;
  /**
   * The system text for one input.
   * @param options `guidance` stands in it whatever the prompt is; `room`: most bytes that examples may take
   */
  system(input: string, options: { guidance: string; room: number }): string;
}

interface Kind {
  name: string;
  kilnId: string;
  /** Most examples; 0: none. */
  examples: number;
  thinks: boolean;
  /** Shows what was repaired, before and after. */
  repairs?: true;
}

const few = 4;
const many = 25;

const kinds: readonly Kind[] = [
  { name: "basic", kilnId: "simple_prompt_builder", examples: 0, thinks: false },
  { name: "few-shot", kilnId: "few_shot_prompt_builder", examples: few, thinks: false },
  { name: "multi-shot", kilnId: "multi_shot_prompt_builder", examples: many, thinks: false },
  { name: "repairs", kilnId: "repairs_prompt_builder", examples: many, thinks: false, repairs: true },
  { name: "cot", kilnId: "simple_chain_of_thought_prompt_builder", examples: 0, thinks: true },
  { name: "few-shot-cot", kilnId: "few_shot_chain_of_thought_prompt_builder", examples: few, thinks: true },
  { name: "multi-shot-cot", kilnId: "multi_shot_chain_of_thought_prompt_builder", examples: many, thinks: true },
];

/** Names of the prompts that need not be saved. */
export const promptNames: readonly string[] = kinds.map(({ name }) => name);

const usualThinking =
  "Go through the input point by point. Settle what the task wants of it and what each requirement means for it, weigh what could go wrong, and only then decide what the output is.";

/**
 * @param name one of {@link promptNames}, Kiln's id of it, or the id or name of a saved prompt
 * @param runs of the task; read only where the prompt shows examples
 * @param form what is said of the form of outputs, where that is not the whole schema
 * @throws {UsageError} for an unknown name, listing those there are; where a prompt needs examples and there are none
 */
export async function taskPrompt(
  name: string,
  task: TaskFolder,
  runs: AsyncIterable<{ run: KilnRun }>,
  form = schemaText(task.task.output_json_schema, "output"),
): Promise<TaskPrompt> {
  const kind = kinds.find((one) => one.name === name || one.kilnId === name);
  if (kind === undefined) return await savedPrompt(name, task, form);
  const { examples: most, repairs = false } = kind;
  const own = task.task.thinking_instruction?.trim() ?? "";
  const examples = most === 0 ? undefined : await Examples.from(runs, repairs);
  if (examples !== undefined && (repairs ? examples.repaired : examples.size) === 0)
    throw new UsageError(
      repairs
        ? `the prompt ${kind.name} shows outputs that were repaired, and the task has none`
        : `the prompt ${kind.name} shows outputs that are rated four stars or more, passed or repaired, and the task has none`,
      {
        remedy: `${repairs ? "repair" : "rate or repair"} some with quern review ${JSON.stringify(task.folder)}, or use --prompt basic`,
      },
    );
  return {
    kilnId: kind.kilnId,
    name: kind.name,
    thinking: kind.thinks ? own || usualThinking : undefined,
    examples: examples?.size ?? 0,
    // What differs from input to input comes last: a model keeps what it has read of the same beginning.
    system: (input, { guidance, room }) =>
      join(
        taskText(task.task),
        form,
        examples === undefined ? "" : examplesText(examples, input, { most, repairs }, room),
        guided(guidance),
      ),
  };
}

async function savedPrompt(name: string, task: TaskFolder, form: string): Promise<TaskPrompt> {
  const saved = await readPrompts(task);
  const id = name.replace(/^id::/, "");
  const byId = saved.find((one) => one.id === id);
  const found = byId === undefined ? saved.filter((one) => one.name === name) : [byId];
  const [prompt] = found;
  if (prompt === undefined) {
    const all = [...promptNames, ...saved.map((one) => one.name)];
    const near = nearest(name, all)[0];
    throw new UsageError(`there is no prompt "${printable(name)}"`, {
      remedy: `${near === undefined ? "" : `did you mean ${near}? `}there are ${all.join(", ")}`,
    });
  }
  if (found.length > 1)
    throw new UsageError(`${found.length} saved prompts are called "${name}"`, {
      remedy: `give the id of one: ${found.map((one) => one.id).join(", ")}`,
    });
  const thinking = prompt.chain_of_thought_instructions?.trim() ?? "";
  return {
    kilnId: `id::${prompt.id}`,
    name: prompt.name,
    thinking: thinking || undefined,
    examples: 0,
    // A saved prompt stands for instruction and requirements; guidance and form are said all the same.
    system: (_input, { guidance }) => join(prompt.prompt.trim(), form, guided(guidance)),
  };
}

function guided(guidance: string): string {
  return guidance.trim() === "" ? "" : `For this output, and before what is said above:\n${guidance.trim()}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}
