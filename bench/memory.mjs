// Memory of the command's own process (not the model's) while it runs over 10, 100 and 1,000 documents.
//
//   node bench/memory.mjs [10,100,1000]
//
// A server on loopback answers at once in the place of a model, so that documents pass as fast as quern can move them.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const counts = (process.argv[2] ?? "10,100,1000").split(",").map(Number);

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    if (request.url.endsWith("/models"))
      return response.end(JSON.stringify({ data: [{ id: "echo", max_model_len: 8192 }] }));
    const { response_format, seed } = JSON.parse(body);
    const { schema } = response_format.json_schema;
    const answer = schema.properties.rating
      ? { reason: "fine", rating: 9 }
      : schema.properties.summary
        ? { summary: "About it." }
        : {
            items: Array.from({ length: schema.properties.items.maxItems }, (_, i) => ({
              question: `What is number ${seed} ${i}?`,
              answer: "It is what the text says it is. ".repeat(4),
            })),
          };
    const message = { role: "assistant", content: JSON.stringify(answer) };
    const usage = { prompt_tokens: 500, completion_tokens: 50, total_tokens: 550 };
    response.end(
      JSON.stringify({
        id: "1",
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage,
      }),
    );
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}/v1`;

for (const count of counts) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "quern-bench-"));
  mkdirSync(path.join(folder, "docs"));
  for (let i = 0; i < count; i++) {
    const text = Array.from({ length: 60 }, (_, p) =>
      `Paragraph ${p} of document ${i} tells of the mill and its stones. `.repeat(5),
    );
    writeFileSync(path.join(folder, "docs", `d${i}.txt`), text.join("\n\n"));
  }
  const args = ["run", "docs", "-n", "10", "--provider", "api-endpoint", "--api-base", base, "-m", "echo", "--quiet"];
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const samples = [];
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      samples.push(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
    } catch {
      // It has ended.
    }
  }, 100);
  const started = Date.now();
  const exitCode = await new Promise((resolve) => child.on("exit", resolve));
  clearInterval(timer);
  samples.sort((a, b) => a - b);
  const at = (share) => samples[Math.floor((samples.length - 1) * share)]?.toFixed(0);
  console.log(
    `${count} documents: exit ${exitCode}, ${((Date.now() - started) / 1000).toFixed(1)} s; memory median ${at(0.5)} MB, peak ${at(1)} MB`,
  );
}
server.close();
