/** What ingest takes: archives, folders of folders, files of rows, and the folder of inputs; hostile ones among them. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { tarOf, zipOf } from "../fixtures/documents/archives.js";
import { makeDocx, makePdf, show, wordParagraph } from "../fixtures/documents/build.js";
import { quern } from "../support/command.js";
import { expectError, expectUsageError, parsedStdout } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { library, readDataset } from "../support/library.js";

const text = "The mill was built in 1820 and grinds rye to this day.\n";

/** All documents of all datasets in a folder, by their source. */
async function sourcesIn(cwd: string, folder = "data/parsed"): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await namesIn(cwd, folder))
    for await (const document of library.readDocuments(path.join(cwd, folder, name)))
      found[`${document.source}${document.row === undefined ? "" : `:${document.row}`}`] = document.text;
  return found;
}

describe("archives", () => {
  const inner = zipOf([{ name: "deep.txt", data: text }]);
  const archive = zipOf([
    { name: "sub/a.txt", data: text, deflate: true },
    { name: "b.pdf", data: makePdf([show("A page about mills.", 50, 700)]), deflate: true },
    { name: "c.docx", data: makeDocx(wordParagraph("Words about mills.")), deflate: true },
    { name: "inner.zip", data: inner },
    { name: "photo.jpg", data: "x" },
  ]);

  it("of every kind give the documents in them, those in archives in them too", async () => {
    const cwd = await folderWith({
      "x.zip": archive,
      "y.tar.gz": gzipSync(tarOf([{ name: "d/t.txt", data: text }])),
      "z.txt.gz": gzipSync(text),
    });
    const { stderr, exitCode } = await quern(["ingest", "x.zip", "y.tar.gz", "z.txt.gz"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("x.zip: 1 file of other kinds in it is left out (1 .jpg)");
    const found = await sourcesIn(cwd);
    expect(Object.keys(found).sort()).toEqual([
      "x.zip/b.pdf",
      "x.zip/c.docx",
      "x.zip/inner.zip/deep.txt",
      "x.zip/sub/a.txt",
      "y.tar.gz/d/t.txt",
      "z.txt.gz",
    ]);
    expect(found["x.zip/inner.zip/deep.txt"]).toBe(text);
    expect(await namesIn(cwd, "data/parsed")).toContain("deep.lance");
  });

  it("with hostile members: each is refused with its reason, the rest is read, nothing is written elsewhere", async () => {
    const hostile = zipOf([
      { name: "../../../escaped.txt", data: text },
      { name: "/tmp/absolute.txt", data: text },
      { name: "secret.txt", data: text, encrypted: true },
      { name: "link.txt", data: "/etc/passwd", mode: 0o120777 },
      { name: "bomb.txt", data: "a ".repeat(8_000_000), deflate: true },
      { name: "broken.txt", data: text, checksum: 5 },
      { name: "nul.txt", data: "\0".repeat(500) },
      { name: "empty.txt", data: "" },
      { name: "good.txt", data: text },
    ]);
    const cwd = await folderWith({ "in/h.zip": hostile });
    const result = await quern(["ingest", "in/h.zip", "--json"], { cwd });
    expect(result.exitCode, result.stderr).toBe(3);
    const { failures } = parsedStdout(result) as { failures: { input: string; error: string }[] };
    const reasons = Object.fromEntries(failures.map(({ input, error }) => [path.basename(input), error]));
    expect(reasons).toMatchObject({
      "escaped.txt": expect.stringContaining("its name leads out") as string,
      "absolute.txt": expect.stringContaining("its name leads out") as string,
      "secret.txt": expect.stringContaining("protected by a password") as string,
      "link.txt": expect.stringContaining("a link") as string,
      "bomb.txt": expect.stringContaining("more than 200 times its size") as string,
      "broken.txt": expect.stringContaining("checksum") as string,
      "nul.txt": expect.stringContaining("binary data") as string,
      "empty.txt": expect.stringContaining("empty") as string,
    });
    expect(await sourcesIn(cwd)).toEqual({ "in/h.zip/good.txt": text });
    expect(await namesIn(cwd)).toEqual(["data", "in"]);
    expect(await namesIn(cwd, "in")).toEqual(["h.zip"]);
  });

  it("that are cut, or none, are refused", async () => {
    const cwd = await folderWith({ "cut.zip": archive.subarray(0, -40), "none.zip": "no archive" });
    expectError(await quern(["ingest", "cut.zip"], { cwd }), 1, "cut.zip", "damaged or cut short");
    expectError(await quern(["ingest", "none.zip"], { cwd }), 1, "none.zip", "not an archive");
    expect(await namesIn(cwd, "data/parsed")).toEqual([]);
  });

  it("keep to the limits of the configuration", async () => {
    const files = Array.from({ length: 5 }, (_, n) => ({ name: `${n}.txt`, data: `${text} ${n}` }));
    const cwd = await folderWith({ "m.zip": zipOf(files), "c.yaml": "ingest: {max_members: 3}\n" });
    const result = await quern(["-c", "c.yaml", "ingest", "m.zip"], { cwd });
    expectError(result, 3, "m.zip: it holds more than 3 files");
    expect(await namesIn(cwd, "data/parsed")).toHaveLength(3);
  });
});

describe("folders", () => {
  it("of folders keep documents of one name apart, with -r and with a slash at the end", async () => {
    const cwd = await folderWith({
      "docs/a/report.txt": `${text} a`,
      "docs/b/report.txt": `${text} b`,
      "docs/report.txt": `${text} top`,
      "docs/.hidden.txt": text,
      "docs/.git/x.txt": text,
    });
    await symlink("..", path.join(cwd, "docs/a/loop"));
    const { stderr, exitCode } = await quern(["ingest", "docs/", "-r"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(await sourcesIn(cwd)).toEqual({
      "docs/a/report.txt": `${text} a`,
      "docs/b/report.txt": `${text} b`,
      "docs/report.txt": `${text} top`,
    });
    expect(await namesIn(cwd, "data/parsed")).toHaveLength(3);
  });

  it("with many documents are read side by side, and told in their order", async () => {
    const files: Record<string, unknown> = {};
    for (let n = 10; n < 40; n++)
      files[`docs/d${n}.html`] = `<p>${"Mills grind rye. ".repeat((n * 37) % 200)}Number ${n}.</p>`;
    const cwd = await folderWith(files);
    const { stdout, exitCode } = await quern(["ingest", "docs"], { cwd });
    expect(exitCode).toBe(0);
    const names = stdout
      .trim()
      .split("\n")
      .map((line) => /d(\d+)\.lance$/.exec(line)?.[1]);
    expect(names).toEqual(Array.from({ length: 30 }, (_, n) => String(n + 10)));
  });

  it("named in the configuration are read when the command names nothing", async () => {
    const cwd = await folderWith({ "data/input/a.txt": text, "mine/b.txt": text, "c.yaml": "paths: {input: mine}\n" });
    expect((await quern(["ingest"], { cwd })).exitCode).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance"]);
    expect((await quern(["-c", "c.yaml", "ingest"], { cwd })).exitCode).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance", "b.lance"]);
    const empty = await folderWith();
    expectUsageError(await quern(["ingest"], { cwd: empty }), "no path is given", "data/input");
    expect(await namesIn(empty)).toEqual([]);
  });

  it("are previewed with archives, datasets and the flags that were given", async () => {
    const cwd = await folderWith({ "docs/a.txt": text, "docs/b.zip": zipOf([]), "docs/c.xyz": "" });
    await mkdir(path.join(cwd, "docs/d.lance"));
    const flags = ["-r", "--multimodal", "--ocr", "--ocr-language", "deu,eng", "--column", "my text", "-o", "out"];
    const { stdout, exitCode } = await quern(["ingest", "docs", ...flags, "--preview"], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Supported files: 2");
    expect(stdout).toContain("Unsupported files: 2");
    expect(stdout).toContain(
      "quern ingest docs -o out -r --multimodal --ocr --ocr-language deu --ocr-language eng --column 'my text'",
    );
    expect(await namesIn(cwd)).toEqual(["docs"]);
  });
});

describe("files of rows", () => {
  it("are one dataset with a document for each row", async () => {
    const rows = Array.from({ length: 300 }, (_, n) => ({ id: n + 1, body: `Ticket ${n + 1}: ${text}`, other: "x" }));
    const cwd = await folderWith({ "t.jsonl": rows.map((row) => JSON.stringify(row)).join("\n") });
    const { stderr, exitCode } = await quern(["ingest", "t.jsonl", "--column", "body", "--json"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["t.lance"]);
    const found = await sourcesIn(cwd);
    expect(Object.keys(found)).toHaveLength(300);
    expect(found["t.jsonl:300"]).toContain("Ticket 300");
    expect(found["t.jsonl:300"]).not.toContain("x");
  });

  it("side by side with others, in archives too", async () => {
    const lines = (who: string) =>
      Array.from({ length: 500 }, (_, n) => JSON.stringify({ text: `${who} ${n} ${text}` })).join("\n");
    const cwd = await folderWith({
      "docs/a.jsonl": lines("a"),
      "docs/b.jsonl": lines("b"),
      "docs/c.txt": text,
      "docs/d.zip": zipOf([{ name: "e.jsonl", data: lines("e"), deflate: true }]),
    });
    const { stderr, exitCode } = await quern(["ingest", "docs"], { cwd });
    expect(exitCode, stderr).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance", "b.lance", "c.lance", "e.lance"]);
    const found = await sourcesIn(cwd);
    expect(Object.keys(found)).toHaveLength(1501);
    expect(found["docs/d.zip/e.jsonl:500"]).toContain("e 499");
  });

  it("that break off leave no dataset, and the other documents stand", async () => {
    const cwd = await folderWith({ "docs/a.json": '[{"text": "one"}, {"te', "docs/b.txt": text });
    const result = await quern(["ingest", "docs"], { cwd });
    expectError(result, 3, "docs/a.json");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["b.lance"]);
  });
});

describe("the text as a file", () => {
  it("is written beside the dataset where the configuration asks for it, and read once by what follows", async () => {
    const cwd = await folderWith({ "a.txt": text, "c.yaml": "ingest: {default_format: txt}\n" });
    expect((await quern(["-c", "c.yaml", "ingest", "a.txt"], { cwd })).exitCode).toBe(0);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["a.lance", "a.txt"]);
    expect((await readDataset(cwd, "data/parsed/a.lance")).text).toBe(text);
    const { stdout } = await quern(["create", "data/parsed", "--preview"], { cwd });
    expect(stdout).toContain("Supported files: 1");
    await writeFile(path.join(cwd, "c.yaml"), "ingest: {default_format: csv}\n");
    const refused = await quern(["-c", "c.yaml", "ingest", "a.txt"], { cwd });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("ingest.default_format");
  });
});
