/** The report over all documents of a run, beside those of each document. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { quern } from "../support/command.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith } from "../support/folders.js";

it("tells of all records of a run, in figures and as a page", async () => {
  const folder = await folderWith({
    "in/mill.txt": "A hand mill has two stones. The upper stone turns and the lower stone rests. ".repeat(4),
    "in/tide.txt": "The tide rises when the moon pulls the water. It falls when the moon has passed. ".repeat(4),
  });
  await using server = await fakeServer();
  const out = path.join(folder, "out");
  const ran = await quern(["run", path.join(folder, "in"), "--name", "both", "--output-dir", out, ...server.flags], {
    cwd: folder,
  });
  expect(ran.exitCode, ran.stderr).toBe(0);
  const read = async (name: string) => await readFile(path.join(out, "curated", name), "utf8");
  const whole = JSON.parse(await read("both.report.json")) as { metrics: { total: number }; checks: unknown[] };
  let total = 0;
  for (const name of ["mill", "tide"]) {
    const one = JSON.parse(await read(`${name}_qa_pairs_cleaned.report.json`)) as typeof whole;
    total += one.metrics.total;
  }
  expect(whole.metrics.total).toBe(total);
  expect(total).toBeGreaterThan(0);
  const page = await read("both.report.html");
  expect(page).toContain("Curation of both");
  expect(page).toContain("Semantic duplicates did not run");
  expect(page).not.toContain("<script");
});
