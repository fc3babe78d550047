/** Addresses and tables, said of the command as it is started. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { connect } from "@lancedb/lancedb";
import { describe, expect, it } from "vitest";
import { makePdf, show } from "../fixtures/documents/build.js";
import { quern } from "../support/command.js";
import { expectError, hasSharedDocuments, sharedDocuments } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { page, redirect, webServer } from "../support/web-server.js";

async function rowsOf(folder: string, name: string): Promise<Record<string, unknown>[]> {
  const db = await connect(folder);
  const table = await db.openTable(name);
  return (await table.query().toArray()) as Record<string, unknown>[];
}

const html =
  "<html><head><title>Mills</title></head><body><h1>Mills</h1><p>The mill stands by the river.</p></body></html>";

describe("ingest of addresses", () => {
  it("makes a dataset of each page, by a name of its own, whatever the kind of file", async () => {
    await using server = await webServer({
      "/docs/a": html,
      "/docs/b": page("application/pdf", makePdf([show("hello", 50, 700)])),
      "/data.csv": page("text/plain", "text\nfirst row\nsecond row\n"),
      "/packed": page("text/html", gzipSync(html), { "content-encoding": "gzip" }),
      "/old": redirect("/docs/a", 301),
    });
    const cwd = await folderWith();
    const addresses = ["docs/a", "docs/b", "data.csv", "packed", "old"].map((name) => `${server.url}/${name}`);
    const { stderr, exitCode } = await quern(["ingest", ...addresses], { cwd });
    expect(exitCode, stderr).toBe(0);
    const site = `127.0.0.1_${server.port}`;
    const parsed = path.join(cwd, "data/parsed");
    expect(await namesIn(parsed)).toEqual(
      [`${site}_data`, `${site}_docs_a`, `${site}_docs_b`, `${site}_old`, `${site}_packed`].map(
        (name) => `${name}.lance`,
      ),
    );
    const [first] = await rowsOf(parsed, `${site}_docs_a`);
    expect(first).toMatchObject({ source: `${server.url}/docs/a`, text: expect.stringContaining("river") as string });
    const [old] = await rowsOf(parsed, `${site}_old`);
    expect(old!["source"]).toBe(`${server.url}/docs/a`);
    expect((await rowsOf(parsed, `${site}_data`)).map(({ text }) => text).join("|")).toContain("first row");
    // One request each, and one for the redirect: no pictures, no robots.txt.
    expect(server.asked).toHaveLength(6);
  });

  it("goes on where one is missing, and says which", async () => {
    await using server = await webServer({ "/a": html });
    const cwd = await folderWith();
    const { stderr, exitCode } = await quern(["ingest", `${server.url}/none`, `${server.url}/a`], { cwd });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`✗ ${server.url}/none: there is no such page (404 Not Found); check the address.`);
    expect(await namesIn(cwd, "data/parsed")).toHaveLength(1);
  });

  it("keeps to the limits of the configuration", async () => {
    await using server = await webServer({
      "/large": page("text/plain", "x".repeat(3_000_000)),
      "/silent": () => undefined,
    });
    const cwd = await folderWith({
      "c.yaml": "ingest: {max_download: 1, download_timeout: 2, download_idle_timeout: 60}\n",
    });
    const large = await quern(["-c", "c.yaml", "ingest", `${server.url}/large`], { cwd });
    expectError(large, 1, "it has more than 1 MB, which is the most that is fetched");
    const silent = await quern(["-c", "c.yaml", "ingest", `${server.url}/silent`], { cwd });
    expectError(silent, 1, "it took longer than 2 seconds");
  });

  it("refuses other schemes, and videos that are none", async () => {
    const cwd = await folderWith();
    expectError(
      await quern(["ingest", "ftp://example.com/x"], { cwd }),
      1,
      "addresses that begin with ftp: are not fetched",
    );
    const list = "https://www.youtube.com/playlist?list=PL1";
    expectError(await quern(["ingest", list], { cwd }), 1, `${list}: it names no video`);
  });
});

describe("ingest of tables", () => {
  const qa = "question;answer\nWhat is a mill?;It grinds.\nWho is the miller?;Me.\n";

  it("makes one document of a small one, and one of each row where a column is named", async () => {
    const cwd = await folderWith({ "qa.csv": qa });
    await quern(["ingest", "qa.csv", "-n", "whole"], { cwd });
    const { stderr, exitCode } = await quern(["ingest", "qa.csv", "--column", "answer", "-n", "rows"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("2 documents");
    const parsed = path.join(cwd, "data/parsed");
    expect((await rowsOf(parsed, "whole")).map(({ text }) => text).join("")).toContain(
      "| What is a mill? | It grinds. |",
    );
    expect((await rowsOf(parsed, "rows")).map(({ text }) => String(text).trim())).toEqual(["It grinds.", "Me."]);
  });

  it("names the columns that there are", async () => {
    const cwd = await folderWith({ "qa.csv": qa });
    const result = await quern(["ingest", "qa.csv", "--column", "anser"], { cwd });
    expectError(result, 1, 'qa.csv: it has no column "anser"', 'did you mean "answer"?', '"question", "answer"');
  });

  it("counts broken lines with their numbers and goes on", async () => {
    const cwd = await folderWith({ "a.jsonl": '{"text": "one"}\nbroken\n{"text": "three"}\n' });
    const { stderr, exitCode } = await quern(["ingest", "a.jsonl"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/a\.jsonl: 1 row that is no JSON left out: .*\(line 2\)/);
    expect(stderr).toContain("2 documents");
  });

  it.skipIf(!hasSharedDocuments())("reads a workbook of the real world", async () => {
    const cwd = await folderWith({ "sheet.xlsx": await readFile(path.join(sharedDocuments, "sheet.xlsx")) });
    const { stderr, exitCode } = await quern(["ingest", "sheet.xlsx"], { cwd });
    expect(exitCode, stderr).toBe(0);
    const rows = await rowsOf(path.join(cwd, "data/parsed"), "sheet");
    expect(rows.map(({ heading }) => heading)).toContain("Sheet1");
  });
});
