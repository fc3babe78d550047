/** Records that an earlier one of the same command equals but for case, spaces and punctuation. The first one stays. */
import { createHash } from "node:crypto";
import { wordsOf } from "../text/words.js";
import { answerText, type Candidate, type Check, questionText, type Verdict } from "./check.js";
import { RecordNames } from "./record-names.js";

/** Enough of a hash for a billion records without one chance in a billion of a wrong duplicate: 96 bits. */
const hashCharacters = 16;

export const exactDuplicates: Check = {
  name: "exact_duplicates",
  description: "equals an earlier record but for case and punctuation; the same question answered otherwise is flagged",
  stage: "set",
  open() {
    /** By hash of question and answer, and of the question alone: the number of the first record. */
    const records = new Map<string, number>();
    const questions = new Map<string, number>();
    const names = new RecordNames();
    let next = 0;
    let otherAnswers = 0;
    const look = (candidate: Candidate): Verdict => {
      const { record } = candidate;
      const question = normal(questionText(record));
      const both = hashOf(`${question}\n${normal(answerText(record))}`);
      const first = records.get(both);
      if (first !== undefined) return { problems: [{ reason: "equals an earlier record", detail: names.of(first) }] };
      const own = next++;
      names.add(candidate);
      records.set(both, own);
      const asked = hashOf(question);
      const same = questions.get(asked);
      if (same === undefined) {
        questions.set(asked, own);
        return {};
      }
      otherAnswers++;
      return {
        problems: [
          { reason: "asks what an earlier record asks, and answers otherwise", detail: names.of(same), mild: true },
        ],
      };
    };
    return {
      look: (batch) => batch.map(look),
      summary: () => ({
        different_records: records.size,
        different_questions: questions.size,
        same_question_other_answer: otherAnswers,
      }),
    };
  },
};

/** The words alone; the text itself where it has none, as a formula of signs. */
function normal(text: string): string {
  const words = wordsOf(text);
  return words.length > 0 ? words.join(" ") : text.trim();
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64").slice(0, hashCharacters);
}
