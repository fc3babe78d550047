/** Records that say nearly word for word what an earlier one says. The first one stays. */
import { NearDuplicateIndex } from "../text/near-duplicates.js";
import { answerText, type Candidate, type Check, questionText, type Verdict } from "./check.js";
import { RecordNames } from "./record-names.js";

export const nearDuplicates: Check = {
  name: "near_duplicates",
  description: "says nearly word for word what an earlier record says (MinHash over question and answer)",
  stage: "set",
  open({ config }) {
    const { threshold, permutations } = config.curate.checks.near_duplicates;
    const index = new NearDuplicateIndex({ threshold, permutations });
    const names = new RecordNames();
    let found = 0;
    const look = (candidate: Candidate): Verdict => {
      const { record } = candidate;
      const { duplicateOf, similarity } = index.add(`${questionText(record)}\n${answerText(record)}`);
      const score = Number(similarity.toFixed(3));
      if (duplicateOf === undefined) {
        names.add(candidate);
        return { score };
      }
      found++;
      const repeats = names.of(duplicateOf);
      return {
        score,
        problems: [
          {
            reason: "repeats an earlier record nearly word for word",
            detail: `${repeats}, similarity ${similarity.toFixed(2)}`,
          },
        ],
        note: { repeats, similarity: score },
      };
    };
    return {
      look: (batch) => batch.map(look),
      summary: () => ({
        threshold,
        permutations: index.bands.bands * index.bands.rows,
        bands: index.bands.bands,
        rows: index.bands.rows,
        different: index.size,
        duplicates: found,
        /** Records like more earlier ones than were compared with each. */
        not_compared_with_all: index.crowded,
      }),
    };
  },
};
