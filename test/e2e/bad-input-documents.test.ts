/** Documents that cannot be read: each is refused with its reason, and no dataset is left. */
import { chmod, copyFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { makePdf, makeZip, show } from "../fixtures/documents/build.js";
import { quern } from "../support/command.js";
import { errorLine, expectError, hasSharedDocuments, sharedDocuments, skipLoudly } from "../support/expectations.js";
import { readJson } from "../support/documents.js";
import { fakeServer } from "../support/fake-server.js";
import { folderWith, namesIn } from "../support/folders.js";
import { readDataset } from "../support/library.js";

const text = "The mill was built in 1820 and grinds rye to this day.\n";
const pdf = makePdf([show("The mill was built in 1820 and grinds rye to this day.", 50, 700)]);
const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256);

const refused: { what: string; name: string; content: string | Uint8Array; reason: string }[] = [
  { what: "an empty file", name: "empty.txt", content: "", reason: "it is empty" },
  { what: "nothing but white space", name: "white.txt", content: " \n\t\r\n\u00a0 \n", reason: "no text" },
  { what: "binary data in a .txt", name: "noise.txt", content: noise, reason: "binary data" },
  { what: "a zip archive in a .md", name: "zip.md", content: makeZip({ "a.bin": "\0\0\0\0" }), reason: "zip archive" },
  { what: "text in a .docx", name: "fake.docx", content: text, reason: "not a .docx" },
  { what: "a PDF in a .docx", name: "pdf.docx", content: pdf, reason: "a PDF" },
  { what: "a zip archive in a .docx", name: "zip.docx", content: makeZip({ a: "b" }), reason: "not a Word document" },
  { what: "text in a .pdf", name: "fake.pdf", content: text, reason: "not a PDF" },
  { what: "half a PDF", name: "half.pdf", content: pdf.subarray(0, pdf.length / 2), reason: "cut short" },
  { what: "a PDF without text", name: "scan.pdf", content: makePdf(["0 0 100 100 re f\n"]), reason: "no text" },
  { what: "HTML without text", name: "bare.html", content: "<html><body><img></body></html>", reason: "no text" },
  { what: "a format that is not read", name: "book.mobi", content: text, reason: ".mobi is not supported" },
  { what: "a name without an extension", name: "README", content: text, reason: "without an extension" },
];

describe("a document that cannot be used", () => {
  it.each(refused)("$what: exit 1, with file and reason, and no dataset", async ({ name, content, reason }) => {
    const cwd = await folderWith({ [name]: content });
    const result = await quern(["ingest", name], { cwd });
    expectError(result, 1, name, reason);
    expect(await namesIn(cwd, "data/parsed")).toEqual([]);
  });

  it("that is not there is refused, and nothing is made", async () => {
    const cwd = await folderWith({});
    const result = await quern(["ingest", "nowhere.txt"], { cwd });
    expectError(result, 1, "nowhere.txt: not found");
    expect(await namesIn(cwd)).toEqual([]);
  });

  it("that may not be read is refused", async (test) => {
    if (process.getuid?.() === 0) {
      skipLoudly("a file without read permission: root may read every file");
      test.skip();
    }
    const cwd = await folderWith({ "secret.txt": text });
    await chmod(path.join(cwd, "secret.txt"), 0);
    expectError(await quern(["ingest", "secret.txt"], { cwd }), 1, "secret.txt", "not permitted");
  });

  it("that needs a password is refused", async (test) => {
    if (!hasSharedDocuments()) test.skip();
    const cwd = await folderWith({});
    await copyFile(path.join(sharedDocuments, "password.pdf"), path.join(cwd, "password.pdf"));
    expectError(await quern(["ingest", "password.pdf"], { cwd }), 1, "password.pdf", "protected by a password");
  });

  it("is told once, with a remedy that goes on in the same sentence", async () => {
    const cwd = await folderWith({ "empty.txt": "" });
    const { stderr } = await quern(["ingest", "empty.txt"], { cwd });
    expect(stderr.split("it is empty").length - 1, stderr).toBe(1);
    expect(stderr).toMatch(/it is empty \(0 bytes\); [a-z]/);
  });

  it("is refused by create just the same", async () => {
    const cwd = await folderWith({ "white.txt": "  \n", "small.yaml": "llama-cpp: {context: 1024, sequences: 4}\n" });
    expectError(
      await quern(["create", "white.txt", "-n", "1", "-c", "small.yaml"], { cwd }),
      1,
      "white.txt",
      "no text",
    );
    expect(await namesIn(cwd, "data/generated")).not.toContain("white_qa_pairs.json");
  });
});

describe("a directory", () => {
  it("without supported files is no success", async () => {
    const cwd = await folderWith({ "docs/sheet.xyz": "x", "docs/deeper/a.txt": text });
    const result = await quern(["ingest", "docs"], { cwd });
    expectError(result, 1, "docs", "No supported files", ".txt", "1 other file", "--recursive");
    expect(await namesIn(cwd, "data")).toEqual([]);
  });

  it("with a bad and a good document: exit 3, the good one done, the bad one named", async () => {
    const cwd = await folderWith({ "docs/a-bad.pdf": "no pdf", "docs/b-good.txt": text });
    const result = await quern(["ingest", "docs"], { cwd });
    expectError(result, 3, "a-bad.pdf");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["b-good.lance"]);
    expect((await readDataset(cwd, "data/parsed/b-good.lance")).text).toBe(text);
  });

  it("keeps both of two sources with one stem", async () => {
    const html = "<html><body><p>The same report, as a page of the web.</p></body></html>";
    const cwd = await folderWith({ "docs/report.txt": text, "docs/report.html": html });
    const result = await quern(["ingest", "docs", "-o", "out"], { cwd });
    expect(result.exitCode, result.stderr).toBe(0);
    const names = await namesIn(cwd, "out");
    expect(names).toHaveLength(2);
    const texts = await Promise.all(names.map(async (name) => (await readDataset(cwd, `out/${name}`)).text.trim()));
    expect(texts.sort()).toEqual([text.trim(), "The same report, as a page of the web."].sort());
  });
});

describe("create, of two sources with one stem", () => {
  it("names them in the order of their paths, as ingest does, however long each takes to read", async () => {
    await using server = await fakeServer();
    const page = `<html><body>${"<p>The same report, as a page of the web.</p>".repeat(200)}</body></html>`;
    const cwd = await folderWith({ "docs/report.txt": text, "docs/report.html": page });
    await quern(["create", "docs", "-n", "1", "-o", "out", ...server.flags], { cwd });
    const names = (await namesIn(cwd, "out")).filter((name) => !name.endsWith(".report.json"));
    expect(names).toEqual(["report_qa_pairs.json", "report_txt_qa_pairs.json"]);
    const made = await readJson<{ source: { document: string } }>(path.join(cwd, "out/report_qa_pairs.json"));
    expect(made.source.document).toBe("docs/report.html");
  });
});

const legacy = "Grüße aus dem Café: ein schöner Tag für alle Müller.\n";
const encoded: [string, Uint8Array][] = [
  ["UTF-8 with a mark", Buffer.from(`\ufeff${legacy}`)],
  ["UTF-16, little endian", Buffer.from(`\ufeff${legacy}`, "utf16le")],
  ["UTF-16, big endian", Buffer.from(`\ufeff${legacy}`, "utf16le").swap16()],
  ["UTF-16 without a mark", Buffer.from(legacy, "utf16le")],
  ["Latin-1", Buffer.from(legacy, "latin1")],
];

describe("the encoding of a text", () => {
  it.each(encoded)("%s is decoded", async (_, bytes) => {
    const cwd = await folderWith({ "gruss.txt": bytes });
    const result = await quern(["ingest", "gruss.txt"], { cwd });
    expect(result.exitCode, result.stderr).toBe(0);
    expect((await readDataset(cwd, "data/parsed/gruss.lance")).text).toBe(legacy);
  });

  it("is named where it had to be guessed", async () => {
    const cwd = await folderWith({ "gruss.txt": Buffer.from(legacy, "latin1") });
    const result = await quern(["ingest", "gruss.txt"], { cwd });
    expect(result.stderr).toMatch(/gruss\.txt: .*read as windows-1252/);
    expect(errorLine(result)).toContain("no error line");
  });
});
