/** Text of PDFs against what Poppler's pdftotext gives, an independent reader. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fileSource, textOnly } from "../../src/pipeline/ingest/parser.js";
import { pdfParser } from "../../src/pipeline/ingest/pdf/parser.js";
import { compareWords, visibleText, wordsOf } from "./words.js";

const shared = resolve("../shared/data/documents");
const installed = ((): boolean => {
  try {
    execFileSync("pdftotext", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
if (!existsSync(shared) || !installed) {
  console.warn("The shared documents or pdftotext are absent: PDFs are not compared with another reader.");
}

/** Text without what both readers may write in their own way: hyphens, above all those at line ends. */
const plain = (text: string): string[] => wordsOf(visibleText(text.replace(/-\n\s*/g, "").replace(/[-\u00ad]/g, "")));

async function compare(file: string) {
  const reference = execFileSync("pdftotext", ["-enc", "UTF-8", file, "-"], { maxBuffer: 2 ** 28 }).toString();
  const { text } = await pdfParser.parse(await readFile(file), fileSource(file), textOnly);
  return compareWords(plain(reference), plain(text));
}

describe.skipIf(!existsSync(shared) || !installed)("pdftotext", () => {
  // pdftotext reads the second column of two-columns.pdf before its abstract, and its table column by column.
  // Page numbers, and in the book the running heads and the pieces of formulas, are the rest.
  test.each([
    ["outlines.pdf", 0.98, 0.98],
    ["research-paper.pdf", 0.98, 0.98],
    ["two-columns.pdf", 0.98, 0.89],
    ["with-image.pdf", 0.98, 0.98],
    ["geotopo-117-pages.pdf", 0.92, 0.93],
  ])("%s has the same words in the same order", async (name, kept, order) => {
    const found = await compare(resolve(shared, name));
    expect(found.kept).toBeGreaterThanOrEqual(kept);
    expect(found.order).toBeGreaterThanOrEqual(order);
  });
});
