/** The check that asks the model how good a record is, and holds its rating against the threshold. */
import type { Check, Verdict } from "./check.js";
import { Rater } from "./rating.js";

export const judge: Check = {
  name: "judge",
  description: "the model rates each record against its text, by a rubric, from 1 to 10",
  stage: "record",
  asksModel: () => true,
  open({ config, engine }) {
    if (engine === undefined) throw new Error("the judge needs an engine");
    const rater = new Rater(engine, config);
    const { threshold } = config.curate;
    return {
      async look(batch) {
        const outcomes = await rater.rate(batch);
        return outcomes.map((outcome): Verdict => {
          if (!outcome.ok) return { failure: `not rated: ${outcome.reason}` };
          const { rating, reason, criteria } = outcome.value;
          return {
            score: rating,
            fields: { rating, rating_reason: reason },
            ...(Object.keys(criteria).length === 0 ? {} : { note: criteria }),
            ...(rating >= threshold
              ? {}
              : {
                  problems: [{ reason: `below the threshold of ${threshold}`, detail: `rated ${rating}: ${reason}` }],
                }),
          };
        });
      },
    };
  },
};
