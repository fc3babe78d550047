/** Text of PDFs against what Poppler's pdftotext gives, an independent reader. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fileSource, textOnly } from "../../src/pipeline/ingest/parser.js";
import { pdfParser } from "../../src/pipeline/ingest/pdf/parser.js";

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

/** Words without what both readers may write in their own way: ligatures, indices, hyphens at line ends. */
const wordsOf = (text: string): string[] =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/-\n\s*/g, "")
    .replace(/[-\u00ad]/g, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

describe.skipIf(!existsSync(shared) || !installed)("pdftotext", () => {
  // Page numbers, and in the book the running heads and the pieces of formulas, are the rest.
  test.each([
    ["outlines.pdf", 0.98],
    ["research-paper.pdf", 0.98],
    ["two-columns.pdf", 0.98],
    ["with-image.pdf", 0.98],
    ["geotopo-117-pages.pdf", 0.92],
  ])("%s has the same words", async (name, least) => {
    const file = resolve(shared, name);
    const reference = execFileSync("pdftotext", ["-enc", "UTF-8", file, "-"], { maxBuffer: 2 ** 28 }).toString();
    const { text } = await pdfParser.parse(await readFile(file), fileSource(file), textOnly);
    const own = new Map<string, number>();
    for (const word of wordsOf(text)) own.set(word, (own.get(word) ?? 0) + 1);
    const wanted = wordsOf(reference);
    let kept = 0;
    for (const word of wanted) {
      const count = own.get(word) ?? 0;
      if (count === 0) continue;
      own.set(word, count - 1);
      kept++;
    }
    expect(kept / wanted.length).toBeGreaterThanOrEqual(least);
  });
});
