/** Whatever dies, nothing is lost and nothing is there twice. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { quern, start, temporaryFolder } from "../support/command.js";
import { readLines, writeConfig, writeDocuments } from "../support/documents.js";

const documents = 4;
const perDocument = 3;
const args = ["-c", "config.yaml", "run", "docs", "-n", String(perDocument), "-t", "1", "--json"];

interface Summary {
  exit_code: number;
  engine: { requests: number; fromJournal: number };
}

let cwd: string;

beforeAll(async () => {
  cwd = await temporaryFolder();
  await writeConfig(cwd);
  await writeDocuments(path.join(cwd, "docs"), documents, 3);
});

/** Process ids of the model's processes that a command started. */
async function children(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.trim().split(" ").filter(Boolean).map(Number);
}

async function journalLines(folder: string): Promise<number> {
  let lines = 0;
  for (let i = 0; i < documents; i++) {
    const file = path.join(cwd, folder, `generated/.quern/d${i}_qa_pairs.json.journal.jsonl`);
    lines += (await readFile(file, "utf8").catch(() => "")).split("\n").length - 1;
  }
  return lines;
}

/** Waits until a run has recorded some answers. */
async function untilAnswers(folder: string, count: number, stop: () => boolean): Promise<void> {
  for (let i = 0; i < 3000 && !stop() && (await journalLines(folder)) < count; i++) await delay(20);
}

async function expectComplete(folder: string): Promise<void> {
  const file = path.join(cwd, folder, "final/docs.jsonl");
  const records = await readLines<{ question: string; provenance: { document: string } }>(file);
  const names = records.map((record) => `${record.provenance.document} ${record.question}`);
  expect(new Set(names).size).toBe(names.length);
  expect(records).toHaveLength(documents * perDocument);
}

describe("kill -9 of the command", () => {
  it("costs only what was in flight, at whatever moment; the same command goes on", async () => {
    const folder = "parent";
    let killed = 0;
    for (const answers of [1, 4, 9, 14]) {
      const running = start([...args, "-o", folder], { cwd });
      let ended = false;
      void running.then(() => (ended = true));
      await untilAnswers(folder, answers, () => ended);
      const [worker] = await children(running.pid!);
      running.kill("SIGKILL");
      const { signal } = await running;
      if (signal === "SIGKILL") killed++;
      // The model's process must not outlive the command.
      for (let i = 0; i < 100 && worker !== undefined && isAlive(worker); i++) await delay(20);
      if (worker !== undefined) expect(isAlive(worker)).toBe(false);
    }
    expect(killed).toBeGreaterThan(1);
    const before = await journalLines(folder);
    const { stdout, exitCode } = await quern([...args, "-o", folder], { cwd });
    expect(exitCode).toBe(0);
    expect((JSON.parse(stdout) as Summary).engine.fromJournal).toBeGreaterThanOrEqual(before);
    await expectComplete(folder);
  });
});

describe("kill -9 of the model's process", () => {
  it("is told, and the run completes with nothing lost and nothing twice", async () => {
    const folder = "child";
    const running = start([...args, "-o", folder], { cwd });
    let ended = false;
    void running.then(() => (ended = true));
    let kills = 0;
    for (const answers of [1, 5, 10]) {
      await untilAnswers(folder, answers, () => ended);
      const [worker] = await children(running.pid!);
      if (worker === undefined) break;
      process.kill(worker, "SIGKILL");
      kills++;
    }
    const { exitCode, stderr } = await running;
    expect(kills).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("was killed");
    await expectComplete(folder);
  });

  it("ends the run with a clear error when it dies again and again, and what is done is kept", async () => {
    const folder = "deaths";
    await writeFile(path.join(cwd, "fragile.yaml"), "llama-cpp: {context: 1024, sequences: 4, max_restarts: 1}\n");
    const running = start(["-c", "fragile.yaml", ...args.slice(2), "-o", folder], { cwd });
    let ended = false;
    void running.then(() => (ended = true));
    let last: number | undefined;
    while (!ended) {
      const [worker] = await children(running.pid!);
      if (
        worker !== undefined &&
        (last === undefined || worker !== last) &&
        (last !== undefined || (await journalLines(folder)) > 0)
      ) {
        last = worker;
        process.kill(worker, "SIGKILL");
      }
      await delay(20);
    }
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /error: the model's process was killed .*died 2 times without finishing a request.*run the same command to go on/,
    );
    expect(await journalLines(folder)).toBeGreaterThan(0);
  });
});

describe("Ctrl-C", () => {
  it("stops, says how to go on, and the same command does", async () => {
    const folder = "interrupted";
    const running = start([...args, "-o", folder], { cwd });
    let ended = false;
    void running.then(() => (ended = true));
    await untilAnswers(folder, 3, () => ended);
    running.kill("SIGINT");
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(stderr).toContain("run the same command to go on");
    expect((await quern([...args, "-o", folder], { cwd })).exitCode).toBe(0);
    await expectComplete(folder);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
