/** What all stages of making data from a task need, made and checked before any model is asked. */
import type { Backend, JsonSchema } from "../../backends/backend.js";
import type { Config } from "../../config/schema.js";
import { UsageError } from "../../errors.js";
import { answerTokensFor, marginTokens } from "../../hw/chunk.js";
import { Engine } from "../engine/engine.js";
import type { TaskFolder } from "../projects/index.js";
import { boundSchema } from "../schema/bounds.js";
import { checkTaskSchema, type SchemaSide } from "../schema/task-schema.js";
import { noteEngine, openEngine } from "../stages/inputs.js";
import { emptyResult, type Observer, silentObserver, type StageResult } from "../stages/stage.js";
import type { Session } from "./session.js";
import type { Origin } from "./session-entries.js";

export interface SynthesisOptions {
  backend: Backend;
  config: Config;
  session: Session;
  observer?: Observer | undefined;
  signal?: AbortSignal | undefined;
}

/** A run of one or more stages. */
export class Synthesis {
  readonly engine: Engine;
  readonly observer: Observer;
  readonly result: StageResult = emptyResult();
  /** Shown as progress: what is done, of how much. */
  private done = 0;
  private total = 0;

  /** @param counted what the progress counts */
  constructor(
    readonly options: SynthesisOptions,
    private readonly counted: "topics" | "inputs" | "samples",
  ) {
    this.observer = options.observer ?? silentObserver;
    this.engine = openEngine(options, () => this.tell());
  }

  get session(): Session {
    return this.options.session;
  }

  get task(): TaskFolder {
    return this.options.session.task;
  }

  get config(): Config {
    return this.options.config;
  }

  /**
   * The schema of the task's inputs or outputs, undefined for plain text. What is left out of it is told.
   * @throws {InputError} where it cannot be used, or the model cannot be kept to it
   */
  schemaOf(side: SchemaSide): JsonSchema | undefined {
    const text = this.task.task[`${side}_json_schema`];
    if (text === null) return undefined;
    const { schema, notes } = checkTaskSchema(text, side);
    for (const note of notes) this.observer.warn(`the ${side} schema: ${note}`);
    // Before anything that depends on the size of the context, so that the keyword at fault is what is told.
    this.engine.backend.checkSchema?.(boundSchema(schema, this.config.generation.max_tokens));
    return schema;
  }

  /** Where what a model wrote came from. */
  origin(seed: number, prompt: string): Origin {
    const { provider } = this.config.llm;
    const { name } = this.engine.backend.model;
    return { model: name, provider: provider === "auto" ? "quern" : provider, seed, prompt };
  }

  /** Requests that are worth sending at once: the engine holds more than fit back. */
  readonly slots = (): number => this.engine.concurrency;

  /** Counts things that are done, for whoever watches, where they are what the progress counts. */
  did(what: "topics" | "inputs" | "samples", count: number): void {
    if (what === this.counted) this.done += count;
    this.tell();
  }

  /** Counts things that are wanted; fewer of them where the number is negative. */
  wants(what: "topics" | "inputs" | "samples", count: number): void {
    // Each input becomes a sample.
    if (what === this.counted || (what === "inputs" && this.counted === "samples")) this.total += count;
    this.tell();
  }

  finish(): StageResult {
    noteEngine(this.result, this.engine);
    return this.result;
  }

  private tell(): void {
    this.observer.progress({ done: this.done, total: this.total, engine: this.engine.stats, what: this.counted });
  }
}

/** How a context is divided for requests whose messages are the same but for a list of what is there. */
export interface Room {
  /** Most tokens of an answer. */
  answerTokens: number;
  /** Most bytes of the list: a token is at least a byte, so that much fits for certain. */
  listBytes: number;
}

/** Below this an answer holds nothing. */
const fewestAnswerTokens = 48;

/**
 * @param fixed the messages without the list
 * @param answerShare most of what the fixed part leaves that an answer may take, 0 to 1
 * @throws {UsageError} with the arithmetic, where the fixed part leaves no room for an answer
 */
export async function roomFor(
  backend: Backend,
  config: Config,
  fixed: string,
  what: string,
  answerShare = 0.25,
): Promise<Room> {
  const { contextTokens } = backend.limits;
  const promptTokens = await backend.countMessageTokens([{ role: "user", content: fixed }]);
  const left = contextTokens - promptTokens - marginTokens;
  const answerTokens = Math.max(
    answerTokensFor(contextTokens, promptTokens, config.generation.max_tokens),
    Math.min(config.generation.max_tokens, Math.floor(left * answerShare)),
  );
  if (answerTokens < fewestAnswerTokens)
    throw new UsageError(
      `a context of ${contextTokens} tokens leaves no room for ${what}: task, template and guidance take ${promptTokens}, margin ${marginTokens}`,
      { remedy: "shorten the instruction or the guidance, or use a larger context (llama-cpp.context)" },
    );
  return { answerTokens, listBytes: Math.max(0, left - answerTokens) };
}
