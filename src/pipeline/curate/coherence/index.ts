/** Whether a pair can be understood alone, is whole, and is nothing but a question and its answer. */
import { wordsOf } from "../../text/words.js";
import { answerText, type Check, eachRecord, type Problem, questionText } from "../check.js";
import {
  dangling,
  jsonLeftovers,
  leftovers,
  mayReferToText,
  metaTalk,
  refersToFigure,
  refersToText,
  requests,
} from "./phrases.js";
import { findLoop } from "./repetition.js";

/** Texts are looked at up to this many characters; more would only cost time. */
const mostCharacters = 20_000;
/** Answers from this many words on should end as sentences do. */
const sentenceWords = 20;

export const coherence: Check = {
  name: "coherence",
  description: "cannot be understood alone, is cut off, goes round in circles, or has something else in it",
  stage: "record",
  open: () =>
    eachRecord(({ record }) => {
      const problems = problemsOf(questionText(record), answerText(record), record.answer);
      return problems.length === 0 ? {} : { problems };
    }),
};

/**
 * @param whole the answer with its reasoning
 * @param answer the answer alone
 */
export function problemsOf(question: string, whole: string, answer: string): Problem[] {
  const problems: Problem[] = [];
  const asked = question.trim().slice(0, mostCharacters);
  const said = whole.trim().slice(0, mostCharacters);
  const both: [string, string][] = [
    ["the question", asked],
    ["the answer", said],
  ];
  const find = (reason: string, patterns: readonly RegExp[], parts = both, mild = false): boolean => {
    for (const [part, text] of parts) {
      const match = patterns.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined);
      if (match === undefined) continue;
      problems.push({ reason: `${part} ${reason}`, detail: `“${shorten(match)}”`, ...(mild ? { mild } : {}) });
      return true;
    }
    return false;
  };
  const isCode = /```|^( {4}|\t)\S/mu.test(said);
  if (!find("speaks of its text", refersToText)) find("may speak of its text", mayReferToText, both, true);
  find("speaks of a figure, table or section", refersToFigure);
  find("has the model speaking of itself or its task", metaTalk);
  find("has leftovers of a template", leftovers);
  if (!isCode) find("has leftovers of JSON", jsonLeftovers);
  find("begins with somebody or something not named", dangling, both.slice(0, 1), true);
  if (asked !== "" && !/[?？؟;]/u.test(asked) && !requests.test(asked))
    problems.push({ reason: "the question has not the form of one", mild: true });
  if (sameWords(asked, answer)) problems.push({ reason: "the answer is the question again" });
  for (const [part, text] of both) {
    const loop = findLoop(text);
    if (loop !== undefined)
      problems.push({ reason: `${part} goes round in circles`, detail: `${loop.times} times “${shorten(loop.turn)}”` });
  }
  const cut = cutOff(whole.trim());
  if (cut !== undefined) problems.push(cut);
  return problems;
}

function sameWords(question: string, answer: string): boolean {
  const asked = wordsOf(question).join(" ");
  return asked !== "" && asked === wordsOf(answer).join(" ");
}

/** Words after which no sentence ends. */
const never =
  /(?<![\p{L}])(?:the|an?|of|and|or|to|with|for|from|by|that|which|because|der|die|das|und|oder|von|mit|für|weil|dass|le|la|les|et|ou|de|des|du|avec|pour|que|el|los|las|y|con|para|porque|il|lo|gli|e|di|che|per|perché|os|as|um|uma|com|het|een|en|van|met|voor|omdat)$/iu;

/** Whether a text stops in the middle. */
function cutOff(text: string): Problem | undefined {
  if ((text.match(/```/gu) ?? []).length % 2 === 1) return { reason: "the answer ends within a block of code" };
  const end = text.slice(-60);
  const long = wordsOf(text).length >= sentenceWords;
  if (long && (/[,([{—–-]$/u.test(text) || never.test(text)))
    return { reason: "the answer is cut off", detail: `…${end.slice(-30)}` };
  const lastLine = text.slice(text.lastIndexOf("\n") + 1);
  const isList = /^\s*(?:[-*•·]|\d+[.)]|\|)/u.test(lastLine);
  if (long && !isList && /[\p{L}\p{N}]$/u.test(text) && !/[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]$/u.test(text))
    return { reason: "the answer does not end as a sentence does", detail: `…${end.slice(-30)}`, mild: true };
  return undefined;
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
