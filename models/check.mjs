// Checks quern-embedded.gguf with llama.cpp, as quern uses it: that it tokenizes as it was trained with, that its
// chat template gives the trained format, and that it answers the prompts of configs/default.yaml in JSON.
//
// In:  a GGUF file (the first argument, or models/quern-embedded.gguf), models/tokenization.json, configs/default.yaml.
// Out: the answers on standard output; exit code 1, with what is off, where something is.
//
// Run: node models/check.mjs [PATH]

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getLlama, JinjaTemplateChatWrapper, LlamaCompletion } from "node-llama-cpp";
import { parse } from "yaml";

const here = new URL("./", import.meta.url);
const modelPath = process.argv[2] ?? fileURLToPath(new URL("quern-embedded.gguf", here));
const checks = JSON.parse(await readFile(new URL("tokenization.json", here), "utf8"));
const { prompts } = parse(await readFile(new URL("../configs/default.yaml", here), "utf8"));

const STRING = String.raw`string ::= "\"" ([^"\\\x00-\x1f] | "\\" ["\\/bfnrt]){1,400} "\""`;
const FLOWER =
  "The sunflower is a tall plant grown for its seeds and oil. Young sunflowers turn towards the sun during the day, " +
  "which helps them to grow faster. In 2021, Ukraine was the largest producer of sunflower seeds in the world.";
const BRIDGE =
  "The old stone bridge over the river was built in 1432 by order of the bishop. It has nine arches and is 180 metres " +
  "long. Floods destroyed two of the arches in 1784, and the town rebuilt them three years later.\n\n" +
  "Today only people on foot and on bicycles may cross the bridge. About 4,000 people do so every day.";

/** A grammar of an array of `count` objects, or of one object where count is 0, with string fields. */
function grammarOf(fields, count) {
  const members = fields.map((field) => String.raw`"\"${field}\": " string`).join(` ", " `);
  const root = count === 0 ? "item" : `"[" ${Array(count).fill("item").join(` ", " `)} "]"`;
  return `root ::= ${root}\nitem ::= "{" ${members} "}"\n${STRING}`;
}

const RATING = String.raw`root ::= "{\"reason\": " string ", \"rating\": " ([1-9] | "10") "}"` + `\n${STRING}`;
const cases = [
  { task: "qa_generation", values: { text: FLOWER, num_pairs: 3 }, grammar: grammarOf(["question", "answer"], 3) },
  { task: "qa_generation", values: { text: BRIDGE, num_pairs: 2 }, grammar: grammarOf(["question", "answer"], 2) },
  {
    task: "cot_generation",
    values: { text: BRIDGE, num_examples: 1 },
    grammar: grammarOf(["question", "reasoning", "answer"], 1),
  },
  { task: "summary", values: { text: BRIDGE }, grammar: grammarOf(["summary"], 0) },
  {
    task: "qa_rating",
    values: { text: FLOWER, question: "What is the sunflower grown for?", answer: "Its seeds and oil." },
    grammar: RATING,
  },
];

/** The prompt with its placeholders replaced; every other brace stays. */
function fill(prompt, values) {
  return prompt.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The text that the network was trained to continue with its answer. */
function conversation(user) {
  return `<|im_start|>user\n${user}<|im_end|>\n<|im_start|>assistant\n`;
}

const problems = [];
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 2, logLevel: "error" });
const model = await llama.loadModel({ modelPath });
console.log(
  `${modelPath}: ${model.typeDescription}, ${model.size} bytes of weights, trained for ${model.trainContextSize} tokens`,
);

for (const { text, ids } of checks) {
  const found = model.tokenize(text, true);
  const quoted = JSON.stringify(text.slice(0, 70));
  if (found.join() !== ids.join())
    problems.push(`tokenizes ${quoted} as ${found.slice(0, 20)}, not as ${ids.slice(0, 20)}`);
  if (model.detokenize(found, true) !== text) problems.push(`does not give ${quoted} back from its tokens`);
}
console.log(`tokenization compared on ${checks.length} texts`);

const template = model.fileInfo.metadata.tokenizer?.chat_template ?? "";
const wrapper = new JinjaTemplateChatWrapper({ template });
const history = [
  { type: "user", text: FLOWER },
  { type: "model", response: [""] },
];
const rendered = wrapper.generateContextState({ chatHistory: history }).contextText.tokenize(model.tokenizer);
if (rendered.join() !== model.tokenize(conversation(FLOWER), true).join()) {
  problems.push(`the chat template gives ${JSON.stringify(model.detokenize(rendered, true))}`);
}

const context = await model.createContext({ contextSize: 2048, batchSize: 512 });
const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
for (const { task, values, grammar } of cases) {
  const tokens = model.tokenize(conversation(fill(prompts[task], values)), true);
  const free = await completion.generateCompletion(tokens, { maxTokens: 200, temperature: 0 });
  const answer = await completion.generateCompletion(tokens, {
    maxTokens: 800,
    temperature: 0,
    grammar: await llama.createGrammar({ grammar }),
  });
  console.log(`\n${task}, ${tokens.length} tokens of prompt\nwith a grammar:    ${answer}\nwithout a grammar: ${free}`);
  try {
    JSON.parse(answer);
  } catch (error) {
    problems.push(`${task} answers with what is not JSON: ${error.message}`);
  }
}

for (const problem of problems) console.error(`off: ${problem}`);
console.log(problems.length === 0 ? "\nall well" : `\n${problems.length} problems`);
await llama.dispose();
process.exitCode = problems.length === 0 ? 0 : 1;
