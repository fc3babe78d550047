/** Records in another language than the text they were made from, or than the one that is wanted. */
import { languageName, languageOf } from "../text/language.js";
import { wordsOf } from "../text/words.js";
import { answerText, type Candidate, type Check, questionText, type Verdict } from "./check.js";

/** Below so many words (or characters of scripts without spaces) a language is only guessed. */
const fewestWords = 6;
const fewestCharacters = 20;

export const language: Check = {
  name: "language",
  description: "question or answer is in another language than its text, or than the one that is expected",
  stage: "record",
  open({ config }) {
    const { expected } = config.curate.checks.language;
    const look = async ({ record, text, language: ofText }: Candidate): Promise<Verdict> => {
      const wanted = expected === "auto" ? (text === undefined ? undefined : ofText) : expected.toLowerCase();
      const parts = { question: questionText(record), answer: answerText(record) };
      const found = await detected(`${parts.question}\n${parts.answer}`);
      const note = found === undefined ? {} : { note: found };
      if (wanted === undefined) return note;
      for (const [part, said] of Object.entries(parts)) {
        const code = await detected(said);
        if (code !== undefined && code !== wanted)
          return {
            ...note,
            problems: [
              {
                reason: `the ${part} is in another language than ${expected === "auto" ? "the text" : "expected"}`,
                detail: `${languageName(code)}, not ${languageName(wanted)}`,
              },
            ],
          };
      }
      return note;
    };
    return { look: (batch) => Promise.all(batch.map(look)) };
  },
};

async function detected(text: string): Promise<string | undefined> {
  if (text.length < fewestCharacters || wordsOf(text).length < fewestWords) return undefined;
  return await languageOf(text);
}
