/** The prompts that a task can be run with, under Kiln's ids and shorter names. */
import { UsageError } from "../../../errors.js";
import { nearest } from "../../../models/nearest.js";
import { type KilnRun, readPrompts, type TaskFolder } from "../../projects/index.js";
import { type Example, Examples } from "./examples.js";
import { formatText, taskText } from "./task-text.js";

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
  onlyRepaired?: true;
}

const few = 4;
const many = 25;

const kinds: readonly Kind[] = [
  { name: "basic", kilnId: "simple_prompt_builder", examples: 0, thinks: false },
  { name: "few-shot", kilnId: "few_shot_prompt_builder", examples: few, thinks: false },
  { name: "multi-shot", kilnId: "multi_shot_prompt_builder", examples: many, thinks: false },
  { name: "repairs", kilnId: "repairs_prompt_builder", examples: many, thinks: false, onlyRepaired: true },
  { name: "cot", kilnId: "simple_chain_of_thought_prompt_builder", examples: 0, thinks: true },
  { name: "few-shot-cot", kilnId: "few_shot_chain_of_thought_prompt_builder", examples: few, thinks: true },
  { name: "multi-shot-cot", kilnId: "multi_shot_chain_of_thought_prompt_builder", examples: many, thinks: true },
];

/** Names of the prompts that need not be saved. */
export const promptNames: readonly string[] = kinds.map(({ name }) => name);

const usualThinking =
  "Go through what the input asks and what the task demands of the output, step by step, and settle what the output must be.";

/**
 * @param name one of {@link promptNames}, Kiln's id of it, or the id or name of a saved prompt
 * @param runs of the task; read only where the prompt shows examples
 * @throws {UsageError} for an unknown name, listing those there are; where a prompt needs examples and there are none
 */
export async function taskPrompt(
  name: string,
  task: TaskFolder,
  runs: AsyncIterable<{ run: KilnRun }>,
): Promise<TaskPrompt> {
  const kind = kinds.find((one) => one.name === name || one.kilnId === name);
  if (kind === undefined) return await savedPrompt(name, task);
  const thinking = kind.thinks ? (task.task.thinking_instruction ?? usualThinking) : undefined;
  const examples = kind.examples === 0 ? undefined : await Examples.from(runs, kind.onlyRepaired);
  if (examples?.size === 0)
    throw new UsageError(
      kind.onlyRepaired
        ? `the prompt ${kind.name} shows repaired runs, and the task has none`
        : `the prompt ${kind.name} shows runs that are rated four stars or passed, or repaired, and the task has none`,
      { remedy: "rate some with quern review, or use --prompt basic" },
    );
  return {
    kilnId: kind.kilnId,
    name: kind.name,
    thinking,
    examples: examples?.size ?? 0,
    system: (input, { guidance, room }) =>
      join(
        taskText(task.task),
        examples === undefined ? "" : shown(examples.for(input, kind.examples), room),
        guided(guidance),
        formatText(task.task),
      ),
  };
}

async function savedPrompt(name: string, task: TaskFolder): Promise<TaskPrompt> {
  const saved = await readPrompts(task);
  const id = name.replace(/^id::/, "");
  const found = saved.find((one) => one.id === id) ?? saved.find((one) => one.name === name);
  if (found === undefined) {
    const all = [...promptNames, ...saved.map((one) => one.name)];
    const near = nearest(name, all)[0];
    throw new UsageError(`there is no prompt "${name}"`, {
      remedy: `${near === undefined ? "" : `did you mean ${near}? `}there are ${all.join(", ")}`,
    });
  }
  return {
    kilnId: `id::${found.id}`,
    name: found.name,
    thinking: found.chain_of_thought_instructions ?? undefined,
    examples: 0,
    // A saved prompt stands for instruction and requirements; guidance and form are said all the same.
    system: (_input, { guidance }) => join(found.prompt.trim(), guided(guidance), formatText(task.task)),
  };
}

function guided(guidance: string): string {
  return guidance.trim() === "" ? "" : `For this output, and before what is said above:\n${guidance.trim()}`;
}

/** As many examples as there is room for; the likest come last, next to the input. */
function shown(examples: readonly Example[], room: number): string {
  const texts: string[] = [];
  let bytes = 0;
  for (const [i, example] of examples.entries()) {
    const text = exampleText(example, i + 1);
    bytes += Buffer.byteLength(text) + 2;
    if (bytes > room) break;
    texts.unshift(text);
  }
  return texts.length === 0 ? "" : `Examples of what is wanted:\n\n${texts.join("\n\n")}`;
}

function exampleText({ input, output, repair }: Example, number: number): string {
  if (repair === undefined) return `Example ${number}\nInput: ${input}\nOutput: ${output}`;
  return `Example ${number}\nInput: ${input}\nOutput that was not good: ${repair.before}\nWhat was wrong: ${repair.instructions}\nGood output: ${output}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
