// Holds the plan's memory against what the model's process really takes: models x contexts x sequences.
// usage: node bench/memory-plan.mjs [model.gguf ...]    (Linux only: it reads /proc)
// The process is asked for answers until every sequence has been used, then its resident memory is read.
import { readFileSync } from "node:fs";
import { autoRequest, LlamaCppBackend, plan, probeMachine, readModelFacts } from "../dist/index.js";

const models = process.argv.slice(2);
if (models.length === 0) models.push("models/quern-embedded.gguf");
const cases = [
  { context: 1024, sequences: 4 },
  { context: 2048, sequences: 16 },
  { context: 8192, sequences: 8 },
];
const machine = await probeMachine({ llamaCpp: false, servers: false });
machine.llamaCpp = { devices: ["cpu"], reasons: [] };
const mib = (bytes) => Math.round(bytes / 1024 ** 2);
const rows = [["MODEL", "CONTEXT", "SEQUENCES", "PLANNED MiB", "MEASURED MiB", "PLANNED / MEASURED"]];
for (const model of models) {
  const facts = await readModelFacts(model);
  for (const { context, sequences } of cases) {
    if (context > facts.trainContextTokens) continue;
    const request = { ...autoRequest, context, sequences, gpu: false };
    const planned = plan(machine, facts, request).memory.reduce((sum, { bytes }) => sum + bytes, 0);
    const backend = await LlamaCppBackend.open({ model, machine, request, maxRestarts: 0 });
    const [perWord] = await backend.countTokens(["stone ".repeat(100)]);
    const words = Math.floor(((context - 200) * 100) / perWord);
    await Promise.all(
      Array.from({ length: sequences }, (_, seed) =>
        backend.generate({
          messages: [{ role: "user", content: `${seed} ${"stone ".repeat(Math.min(words, 700))}` }],
          maxTokens: 8,
          sampling: { temperature: 1, topP: 1, seed },
        }),
      ),
    );
    const status = readFileSync(`/proc/${backend.processId}/status`, "utf8");
    const measured = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
    await backend[Symbol.asyncDispose]();
    rows.push(
      [facts.name, context, sequences, mib(planned), mib(measured), (planned / measured).toFixed(2)].map(String),
    );
  }
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  "));
