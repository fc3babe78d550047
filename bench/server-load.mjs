// Holds quern against the best load generator for one and the same llama-server with 8 slots: `quern create` on documents,
// and wrk (a load generator in C) sending the very requests that quern sent. Tokens are the server's own count.
// usage: node bench/server-load.mjs [model.gguf] [documents] [rounds] [most tokens of an answer]     needs .bench/llama-server and wrk
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

const model = process.argv[2] ?? "models/quern-embedded.gguf";
const documents = Number(process.argv[3] ?? 24);
const folder = mkdtempSync(path.join(os.tmpdir(), "quern-bench-"));
const config = path.join(folder, "config.yaml");
writeFileSync(
  config,
  `generation: {max_tokens: ${process.argv[5] ?? 4096}, retries: ${process.argv[5] === undefined ? 3 : 0}}\n`,
);
const slots = 8;
const port = 18_081;
const origin = `http://127.0.0.1:${port}`;

const text = readFileSync("samples/tides.txt", "utf8");
const files = Array.from({ length: documents }, (_, i) => {
  const file = path.join(folder, `doc-${i}.txt`);
  writeFileSync(file, `Report ${i}.\n\n${text.replaceAll("tide", `tide ${i}`)}`);
  return file;
});

async function withServer(use) {
  const args = [
    "-m",
    model,
    "--host",
    "127.0.0.1",
    "--port",
    port,
    "-np",
    slots,
    "-c",
    2048 * slots,
    "-t",
    os.availableParallelism(),
  ];
  const server = spawn(".bench/llama-server", [...args, "--metrics", "--no-webui", "--cache-ram", "0"].map(String), {
    stdio: "ignore",
  });
  while (
    !(await fetch(`${origin}/health`).then(
      (r) => r.ok,
      () => false,
    ))
  )
    await new Promise((r) => setTimeout(r, 100));
  try {
    return await use();
  } finally {
    server.kill();
    await new Promise((resolve) => server.once("exit", resolve));
  }
}

async function metrics() {
  const lines = (await (await fetch(`${origin}/metrics`)).text()).split("\n");
  const read = (name) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1] ?? 0);
  return {
    tokens: read("llamacpp:prompt_tokens_total") + read("llamacpp:tokens_predicted_total"),
    running: read("llamacpp:requests_processing") + read("llamacpp:requests_deferred"),
  };
}

function quern(address, output) {
  const args = [
    "dist/cli/main.js",
    "create",
    ...files,
    "-c",
    config,
    "--api-base",
    address,
    "-n",
    "6",
    "-o",
    output,
    "--json",
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (piece) => (out += piece));
    child.on("exit", () => resolve(JSON.parse(out)));
  });
}

/** What quern sends, written down by a proxy on the way. */
async function record() {
  const bodies = [];
  const proxy = http.createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces);
      if (request.url.endsWith("/chat/completions")) bodies.push(body.toString());
      const headers = { ...request.headers, host: `127.0.0.1:${port}` };
      const onward = http.request(`${origin}${request.url}`, { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  await withServer(() => quern(`http://127.0.0.1:${proxy.address().port}/v1`, path.join(folder, "recorded")));
  proxy.closeAllConnections();
  proxy.close();
  return bodies;
}

async function measureQuern(index) {
  return await withServer(async () => {
    const before = await metrics();
    const started = performance.now();
    await quern(`${origin}/v1`, path.join(folder, `out-${index}`));
    const seconds = (performance.now() - started) / 1000;
    return { rate: ((await metrics()).tokens - before.tokens) / seconds, seconds };
  });
}

/** Looking takes the server's time, so it is done in a run of its own. */
async function inFlight() {
  return await withServer(async () => {
    let least = Infinity;
    let samples = 0;
    const running = quern(`${origin}/v1`, path.join(folder, "looked-at"));
    let over = false;
    const seen = [];
    const watch = (async () => {
      while (!over) {
        seen.push((await metrics()).running);
        await new Promise((r) => setTimeout(r, 50));
      }
    })();
    await running;
    over = true;
    await watch;
    // While work remains: between the first full moment and the last.
    const first = seen.findIndex((count) => count >= slots);
    const last = seen.findLastIndex((count) => count >= slots);
    for (const count of seen.slice(first, last + 1)) {
      least = Math.min(least, count);
      samples++;
    }
    return { least, samples };
  });
}

/** For as long as quern took: a shorter run would be mostly prompts. */
async function measureWrk(bodies, duration) {
  const script = path.join(folder, "load.lua");
  const list = path.join(folder, "bodies.txt");
  writeFileSync(list, bodies.join("\n"));
  writeFileSync(
    script,
    `local bodies, n = {}, 0
for line in io.lines("${list}") do bodies[#bodies + 1] = line end
request = function()
  n = n % #bodies + 1
  return wrk.format("POST", "/v1/chat/completions", { ["content-type"] = "application/json" }, bodies[n])
end`,
  );
  return await withServer(async () => {
    const before = await metrics();
    const started = performance.now();
    const child = spawn("wrk", [
      "-t",
      "1",
      "-c",
      String(slots + slots / 4 + 1),
      "-d",
      `${Math.ceil(duration)}s`,
      "--timeout",
      "120s",
      "-s",
      script,
      origin,
    ]);
    await new Promise((resolve) => child.on("exit", resolve));
    const seconds = (performance.now() - started) / 1000;
    return { rate: ((await metrics()).tokens - before.tokens) / seconds, seconds };
  });
}

if (spawnSync("wrk", ["--version"]).error !== undefined) throw new Error("wrk is not installed");
const whole = (await record()).map((body) =>
  JSON.stringify({ ...JSON.parse(body), stream: false, stream_options: undefined }),
);
const streamed = whole.map((body) => JSON.stringify({ ...JSON.parse(body), stream: true }));
console.log(`${model}: ${streamed.length} requests recorded`);
const { least, samples } = await inFlight();
console.log(`in flight at the server: never below ${least} of ${slots} while work remained (${samples} looks)`);
for (let round = 0; round < Number(process.argv[4] ?? 2); round++) {
  const own = await measureQuern(round);
  const [asSent, unstreamed] = [
    (await measureWrk(streamed, own.seconds)).rate,
    (await measureWrk(whole, own.seconds)).rate,
  ];
  console.log(
    `quern ${own.rate.toFixed(0)} tokens/s in ${own.seconds.toFixed(1)} s; wrk ${asSent.toFixed(0)} streamed, ` +
      `${unstreamed.toFixed(0)} whole: ${(own.rate / Math.max(asSent, unstreamed)).toFixed(2)} of the better`,
  );
}
