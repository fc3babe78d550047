/**
 * Asks a model how good pairs are, by a rubric. Only ratings with their reasons are asked for, never the pairs again:
 * what is kept is always the original.
 */
import type { Config } from "../../config/schema.js";
import type { Engine, Outcome, Task } from "../engine/engine.js";
import { Gate } from "../engine/gate.js";
import { hashOf } from "../engine/seed.js";
import { compilePrompt, type Prompt } from "../prompts.js";
import type { StoredRecord } from "../records/read.js";
import { answerText, type Candidate } from "./check.js";

export interface Rating {
  reason: string;
  /** 1 to 10 for each criterion of the rubric. */
  criteria: Readonly<Record<string, number>>;
  /** 1 to 10. */
  rating: number;
}

/** A reason of 200 characters in any language, and the rating. */
const ratingTokens = 256;
/** Of a criterion's number, beside its name. */
const criterionTokens = 8;
/** Ratings go before the making of more records, so that documents are finished one by one. */
export const ratingPriority = 1;

const grade = { type: "integer", minimum: 1, maximum: 10 } as const;

/** The schema of a rating: the reason first, so that the numbers follow from it and not it from them. */
export function ratingSchema(criteria: readonly string[]): Record<string, unknown> {
  return {
    type: "object",
    properties: {
      reason: { type: "string", minLength: 1, maxLength: 200 },
      ...(criteria.length === 0
        ? {}
        : {
            criteria: {
              type: "object",
              properties: Object.fromEntries(criteria.map((name) => [name, grade])),
              required: criteria,
              additionalProperties: false,
            },
          }),
      rating: grade,
    },
    required: ["reason", ...(criteria.length === 0 ? [] : ["criteria"]), "rating"],
    additionalProperties: false,
  };
}

/** How pairs are put to the model. */
export class Rater {
  private readonly single: Prompt;
  /** For several pairs in one request. */
  private readonly several: Prompt;
  private readonly gate: Gate | undefined;

  /** @throws {ConfigError} when a prompt lacks a placeholder that it needs */
  constructor(
    private readonly engine: Engine,
    private readonly config: Config,
  ) {
    const { qa_rating, qa_rating_batch } = config.prompts;
    this.single = compilePrompt("qa_rating", qa_rating);
    this.several = this.single.uses("pairs") ? this.single : compilePrompt("qa_rating_batch", qa_rating_batch);
    const most = config.curate.inference_batch;
    this.gate = most === "auto" ? undefined : new Gate(() => most);
  }

  /**
   * Rates pairs that may share a request: all in one, and where that gives nothing usable one by one.
   * @param batch at least one; where the prompt shows the text, made from the same text
   * @returns an outcome for each, in the same order
   */
  async rate(batch: readonly Candidate[]): Promise<Outcome<Rating>[]> {
    if (batch.length > 1) {
      const together = await this.ask(this.several, batch, true);
      if (together.ok)
        return (together.value as Rating[]).map((value) => ({ ...together, value }) satisfies Outcome<Rating>);
    }
    return await Promise.all(
      batch.map(async (one) => {
        const outcome = await this.ask(this.single, [one], false);
        return outcome.ok ? { ...outcome, value: outcome.value as Rating } : outcome;
      }),
    );
  }

  private ask(prompt: Prompt, batch: readonly Candidate[], isBatch: boolean): Promise<Outcome<Rating | Rating[]>> {
    const run = () => this.engine.run(() => this.task(prompt, batch, isBatch), ratingPriority);
    return this.gate === undefined ? run() : this.gate.run(run);
  }

  private task(prompt: Prompt, batch: readonly Candidate[], isBatch: boolean): Task<Rating | Rating[]> {
    // A prompt that does not show the rubric is not asked for it: its author had another scale in mind.
    const rubric = prompt.uses("rubric") ? this.config.curate.rubric : {};
    const criteria = Object.keys(rubric);
    const pairs = batch.map(({ record }) => ({ question: record.question, answer: answerOf(record) }));
    const text = batch[0]!.text ?? "";
    const one = ratingSchema(criteria);
    const tokens = ratingTokens + criteria.reduce((sum, name) => sum + name.length + criterionTokens, 0);
    const { length } = batch;
    return {
      messages: [
        {
          role: "user",
          content: prompt
            .render({
              text,
              question: pairs[0]!.question,
              answer: pairs[0]!.answer,
              pairs: JSON.stringify(pairs),
              count: String(length),
              rubric: criteria.map((name) => `- ${name}: ${rubric[name] ?? ""}`).join("\n"),
            })
            .trimEnd(),
        },
      ],
      schema: isBatch ? { type: "array", items: one, minItems: length, maxItems: length } : one,
      maxTokens: tokens * length,
      temperature: this.config.curate.temperature,
      topP: this.config.generation.top_p,
      seedKey: [prompt.version, hashOf([isBatch ? pairs : pairs[0], text])].join(":"),
      accept: (value) => (isBatch ? (value as Rating[]).map(withCriteria) : withCriteria(value as Rating)),
      answers: batch[0]!.answers,
    };
  }
}

/** All that follows the question: with later turns, who said what. */
function answerOf(record: StoredRecord): string {
  const turns = record.turns?.filter(({ role }) => role !== "system") ?? [];
  if (turns.filter(({ role }) => role === "user").length < 2) return answerText(record);
  const asked = turns.findIndex(({ role }) => role === "user");
  return turns
    .slice(asked + 1)
    .map(({ role, content }, i) => (i === 0 ? content : `${role === "user" ? "User" : "Assistant"}: ${content}`))
    .join("\n\n");
}

function withCriteria(rating: Rating): Rating {
  return { ...rating, criteria: (rating as Partial<Rating>).criteria ?? {} };
}

/** Whether ratings are of pairs alone, without the text they were made from. */
export function ratesWithoutText(config: Config): boolean {
  const { qa_rating, qa_rating_batch } = config.prompts;
  const single = compilePrompt("qa_rating", qa_rating);
  if (single.uses("pairs")) return !single.uses("text");
  return !compilePrompt("qa_rating_batch", qa_rating_batch).uses("text");
}
