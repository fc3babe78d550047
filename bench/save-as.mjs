#!/usr/bin/env node
/**
 * save-as of many records: seconds, records per second and peak memory for each storage, at three sizes; beside it
 * synthetic-data-kit's save-as where it is installed (bench/install-sdk.sh makes .venv-sdk).
 *
 * usage: node bench/save-as.mjs [sizes] [formats]     default: 10000,100000,1000000 ft
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sizes = (process.argv[2] ?? "10000,100000,1000000").split(",").map(Number);
const formats = (process.argv[3] ?? "ft").split(",");
const peer = path.join(root, ".venv-sdk/bin/synthetic-data-kit");
const folder = await mkdtemp(path.join(os.tmpdir(), "quern-save-"));

/** Records with provenance, of 25 documents for each thousand. */
async function generate(count) {
  const file = path.join(folder, `records-${count}.json`);
  const out = createWriteStream(file);
  const write = async (text) => {
    if (!out.write(text)) await once(out, "drain");
  };
  await write('{"summary": "", "qa_pairs": [\n');
  for (let i = 0; i < count; i++) {
    const document = Math.floor(i / 40);
    const record = {
      question: `What does section ${i} of the handbook say about the maintenance of mill ${i % 977}?`,
      answer: `Section ${i} says that mill ${i % 977} is greased every ${(i % 30) + 1} days, and that its stones are dressed when the flour becomes warm. Table ${i % 13} has the details.`,
      provenance: {
        document: `docs/handbook-${document}.txt`,
        hash: String(document).padStart(64, "0"),
        chunk: i % 7,
        span: [i * 3, i * 3 + 500],
        page: (i % 50) + 1,
        model: "model",
        prompt: "qa_generation@0123456789ab",
        seed: i,
      },
      rating: 7 + (i % 4),
    };
    await write(`${i === 0 ? "" : ",\n"}${JSON.stringify(record)}`);
  }
  await write("\n]}\n");
  out.end();
  await once(out, "finish");
  return file;
}

/** Seconds and peak resident MB of a command, as GNU time tells them. */
function measure(command, args) {
  return new Promise((resolve) => {
    execFile(
      "/usr/bin/time",
      ["-f", "%e %M", command, ...args],
      { cwd: folder, maxBuffer: 1 << 26 },
      (error, _, stderr) => {
        const [, seconds, kilobytes] = /([\d.]+) (\d+)\s*$/.exec(stderr) ?? [];
        if (error !== null) resolve({ failed: stderr.trim().split("\n").slice(-3).join(" | ").slice(0, 300) });
        else resolve({ seconds: Number(seconds), megabytes: Math.round(Number(kilobytes) / 1000) });
      },
    );
  });
}

function show(what, count, { failed, seconds, megabytes }) {
  const figures =
    failed ??
    `${seconds.toFixed(1)} s | ${Math.round(count / seconds).toLocaleString("en-US")} records/s | ${megabytes} MB`;
  console.log(`| ${what} | ${count.toLocaleString("en-US")} | ${figures} |`);
}

try {
  console.log("| what | records | time | rate | peak memory |\n| --- | --- | --- | --- | --- |");
  for (const count of sizes) {
    const file = await generate(count);
    const output = path.join(folder, "out/");
    for (const format of formats) {
      const cases = [
        ...["json", "jsonl", "parquet", "hf", "lance"].map((storage) => ["--storage", storage]),
        ["--storage", "parquet", "--split", "train=0.9,validation=0.05,test=0.05"],
      ];
      for (const flags of cases) {
        const main = path.join(root, "dist/cli/main.js");
        const figures = await measure(process.execPath, [main, "save-as", file, "-f", format, ...flags, "-o", output]);
        show(`quern ${format} ${flags.slice(1).join(" ")}`, count, figures);
        await rm(output, { recursive: true, force: true });
      }
      if (existsSync(peer))
        for (const storage of ["json", "hf"]) {
          const target = path.join(folder, `peer-${storage}`);
          show(
            `synthetic-data-kit ${format} ${storage}`,
            count,
            await measure(peer, ["save-as", file, "-f", format, "--storage", storage, "-o", target]),
          );
          await rm(target, { recursive: true, force: true });
        }
    }
    await rm(file);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
