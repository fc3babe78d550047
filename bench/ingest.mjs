// Documents to text: quern against synthetic-data-kit, side by side, as whole commands with their start; then the memory
// of quern over a file of rows of 1 GB and a PDF of 1,000 pages.
//
//   bench/install-sdk.sh && node bench/ingest.mjs [--documents=DIR] [--rounds=3] [--only=compare,memory]
//
// The documents are those of ../shared/data/documents unless a folder is named. Each command is run `rounds` times, the
// two in turns, and its best time counts. Times say something only where nothing else runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { copyFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const flags = Object.fromEntries(process.argv.slice(2).map((flag) => flag.replace(/^--/, "").split("=")));
const documents = flags.documents ?? path.join(root, "../shared/data/documents");
const rounds = Number(flags.rounds ?? 3);
const only = (flags.only ?? "compare,memory").split(",");
const main = path.join(root, "dist/cli/main.js");
const sdk = path.join(root, ".venv-sdk/bin/synthetic-data-kit");
const { readDocuments } = await import(pathToFileURL(path.join(root, "dist/index.js")));
const work = mkdtempSync(path.join(os.tmpdir(), "quern-bench-"));

/** Runs a command to its end; seconds, what it said, its exit code and the most memory it had (MB, Linux only). */
async function run(command, args) {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, { cwd: work, env: { ...process.env, NO_COLOR: "1" } });
  let said = "";
  child.stdout.on("data", (piece) => (said += piece));
  child.stderr.on("data", (piece) => (said += piece));
  let peak = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 20);
  const [code] = await once(child, "close");
  clearInterval(look);
  return { seconds: Number(process.hrtime.bigint() - started) / 1e9, said, code, peak };
}

const tools = {
  quern: {
    start: (input, output) => run(process.execPath, [main, "ingest", input, "-o", output]),
    textsOf: quernTexts,
  },
  sdk: { start: (input, output) => run(sdk, ["ingest", input, "-o", output]), textsOf: sdkTexts },
};

/** Characters of text by the stem of the document. */
async function quernTexts(output) {
  const texts = {};
  for (const name of existsSync(output) ? readdirSync(output) : []) {
    if (!name.endsWith(".lance")) continue;
    for await (const { source, text } of readDocuments(path.join(output, name), { images: false }))
      texts[path.basename(source)] = (texts[path.basename(source)] ?? 0) + text.trim().length;
  }
  return texts;
}

async function sdkTexts(output, inputs) {
  const texts = {};
  for (const name of existsSync(output) ? readdirSync(output) : []) {
    const size = readFileSync(path.join(output, name), "utf8").trim().length;
    for (const input of inputs)
      if (path.parse(input).name === path.parse(name).name) texts[path.basename(input)] = size;
  }
  return texts;
}

async function best(tool, input, names) {
  let seconds = Infinity;
  let result;
  for (let round = 0; round < rounds; round++) {
    const output = path.join(work, `out-${tool}`);
    rmSync(output, { recursive: true, force: true });
    const one = await tools[tool].start(input, output);
    seconds = Math.min(seconds, one.seconds);
    result = { ...one, texts: await tools[tool].textsOf(output, names) };
  }
  return { ...result, seconds };
}

const reason = ({ said }) =>
  said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /✗|Error|error|not support|❌/i.test(line))
    .at(0)
    ?.replace(work, "")
    .slice(0, 110) ?? "no text";

async function compare() {
  const inputs = path.join(work, "all");
  const both = path.join(work, "both");
  for (const folder of [inputs, both]) mkdirSync(folder);
  const names = readdirSync(documents).sort();
  for (const name of names) copyFileSync(path.join(documents, name), path.join(inputs, name));
  console.log("| document | MB | quern s | MB/s | characters | sdk s | MB/s | characters | times as fast |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  const refused = [];
  for (const name of names) {
    const file = path.join(inputs, name);
    const megabytes = statSync(file).size / 1e6;
    const found = {};
    for (const tool of ["quern", "sdk"]) {
      const result = await best(tool, file, [file]);
      found[tool] = { ...result, characters: result.texts[name] ?? 0 };
      if (found[tool].characters === 0) refused.push(`${name}, ${tool}: exit ${result.code}, ${reason(result)}`);
    }
    const cells = ["quern", "sdk"].flatMap((tool) => {
      const { seconds, characters } = found[tool];
      return characters === 0
        ? ["refused", "", ""]
        : [seconds.toFixed(2), (megabytes / seconds).toFixed(2), characters];
    });
    const isRead = found.quern.characters > 0 && found.sdk.characters > 0;
    if (isRead) copyFileSync(file, path.join(both, name));
    const ratio = isRead ? (found.sdk.seconds / found.quern.seconds).toFixed(2) : "";
    console.log(`| ${[name, megabytes.toFixed(3), ...cells, ratio].join(" | ")} |`);
  }
  console.log(`\nrefused:\n${refused.map((line) => `- ${line}`).join("\n")}`);
  const files = readdirSync(both).map((name) => path.join(both, name));
  const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  const whole = {};
  for (const tool of ["quern", "sdk"]) whole[tool] = await best(tool, both, files);
  console.log(`\nthe ${files.length} documents both read, one command over the folder, ${megabytes.toFixed(2)} MB:`);
  for (const tool of ["quern", "sdk"])
    console.log(`${tool}: ${whole[tool].seconds.toFixed(2)} s, ${(megabytes / whole[tool].seconds).toFixed(2)} MB/s`);
  console.log(`quern is ${(whole.sdk.seconds / whole.quern.seconds).toFixed(2)} times as fast`);
}

const words = "the mill grinds rye and wheat for the village by the river in every month of the year".split(" ");
const sentence = (seed, length) =>
  Array.from({ length }, (_, i) => words[(seed * 7 + i * 13 + (i >> 3)) % words.length]).join(" ");

async function writeRows(file, bytes) {
  const stream = createWriteStream(file);
  let size = 0;
  let row = 0;
  while (size < bytes) {
    const lines = [];
    for (let i = 0; i < 500; i++, row++)
      lines.push(JSON.stringify({ id: row, text: `${row}: ${sentence(row, 150)}.` }));
    const piece = `${lines.join("\n")}\n`;
    size += piece.length;
    if (!stream.write(piece)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
  return row;
}

/** A PDF with pages full of text. */
async function writePdf(file, pages) {
  const stream = createWriteStream(file);
  const offsets = [];
  let position = 0;
  const write = (text) => {
    stream.write(text);
    position += text.length;
  };
  const object = (number, body) => {
    offsets[number] = position;
    write(`${number} 0 obj\n${body}\nendobj\n`);
  };
  write("%PDF-1.4\n");
  object(1, "<< /Type /Catalog /Pages 2 0 R >>");
  object(3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  const kids = [];
  for (let page = 0; page < pages; page++) {
    const number = 4 + 2 * page;
    kids.push(`${number} 0 R`);
    const lines = Array.from({ length: 50 }, (_, i) => `(${sentence(page * 50 + i, 14)}) Tj T*`);
    const content = `BT /F1 10 Tf 50 780 Td 14 TL\n${lines.join("\n")}\nET`;
    object(
      number,
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${number + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    );
    object(number + 1, `<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  object(2, `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${pages} >>`);
  const start = position;
  const entries = offsets.slice(1).map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  write(`xref\n0 ${offsets.length}\n0000000000 65535 f \n${entries.join("")}`);
  write(`trailer\n<< /Size ${offsets.length} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
  stream.end();
  await once(stream, "close");
}

async function memory() {
  console.log("\n| input | MB | s | MB/s | peak MB of the command |");
  console.log("| --- | --- | --- | --- | --- |");
  const measure = async (what, file) => {
    const megabytes = statSync(file).size / 1e6;
    const output = path.join(work, "out-memory");
    const { seconds, peak, code, said } = await tools.quern.start(file, output);
    if (code !== 0) throw new Error(said);
    const cells = [what, megabytes.toFixed(0), seconds.toFixed(1), (megabytes / seconds).toFixed(1), peak.toFixed(0)];
    console.log(`| ${cells.join(" | ")} |`);
    for (const left of [file, output]) rmSync(left, { recursive: true, force: true });
  };
  for (const bytes of [1e7, 1e8, 1e9]) {
    const file = path.join(work, "rows.jsonl");
    const rows = await writeRows(file, bytes);
    await measure(`JSON Lines, ${rows} rows`, file);
  }
  for (const pages of [100, 1000]) {
    const file = path.join(work, "pages.pdf");
    await writePdf(file, pages);
    await measure(`PDF, ${pages} pages`, file);
  }
}

try {
  if (only.includes("compare")) await compare();
  if (only.includes("memory")) await memory();
} finally {
  rmSync(work, { recursive: true, force: true });
}
