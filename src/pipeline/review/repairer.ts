/** Repairs by a model: it is shown an output, what a person wants changed, and the task, and writes the output anew. */
import type { Backend, ChatMessage, JsonSchema } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { marginTokens } from "../../hw/chunk.js";
import { type Engine, type Outcome, UnusableAnswer } from "../engine/engine.js";
import type { Answers } from "../engine/journal.js";
import type { KilnDataSource, KilnRun, TaskFolder } from "../projects/index.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import { boundSchema } from "../schema/bounds.js";
import { parseTaskSchema } from "../schema/task-schema.js";
import { jsonText } from "../schema/value-text.js";
import { isRefusal } from "../synthesis/refusals.js";
import { roomFor } from "../synthesis/synthesis.js";
import { fittingSchemaText, taskText } from "../synthesis/task-prompt/index.js";

export interface RepairerOptions {
  backend: Backend;
  config: Config;
  task: TaskFolder;
  engine: Engine;
  /** Where what the model answers is recorded. */
  answers: Answers;
  /** Told of what the context has no room for. */
  warn: (line: string) => void;
}

/** What a model made of an output. */
export interface Suggestion {
  output: string;
  source: KilnDataSource;
}

export interface Attempt {
  /** Tells further tries of the same repair apart, from 0. */
  attempt?: number;
  signal?: AbortSignal;
}

/** Fewer tokens hold no output. */
const fewestTokens = 16;
/** What a model that thinks by itself puts before its answer. */
const thoughts = /^\s*<think>[\s\S]*?<\/think>\s*/;

export class Repairer {
  private constructor(
    private readonly options: RepairerOptions,
    private readonly prompt: Prompt,
    private readonly taskTexts: string,
    /** Undefined: outputs are plain text. */
    private readonly schema: JsonSchema | undefined,
    private readonly mostTokens: number,
  ) {}

  /**
   * Checks all that can be checked before the model is asked.
   * @throws {ConfigError} when the prompt lacks a placeholder
   * @throws {InputError} {UsageError} when the output schema cannot be enforced, or the context is too small
   */
  static async prepare(options: RepairerOptions): Promise<Repairer> {
    const { backend, config, task, warn } = options;
    const prompt = compilePrompt("repair", config.prompts.repair);
    const form = await fittingSchemaText(backend, task.task.output_json_schema, "output", warn);
    const texts = form === "" ? taskText(task.task) : `${taskText(task.task)}\n\n${form}`;
    const fixed = prompt.render({ task: texts });
    const { answerTokens } = await roomFor(backend, config, fixed, "a repaired output", 0.5);
    const { output_json_schema: text } = task.task;
    const schema = text === null ? undefined : boundSchema(parseTaskSchema(text, "output"), answerTokens);
    if (schema !== undefined) backend.checkSchema?.(schema);
    return new Repairer(options, prompt, texts, schema, answerTokens);
  }

  /**
   * @param instructions what has to change, in a person's words
   * @returns a repaired output that complies with the task's schema, or why there is none
   * @throws {UsageError} without instructions
   * @throws what ends the engine's run
   */
  async suggest(
    run: KilnRun,
    instructions: string,
    { attempt = 0, signal }: Attempt = {},
  ): Promise<Outcome<Suggestion>> {
    const { options, prompt, schema } = this;
    const { config, engine, answers } = options;
    const instruction = instructions.trim();
    if (instruction === "") throw new UsageError("a repair needs an instruction", { remedy: "say what has to change" });
    const { input, output } = run;
    const content = prompt.render({ task: this.taskTexts, input, output: output.output, instruction }).trimEnd();
    const messages: ChatMessage[] = [{ role: "user", content }];
    const maxTokens = await this.tokensFor(messages);
    const outcome = await engine.run(
      () => ({
        messages,
        ...(schema === undefined ? {} : { schema }),
        maxTokens,
        temperature: config.synthesis.repair_temperature,
        topP: config.generation.top_p,
        seedKey: [prompt.version, run.id, attempt].join(":"),
        accept: (answer) => this.accepted(answer, output.output),
        answers,
      }),
      signal === undefined ? {} : { signal },
    );
    if (!outcome.ok) return outcome;
    return { ...outcome, value: { output: outcome.value, source: this.sourceOf(outcome.seed) } };
  }

  /** Most tokens of the answer: what the prompt leaves of the context, where that is less than usual. */
  private async tokensFor(messages: readonly ChatMessage[]): Promise<number> {
    const { backend } = this.options;
    const { contextTokens } = backend.limits;
    const bytes = Buffer.byteLength(messages[0]!.content);
    // A token is at least a byte, so that counting is needed for long texts only.
    if (bytes + this.mostTokens + 2 * marginTokens <= contextTokens) return this.mostTokens;
    const left = contextTokens - (await backend.countMessageTokens(messages)) - marginTokens;
    // Where too little is left, the backend says by how much.
    return Math.max(fewestTokens, Math.min(this.mostTokens, left));
  }

  /** @throws {UnusableAnswer} where nothing was repaired */
  private accepted(answer: unknown, before: string): string {
    const text = this.schema === undefined ? (answer as string).replace(thoughts, "").trim() : jsonText(answer);
    if (text === "") throw new UnusableAnswer("the repaired output is empty");
    if (isSame(text, before)) throw new UnusableAnswer("the model gave the output back unchanged");
    if (this.schema === undefined && isRefusal(text) && !isRefusal(before))
      throw new UnusableAnswer("the model refuses to repair it");
    return text;
  }

  private sourceOf(seed: number): KilnDataSource {
    const { backend, config } = this.options;
    const { provider } = config.llm;
    return {
      type: "synthetic",
      properties: {
        model_name: backend.model.name,
        model_provider: provider === "auto" ? "quern" : provider,
        adapter_name: "quern_repair",
        structured_output_mode: this.schema === undefined ? "default" : "json_schema",
        temperature: config.synthesis.repair_temperature,
        top_p: config.generation.top_p,
        seed,
        prompt: this.prompt.version,
      },
      run_config_id: null,
      run_config: null,
    };
  }
}

function isSame(text: string, before: string): boolean {
  if (text === before.trim()) return true;
  try {
    return jsonText(JSON.parse(text)) === jsonText(JSON.parse(before));
  } catch {
    return false;
  }
}
