/** Asks a model how good a pair is. Only a rating with its reason is asked for, never the pair again. */
import type { Config } from "../../config/schema.js";
import type { Engine, Outcome } from "../engine/engine.js";
import type { Answers } from "../engine/journal.js";
import { hashOf } from "../engine/seed.js";
import type { Prompt } from "../prompts.js";

export interface Rating {
  /** 1 to 10. */
  rating: number;
  reason: string;
}

export interface Judge {
  engine: Engine;
  config: Config;
  prompt: Prompt;
  answers: Answers;
}

export const ratingSchema = {
  type: "object",
  properties: {
    reason: { type: "string", minLength: 1, maxLength: 200 },
    rating: { type: "integer", minimum: 1, maximum: 10 },
  },
  required: ["reason", "rating"],
  additionalProperties: false,
} as const;

/** A reason of 200 characters in any language, and the rating. */
const ratingTokens = 256;
/** Ratings go before the making of more records, so that documents are finished one by one. */
const priority = 1;

/**
 * @param text what the pair was made from; empty where it is not known
 */
export function rate(
  { engine, config, prompt, answers }: Judge,
  pair: { question: string; answer: string; reasoning?: string },
  text: string,
): Promise<Outcome<Rating>> {
  const { question, reasoning } = pair;
  const answer = reasoning === undefined || reasoning === "" ? pair.answer : `${reasoning}\n\n${pair.answer}`;
  return engine.run(
    () => ({
      messages: [
        {
          role: "user" as const,
          content: prompt.render({ text, question, answer, pairs: JSON.stringify([{ question, answer }]) }).trimEnd(),
        },
      ],
      schema: ratingSchema,
      maxTokens: ratingTokens,
      temperature: config.curate.temperature,
      topP: config.generation.top_p,
      seedKey: [prompt.version, hashOf([question, answer, text])].join(":"),
      accept: (value) => value as Rating,
      answers,
    }),
    priority,
  );
}
