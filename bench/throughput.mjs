// Tokens per second of quern's engine on llama.cpp, against llama.cpp's own batched benchmark: same libraries, model,
// lengths, sequences and threads, in the same run, in turns. Nothing else should be running.
//
//   bench/build-limit.sh
//   node bench/throughput.mjs [--model FILE] [--sequences 1,16] [--in 256] [--out 64] [--rounds 3] [--threads N]
//
// Prompts share nothing, since the benchmark evaluates each of its prompts too.
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { embeddedModelPath } from "../dist/models/find.js";
import { Engine, LlamaCppBackend, MemoryAnswers } from "../dist/index.js";
import { autoRequest, probeMachine } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: embeddedModelPath },
    sequences: { type: "string", default: "1,16" },
    in: { type: "string", default: "256" },
    out: { type: "string", default: "64" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string" },
    batch: { type: "string", default: "512" },
    limit: { type: "string", default: ".bench/batched-bench" },
  },
});
const tokensIn = Number(values.in);
const tokensOut = Number(values.out);
const rounds = Number(values.rounds);
const batch = Number(values.batch);
const machine = await probeMachine({ llamaCpp: false, servers: false });
const threads = Number(values.threads ?? machine.cpu.usableCores);

const pairsSchema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      question: { type: "string", minLength: 1, maxLength: 400 },
      answer: { type: "string", minLength: 1, maxLength: 1500 },
    },
    required: ["question", "answer"],
    additionalProperties: false,
  },
  minItems: 4,
  maxItems: 4,
};

/** All tokens, prompt and answer, per second, of llama.cpp's benchmark. */
function limit(sequences) {
  const context = sequences * (tokensIn + tokensOut) + 256;
  const args = ["-m", values.model, "-c", String(context), "-b", String(batch), "-ub", String(batch)];
  args.push("-npp", String(tokensIn), "-ntg", String(tokensOut), "-npl", String(sequences), "-t", String(threads));
  const out = execFileSync(values.limit, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const row = out.split("\n").findLast((line) => /^\|\s*\d/.test(line));
  return Number(row.split("|").at(-2));
}

/** A prompt of about the wanted length that starts like no other. */
async function promptOf(backend, number) {
  let text = `${number * 7919}`;
  for (let i = 0; (await backend.countMessageTokens([{ role: "user", content: text }])) < tokensIn; i++)
    text += ` ${["river", "stone", "mill", "wheel", "grain", "water", "hand"][(number * 31 + i * i) % 7]} ${number + i}`;
  return text;
}

/** Prompt and answer tokens per second of the engine with a full backend. */
async function engineRun(backend, sequences, schema, round) {
  const count = sequences * (sequences === 1 ? 6 : 4);
  const prompts = [];
  for (let i = 0; i < count; i++) prompts.push(await promptOf(backend, round * 1000 + i + 1));
  const engine = new Engine(backend, { concurrency: Math.ceil(sequences * 1.25) + 1, retries: 0, seed: round });
  const started = process.hrtime.bigint();
  await Promise.all(
    prompts.map((content, i) =>
      engine.run(() => ({
        messages: [{ role: "user", content }],
        schema,
        maxTokens: tokensOut,
        temperature: 0.7,
        topP: 0.95,
        seedKey: `${i}`,
        accept: () => undefined,
        answers: new MemoryAnswers(),
      })),
    ),
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { promptTokens, cachedTokens, completionTokens, requests } = engine.stats;
  return {
    speed: (promptTokens - cachedTokens + completionTokens) / seconds,
    in: promptTokens / requests,
    out: completionTokens / requests,
  };
}

/** The backend alone, without a schema, since the engine always has one. */
async function freeRun(backend, sequences, round) {
  const count = sequences * (sequences === 1 ? 6 : 4);
  const prompts = [];
  for (let i = 0; i < count; i++) prompts.push(await promptOf(backend, 500_000 + round * 1000 + i));
  let tokens = 0;
  let out = 0;
  const started = process.hrtime.bigint();
  await Promise.all(
    prompts.map(async (content, i) => {
      const { usage } = await backend.generate({
        messages: [{ role: "user", content }],
        maxTokens: tokensOut,
        sampling: { temperature: 0.7, topP: 0.95, seed: round * 1000 + i },
      });
      tokens += usage.promptTokens - usage.cachedTokens + usage.completionTokens;
      out += usage.completionTokens;
    }),
  );
  return { speed: tokens / (Number(process.hrtime.bigint() - started) / 1e9), out: out / count };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
console.log(`${values.model}: ${tokensIn} tokens in, ${tokensOut} out, ${threads} threads, median of ${rounds} rounds`);
const speeds = new Map();
for (const sequences of values.sequences.split(",").map(Number)) {
  const backend = await LlamaCppBackend.open({
    model: values.model,
    machine,
    request: {
      ...autoRequest,
      context: tokensIn + tokensOut + 64,
      sequences,
      threads,
      batchTokens: batch,
      gpu: false,
    },
    maxRestarts: 0,
  });
  await freeRun(backend, sequences, 99);
  const results = { limit: [], free: [], grammar: [], out: [] };
  for (let round = 0; round < rounds; round++) {
    results.limit.push(limit(sequences));
    const free = await freeRun(backend, sequences, round);
    results.free.push(free.speed);
    const grammar = await engineRun(backend, sequences, pairsSchema, round);
    results.grammar.push(grammar.speed);
    results.out.push(`${free.out.toFixed(0)}/${grammar.out.toFixed(0)}`);
  }
  await backend[Symbol.asyncDispose]();
  const [l, f, g] = [results.limit, results.free, results.grammar].map(median);
  speeds.set(sequences, f);
  console.log(
    `${sequences} sequences: limit ${l.toFixed(0)} tokens/s, quern ${f.toFixed(0)} (${(f / l).toFixed(2)}), with a grammar ${g.toFixed(0)} (${(g / l).toFixed(2)}); answers of ${results.out[0]} tokens`,
  );
}
const [first, last] = [[...speeds][0], [...speeds].at(-1)];
if (first[0] !== last[0])
  console.log(`${last[0]} sequences give ${(last[1] / first[1]).toFixed(2)} times the tokens/s of ${first[0]}`);
