/**
 * Whether an answer is supported by the text it was made from: by its words first, and where those cannot tell, by the
 * model, whose evidence is looked for in the text.
 */
import type { Config } from "../../../config/schema.js";
import { answerText, type Candidate, type Check, type Json, type Problem, type Verdict } from "../check.js";
import { askForEvidence, evidencePrompt, isQuoted } from "./evidence.js";
import { indexText, type Support, supportOf, type TextIndex } from "./lexical.js";

/** Texts whose words are kept: the records of a text usually come one after the other. */
const keptTexts = 16;

/** Whether the model is asked about records that the words cannot tell of. */
function asks(config: Config): boolean {
  const { ask_model, action } = config.curate.checks.groundedness;
  return ask_model === "always" || (ask_model === "auto" && action === "drop");
}

export const groundedness: Check = {
  name: "groundedness",
  description:
    "the answer says what its text does not: other words, numbers or names, or no evidence that can be found",
  stage: "record",
  asksModel: asks,
  open({ config, engine }) {
    const { supported, unsupported } = config.curate.checks.groundedness;
    const prompt = asks(config) ? evidencePrompt(config) : undefined;
    const indexes = new Map<string, TextIndex>();
    const indexOf = (text: string): TextIndex => {
      const known = indexes.get(text);
      if (known !== undefined) return known;
      const index = indexText(text);
      if (indexes.size >= keptTexts) indexes.delete(indexes.keys().next().value!);
      indexes.set(text, index);
      return index;
    };
    const look = async (candidate: Candidate): Promise<Verdict> => {
      const { text, record } = candidate;
      // Nothing to hold it against is nothing to say; the report counts such records.
      if (text === undefined || text.trim() === "") return {};
      const support = supportOf(indexOf(text), record.question, answerText(record));
      const score = Number(support.score.toFixed(3));
      const by = { score, ...missing(support) };
      const isClear = support.missingNumbers.length === 0 && support.missingNames.length === 0;
      if (score >= supported && isClear) return { score, note: { ...by, verdict: "supported" } };
      if (score < unsupported && isClear)
        return { score, note: { ...by, verdict: "unsupported" }, problems: [unlike(score)] };
      if (prompt === undefined || engine === undefined) {
        const verdict = score < unsupported ? "unsupported" : "unsure";
        return { score, note: { ...by, verdict }, problems: problemsWithoutModel(support, score, unsupported) };
      }
      const outcome = await askForEvidence(engine, config, prompt, candidate, text);
      // The words could not tell and the model did not: that is no reason to lose the record.
      if (!outcome.ok)
        return {
          score,
          note: { ...by, verdict: "unsure", not_asked: outcome.reason },
          problems: [{ reason: "the model could not say whether the text supports the answer", mild: true }],
        };
      const { quote, supported: isSupported } = outcome.value;
      const isThere = isQuoted(quote, text);
      const evidence = isThere ? { evidence: quote } : {};
      if (isSupported && isThere) return { score, note: { ...by, ...evidence, verdict: "supported" } };
      const reason = isSupported
        ? "the evidence that the model gives is not in the text"
        : "the model finds the answer not supported by the text";
      return {
        score,
        note: { ...by, ...evidence, verdict: "unsupported" },
        problems: [{ reason, detail: shorten(quote) }],
      };
    };
    return { look: (batch) => Promise.all(batch.map(look)) };
  },
};

function missing({ missingNumbers, missingNames }: Support): Record<string, Json> {
  return {
    ...(missingNumbers.length === 0 ? {} : { missing_numbers: missingNumbers.slice(0, 10) }),
    ...(missingNames.length === 0 ? {} : { missing_names: missingNames.slice(0, 10) }),
  };
}

function unlike(score: number): Problem {
  return { reason: "the answer has few of the text's words", detail: `lexical support ${score}` };
}

function problemsWithoutModel(support: Support, score: number, unsupported: number): Problem[] {
  const problems: Problem[] = [];
  const mild = score >= unsupported;
  if (support.missingNumbers.length > 0)
    problems.push({
      reason: "the answer has numbers that the text does not have",
      detail: support.missingNumbers.slice(0, 5).join(", "),
      mild,
    });
  if (support.missingNames.length > 0)
    problems.push({
      reason: "the answer has names that the text does not have",
      detail: support.missingNames.slice(0, 5).join(", "),
      mild,
    });
  if (problems.length === 0) problems.push(mild ? { ...unlike(score), mild } : unlike(score));
  return problems;
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}
