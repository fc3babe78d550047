/**
 * Speaks as `vllm serve` does, without a model: its flags, its output, its routes, its ways to fail. What it does is set
 * by variables of the environment, all of which begin with FAKE_VLLM_; see fake-vllm.ts. It shows that quern handles what
 * a vLLM does, and nothing of how fast one is.
 */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { instanceOf, tokensOf } from "./fake-vllm-answers.mjs";
import { failures, memoryFailure } from "./fake-vllm-failures.mjs";

const setting = (name, otherwise = "") => process.env[`FAKE_VLLM_${name}`] ?? otherwise;
const number = (name, otherwise) => Number(setting(name, String(otherwise)));

const known = {
  served_model_name: 1,
  host: 1,
  port: 1,
  max_model_len: 1,
  max_num_seqs: 1,
  max_num_batched_tokens: 1,
  gpu_memory_utilization: 1,
  tensor_parallel_size: 1,
  dtype: 1,
  kv_cache_dtype: 1,
  quantization: 1,
  generation_config: 1,
  stream_interval: 1,
  seed: 1,
  enforce_eager: 0,
  enable_chunked_prefill: 0,
  enable_prompt_tokens_details: 0,
  disable_uvicorn_access_log: 0,
};

/** As argparse reads them: `_` for `-`, `--flag=value`, `--no-flag`. */
function parse(argv) {
  const missing = setting("UNKNOWN_FLAGS").split(",");
  const flags = {};
  const unknown = [];
  for (let i = 0; i < argv.length; i++) {
    const [raw, inline] = argv[i].split("=", 2);
    const name = raw.replace(/^--/, "").replaceAll("-", "_").replace(/^no_/, "");
    const arity = known[name];
    if (!raw.startsWith("--") || arity === undefined || missing.includes(raw)) unknown.push(argv[i]);
    else if (arity === 1) flags[name] = inline ?? argv[++i];
    else flags[name] = !raw.startsWith("--no-");
  }
  if (unknown.length === 0) return flags;
  process.stderr.write(
    "usage: vllm [-h] [-v] {chat,complete,serve,launch,bench,collect-env,run-batch} ...\n" +
      `vllm: error: unrecognized arguments: ${unknown.join(" ")}\n`,
  );
  process.exit(2);
}

const [verb, model, ...rest] = process.argv.slice(2);
if (verb !== "serve") throw new Error(`not a part of this fake: ${verb}`);
const file = setting("STARTS");
/** Of all starts that were recorded, from 1. */
const start = file === "" ? 1 : 1 + readFileSync(file, { flag: "a+", encoding: "utf8" }).split("\n").length - 1;
const engine = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", "VLLM::EngineCore"], { stdio: "ignore" });
const selected = Object.entries(process.env).filter(([name]) => /^(VLLM|CUDA|HIP|HF_HUB|OMP|DO_NOT)_/.test(name));
if (file !== "")
  appendFileSync(
    file,
    `${JSON.stringify({ argv: process.argv.slice(2), env: Object.fromEntries(selected), pid: process.pid, engine: engine.pid })}\n`,
  );

let isEnding = false;
function end(code) {
  isEnding = true;
  if (setting("LEAVES_ENGINE") === "") engine.kill("SIGKILL");
  process.exit(code);
}
process.on("SIGTERM", () => {
  if (setting("IGNORES_TERM") !== "") return;
  process.stdout.write(
    "(APIServer pid=1) INFO 11-21 00:35:46 [core_client.py:770] [shutdown] MPClient: start timeout=0s\n",
  );
  end(0);
});

const stamp = (who, where) => `(${who} pid=1) INFO 11-21 00:35:41 [${where}] `;
const out = (text) => process.stdout.write(`${text}\n`);
const say = (where, text, who = "APIServer") => out(stamp(who, where) + text);
function fail(text, code = 1) {
  const lines = text.split("\n");
  for (const line of lines) out(`(EngineCore pid=2) ERROR 11-21 00:35:44 [core.py:1136] ${line}`);
  out("(APIServer pid=1) Traceback (most recent call last):");
  out(
    "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
  );
  end(code);
}

const flags = parse(rest);
const context = Number(flags.max_model_len);
const name = flags.served_model_name ?? model;
const startMs = number("START_MS", 60);
out("Triton is installed, but doesn't include CPU backend. Disabling Triton.");
say("api_utils.py:347", "  ▄▄ ▄█ █     █     █ ▀▄▀ █  version 0.32.0");
out(
  "(APIServer pid=1) WARNING 11-21 00:34:59 [system_utils.py:255] Found ulimit of 20000 and failed to automatically " +
    "increase with error current limit exceeds maximum limit. This can cause fd limit errors like `OSError: [Errno 24] " +
    "Too many open files`. Consider increasing with ulimit -n",
);
if (start <= number("PORT_CLASHES", 0)) {
  out("Traceback (most recent call last):");
  out("OSError: [Errno 98] Address already in use");
  end(1);
}
if (setting("HANGS") !== "") {
  setInterval(() => undefined, 1e6);
  await new Promise(() => undefined);
}
if (start === number("DIES_AT_START", 0)) process.kill(process.pid, "SIGKILL");
say("model.py:2152", `Using max model len ${context}`);
await delay(startMs / 3);
if (setting("FAILURE") !== "") fail(failures[setting("FAILURE")]);
const memory = memoryFailure(flags, {
  totalGib: number("TOTAL_GIB", 80),
  freeGib: number("FREE_GIB", 79),
  weightsGib: number("WEIGHTS_GIB", 10),
  kibPerToken: number("KIB_PER_TOKEN", 128),
});
const loaded = memory.isLoaded;
if (!loaded) fail(memory.text);
// A bar is drawn over and over on one line.
for (const percent of [0, 50, 100])
  process.stderr.write(
    `\rLoading safetensors checkpoint shards: ${String(percent).padStart(3)}% Completed | 1/2 [00:00<00:00, 28.00it/s]`,
  );
process.stderr.write("\n");
say("default_loader.py:501", "Loading weights took 0.04 seconds", "Worker");
say("gpu_model_runner.py:4402", "Model loading took 10.00 GiB memory and 0.26 seconds", "Worker");
await delay(startMs / 3);
if (memory.text !== undefined) fail(memory.text);
const cacheTokens = memory.cacheTokens;
say("gpu_worker.py:356", "Available KV cache memory: 60.00 GiB", "EngineCore");
say(
  "kv_cache_utils.py:2327",
  `GPU KV cache size: ${cacheTokens.toLocaleString("en")} tokens, Maximum concurrency for ${context} tokens per request: 9.00x`,
  "EngineCore",
);
process.stderr.write(`\rCapturing CUDA graphs (decode, FULL):  50%|█████     | 17/35`);
process.stderr.write(`\rCapturing CUDA graphs (decode, FULL): 100%|██████████| 35/35\n`);
say("core.py:402", "init engine (profile, create kv cache, warmup model) took 1.07 s", "EngineCore");
await delay(startMs / 3);
say("entry.py:140", `Starting vLLM server on http://${flags.host}:${flags.port}`);

const counts = { prompt: 0, generated: 0, running: 0, requests: 0 };
const isFaulty = setting("FAULTY_STARTS") === "" || setting("FAULTY_STARTS").split(",").includes(String(start));
const after = (fault) => isFaulty && setting(fault) !== "" && counts.requests > number(fault, 0);
const isSick = () => after("SICK_AFTER");
const isStalled = () => after("STALLS_AFTER");

function metrics() {
  const labels = `engine="0",model_name="${name}"`;
  const blocks = Math.floor(cacheTokens / 16);
  return `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{${labels}} ${counts.running.toFixed(1)}
vllm:num_requests_waiting{${labels}} 0.0
vllm:kv_cache_usage_perc{${labels}} 0.01
vllm:prompt_tokens_total{${labels}} ${counts.prompt.toFixed(1)}
vllm:generation_tokens_total{${labels}} ${counts.generated.toFixed(1)}
vllm:num_preemptions_total{${labels}} 0.0
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",gpu_memory_utilization="${flags.gpu_memory_utilization}",kv_cache_size_tokens="${cacheTokens}",num_gpu_blocks="${blocks}"} 1.0
`;
}

const error = (message, type, code) => JSON.stringify({ error: { message, type, param: null, code } });
const deadEngine = "EngineCore encountered an issue. See stack trace (above) for the root cause.";

async function chat(body, response) {
  counts.requests++;
  if (isFaulty && setting("DIES_AT_REQUEST") !== "") process.kill(process.pid, "SIGKILL");
  if (after("EXITS_AFTER")) end(0);
  if (isSick()) return response.writeHead(500).end(error(deadEngine, "InternalServerError", 500));
  if (body.model !== name)
    return response.writeHead(404).end(error(`The model \`${body.model}\` does not exist.`, "NotFoundError", 404));
  const prompt = body.messages.map((message) => message.content).join("\n");
  const promptTokens = tokensOf(prompt);
  if (promptTokens + body.max_tokens > context) {
    const text = `This model's maximum context length is ${context} tokens. However, you requested ${body.max_tokens} output tokens and your prompt contains at least ${promptTokens} input tokens, for a total of at least ${promptTokens + body.max_tokens} tokens.`;
    return response.writeHead(400).end(error(text, "BadRequestError", 400));
  }
  counts.running++;
  let isOpen = true;
  response.once("close", () => {
    if (isOpen) counts.running--;
    isOpen = false;
  });
  if (isStalled()) return;
  counts.prompt += promptTokens;
  const schema = body.response_format?.json_schema?.schema;
  const text =
    schema === undefined ? `Answer to ${prompt}` : JSON.stringify(instanceOf(schema, `${prompt} ${body.seed}`));
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: tokensOf(text),
    total_tokens: promptTokens + tokensOf(text),
    prompt_tokens_details: { cached_tokens: 0 },
  };
  const id = `chatcmpl-${counts.requests}`;
  if (body.stream !== true) {
    await delay(number("ANSWER_MS", 5));
    counts.generated += usage.completion_tokens;
    const message = { role: "assistant", content: text };
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(
      JSON.stringify({
        id,
        object: "chat.completion",
        model: name,
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage,
      }),
    );
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const event = (data) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  const piece = (delta, finish = null) =>
    event({ id, object: "chat.completion.chunk", model: name, choices: [{ index: 0, delta, finish_reason: finish }] });
  piece({ role: "assistant", content: "" });
  const breaksNow = isFaulty && counts.requests === number("STREAM_ERROR_AT", 0);
  const steps = 5;
  const length = Math.ceil(text.length / steps);
  for (let at = 0; at < text.length && isOpen && !isEnding; at += length) {
    await delay(number("ANSWER_MS", 5) / steps);
    if (breaksNow && at > 0) {
      event({ error: { message: "an internal error", type: "InternalServerError", param: null, code: 500 } });
      return response.end("data: [DONE]\n\n");
    }
    if (isSick()) return response.destroy();
    counts.generated += tokensOf(text.slice(at, at + length));
    piece({ content: text.slice(at, at + length) });
  }
  piece({}, "stop");
  if (body.stream_options?.include_usage === true)
    event({ id, object: "chat.completion.chunk", model: name, choices: [], usage });
  response.end("data: [DONE]\n\n");
}

async function bodyOf(request) {
  const pieces = [];
  for await (const part of request) pieces.push(part);
  return pieces.length === 0 ? undefined : JSON.parse(Buffer.concat(pieces).toString());
}

const json = (response, value) =>
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

async function respond(request, response) {
  const { url, headers } = request;
  const key = process.env.VLLM_API_KEY;
  if (url.startsWith("/v1") && key !== undefined && headers.authorization !== `Bearer ${key}`)
    return response.writeHead(401).end('{"error":"Unauthorized"}');
  switch (`${request.method} ${url}`) {
    case "GET /health":
      return response.writeHead(isSick() ? 503 : 200).end();
    case "GET /version":
      return json(response, { version: "0.32.0" });
    case "GET /metrics":
      return response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics());
    case "GET /v1/models":
      return json(response, {
        object: "list",
        data: [{ id: name, object: "model", owned_by: "vllm", root: model, parent: null, max_model_len: context }],
      });
    case "POST /tokenize": {
      const { prompt, messages } = await bodyOf(request);
      const count =
        prompt === undefined ? messages.reduce((sum, { content }) => sum + 4 + tokensOf(content), 0) : tokensOf(prompt);
      return json(response, { count, max_model_len: context, tokens: Array.from({ length: count }, (_, i) => i) });
    }
    case "POST /v1/chat/completions":
      return await chat(await bodyOf(request), response);
    default:
      return response.writeHead(404).end('{"detail":"Not Found"}');
  }
}

const server = createServer((request, response) => void respond(request, response).catch(() => response.destroy()));
server.on("error", () => {
  out("OSError: [Errno 98] Address already in use");
  end(1);
});
server.listen(Number(flags.port), flags.host, () => process.stderr.write("INFO:     Application startup complete.\n"));
