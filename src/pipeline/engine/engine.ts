/**
 * Keeps a backend full and makes sure of every answer: as many requests in flight as the backend wants, the next one
 * started the moment one ends; each answer validated against its schema; what is worth retrying retried with another
 * seed; each failure with its reason; every answer in the journal before it counts. It knows no recipe and no backend.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  AbortedError,
  type Backend,
  type ChatMessage,
  ContextOverflowError,
  type GenerateRequest,
  type GenerateResult,
  type JsonSchema,
  RequestRefusedError,
  type TokenUsage,
  TransientError,
} from "../../backends/backend.js";
import { messageOf } from "../../errors.js";
import { salvageArray } from "../schema/salvage.js";
import { compileValidator } from "../schema/validate.js";
import { Gate } from "./gate.js";
import { type Answers, requestKey } from "./journal.js";
import { deriveSeed } from "./seed.js";

/** One question to the model, and what makes its answer usable. */
export interface Task<T> {
  messages: readonly ChatMessage[];
  /** Absent: the answer is free text, and `accept` gets it as a string. */
  schema?: JsonSchema;
  /** What an answer must satisfy to be used, where that is less than what is asked for; `schema` where absent. */
  leastSchema?: JsonSchema;
  /** Most tokens of the answer. */
  maxTokens: number;
  temperature: number;
  topP: number;
  /** Tells this task from others with the same messages; its seed is made from it. */
  seedKey: string;
  /** Makes a record of the valid answer. Throws {@link UnusableAnswer} where the schema cannot tell. */
  accept: (answer: unknown) => T;
  /** Where answers are recorded. */
  answers: Answers;
}

/** Thrown by `accept`: the answer is valid but of no use; the task is tried again with another seed. */
export class UnusableAnswer extends Error {}

export type Outcome<T> =
  | {
      ok: true;
      value: T;
      /** The seed of the attempt that gave the answer. */
      seed: number;
      attempts: number;
      /** The answer was cut at the token limit and its complete items were kept. */
      cut: boolean;
      /** Tokens of the attempt that gave the answer, where one was asked. */
      usage?: TokenUsage;
    }
  | {
      ok: false;
      /** Why the last attempt failed. */
      reason: string;
      attempts: number;
      /** Its own signal ended it: what it was for is there already. Not counted as a failure. */
      abandoned?: true;
    };

export interface RunOptions {
  /** Higher goes first among those that wait; 0 where absent. */
  priority?: number;
  /** Ends this task alone, waiting or in flight; its outcome is then `abandoned`. */
  signal?: AbortSignal;
}

export interface EngineOptions {
  /** Requests in flight; a function is asked each time, for backends that find out while they run what they sustain. */
  concurrency: number | (() => number);
  /** Further attempts after a first one whose answer cannot be used. */
  retries: number;
  /** What all seeds are made from. */
  seed: number;
  signal?: AbortSignal;
  /** Called after each change of the counters. */
  onProgress?: (stats: Readonly<EngineStats>) => void;
}

export interface EngineStats {
  /** Tasks handed in, and of those done and failed. */
  tasks: number;
  done: number;
  failed: number;
  /** Answers taken from the journal instead of being asked for. */
  fromJournal: number;
  /** Answers asked of the backend. */
  requests: number;
  /** Attempts after a first one, by what was wrong with the one before. */
  retries: Record<string, number>;
  /** Failed tasks by reason. */
  failures: Record<string, number>;
  /** Answers cut at the token limit of which the complete items were kept. */
  cut: number;
  /** Tasks ended by their own signal, since what they were for was there already. */
  abandoned: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
}

const firstBackoffMs = 250;
const maxBackoffMs = 30_000;
/** The same request, sent again after an error of the backend; its answers are not to blame, so this is separate. */
const transientAttempts = 5;

export class Engine {
  readonly stats: EngineStats = {
    tasks: 0,
    done: 0,
    failed: 0,
    fromJournal: 0,
    requests: 0,
    retries: {},
    failures: {},
    cut: 0,
    abandoned: 0,
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
  };
  private readonly gate: Gate;
  /** What ended the run; nothing more is asked after it. */
  private ended: unknown;

  constructor(
    readonly backend: Backend,
    private readonly options: EngineOptions,
  ) {
    this.gate = new Gate(() => this.concurrency);
  }

  /** Tasks that may be in work at once, at this moment. */
  get concurrency(): number {
    const { concurrency } = this.options;
    return Math.max(1, typeof concurrency === "number" ? concurrency : concurrency());
  }

  /**
   * Answers one task.
   * @param make builds the task when its turn has come, so that waiting tasks take no memory
   * @param options its priority as a number, or with a signal of its own
   * @returns the outcome; failures of this task alone are outcomes, not exceptions
   * @throws {AbortedError} when the signal aborts
   * @throws {BackendLostError} and other errors that end the run: the backend or the disk is gone
   */
  run<T>(make: () => Task<T>, options: number | RunOptions = {}): Promise<Outcome<T>> {
    const { priority = 0, signal }: RunOptions = typeof options === "number" ? { priority: options } : options;
    this.stats.tasks++;
    return this.gate.run(async () => {
      const outcome = signal?.aborted === true ? abandoned<T>(0) : await this.attemptAll(make(), signal);
      if (outcome.ok) this.stats.done++;
      else if (outcome.abandoned === true) {
        this.stats.abandoned++;
        this.stats.tasks--;
      } else {
        this.stats.failed++;
        count(this.stats.failures, outcome.reason);
      }
      this.options.onProgress?.(this.stats);
      return outcome;
    }, priority);
  }

  /** Lets nothing more be asked: tasks that wait fail with this error. What is in flight is still recorded. */
  end(error: unknown): void {
    this.ended ??= error;
  }

  private async attemptAll<T>(task: Task<T>, own: AbortSignal | undefined): Promise<Outcome<T>> {
    const all = this.options.signal;
    const signal = own === undefined ? all : all === undefined ? own : AbortSignal.any([own, all]);
    const attempts = 1 + this.options.retries;
    let reason = "";
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) count(this.stats.retries, reason);
      const seed = deriveSeed(this.options.seed, task.seedKey, attempt);
      const request: GenerateRequest = {
        messages: task.messages,
        ...(task.schema === undefined ? {} : { schema: task.schema }),
        maxTokens: task.maxTokens,
        sampling: { temperature: retryTemperature(task.temperature, attempt), topP: task.topP, seed },
      };
      let result: GenerateResult;
      try {
        result = await this.ask(request, task.answers, signal);
      } catch (error) {
        if (error instanceof AbortedError && own?.aborted === true && all?.aborted !== true)
          return abandoned(attempt + 1);
        if (
          error instanceof ContextOverflowError ||
          error instanceof RequestRefusedError ||
          error instanceof TransientError
        )
          return { ok: false, reason: error.message, attempts: attempt + 1 };
        this.end(error);
        throw error;
      }
      const judged = judge(result, task);
      if ("value" in judged) {
        if (judged.cut) this.stats.cut++;
        const { value, cut } = judged;
        return { ok: true, value, seed, attempts: attempt + 1, cut, usage: result.usage };
      }
      reason = judged.reason;
    }
    return { ok: false, reason, attempts };
  }

  private async ask(
    request: GenerateRequest,
    answers: Answers,
    signal: AbortSignal | undefined,
  ): Promise<GenerateResult> {
    if (signal?.aborted === true) throw new AbortedError();
    if (this.ended !== undefined) throw this.ended as Error;
    const key = requestKey(this.backend.model.fingerprint, request);
    const known = answers.get(key);
    if (known !== undefined) {
      this.stats.fromJournal++;
      return known;
    }
    const result = await this.generate(request, signal);
    await answers.put(key, result);
    this.stats.requests++;
    this.stats.promptTokens += result.usage.promptTokens;
    this.stats.cachedTokens += result.usage.cachedTokens;
    this.stats.completionTokens += result.usage.completionTokens;
    return result;
  }

  private async generate(request: GenerateRequest, signal: AbortSignal | undefined): Promise<GenerateResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.backend.generate(request, signal === undefined ? {} : { signal });
      } catch (error) {
        if (!(error instanceof TransientError) || attempt === transientAttempts) throw error;
        count(this.stats.retries, error.message);
        // Doubled each time, and spread so that many requests do not come back at once.
        const backoff = Math.min(maxBackoffMs, firstBackoffMs * 2 ** (attempt - 1)) * (0.5 + Math.random());
        await delay(error.retryAfterMs ?? backoff, undefined, signal === undefined ? {} : { signal }).catch(() => {
          throw new AbortedError();
        });
      }
    }
  }
}

/** Tells whether an answer can be used, and if not, why; the reasons are few, so that they can be counted. */
function judge<T>(result: GenerateResult, task: Task<T>): { value: T; cut: boolean } | { reason: string } {
  let answer: unknown;
  let cut = false;
  if (task.schema === undefined) {
    if (result.finishReason === "length") return { reason: `the answer was cut at ${task.maxTokens} tokens` };
    return accepted(task, result.text, false);
  }
  if (result.finishReason === "length") {
    answer = salvageArray(result.text);
    if (answer === undefined) return { reason: `the answer was cut at ${task.maxTokens} tokens` };
    cut = true;
  } else {
    try {
      answer = JSON.parse(result.text);
    } catch {
      return { reason: "the answer is not JSON" };
    }
  }
  const validity = compileValidator(task.leastSchema ?? task.schema)(answer);
  if (!validity.valid)
    return {
      reason: cut
        ? `the answer was cut at ${task.maxTokens} tokens`
        : `the answer does not fit its schema: ${validity.errors[0] ?? ""}`,
    };
  return accepted(task, answer, cut);
}

function accepted<T>(task: Task<T>, answer: unknown, cut: boolean): { value: T; cut: boolean } | { reason: string } {
  try {
    return { value: task.accept(answer), cut };
  } catch (error) {
    if (error instanceof UnusableAnswer) return { reason: messageOf(error) };
    throw error;
  }
}

function abandoned<T>(attempts: number): Outcome<T> {
  return { ok: false, reason: "not needed any more", attempts, abandoned: true };
}

/** Near zero another seed gives the same answer again, so each attempt is a little freer than the one before. */
function retryTemperature(temperature: number, attempt: number): number {
  return Math.max(temperature, Math.min(1, attempt * 0.3));
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
