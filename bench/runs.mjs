#!/usr/bin/env node
/**
 * Listing and filtering a dataset of many runs through the built library: seconds, runs per second and peak memory, with
 * nothing in the system's cache (where it may be emptied) and with all of it. Beside it Kiln's own library where it is
 * installed (test/python/install-kiln.sh makes .venv-kiln).
 *
 * usage: node bench/runs.mjs [runs] [folder]     default: 100000, a temporary folder
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = path.join(root, ".venv-kiln/bin/python");
const count = Number(process.argv[2] ?? 100_000);
const run = promisify(execFile);

const listing = `
import { listRuns, openTask, parseFilter } from ${JSON.stringify(path.join(root, "dist/index.js"))};
const started = performance.now();
const task = await openTask(process.argv[1]);
const filter = parseFilter("multi_filter::high_rating&tag::even");
let runs = 0, matched = 0;
for await (const { run } of listRuns(task, { withoutTrace: process.argv[2] === "without" })) {
  runs++;
  if (filter.matches(run)) matched++;
}
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ runs, matched, seconds, megabytes: Math.round(process.resourceUsage().maxRSS / 1000) }));
`;

const kilns = `
import json, resource, sys, time
from kiln_ai.datamodel import Task
from kiln_ai.datamodel.dataset_filters import dataset_filter_from_id
started = time.time()
task = Task.load_from_file(sys.argv[1] + "/task.kiln")
filter = dataset_filter_from_id("multi_filter::high_rating&tag::even")
runs = task.runs(readonly=True)
matched = sum(1 for run in runs if filter(run))
print(json.dumps({"runs": len(runs), "matched": matched, "seconds": time.time() - started,
  "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)}))
`;

/** Runs as quern saves them: an input, an output of JSON, a source with a topic, a trace, every third one rated. */
async function makeRuns(folder) {
  const { createProject, createTask, formatKiln, newRating, newRun } = await import(path.join(root, "dist/index.js"));
  const project = await createProject(folder, { name: "Many" });
  const task = await createTask(project, { name: "Headlines", instruction: "Write a headline for the story." });
  const source = (i) => ({
    type: "synthetic",
    properties: {
      model_name: "model",
      model_provider: "llama-cpp",
      adapter_name: "quern",
      topic_path: `Sports>>>>>${i % 50}`,
      seed: i,
    },
    run_config_id: null,
    run_config: null,
  });
  const words = "mill river harvest council bridge market storm school teacher engine".split(" ");
  const story = (i) => Array.from({ length: 60 }, (_, n) => words[(i * 7 + n * n) % words.length]).join(" ");
  for (let from = 0; from < count; from += 500)
    await Promise.all(
      Array.from({ length: Math.min(500, count - from) }, async (_, n) => {
        const i = from + n;
        const output = JSON.stringify({ headline: `The ${words[i % 10]} of ${i}` });
        const made = newRun({
          input: `${i}: ${story(i)}`,
          input_source: source(i),
          output,
          source: source(i),
          tags: ["synthetic", "synthetic_session_1", i % 2 === 0 ? "even" : "odd"],
          rating: i % 3 === 0 ? newRating("five_star", (i % 5) + 1) : null,
          trace: [
            { content: "Write a headline for the story.", role: "system" },
            { content: `${i}: ${story(i)}`, role: "user" },
            { role: "assistant", content: output },
          ],
        });
        const of = path.join(task.folder, "runs", made.id);
        await mkdir(of, { recursive: true });
        await writeFile(path.join(of, "task_run.kiln"), formatKiln(made));
      }),
    );
  return task.folder;
}

/** Whether the system's cache of files could be emptied. */
async function emptyCache() {
  await run("sync");
  return await writeFile("/proc/sys/vm/drop_caches", "3").then(
    () => true,
    () => false,
  );
}

function show(what, { runs, matched, seconds, megabytes }) {
  const rate = Math.round(runs / seconds).toLocaleString("en-US");
  console.log(`| ${what} | ${seconds.toFixed(2)} s | ${rate} runs/s | ${megabytes} MB | ${matched} of ${runs} |`);
}

async function measure(what, command, args) {
  for (const cold of [true, false]) {
    if (cold && !(await emptyCache())) {
      console.log(`| ${what}, cold | the cache cannot be emptied here (it takes root) | | | |`);
      continue;
    }
    const { stdout } = await run(command, args);
    show(`${what}, ${cold ? "cold" : "warm"}`, JSON.parse(stdout));
  }
}

const folder = process.argv[3] ?? (await mkdtemp(path.join(os.tmpdir(), "quern-runs-")));
try {
  const task = await makeRuns(folder);
  console.log(
    `${count} runs on ${os.availableParallelism()} cores (${os.cpus()[0]?.model ?? "?"}), node ${process.version}\n`,
  );
  console.log("| what | time | rate | peak memory | matched |\n| --- | --- | --- | --- | --- |");
  await measure("quern", process.execPath, ["--input-type=module", "-e", listing, task]);
  await measure("quern without traces", process.execPath, ["--input-type=module", "-e", listing, task, "without"]);
  if (existsSync(python)) await measure("kiln-ai", python, ["-c", kilns, task]);
} finally {
  if (process.argv[3] === undefined) await rm(folder, { recursive: true, force: true });
}
