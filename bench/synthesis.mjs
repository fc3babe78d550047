// How full the model is while data is made of a task: the share of the generating time in which as many requests are in
// flight as the plan decodes together, for each stage alone and for all of them in a stream. 50 topics, 20 inputs each,
// one output each.
//
//   node bench/synthesis.mjs [--model FILE] [--topics 50] [--inputs 20] [--api-base URL] [--no-hedge] [--fake MS]
//
// --fake leaves the model out: answers come after MS milliseconds and more for longer ones, from 16 sequences. Then the
// scheduling alone is seen. Nothing else should be running.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import * as quern from "../dist/index.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "embedded" },
    topics: { type: "string", default: "50" },
    inputs: { type: "string", default: "20" },
    "api-base": { type: "string" },
    "no-hedge": { type: "boolean", default: false },
    fake: { type: "string" },
  },
});
const topics = Number(values.topics);
const count = Number(values.inputs);

const { config } = await quern.loadConfig({
  flags: {
    "llama-cpp": { model: values.model },
    ...(values["api-base"] === undefined
      ? {}
      : { llm: { provider: "api-endpoint" }, "api-endpoint": { api_base: values["api-base"] } }),
    synthesis: { hedge: !values["no-hedge"] },
  },
});

/** Counts how long how many requests are in flight. */
function watched(backend) {
  let inFlight = 0;
  let since = 0;
  /** Milliseconds by the number in flight. */
  const times = new Map();
  const step = (change) => {
    const now = performance.now();
    if (since > 0) times.set(inFlight, (times.get(inFlight) ?? 0) + now - since);
    since = now;
    inFlight += change;
  };
  return {
    backend: new Proxy(backend, {
      get(target, key) {
        if (key !== "generate") {
          const value = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args) => {
          step(1);
          try {
            return await target.generate(...args);
          } finally {
            step(-1);
          }
        };
      },
    }),
    /** From the first request to the last answer. */
    share(wanted) {
      const all = [...times].filter(([n]) => n > 0);
      const total = all.reduce((sum, [, ms]) => sum + ms, 0);
      const full = all.filter(([n]) => n >= wanted).reduce((sum, [, ms]) => sum + ms, 0);
      return { share: full / total, seconds: total / 1000 };
    },
  };
}

/** Answers that take time by their length, with words that are all different. */
function fakeBackend(ms) {
  let made = 0;
  const word = () => ((++made * 2654435761) % 2 ** 32).toString(36);
  const text = () => Array.from({ length: 5 }, word).join(" ");
  return {
    model: { name: "fake", fingerprint: "fake" },
    stats: { restarts: 0 },
    description: [],
    limits: { contextTokens: 8192, concurrentRequests: 16, images: false },
    countTokens: async (texts) => texts.map((one) => one.length / 4),
    countMessageTokens: async (messages) => messages.reduce((sum, { content }) => sum + content.length / 4, 0),
    async generate({ schema }, { signal } = {}) {
      const items = schema?.type === "array" ? (schema.maxItems ?? 1) : 1;
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms * (1 + items) * (0.5 + Math.random()));
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(new quern.AbortedError());
        });
      });
      const answer = schema === undefined ? text() : JSON.stringify(Array.from({ length: items }, text));
      return {
        text: answer,
        finishReason: "stop",
        usage: { promptTokens: 100, cachedTokens: 0, completionTokens: 20 * items },
      };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const folder = await mkdtemp(path.join(os.tmpdir(), "quern-bench-"));
const project = await quern.createProject(path.join(folder, "project"), { name: "Bench" });
/** Weights of chance never end a text by themselves: its most characters do. */
const shape = (name, maxLength) =>
  JSON.stringify({ type: "object", properties: { [name]: { type: "string", maxLength } }, required: [name] });
const task = await quern.createTask(project, {
  name: "Headlines",
  instruction: "Write a headline for the story that the user sends.",
  ...(values.fake === undefined
    ? { input_json_schema: shape("story", 120), output_json_schema: shape("headline", 80) }
    : {}),
});
const real = values.fake === undefined ? await quern.openBackend(config) : fakeBackend(Number(values.fake));
for (const line of real.description) console.log(line);
const plan = real.limits.concurrentRequests;
console.log(
  `${topics} topics x ${count} inputs x 1 output; the plan decodes ${plan} together; hedges ${values["no-hedge"] ? "off" : "on"}`,
);

async function measure(name, session, work) {
  const { backend, share } = watched(real);
  const started = performance.now();
  const result = await work({ backend, config, session });
  const { share: full, seconds } = share(plan);
  const made = Object.entries(result.counts)
    .map(([what, number]) => `${number} ${what}`)
    .join(", ");
  console.log(
    `${name.padEnd(9)} ${(full * 100).toFixed(1).padStart(5)} % of ${seconds.toFixed(1)} s at ${plan} or more in flight; whole ${((performance.now() - started) / 1000).toFixed(1)} s; ${result.engine.requests} requests, ${result.engine.abandoned} abandoned; ${made}`,
  );
}

async function inSession(work) {
  const session = await quern.Session.begin(task, await quern.newSettings(task, {}));
  try {
    await work(session);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

try {
  const wish = { counts: [topics], depth: 1, under: [] };
  await inSession(async (session) => {
    await measure("topics", session, (options) => quern.generateTopics(options, wish));
    await measure("inputs", session, (options) => quern.generateInputs(options, { count }));
    await measure("outputs", session, (options) => quern.generateOutputs(options, { each: 1 }));
    const started = performance.now();
    const saved = await quern.saveSamples(
      { session, seed: 0 },
      { rejected: false },
      { outputs: [], failures: [], incomplete: 0, counts: {} },
    );
    const seconds = (performance.now() - started) / 1000;
    console.log(`save      ${saved.counts["samples saved"]} runs in ${seconds.toFixed(1)} s`);
  });
  await inSession((session) =>
    measure("generate", session, (options) =>
      quern.generate(options, { topics: wish, inputs: { count }, outputs: { each: 1 }, save: { rejected: false } }),
    ),
  );
} finally {
  await real[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}
