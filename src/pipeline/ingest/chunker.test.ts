import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document, DocumentImage } from "../document.js";
import { chunkDocument, type ChunkSettings } from "./chunker.js";

/** A stand-in tokenizer whose counts do not simply add up: words, and every three further letters. */
function fakeTokens(text: string): number {
  return (text.match(/\S{1,3}|\s+(?=\S)/g) ?? []).filter((piece) => piece !== " ").length;
}

const countTokens = (texts: readonly string[]) => Promise.resolve(texts.map(fakeTokens));

function documentOf(text: string): Document {
  return {
    text,
    sections: [{ start: 0, end: text.length }],
    mediaType: "text/plain",
    stem: "x",
    source: "x.txt",
    hash: "",
  };
}

function settings(size: number, overlap: number, unit: ChunkSettings["unit"] = "tokens"): ChunkSettings {
  return { size, overlap, unit, countTokens };
}

/** Every character but white space lies in some chunk. */
function uncovered(text: string, spans: readonly { start: number; end: number }[]): string {
  let rest = "";
  let at = 0;
  for (const { start, end } of spans) {
    if (start > at) rest += text.slice(at, start);
    at = Math.max(at, end);
  }
  return (rest + text.slice(at)).trim();
}

const paragraphs = Array.from(
  { length: 40 },
  (_, i) => `Paragraph ${i} begins. It has a second sentence, with number ${i}.`,
);

describe("chunkDocument", () => {
  it("leaves a document that fits as one chunk", async () => {
    const chunks = await chunkDocument(documentOf("\n One short text. \n"), settings(50, 5));
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ index: 0, text: "One short text.", start: 2, end: 17 });
  });

  it("gives nothing for white space", async () => {
    expect(await chunkDocument(documentOf(" \n\t "), settings(50, 5))).toEqual([]);
  });

  it("cuts at paragraphs where they fit, into chunks of about equal size", async () => {
    const text = paragraphs.join("\n\n");
    const chunks = await chunkDocument(documentOf(text), settings(120, 0));
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks) expect(chunk.text).toMatch(/^Paragraph \d+ begins\..*\.$/s);
    const sizes = chunks.map((chunk) => chunk.tokens);
    expect(Math.min(...sizes)).toBeGreaterThan(Math.max(...sizes) * 0.5);
  });

  it("repeats the end of a chunk at the start of the next, by whole sentences where one fits", async () => {
    const text = paragraphs.join(" ");
    const chunks = await chunkDocument(documentOf(text), settings(100, 30));
    for (const [i, chunk] of chunks.entries()) {
      if (i === 0) continue;
      const previous = chunks[i - 1]!;
      expect(chunk.start).toBeLessThan(previous.end);
      expect(fakeTokens(text.slice(chunk.start, previous.end))).toBeLessThanOrEqual(31);
      expect(chunk.text).toMatch(/^(Paragraph|It has)/);
    }
  });

  it("splits a paragraph, a sentence and a word that are longer than a chunk", async () => {
    for (const text of [paragraphs.join(" "), "word ".repeat(900), "x".repeat(5000), "字".repeat(4000)]) {
      const chunks = await chunkDocument(documentOf(text), settings(60, 6));
      expect(chunks.length).toBeGreaterThan(5);
      for (const chunk of chunks) expect(chunk.tokens).toBeLessThanOrEqual(60);
      expect(uncovered(text, chunks)).toBe("");
    }
  });

  it("knows sentences in languages that set no spaces", async () => {
    const text = "これは最初の文です。次の文はここにあります。三番目の文です。".repeat(20);
    const chunks = await chunkDocument(documentOf(text), settings(200, 40, "characters"));
    for (const chunk of chunks) expect(chunk.text.endsWith("。")).toBe(true);
  });

  it("measures in characters when asked to", async () => {
    const text = paragraphs.join("\n\n");
    const chunks = await chunkDocument(documentOf(text), settings(400, 100, "characters"));
    for (const chunk of chunks) expect(chunk.text.length).toBeLessThanOrEqual(400);
    expect(uncovered(text, chunks)).toBe("");
  });

  it("refuses an overlap that is not less than the size", async () => {
    await expect(chunkDocument(documentOf("x"), settings(10, 10))).rejects.toThrow(/overlap/);
  });

  it("tells page and heading of the section a chunk begins in", async () => {
    const text = "First page text.\n\nSecond page text.";
    const document = {
      ...documentOf(text),
      sections: [
        { start: 0, end: 18, page: 1 },
        { start: 18, end: text.length, page: 2, heading: "Second" },
      ],
    };
    const chunks = await chunkDocument(document, settings(20, 0, "characters"));
    expect(chunks.map(({ page, heading }) => [page, heading])).toEqual([
      [1, undefined],
      [2, "Second"],
    ]);
  });

  it("loses no character, keeps every chunk within its size and moves forward, whatever the text", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.lorem({ mode: "sentences", maxCount: 5 }),
      fc.constantFrom("\n\n", " ", "。", "\r\n", "- item\n", "👩‍👩‍👧", "مرحبا بالعالم. ", "a".repeat(300)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
        fc.integer({ min: 5, max: 80 }),
        fc.integer({ min: 0, max: 4 }),
        async (text, size, overlap) => {
          for (const unit of ["tokens", "characters"] as const) {
            const chunks = await chunkDocument(documentOf(text), settings(size, overlap, unit));
            expect(uncovered(text, chunks)).toBe("");
            for (const [i, chunk] of chunks.entries()) {
              expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
              // A single grapheme may be longer than any limit; nothing else may.
              const graphemes = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(chunk.text)]
                .length;
              if (graphemes > 1 + overlap)
                expect(unit === "tokens" ? chunk.tokens : chunk.text.length).toBeLessThanOrEqual(size + 11);
              if (i > 0) expect(chunk.end).toBeGreaterThan(chunks[i - 1]!.end);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("pictures", () => {
  const image = (at: number): DocumentImage => ({ at, mediaType: "image/png", bytes: new Uint8Array([at]) });
  const placed = async (text: string, ats: readonly number[]) => {
    const document = { ...documentOf(text), images: ats.map(image) };
    const chunks = await chunkDocument(document, settings(12, 0, "characters"));
    return chunks.map((chunk) => [chunk.text, (chunk.images ?? []).map(({ at }) => at)]);
  };

  it("go with the chunk in whose span they stand, and none is lost between, before or behind", async () => {
    expect(await placed("\n\nFirst one.\n\nSecond one.\n\n", [0, 3, 13, 20, 27])).toEqual([
      ["First one.", [0, 3, 13]],
      ["Second one.", [20, 27]],
    ]);
  });

  it("are left away where there are none", async () => {
    expect(await placed("Only text.", [])).toEqual([["Only text.", []]]);
  });
});
