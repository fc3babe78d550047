/** What one document may take of the machine, what a run may, and what is left when a run is killed. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { zipOf } from "../fixtures/documents/archives.js";
import { quern, start } from "../support/command.js";
import { expectError } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { library } from "../support/library.js";

const text = "The mill was built in 1820 and grinds rye to this day.\n";

/** A page that takes long to read, and much memory. */
function heavyPage(): string {
  return `<html><body>${"<p>A paragraph <b>of many</b> about the mill.</p>".repeat(300_000)}</body></html>`;
}

describe("a document that needs too much", () => {
  it("memory, fails alone", async () => {
    const cwd = await folderWith({
      "docs/a.txt": text,
      "docs/heavy.html": heavyPage(),
      "docs/z.txt": text,
      "c.yaml": "ingest: {max_memory: 64, workers: 2}\n",
    });
    const result = await quern(["-c", "c.yaml", "ingest", "docs"], { cwd });
    expectError(result, 3, "docs/heavy.html: reading it takes more than 64 MB of memory");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance", "z.lance"]);
  });

  it("time, fails alone", async () => {
    const cwd = await folderWith({
      "docs/a.txt": text,
      "docs/heavy.html": heavyPage(),
      "c.yaml": "ingest: {timeout: 2, workers: 1}\n",
    });
    const result = await quern(["-c", "c.yaml", "ingest", "docs/heavy.html", "docs/a.txt"], { cwd });
    expectError(result, 3, "docs/heavy.html: reading it takes longer than 2 seconds");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance"]);
  });
});

describe("a run that is ended", () => {
  const slow = async () => {
    const files = Array.from({ length: 4 }, (_, n) => ({ name: `${n}.html`, data: heavyPage(), deflate: true }));
    const cwd = await folderWith({ "slow.zip": zipOf(files), "c.yaml": "ingest: {max_ratio: 10000}\n" });
    await mkdir(path.join(cwd, "tmp"));
    return cwd;
  };
  const untilUnpacked = async (cwd: string) => {
    for (let i = 0; i < 500 && (await namesIn(cwd, "tmp")).length === 0; i++) await delay(20);
    expect(await namesIn(cwd, "tmp")).toHaveLength(1);
  };

  it("by Ctrl-C ends its threads at once and leaves no temporary file", async () => {
    const cwd = await slow();
    const running = start(["-c", "c.yaml", "ingest", "slow.zip"], { cwd, env: { TMPDIR: path.join(cwd, "tmp") } });
    await untilUnpacked(cwd);
    running.kill("SIGINT");
    const { exitCode, stderr } = await running;
    expect(exitCode, stderr).toBe(130);
    expect(await namesIn(cwd, "tmp")).toEqual([]);
    expect((await namesIn(cwd, "data/parsed")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("by kill -9 leaves what the next run takes away", async () => {
    const cwd = await slow();
    const env = { TMPDIR: path.join(cwd, "tmp") };
    const running = start(["-c", "c.yaml", "ingest", "slow.zip"], { cwd, env });
    await untilUnpacked(cwd);
    running.kill("SIGKILL");
    await running;
    await writeFile(path.join(cwd, "small.zip"), zipOf([{ name: "a.txt", data: text }]));
    const { exitCode, stderr } = await quern(["ingest", "small.zip"], { cwd, env });
    expect(exitCode, stderr).toBe(0);
    expect(await namesIn(cwd, "tmp")).toEqual([]);
    expect((await namesIn(cwd, "data/parsed")).filter((name) => !/^\w+\.lance$/.test(name))).toEqual([]);
  });
});

describe("a file of very many rows", () => {
  it("is read in memory that does not grow with it", async () => {
    const cwd = await folderWith();
    const write = async (name: string, rows: number) => {
      const file = createWriteStream(path.join(cwd, name));
      for (let n = 1; n <= rows; n++) {
        const line = `${JSON.stringify({ text: `Row ${n}. ${"The mill grinds rye and wheat. ".repeat(40)}` })}\n`;
        if (!file.write(line)) await once(file, "drain");
      }
      file.end();
      await finished(file);
    };
    await write("few.jsonl", 20_000);
    await write("many.jsonl", 100_000);
    /** The most memory the command had, in megabytes. */
    const peakOf = async (name: string): Promise<number> => {
      const running = start(["ingest", name], { cwd });
      let peak = 0;
      let ended = false;
      void running.then(() => (ended = true));
      while (!ended) {
        const status = await readFile(`/proc/${running.pid}/status`, "utf8").catch(() => "");
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
        await delay(20);
      }
      const { exitCode, stderr } = await running;
      expect(exitCode, stderr).toBe(0);
      return peak;
    };
    const few = await peakOf("few.jsonl");
    const many = await peakOf("many.jsonl");
    // Five times the rows, 100 MB more of text: what it takes beyond is caches of the libraries.
    expect(many - few).toBeLessThan(250);
    let count = 0;
    for await (const { row } of library.readDocuments(path.join(cwd, "data/parsed/many.lance"))) {
      count++;
      if (row !== count) throw new Error(`row ${row} stands at ${count}`);
    }
    expect(count).toBe(100_000);
  });
});
