/**
 * What quern reads of documents, against pandoc and LibreOffice with poppler: the same words in the same order. Run alone:
 * `npx vitest run test/reference`.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseFile } from "../../src/pipeline/ingest/parse.js";
import { hasSharedDocuments, sharedDocuments } from "../support/expectations.js";
import { compareWords, type Comparison, visibleText, wordsOf } from "./words.js";

const run = promisify(execFile);
const has = async (program: string): Promise<boolean> =>
  run(program, [program === "pdftotext" ? "-v" : "--version"]).then(
    () => true,
    () => false,
  );
const hasPandoc = await has("pandoc");
const hasOffice = (await has("soffice")) && (await has("pdftotext"));
if (!hasPandoc) console.warn("pandoc is absent: quern's reading of documents is not compared with it.");
if (!hasOffice)
  console.warn("LibreOffice or poppler is absent: quern's reading of documents is not compared with them.");
const source = path.resolve("test/reference/handbook.md");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "quern-reference-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pandoc = async (...args: string[]): Promise<string> => (await run("pandoc", args, { maxBuffer: 2 ** 28 })).stdout;

/** Converts with LibreOffice, with settings of its own so that it disturbs no other. */
async function office(file: string, to: string): Promise<string> {
  const profile = `-env:UserInstallation=file://${path.join(folder, "profile")}`;
  await run("soffice", [profile, "--headless", "--convert-to", to, "--outdir", path.join(folder, "office"), file]);
  return path.join(folder, "office", `${path.parse(file).name}.${to.split(":")[0]!}`);
}

async function ours(file: string): Promise<string[]> {
  return wordsOf(visibleText((await parseFile(file)).parsed.text));
}

function report(what: string, { kept, known, order, missing, added }: Comparison): void {
  const figures = [kept, known, order].map((share) => share.toFixed(4)).join(" ");
  console.log(
    `${what}: kept, known, order ${figures}; missing ${missing.join(" ")}; added ${added.join(" ")}`.slice(0, 600),
  );
}

/** pandoc's plain text without formulas, which it writes in characters and quern as TeX, and without alternative texts. */
async function plain(file: string): Promise<string[]> {
  const filter = path.join(folder, "no-math.lua");
  await writeFile(filter, 'function Math() return pandoc.Str("") end\nfunction Image() return {} end\n');
  return wordsOf(await pandoc(file, "-t", "plain", "--wrap=none", "--reference-location=block", "-L", filter));
}

describe.skipIf(!hasPandoc)("a handbook written by pandoc", () => {
  test.each(["docx", "odt", "epub", "html"])("as .%s keeps its words and their order", async (format) => {
    // pandoc gives a table's caption in a .docx twice; of a web page quern leaves out the page's own header.
    const file = path.join(folder, `handbook.${format}`);
    await pandoc(source, "-s", "--mathml", "-o", file);
    const comparison = compareWords(await plain(file), await ours(file));
    report(format, comparison);
    expect(comparison.kept).toBeGreaterThanOrEqual(0.985);
    expect(comparison.order).toBeGreaterThanOrEqual(0.97);
  });

  test.skipIf(!hasOffice).each([
    ["docx", "odt"],
    ["odt", "docx"],
  ])("as .%s, written again by LibreOffice as .%s", async (from, to) => {
    const file = path.join(folder, `again-${from}.${from}`);
    await pandoc(source, "-s", "-o", file);
    const again = await office(file, to);
    const comparison = compareWords(await plain(again), await ours(again));
    report(`${from} to ${to}`, comparison);
    expect(comparison.kept).toBeGreaterThanOrEqual(0.99);
    expect(comparison.order).toBeGreaterThanOrEqual(0.97);
  });

  test("formulas come back as the TeX they were written in", async () => {
    const file = path.join(folder, "formulas.docx");
    await pandoc(source, "-o", file);
    const { text } = (await parseFile(file)).parsed;
    expect(text).toContain("$E=mc^{2}$");
    expect(text).toContain("$$\\sum_{i=1}^{n} \\frac{x_{i}}{\\sqrt{y}}\\le\\int_{0}^{\\infty} e^{-t}\\,dt$$");
    expect(text).toContain("\\begin{matrix} a & b \\\\ c & d \\end{matrix}");
  });

  test.skipIf(!hasOffice)("as slides has the words that LibreOffice shows", async () => {
    const file = path.join(folder, "slides.pptx");
    await pandoc(source, "-o", file);
    const comparison = compareWords(await pages(file), await ours(file));
    report("pptx", comparison);
    expect(comparison.kept).toBeGreaterThanOrEqual(0.97);
  });
});

async function pages(file: string): Promise<string[]> {
  const pdf = await office(file, "pdf");
  const { stdout } = await run("pdftotext", ["-raw", pdf, "-"]);
  return wordsOf(stdout);
}

describe.skipIf(!hasSharedDocuments())("real documents", () => {
  const shared = (name: string): string => path.join(sharedDocuments, name);

  test.skipIf(!hasPandoc).each(["research-paper.docx", "book.epub"])("%s against pandoc", async (name) => {
    const comparison = compareWords(await plain(shared(name)), await ours(shared(name)));
    report(name, comparison);
    expect(comparison.kept).toBeGreaterThanOrEqual(0.98);
    expect(comparison.order).toBeGreaterThanOrEqual(0.98);
  });

  // pandoc reads the menus too: what counts is that nothing is made up and nothing is out of place.
  test.skipIf(!hasPandoc).each(["blog-post.html", "wikipedia-article.html"])("%s against pandoc", async (name) => {
    const comparison = compareWords(await plain(shared(name)), await ours(shared(name)));
    report(name, { ...comparison, missing: [] });
    expect(comparison.known).toBeGreaterThanOrEqual(0.98);
    expect(comparison.order).toBeGreaterThanOrEqual(0.95);
  });

  test.skipIf(!hasOffice)("slides.pptx against LibreOffice", async () => {
    const comparison = compareWords(await pages(shared("slides.pptx")), await ours(shared("slides.pptx")));
    report("slides.pptx", comparison);
    // The labels of the chart's axis are drawn, not kept; a long word is broken at the end of a line.
    expect(comparison.kept).toBeGreaterThanOrEqual(0.94);
  });
});

test("the source is the one that the figures are about", async () => {
  expect(wordsOf(await readFile(source, "utf8")).length).toBeGreaterThan(150);
});
