// Holds the arithmetic of caches (cacheBytes) against llama.cpp: small models of every kind of layer, several contexts.
// usage: node bench/cache-arithmetic.mjs [--record] [architecture]
// --record writes what llama.cpp says to test/models/cache-arithmetic.json, which unit tests hold the arithmetic against.
// Needs test/servers/build-llama-server.sh to have been run, and g++: llama.cpp is asked through its own library.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheBytes } from "../dist/hw/memory.js";
import { architectureFacts } from "../dist/models/gguf.js";
import { readGgufHeader } from "../dist/models/gguf-header.js";
import { cases } from "./cache-arithmetic-cases.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const probe = path.join(root, ".bench/cache-arithmetic");
const contexts = [
  { contextTokens: 4096, sequences: 1, batchTokens: 512, type: "f16" },
  { contextTokens: 4096, sequences: 4, batchTokens: 512, type: "f16" },
  { contextTokens: 1100, sequences: 3, batchTokens: 256, type: "f16" },
  { contextTokens: 300, sequences: 16, batchTokens: 512, type: "f16" },
  { contextTokens: 12_288, sequences: 2, batchTokens: 1024, type: "q8_0" },
];
const args = process.argv.slice(2);
const only = args.find((arg) => !arg.startsWith("--"));
const folder = mkdtempSync(path.join(tmpdir(), "quern-cache-"));
build();
const recorded = [];
const rows = [];
let worst = 0;
for (const { name, architecture, keys, tensors } of cases) {
  if (only !== undefined && architecture !== only) continue;
  const header = path.join(folder, "header.gguf");
  const input = [
    ...lines(architecture, keys, tensors),
    ...contexts.map((context) => contextLine(context, architecture, keys)),
  ];
  const { stdout, stderr, status, signal } = spawnSync(probe, [header], {
    input: `${input.join("\n")}\n`,
    encoding: "utf8",
  });
  const bytes = stdout.trim().split("\n").map(Number);
  if (status !== 0 || bytes.length !== contexts.length) {
    rows.push([name, `llama.cpp: ${signal ?? status} ${stderr.replace(/\n/g, " ").slice(0, 200)}`]);
    continue;
  }
  const { cache } = architectureFacts((await readGgufHeader(header)).metadata);
  const shares = contexts.map((context, index) => cacheBytes(cache, context) / bytes[index]);
  worst = Math.max(worst, ...shares.map((share) => Math.abs(share - 1)));
  rows.push([name, ...shares.map((share) => (share === 1 ? "1" : share.toFixed(4)))]);
  recorded.push({ name, architecture, keys, bytes });
}
rmSync(folder, { recursive: true });
const headings = contexts.map((c) => `${c.contextTokens} x ${c.sequences}, ${c.batchTokens}, ${c.type}`);
for (const row of [["cacheBytes / llama.cpp", ...headings], ...rows])
  console.log(row.map((cell) => cell.padEnd(24)).join(" "));
console.log(`largest deviation: ${(worst * 100).toFixed(2)} %`);
if (args.includes("--record")) {
  const text = `${JSON.stringify({ contexts, models: recorded }, null, 2)}\n`;
  writeFileSync(path.join(root, "test/models/cache-arithmetic.json"), text);
  execFileSync(path.join(root, "node_modules/.bin/prettier"), ["--write", "test/models/cache-arithmetic.json"], {
    cwd: root,
  });
}

/** The header's keys in the words of cache-arithmetic.cpp. */
function lines(architecture, keys, tensors) {
  const layers = Array.from({ length: keys.block_count }, (_, layer) => layer);
  return [
    `str general.architecture ${architecture}`,
    "str tokenizer.ggml.model no_vocab",
    ...Object.entries(keys).map(([key, value]) => {
      const values = [value].flat();
      const kind =
        typeof values[0] === "boolean" ? "bool" : values.some((one) => !Number.isInteger(one)) ? "f32" : "u32";
      return `${kind}${Array.isArray(value) ? "s" : ""} ${architecture}.${key} ${values.map(Number).join()}`;
    }),
    ...tensors.flatMap((tensor) => layers.map((layer) => `tensor blk.${layer}.${tensor}`)),
  ];
}

/** As node-llama-cpp opens it: contexts padded together, one token more in a batch beside windows. */
function contextLine({ contextTokens, sequences, batchTokens, type }, architecture, keys) {
  const window = keys["attention.sliding_window"] ?? 0;
  const more = window > 0 && window < keys["context_length"] ? 1 : 0;
  const total = Math.ceil((contextTokens * sequences) / 256) * 256;
  return `context ${total} ${sequences} ${Math.max(batchTokens, sequences) + more} ${type}`;
}

function build() {
  const bench = path.join(root, ".bench");
  const libraries = readdirSync(bench).filter((name) => /^lib(llama|ggml)\.v.*\.so$/.test(name));
  execFileSync(
    "g++",
    ["-std=c++17", "-O1", "-w", "-o", probe, path.join(root, "bench/cache-arithmetic.cpp")]
      .concat(["include", "ggml/include", "src"].map((name) => `-I${bench}/src/${name}`))
      .concat(`-L${bench}`, ...libraries.map((name) => `-l:${name}`), "-l:libggml-base.so", "-Wl,-rpath,$ORIGIN"),
  );
}
