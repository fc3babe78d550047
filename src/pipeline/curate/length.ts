/** Questions and answers that are too short or too long, alone or beside each other. */
import type { Config } from "../../config/schema.js";
import { wordsOf } from "../text/words.js";
import { answerText, type Check, eachRecord, type Problem, questionText } from "./check.js";

type Limits = Config["curate"]["checks"]["length"];

export const length: Check = {
  name: "length",
  description: "question or answer has too few or too many words or characters",
  stage: "record",
  open({ config }) {
    const limits = config.curate.checks.length;
    return eachRecord(({ record }) => {
      const question = questionText(record);
      const answer = answerText(record);
      const answerWords = wordsOf(answer).length;
      const problems = [
        outside("the question", "words", wordsOf(question).length, limits.question_words),
        outside("the answer", "words", answerWords, limits.answer_words),
        outside("the question", "characters", question.length, limits.question_characters),
        outside("the answer", "characters", answer.length, limits.answer_characters),
        ratio(question, answer, limits),
      ].filter((problem) => problem !== undefined);
      return { score: answerWords, ...(problems.length === 0 ? {} : { problems }) };
    });
  },
};

function outside(what: string, unit: string, value: number, [least, most]: [number, number]): Problem | undefined {
  if (value < least) return { reason: `${what} has too few ${unit}`, detail: `${value}, at least ${least}` };
  if (value > most) return { reason: `${what} has too many ${unit}`, detail: `${value}, at most ${most}` };
  return undefined;
}

function ratio(question: string, answer: string, { answer_to_question: [least, most] }: Limits): Problem | undefined {
  const value = answer.length / Math.max(1, question.length);
  const shown = Number(value.toPrecision(2));
  if (value < least) return { reason: "the answer is short for its question", detail: `${shown} times as long` };
  if (value > most) return { reason: "the answer is long for its question", detail: `${shown} times as long` };
  return undefined;
}
