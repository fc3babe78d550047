// Measures the embedded model on documents that it was not trained on, through quern's own commands and the file as it is.
//
// In:  models/work/documents.jsonl (corpus/texts.py): those that are held out; further documents with --documents.
// Out: a table on stdout, and everything that was made, with a file of pairs to be looked at, in models/work/evaluation/.
//
// Run: npm run build && node models/evaluate.mjs [--model FILE] [--count 40] [--documents FOLDER]
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { loadConfig, openBackend } from "../dist/index.js";
import { areaUnderCurve, content, isIn, isQuestion, sharesWord } from "./measures.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: "string", default: path.join(here, "quern-embedded.gguf") },
    count: { type: "string", default: "40" },
    documents: { type: "string" },
  },
});
const model = path.resolve(values.model);
const out = path.join(here, "work", "evaluation");
const run = promisify(execFile);

/** A command of quern; codes 0 and 3 are results. */
async function quern(...args) {
  const command = [path.join(here, "..", "dist", "cli", "main.js"), ...args, "--json"];
  const { stdout } = await run(process.execPath, command, { cwd: out, maxBuffer: 1 << 28 }).catch((error) => {
    if (error.code === 3) return error;
    throw error;
  });
  return JSON.parse(stdout);
}

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const share = (list, holds) => (list.length === 0 ? NaN : list.filter(holds).length / list.length);
const percent = (value) => `${(100 * value).toFixed(1)} %`;
let state = 12345;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const pick = (list) => list[Math.floor(random() * list.length)];

/** An answer with one number, month or name changed; undefined: nothing to change. */
function altered(answer, names) {
  const months = "January February March April May June July August September October November December".split(" ");
  const places = [
    ...[...answer.matchAll(/\d+/g)].map((m) => [
      m,
      String(Number(m[0]) + 1 + Math.floor(random() * 8)).slice(0, m[0].length),
    ]),
    ...[...answer.matchAll(new RegExp(`\\b(?:${months.join("|")})\\b`, "g"))].map((m) => [
      m,
      pick(months.filter((one) => one !== m[0])),
    ]),
    ...[...answer.matchAll(/(?<=[a-z,] )[A-Z][a-z]+/g)].map((m) => [
      m,
      pick(names.filter((one) => one !== m[0] && !answer.includes(one))),
    ]),
  ].filter(([m, other]) => other !== undefined && other !== m[0]);
  if (places.length === 0) return undefined;
  const [match, other] = pick(places);
  return answer.slice(0, match.index) + other + answer.slice(match.index + match[0].length);
}

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, "documents"), { recursive: true });
const held = (await readFile(path.join(here, "work", "documents.jsonl"), "utf8"))
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line))
  .filter((one) => one.held_out);

// Neighbours of one source make a document of a few thousand characters; sources take turns.
const bySource = groupBy(held, (one) => one.source);
const queues = [...bySource.values()].map((list) => [...list]);
let written = 0;
while (written < Number(values.count) && queues.some((queue) => queue.length > 0))
  for (const queue of queues) {
    if (queue.length === 0 || written >= Number(values.count)) continue;
    let text = "";
    while (queue.length > 0 && text.length < 2500) text += `${queue.shift().text}\n\n`;
    await writeFile(path.join(out, "documents", `${String(written++).padStart(3, "0")}.txt`), text);
  }

const figures = [];
const paths = ["documents", ...(values.documents === undefined ? [] : [path.resolve(values.documents)])];
const flags = ["--model", model];
const pairs = [];
for (const [type, list, suffix, count] of [
  ["qa", "qa_pairs", "_qa_pairs.json", 8],
  ["cot", "cot_examples", "_cot_examples.json", 3],
]) {
  const report = await quern("create", ...paths, "--type", type, "-n", String(count), "-o", type, ...flags);
  await writeFile(path.join(out, `${type}.report.json`), JSON.stringify(report, null, 2));
  for (const name of (await readdir(path.join(out, type))).filter((one) => one.endsWith(suffix))) {
    const file = JSON.parse(await readFile(path.join(out, type, name), "utf8"));
    const texts = new Map(file.source.chunks.map(({ index, text }) => [index, text]));
    for (const one of file[list])
      pairs.push({ type, document: name, chunk: one.provenance.chunk, text: texts.get(one.provenance.chunk), ...one });
  }
  const made = pairs.filter((one) => one.type === type);
  const { requests = NaN, retries = {} } = report.engine ?? {};
  const invalid = Object.values(retries).reduce((sum, n) => sum + n, 0);
  figures.push([`${type}: records made`, made.length]);
  figures.push([`${type}: answers that could be used at once`, percent(1 - invalid / requests)]);
  figures.push([`${type}: questions that are questions`, percent(share(made, (one) => isQuestion(one.question)))]);
  figures.push([`${type}: answers found in the chunk`, percent(share(made, (one) => isIn(one.answer, one.text)))]);
  figures.push([
    `${type}: questions that share a word with the sentence of their answer`,
    percent(share(made, (one) => sharesWord(one.question, one.answer, one.text))),
  ]);
  const chunks = [...groupBy(made, (one) => `${one.document} ${one.chunk}`).values()];
  const distinct = chunks.map((list) => new Set(list.map((one) => content(one.question).sort().join(" "))).size);
  figures.push([
    `${type}: distinct questions within a chunk`,
    percent(distinct.reduce((a, b) => a + b, 0) / made.length),
  ]);
}
await quern("create", ...paths, "--type", "summary", "-o", "summary", ...flags);
await writeFile(
  path.join(out, "to-look-at.json"),
  JSON.stringify(
    pairs
      .filter((one) => one.type === "qa")
      .map(({ document, text, question, answer }) => ({ document, question, answer, text })),
    null,
    1,
  ),
);

// Ratings: pairs that people wrote, the same with the answer to another question, and with one detail changed.
const asked = held.flatMap((one) =>
  one.questions
    .filter(({ answer }) => answer !== "")
    .map((pair) => ({ ...pair, text: one.text.slice(0, 1900), source: one.source })),
);
const rated = [];
for (const source of bySource.keys()) {
  const list = asked.filter((one) => one.source === source && one.text.includes(one.answer));
  const names = [...new Set(list.flatMap(({ text }) => text.match(/(?<=[a-z,] )[A-Z][a-z]+/g) ?? []))];
  for (let i = 0; i < 50 && list.length > 1; i++) {
    const one = pick(list);
    const other = pick(list.filter(({ text }) => text !== one.text));
    const wrong = altered(one.answer, names);
    rated.push({ ...one, kind: "true" }, { ...one, answer: other.answer, kind: "mismatched" });
    if (wrong !== undefined) rated.push({ ...one, answer: wrong, kind: "altered", of: rated.length - 2 });
  }
}
await mkdir(path.join(out, "rated"));
await writeFile(
  path.join(out, "rated", "pairs.json"),
  JSON.stringify({
    qa_pairs: rated.map(({ question, answer, kind }, i) => ({
      question,
      answer,
      kind,
      number: i,
      provenance: { chunk: i },
    })),
    source: { document: "pairs", hash: "0", chunks: rated.map(({ text }, index) => ({ index, text })) },
  }),
);
await writeFile(
  path.join(out, "only-judge.yaml"),
  `curate:\n  threshold: 1\n  checks:\n${"coherence length near_duplicates semantic_duplicates diversity groundedness exact_duplicates language difficulty personal_data contamination"
    .split(" ")
    .map((name) => `    ${name}: { action: off }\n`)
    .join("")}`,
);
await quern("curate", "rated/pairs.json", "-o", "rated/cleaned.json", "-c", "only-judge.yaml", ...flags);
const cleaned = JSON.parse(await readFile(path.join(out, "rated", "cleaned.json"), "utf8"));
const ratings = (cleaned.filtered_pairs ?? cleaned.qa_pairs).filter((one) => typeof one.rating === "number");
const of = (kind) => ratings.filter((one) => one.kind === kind).map((one) => one.rating);
const changeable = new Set(rated.flatMap((one) => (one.kind === "altered" ? [one.of] : [])));
const whole = ratings.filter((one) => one.kind === "true" && changeable.has(one.number)).map((one) => one.rating);
figures.push(["rating: pairs rated", `${ratings.length} of ${rated.length}`]);
figures.push([
  "rating: true above mismatched (area under the curve)",
  areaUnderCurve(of("true"), of("mismatched")).toFixed(3),
]);
figures.push(["rating: true above altered (area under the curve)", areaUnderCurve(whole, of("altered")).toFixed(3)]);

// Speed with eight sequences.
const { config } = await loadConfig({ flags: { "llama-cpp": { model, sequences: 8, context: 2048 } } });
const opening = performance.now();
const backend = await openBackend(config);
try {
  figures.push(["loaded in", `${((performance.now() - opening) / 1000).toFixed(2)} s`]);
  const texts = [...held].slice(0, 64).map(({ text }) => text.slice(0, 1200));
  const started = performance.now();
  let tokens = 0;
  await Promise.all(
    texts.map(async (text) => {
      const messages = [{ role: "user", content: config.prompts.summary.replace("{text}", text) }];
      const { usage } = await backend.generate({
        messages,
        maxTokens: 128,
        sampling: { temperature: 0.7, topP: 0.95, seed: 1 },
      });
      tokens += usage.completionTokens;
    }),
  );
  figures.push([
    "generated tokens per second, 8 sequences, prompts read included",
    (tokens / ((performance.now() - started) / 1000)).toFixed(0),
  ]);
} finally {
  await backend[Symbol.asyncDispose]();
}

console.log(`| what | ${path.basename(model)} |\n| --- | --- |`);
for (const [what, value] of figures) console.log(`| ${what} | ${value} |`);
