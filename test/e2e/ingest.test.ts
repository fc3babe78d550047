/** Documents as people have them, into datasets by the command: their text is there, and where it came from. */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "@lancedb/lancedb";
import { beforeAll, describe, expect, it } from "vitest";
import { makeDocx, makePdf, show, wordParagraph } from "../fixtures/documents/build.js";
import { quern } from "../support/command.js";
import { expectError, hasSharedDocuments, sharedDocuments } from "../support/expectations.js";
import { folderWith, namesIn } from "../support/folders.js";
import { library, readDataset } from "../support/library.js";

const text = "The mill was built in 1820 and grinds rye to this day.\n";

interface Row {
  text: string;
  source: string;
  page: number | null;
  heading: string | null;
  start: number;
  end: number;
  hash: string;
  media_type: string;
}

/** The rows of a dataset, as another program would read them. */
async function rowsOf(folder: string): Promise<Row[]> {
  const table = await (await connect(path.dirname(folder))).openTable(path.basename(folder, ".lance"));
  const rows = (await table.query().toArray()) as Row[];
  return rows.map((row) => ({ ...row })).sort((a, b) => a.start - b.start);
}

describe("provenance", () => {
  it("each row says source, hash, media type, page or heading, and which characters it is", async () => {
    const pdf = makePdf([show("Page one is about mills.", 50, 700), show("Page two is about rivers.", 50, 700)]);
    const docx = makeDocx(wordParagraph("Mills", "Heading1") + wordParagraph("They grind rye."));
    const files = { "docs/a.txt": text, "docs/b.md": "# Mills\n\nRye.\n\n# Rivers\n\nWater.\n" };
    const cwd = await folderWith({ ...files, "docs/c.pdf": pdf, "docs/d.docx": docx });
    const { stderr, exitCode } = await quern(["ingest", "docs"], { cwd });
    expect(exitCode, stderr).toBe(0);
    for (const [name, mediaType, places] of [
      ["a.txt", "text/plain", [null]],
      ["b.md", "text/markdown", ["Mills", "Rivers"]],
      ["c.pdf", "application/pdf", [1, 2]],
      ["d.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["Mills"]],
    ] as const) {
      const rows = await rowsOf(path.join(cwd, "data/parsed", `${path.parse(name).name}.lance`));
      const hash = createHash("sha256").update(await readFile(path.join(cwd, "docs", name)));
      const [{ hash: recorded }] = rows as [Row];
      expect(recorded).toBe(hash.digest("hex"));
      expect(rows.map((row) => row.page ?? row.heading)).toEqual(places);
      const whole = rows.map((row) => row.text).join("");
      expect(rows[0]?.start).toBe(0);
      expect(rows.at(-1)?.end).toBe(whole.length);
      for (const row of rows) {
        expect(row).toMatchObject({ source: `docs/${name}`, hash: recorded, media_type: mediaType });
        expect(whole.slice(row.start, row.end)).toBe(row.text);
      }
    }
  });

  it("counts characters outside the basic plane as the offsets do", async () => {
    const cwd = await folderWith({ "smile.md": "# 😀😀\n\nOne 🎉.\n\n# Two\n\nEnd.\n" });
    await quern(["ingest", "smile.md"], { cwd });
    const rows = await rowsOf(path.join(cwd, "data/parsed/smile.lance"));
    const whole = rows.map((row) => row.text).join("");
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(whole.slice(row.start, row.end)).toBe(row.text);
    expect(whole.slice(rows[1]!.start)).toMatch(/^# Two/);
  });
});

describe("the same document again", () => {
  it.each([
    ["by the same name", "report.txt", "."],
    ["with a dot before it", "./report.txt", "."],
    ["by its whole path", "ABSOLUTE", "."],
    ["from another folder", "../report.txt", "sub"],
  ])("%s: the same dataset, no second one", async (_, name, from) => {
    const cwd = await folderWith({ "report.txt": text, "sub/x": "" });
    const output = path.join(cwd, "out");
    await quern(["ingest", "report.txt", "-o", output], { cwd });
    const given = name === "ABSOLUTE" ? path.join(cwd, "report.txt") : name;
    const again = await quern(["ingest", given, "-o", output], { cwd: path.join(cwd, from) });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await namesIn(output)).toEqual(["report.lance"]);
    expect(await rowsOf(path.join(output, "report.lance"))).toHaveLength(1);
  });

  it("given twice on one command line counts once", async () => {
    const cwd = await folderWith({ "docs/report.txt": text });
    const { stdout } = await quern(["ingest", "docs/report.txt", "docs", "./docs/report.txt"], { cwd });
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(await namesIn(cwd, "data/parsed")).toEqual(["report.lance"]);
  });

  it("changed meanwhile: the dataset has the new text only", async () => {
    const cwd = await folderWith({ "report.txt": text });
    await quern(["ingest", "report.txt"], { cwd });
    await writeFile(path.join(cwd, "report.txt"), "It burned down in 1901.\n");
    await quern(["ingest", "report.txt"], { cwd });
    expect((await readDataset(cwd, "data/parsed/report.lance")).text).toBe("It burned down in 1901.\n");
    expect(await namesIn(cwd, "data/parsed")).toEqual(["report.lance"]);
  });

  it("that can no longer be read: the earlier dataset stays", async () => {
    const cwd = await folderWith({ "report.txt": text });
    await quern(["ingest", "report.txt"], { cwd });
    await writeFile(path.join(cwd, "report.txt"), "");
    expectError(await quern(["ingest", "report.txt"], { cwd }), 1, "it is empty");
    expect((await readDataset(cwd, "data/parsed/report.lance")).text).toBe(text);
  });

  it("two of one stem keep their names when they come again", async () => {
    const cwd = await folderWith({ "docs/report.txt": text, "docs/report.md": "# A report\n\nOf the mill.\n" });
    const sources = async () =>
      Promise.all(
        (await namesIn(cwd, "data/parsed")).map(async (name) => [
          name,
          (await rowsOf(path.join(cwd, "data/parsed", name)))[0]?.source,
        ]),
      );
    await quern(["ingest", "docs"], { cwd });
    const before = await sources();
    await quern(["ingest", "docs/report.txt"], { cwd });
    await quern(["ingest", "docs"], { cwd });
    expect(before).toHaveLength(2);
    expect(await sources()).toEqual(before);
  });
});

describe("names", () => {
  it.each([
    "with blanks and (brackets).txt",
    "Überblick für 2024 – 日本語 🎉.txt",
    'it\'s 100% "quoted" & $HOME; # too.txt',
    "two.dots.v2.txt",
    "-n.txt",
    "UPPER.TXT",
  ])("%s", async (name) => {
    const cwd = await folderWith({ [name]: text });
    const { stdout, stderr, exitCode } = await quern(["ingest", "--", name], { cwd });
    expect(exitCode, stderr).toBe(0);
    const dataset = `${path.basename(name, path.extname(name))}.lance`;
    expect(await namesIn(cwd, "data/parsed")).toEqual([dataset]);
    expect(stdout).toContain(dataset);
    const document = await readDataset(cwd, path.join("data/parsed", dataset));
    expect(document).toMatchObject({ text, source: name });
  });
});

/** What must be found in each document, or why it is refused. */
const real: { name: string; sentences?: string[]; reason?: string }[] = [
  {
    name: "blog-post.html",
    sentences: ["For easy problems, the tuned gpt-3.5-turbo model vastly outperformed untuned gpt-4"],
  },
  {
    name: "wikipedia-article.html",
    sentences: ["# Microsoft", "April 4, 1975", "Building 92 on the Microsoft Redmond campus"],
  },
  {
    name: "research-paper.docx",
    sentences: ["# AutoGen: Enabling Next-Gen LLM Applications", "AutoGen is an open-source framework"],
  },
  {
    name: "research-paper.pdf",
    sentences: ["Large language models (LLMs) are becoming a crucial building block in developing powerful agents"],
  },
  {
    name: "two-columns.pdf",
    sentences: [
      "This is a sample document with two columns filled with Lorem Ipsum text.",
      "Ut purus elit, vestibulum ut",
    ],
  },
  {
    name: "outlines.pdf",
    sentences: ["Kjift – not at all! A blind text like this gives you information about the selected font"],
  },
  {
    name: "geotopo-117-pages.pdf",
    sentences: ["Dieses Skript wurde im Wintersemester 2013/2014 von Martin Thoma geschrieben."],
  },
  { name: "with-image.pdf", sentences: ["1 Your Chapter", "Stet clita kasd gubergren"] },
  { name: "arabic.pdf", sentences: ["habibi", "حَبيبي"] },
  { name: "password.pdf", reason: "protected by a password" },
  { name: "scanned-report.pdf", reason: "3 pages, no text: it is a scan" },
  { name: "unreadable-metadata.pdf", reason: "the PDF is damaged" },
  {
    name: "book.epub",
    sentences: ["# Chapter 1: Test Content", "- Another point", "> This is a blockquote for testing."],
  },
  { name: "sheet.xlsx", sentences: ["## Sheet1", "| Alpha | Beta | Gamma | Delta |", "| 89 | 82 | 100 | 12 |"] },
  {
    name: "slides.pptx",
    sentences: [
      "## A table to test parsing:",
      "| 7 | 8 | 9 | 1b92870d-e3b5-4e65-8153-919f4ff45592 |",
      "- Sub comment 2",
    ],
  },
];

describe.skipIf(!hasSharedDocuments())("real documents", () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await folderWith();
    await mkdir(path.join(cwd, "docs"));
    for (const { name } of real) await copyFile(path.join(sharedDocuments, name), path.join(cwd, "docs", name));
  });

  it.each(real.filter(({ sentences }) => sentences !== undefined))("$name is read", async ({ name, sentences }) => {
    const { stdout, stderr, exitCode } = await quern(["ingest", `docs/${name}`], { cwd });
    expect(exitCode, stderr).toBe(0);
    const dataset = /extracted to (.*\.lance)/.exec(stdout)?.[1];
    const document = await library.readDocument(path.join(cwd, dataset!));
    // Lines are broken where the page ends them.
    const flat = document.text.replace(/\s+/g, " ");
    for (const sentence of sentences!) expect(flat).toContain(sentence);
    expect(document.source).toBe(`docs/${name}`);
    const rows = await rowsOf(path.join(cwd, dataset!));
    for (const row of rows) expect(document.text.slice(row.start, row.end)).toBe(row.text);
    if (name.endsWith(".pdf")) for (const row of rows) expect(row.page).toBeGreaterThan(0);
  });

  it.each(real.filter(({ reason }) => reason !== undefined))("$name is refused", async ({ name, reason }) => {
    const before = await namesIn(cwd, "data/parsed");
    expectError(await quern(["ingest", `docs/${name}`], { cwd }), 1, `docs/${name}`, reason!);
    expect(await namesIn(cwd, "data/parsed")).toEqual(before);
  });

  it("all of a directory: those that can be read are, the others are named, exit 3", async () => {
    const { stderr, exitCode } = await quern(["ingest", "docs", "-o", "all"], { cwd });
    expect(exitCode).toBe(3);
    expect(await namesIn(cwd, "all")).toHaveLength(real.filter(({ sentences }) => sentences !== undefined).length);
    for (const { name, reason } of real)
      if (reason !== undefined && name.endsWith(".pdf")) expect(stderr).toContain(`docs/${name}: `);
  });
});
