/** The section of the page on how varied the set is. */
import type { DiversitySummary, Spread } from "../diversity/figures.js";
import { barTable, histogram } from "./charts.js";
import { formatNumber, formatShare, html, type Html } from "./html.js";

const shownKinds = 15;

/** @param summary what the check of that name says */
export function diversitySection(summary: DiversitySummary): Html {
  const { records, sample, self_similarity, self_bleu, coverage, distinct } = summary;
  const figures: [string, string, string][] = [];
  if (self_similarity !== null) {
    figures.push([
      "Likeness to the nearest record",
      formatShare(self_similarity.nearest),
      `the share of phrases of three words that a record has in common with the one most like it, on average over ${formatNumber(self_similarity.records)} records; near 0 % is varied, 40 % and more is repetitive`,
    ]);
    figures.push([
      "Likeness of any two records",
      formatShare(self_similarity.pairs),
      "the same between all pairs of the sample; above a few per cent, records follow one pattern",
    ]);
  }
  if (self_bleu !== null)
    figures.push([
      "Self-BLEU",
      self_bleu.value.toFixed(2),
      `how far the answers are made of runs of words that other answers have too, over ${formatNumber(self_bleu.texts)} answers; 0 is all different, 1 all the same`,
    ]);
  figures.push([
    "Evenness of question types",
    formatShare(summary.question_types.evenness),
    "100 %: every type that occurs is as frequent as the others; 0 %: all questions are of one type",
  ]);
  if (coverage !== null)
    figures.push([
      "Source covered",
      formatShare(coverage.share),
      `${formatNumber(coverage.chunks_kept)} of ${formatNumber(coverage.chunks)} chunks have a record that was kept, in ${formatNumber(coverage.documents_kept)} of ${formatNumber(coverage.documents)} documents with ${formatNumber(coverage.fewest_records)} to ${formatNumber(coverage.most_records)} records each; chunks after the last one with any record are not known`,
    ]);
  return html`<section aria-labelledby="diversity">
    <h2 id="diversity">Diversity</h2>
    <p>
      How varied the ${records} kept records are. Likeness, topics and Self-BLEU are measured on an even sample of
      ${sample}.
    </p>
    <div class="grid">
      <figure>
        <table>
          <caption>
            <strong>How alike the records are</strong>
          </caption>
          <thead>
            <tr>
              <th scope="col">Measure</th>
              <th scope="col" class="number">Value</th>
            </tr>
          </thead>
          <tbody>
            ${figures.map(
              ([name, value, meaning]) =>
                html`<tr>
                  <th scope="row">
                    ${name}
                    <div class="note">${meaning}</div>
                  </th>
                  <td class="number">${value}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </figure>
      <figure>
        <table>
          <caption>
            <strong>Different runs of words</strong
            ><br />
            How many of all runs of one, two and three words are different ones. The larger a set, the lower these are;
            the last column counts over 10,000 words only, so that sets can be compared.
          </caption>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col" class="number">All</th>
              <th scope="col" class="number">Different</th>
              <th scope="col" class="number">Share</th>
              <th scope="col" class="number">Of 10,000</th>
            </tr>
          </thead>
          <tbody>
            ${distinct.map(
              (one) =>
                html`<tr>
                  <th scope="row">${one.words} ${one.words === 1 ? "word" : "words"}</th>
                  <td class="number">${one.total}</td>
                  <td class="number">${one.distinct}</td>
                  <td class="number">${formatShare(one.ratio)}</td>
                  <td class="number">${one.ratio_of_10000 === null ? "–" : formatShare(one.ratio_of_10000)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </figure>
      ${spread("Question types", "What questions ask for, told by their wording.", summary.question_types)}
      ${barTable(
        "How questions begin",
        "The most frequent beginnings of three words.",
        summary.openings.map(({ value, count }) => ({ name: `${value} …`, count })),
        records,
      )}
      ${barTable(
        "Topics",
        "Records of the sample that share telling words, and those words.",
        summary.topics.map(({ terms, records: count }) => ({ name: terms.join(", "), count })),
      )}
      ${spread("Difficulty", "As noted on the records.", summary.difficulties)}
      ${spread("Languages", "Of the texts, or of the records where the text is not known.", summary.languages)}
      ${histogram("Words in a question", "", summary.question_words)}
      ${histogram("Words in an answer", "", summary.answer_words)}
    </div>
  </section>`;
}

function spread(name: string, note: string, of: Spread | null): Html | undefined {
  if (of === null) return undefined;
  const bars = Object.entries(of.counts).map(([kind, count]) => ({ name: kind, count }));
  const shown = bars.slice(0, shownKinds);
  const rest = bars.slice(shownKinds).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) shown.push({ name: "all others", count: rest });
  return barTable(name, `${note} Entropy ${of.bits.toFixed(2)} bits, evenness ${formatShare(of.evenness)}.`, shown);
}
