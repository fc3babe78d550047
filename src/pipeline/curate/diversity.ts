/**
 * How varied the set is as a whole. Looks at every record and drops none: what it finds stands in the report, with a
 * warning where the set collapses into one kind of question, one phrase or one topic.
 */
import type { Candidate, Check, Json } from "./check.js";
import { answerText, questionText } from "./check.js";
import { DiversityFigures } from "./diversity/figures.js";

export const diversity: Check = {
  name: "diversity",
  description: "how varied questions, topics and wording of the whole set are",
  stage: "set",
  open({ config }) {
    const figures = new DiversityFigures(config.curate.checks.diversity.sample);
    return {
      look: (batch) =>
        batch.map((candidate: Candidate) => {
          figures.reached(candidate.record.raw);
          return {};
        }),
      kept: (record, { language }) =>
        figures.add({
          question: questionText(record),
          answer: answerText(record),
          language,
          raw: record.raw,
        }),
      summary: () => figures.summary() as unknown as Json,
    };
  },
};
