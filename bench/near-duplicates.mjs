// Near duplicates: quern's index against Python's datasketch on the same records, and both against exact Jaccard.
//
//   bench/install-datasketch.sh
//   npm run build && node bench/near-duplicates.mjs [10000,100000,1000000] [--datasketch 100000] [--threshold 0.8]
//
// Records are questions with answers of 40 to 120 words, a tenth of them edited copies of earlier ones. Both sides cut
// texts into the same runs of three words, use the same number of permutations, bands and rows, one thread, and look a
// text up before they add it. Times are CPU time, that of the collection of garbage and of compilation included, so
// that other work on the machine weighs less. Reading the file is not counted on either side; cutting texts into words
// is on both.
// `--datasketch` is the largest number of records given to Python, which takes minutes for each hundred thousand.
import { spawn } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const python = path.join(here, "..", ".venv-bench", "bin", "python");
const text = (name) => import(path.join(here, "..", "dist", "pipeline", "text", name));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    datasketch: { type: "string", default: "100000" },
    threshold: { type: "string", default: "0.8" },
    child: { type: "string" },
    shingle: { type: "string", default: "words" },
    answers: { type: "string" },
  },
});
const threshold = Number(values.threshold);
const permutations = 128;

/** A seeded stream of numbers from 0 to 1. */
function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Words of English prose as often as in prose: those of the project's own documents. */
function wordsOfProse() {
  const files = ["README.md", "docs/architecture.md", "docs/backends.md", "bench/README.md", "models/README.md"];
  const prose = files
    .map((file) => path.join(here, "..", file))
    .filter(existsSync)
    .map((file) => readFileSync(file, "utf8"));
  return prose.join(" ").match(/\b[A-Za-z][a-z’']{1,14}\b/g);
}

const frames = [
  (a, b) => `What is the ${a} of the ${b}?`,
  (a, b) => `How does the ${a} change the ${b}?`,
  (a, b) => `Why do we need a ${a} for every ${b}?`,
  (a, b) => `Explain the difference between ${a} and ${b}.`,
  (a, b) => `Which ${a} is used when a ${b} fails?`,
];
const leads = ["According to the text, the ", "The document says that the ", "In short, a ", "It depends on the ", ""];

/** Writes records, one JSON string per line; a tenth are edited copies. */
async function generate(file, count) {
  const next = randomness(20);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const words = wordsOfProse();
  // Rare words besides, so that the vocabulary grows as that of a corpus does.
  const word = () => (next() < 0.15 ? `${pick(words)}${Math.floor(next() ** 3 * 20000).toString(36)}` : pick(words));
  const sentence = () => {
    const length = 8 + Math.floor(next() * 14);
    return `${pick(leads)}${Array.from({ length }, word).join(" ")}${next() < 0.2 ? "," : ""} ${word()}.`;
  };
  const fresh = () => {
    const sentences = Array.from({ length: 3 + Math.floor(next() * 4) }, sentence);
    return [pick(frames)(word(), word()), ...sentences];
  };
  const edits = [
    (parts) => parts.map((part) => part.replace(/[.,?]/g, () => pick(["!", ".", " -", ";"])).toUpperCase()),
    (parts) => parts.map((part, at) => (at === 1 ? part.replace(/ \S+ /, ` ${word()} `) : part)),
    (parts) => parts.map((part) => (next() < 0.5 ? part.replace(/ \S+ (\S+)/, " $1") : part)),
    (parts) => [parts[0], ...parts.slice(1).reverse()],
    (parts) => [...parts, sentence()],
    (parts) => parts.map((part) => part.replace(/ (\S+) (\S+) /, " $2 $1 ")),
  ];
  const out = createWriteStream(file);
  const recent = [];
  for (let at = 0; at < count; at++) {
    let parts = fresh();
    if (recent.length > 0 && next() < 0.1) {
      parts = pick(recent);
      for (let times = 1 + Math.floor(next() * 3); times > 0; times--) parts = pick(edits)(parts);
    } else if (recent.length < 20000) recent.push(parts);
    else recent[Math.floor(next() * recent.length)] = parts;
    if (!out.write(`${JSON.stringify(parts.join(" "))}\n`)) await new Promise((resolve) => out.once("drain", resolve));
  }
  await new Promise((resolve) => out.end(resolve));
}

/** What the child does: the index over the file, in batches so that reading is not counted. */
async function child(file) {
  const { NearDuplicateIndex } = await text("near-duplicates.js");
  const index = new NearDuplicateIndex({ threshold, permutations, shingle: values.shingle, seed: 1 });
  const found = [];
  const numbers = [];
  let milliseconds = 0;
  let peak = 0;
  const work = (batch) => {
    const started = process.cpuUsage();
    for (const one of batch) {
      const { duplicateOf } = index.add(one);
      if (duplicateOf === undefined) numbers.push(found.length);
      found.push(duplicateOf === undefined ? -1 : numbers[duplicateOf]);
    }
    const { user, system } = process.cpuUsage(started);
    milliseconds += (user + system) / 1000;
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  let batch = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    batch.push(JSON.parse(line));
    if (batch.length === 5000) {
      work(batch);
      batch = [];
    }
  }
  work(batch);
  writeFileSync(values.answers, Int32Array.from(found));
  const duplicates = found.filter((one) => one >= 0).length;
  const { bands, rows } = index.bands;
  console.log(
    JSON.stringify({
      seconds: milliseconds / 1000,
      peakBytes: peak,
      indexBytes: index.bytes,
      duplicates,
      bands,
      rows,
      crowded: index.crowded,
    }),
  );
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const running = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    running.stdout.on("data", (piece) => (said += piece));
    running.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`${command} ended with ${code}`)),
    );
  });
}

const answersIn = (file) => {
  const bytes = readFileSync(file);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};

/** Runs of three words as both sides make them. */
async function exactly(file, most) {
  const { wordRuns, wordsOf } = await text("words.js");
  const sets = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    sets.push(new Set(wordRuns(wordsOf(JSON.parse(line)), 3)));
    if (sets.length >= most) break;
  }
  return sets;
}

function jaccard(a, b) {
  let common = 0;
  for (const one of a) if (b.has(one)) common++;
  return common / (a.size + b.size - common);
}

/** The duplicates that exact comparison of each with all kept ones finds, by an inverted index of runs. */
function exactDuplicates(sets) {
  const having = new Map();
  return sets.map((set, at) => {
    const common = new Map();
    for (const run of set) for (const other of having.get(run) ?? []) common.set(other, (common.get(other) ?? 0) + 1);
    let best = 0;
    for (const [other, count] of common) best = Math.max(best, count / (set.size + sets[other].size - count));
    if (best >= threshold) return true;
    for (const run of set) {
      const list = having.get(run);
      if (list === undefined) having.set(run, [at]);
      else list.push(at);
    }
    return false;
  });
}

function compare(name, answers, exact) {
  let [both, missed, extra] = [0, 0, 0];
  exact.forEach((is, at) => {
    const said = answers[at] >= 0;
    if (said && is) both++;
    else if (is) missed++;
    else if (said) extra++;
  });
  const all = both + missed;
  console.log(`  ${name}: ${both} of ${all} found (${((100 * both) / all).toFixed(1)} %), ${extra} others`);
}

async function main() {
  const counts = (positionals[0] ?? "10000,100000,1000000").split(",").map(Number);
  const most = Number(values.datasketch);
  const folder = mkdtempSync(path.join(os.tmpdir(), "quern-bench-"));
  const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
  try {
    for (const count of counts) {
      const file = path.join(folder, `records-${count}.jsonl`);
      await generate(file, count);
      const asked = (shingle, name) => [
        fileURLToPath(import.meta.url),
        "--child",
        file,
        "--answers",
        path.join(folder, name),
        "--shingle",
        shingle,
        "--threshold",
        values.threshold,
      ];
      const own = await run(process.execPath, asked("words", "own"));
      const each = (seconds) => `${seconds.toFixed(2)} s, ${((seconds * 1e6) / count).toFixed(1)} µs each`;
      console.log(
        `${count} records, threshold ${threshold}, ${permutations} permutations, ${own.bands} bands of ${own.rows}`,
      );
      console.log(
        `  quern: ${each(own.seconds)}; ${own.duplicates} duplicates; process ${megabytes(own.peakBytes)}, index ${megabytes(own.indexBytes)}; ${own.crowded} crowded`,
      );
      const auto = await run(process.execPath, asked("auto", "auto"));
      console.log(
        `  quern as the check runs it (short texts by characters): ${each(auto.seconds)}; ${auto.duplicates} duplicates; process ${megabytes(auto.peakBytes)}`,
      );
      const sets = await exactly(file, 20000);
      const exact = exactDuplicates(sets);
      const ownAnswers = answersIn(path.join(folder, "own"));
      console.log(`  exact Jaccard on the first ${sets.length}:`);
      compare("quern", ownAnswers, exact);
      if (count > most) continue;
      for (const [hash, how] of [
        ["sha1", "estimate"],
        ["xxhash", "exact"],
      ]) {
        const name = `datasketch, ${hash}, compared ${how === "exact" ? "exactly" : "by signatures"}`;
        const theirs = await run(python, [
          path.join(here, "near-duplicates-datasketch.py"),
          file,
          path.join(folder, hash),
          String(threshold),
          String(permutations),
          String(own.bands),
          String(own.rows),
          hash,
          how,
        ]);
        const { shingles, signatures, lookup } = theirs.seconds;
        const all = shingles + signatures + lookup;
        console.log(
          `  ${name}: ${each(all)} (words ${shingles.toFixed(2)}, signatures ${signatures.toFixed(2)}, lookup ${lookup.toFixed(2)}); ${theirs.duplicates} duplicates; process ${megabytes(theirs.peakBytes)}`,
        );
        console.log(
          `    quern is ${(all / own.seconds).toFixed(1)} times as fast; without the cutting into words on their side ${((signatures + lookup) / own.seconds).toFixed(1)}`,
        );
        const answers = answersIn(path.join(folder, hash));
        compare(name, answers, exact);
        let [same, either] = [0, 0];
        const differ = [];
        for (let at = 0; at < count; at++) {
          const [a, b] = [ownAnswers[at] >= 0, answers[at] >= 0];
          if (a || b) either++;
          if (a && b) same++;
          else if ((a || b) && at < sets.length) differ.push(jaccard(sets[at], sets[a ? ownAnswers[at] : answers[at]]));
        }
        const share = differ.filter((one) => Math.abs(one - threshold) <= 0.1).length;
        console.log(
          `    the same duplicates: ${same} of ${either} (${((100 * same) / either).toFixed(2)} %); of ${differ.length} differences ${share} have an exact similarity within 0.1 of the threshold`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.child !== undefined) await child(values.child);
else if (positionals.length > 0 || existsSync(python) || Number(values.datasketch) === 0) await main();
else {
  console.error("datasketch is not installed: run bench/install-datasketch.sh, or give --datasketch 0");
  process.exitCode = 2;
}
