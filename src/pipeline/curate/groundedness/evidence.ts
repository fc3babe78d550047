/** Asks the model whether a text supports an answer, and for the passage that does, which is then looked for in the text. */
import type { Config } from "../../../config/schema.js";
import type { Engine, Outcome } from "../../engine/engine.js";
import { hashOf } from "../../engine/seed.js";
import { compilePrompt, type Prompt } from "../../prompts.js";
import { wordRuns, wordsOf } from "../../text/words.js";
import { answerText, type Candidate } from "../check.js";
import { ratingPriority } from "../rating.js";

/** What the model says: the passage first, so that its word follows from it. */
export interface Evidence {
  quote: string;
  supported: boolean;
}

const evidenceSchema = {
  type: "object",
  properties: { quote: { type: "string", maxLength: 400 }, supported: { type: "boolean" } },
  required: ["quote", "supported"],
  additionalProperties: false,
} as const;

/** A passage of 400 characters in any language, and the word. */
const evidenceTokens = 420;
/** Share of a quote's runs of three words that must stand in the text: quotes lose a word or a comma on the way. */
const quotedShare = 0.8;

export function evidencePrompt(config: Config): Prompt {
  return compilePrompt("groundedness", config.prompts.groundedness);
}

/** @param text the candidate's text */
export function askForEvidence(
  engine: Engine,
  config: Config,
  prompt: Prompt,
  { record, answers }: Candidate,
  text: string,
): Promise<Outcome<Evidence>> {
  const { question } = record;
  const answer = answerText(record);
  return engine.run(
    () => ({
      messages: [{ role: "user", content: prompt.render({ text, question, answer }).trimEnd() }],
      schema: evidenceSchema,
      maxTokens: evidenceTokens,
      temperature: config.curate.temperature,
      topP: config.generation.top_p,
      seedKey: [prompt.version, hashOf([question, answer, text])].join(":"),
      accept: (value) => value as Evidence,
      answers,
    }),
    ratingPriority,
  );
}

/** Whether a quote is really in a text, but for case, punctuation and a word here or there. */
export function isQuoted(quote: string, text: string): boolean {
  const words = wordsOf(quote);
  if (words.length === 0) return false;
  const all = wordsOf(text);
  if (` ${all.join(" ")} `.includes(` ${words.join(" ")} `)) return true;
  if (words.length < 5) return false;
  const runs = new Set(wordRuns(all, 3));
  const wanted = wordRuns(words, 3);
  return wanted.filter((run) => runs.has(run)).length >= quotedShare * wanted.length;
}
