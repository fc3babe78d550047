/**
 * Measures the checks of curation on questions with their answers and passages, without a model: how well the lexical
 * score of `groundedness` tells true answers from those of other passages and from answers with altered numbers or names
 * (area under the ROC curve), and what the other checks say of records that people wrote.
 *
 *   npm run build && node bench/checks.mjs ../shared/data/qa.jsonl.gz [records per source]
 *
 * The file: JSON Lines, gzipped, with source, context, question, answer.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { problemsOf } from "../dist/pipeline/curate/coherence/index.js";
import { difficultyOf } from "../dist/pipeline/curate/difficulty.js";
import { indexText, namesIn, supportOf } from "../dist/pipeline/curate/groundedness/lexical.js";

const [file, most = "1500"] = process.argv.slice(2);
if (file === undefined) throw new Error("give the file of questions: see the head of this script");
const bySource = new Map();
for (const line of gunzipSync(readFileSync(file)).toString().trim().split("\n")) {
  const row = JSON.parse(line);
  bySource.set(row.source, [...(bySource.get(row.source) ?? [])]);
  bySource.get(row.source).push(row);
}

let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const pick = (list) => list[Math.floor(random() * list.length)];

/** Share of pairs of a true and a false one in which the true one scores higher (ties count half). */
function auc(positive, negative) {
  const all = [...positive.map((x) => [x, 1]), ...negative.map((x) => [x, 0])].sort((a, b) => a[0] - b[0]);
  let ranks = 0;
  for (let i = 0; i < all.length;) {
    let j = i;
    while (j < all.length && all[j][0] === all[i][0]) j++;
    for (let k = i; k < j; k++) if (all[k][1] === 1) ranks += (i + j + 1) / 2;
    i = j;
  }
  return (ranks - (positive.length * (positive.length + 1)) / 2) / (positive.length * negative.length);
}
const figure = (positive, negative) =>
  negative.length === 0 ? "none" : `${auc(positive, negative).toFixed(4)} (${negative.length} pairs)`;

for (const [source, rows] of bySource) {
  const answered = rows.filter((row) => row.answer && row.context);
  console.log(`\n${source}: ${rows.length} records, ${answered.length} with an answer`);
  const sample = Array.from({ length: Math.min(Number(most), rows.length) }, () => pick(rows));
  if (answered.length > 0) {
    const scores = { true: [], other: [], numbers: [[], []], names: [[], []], sentences: [[], []] };
    const names = answered.flatMap((row) => namesIn(row.answer));
    for (const row of Array.from({ length: Math.min(Number(most), answered.length) }, () => pick(answered))) {
      const index = indexText(row.context);
      const score = (answer) => supportOf(index, row.question, answer).score;
      const own = score(row.answer);
      scores.true.push(own);
      let other = pick(answered);
      for (let i = 0; i < 20 && (other.context === row.context || other.answer === row.answer); i++)
        other = pick(answered);
      scores.other.push(score(other.answer));
      // As models answer: with words of the question around the answer.
      const wrapped = (answer) => `Regarding ${row.question.replace(/\?$/, "")}, it was ${answer}.`;
      scores.sentences[0].push(score(wrapped(row.answer)));
      scores.sentences[1].push(score(wrapped(other.answer)));
      const altered = row.answer.replace(/\d/g, (digit) => String((Number(digit) + 1 + Math.floor(random() * 8)) % 10));
      if (altered !== row.answer && !row.context.includes(altered)) {
        scores.numbers[0].push(own);
        scores.numbers[1].push(score(altered));
      }
      const name = pick(namesIn(row.answer));
      const instead = pick(names);
      if (name !== undefined && instead !== undefined && !row.context.includes(instead)) {
        scores.names[0].push(own);
        scores.names[1].push(score(row.answer.replace(name, instead)));
      }
    }
    console.log(`  groundedness, AUC: another record's answer ${figure(scores.true, scores.other)}`);
    console.log(`    within a sentence ${figure(...scores.sentences)}`);
    console.log(`    altered digits ${figure(...scores.numbers)}; an altered name ${figure(...scores.names)}`);
    const below = (list, bound) => `${((100 * list.filter((x) => x < bound).length) / list.length).toFixed(1)} %`;
    console.log(`    below 0.3: true ${below(scores.true, 0.3)}, other ${below(scores.other, 0.3)}`);
    console.log(`    below 0.6: true ${below(scores.true, 0.6)}, other ${below(scores.other, 0.6)}`);
  }
  const reasons = new Map();
  const examples = new Map();
  const levels = { easy: 0, medium: 0, hard: 0 };
  const start = performance.now();
  for (const row of sample) {
    const answer = row.answer || row.context;
    levels[difficultyOf({ record: { question: row.question, answer }, text: row.context }).level]++;
    for (const { reason, detail = "", mild } of problemsOf(row.question, answer, answer)) {
      const key = `${reason}${mild ? " (flag only)" : ""}`;
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
      if (!examples.has(key)) examples.set(key, detail);
    }
  }
  const each = (performance.now() - start) / sample.length;
  console.log(`  difficulty: ${JSON.stringify(levels)}; ${each.toFixed(2)} ms a record for both`);
  for (const [reason, times] of [...reasons].sort((a, b) => b[1] - a[1]))
    console.log(
      `  coherence: ${((100 * times) / sample.length).toFixed(1)} % ${reason}, for example ${examples.get(reason)}`,
    );
}
