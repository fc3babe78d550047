import { mkdtemp, readdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { connect } from "@lancedb/lancedb";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Document, DocumentImage, Section } from "../document.js";
import { readDocument, readDocuments } from "./lance-read.js";
import { DocumentWriter, writeDocument } from "./lance-write.js";
import { imageTypeOf } from "./image-type.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "quern-test-"));
});

const png = (seed: number): Uint8Array =>
  Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, seed, seed, seed]);

function documentOf(sections: readonly (Omit<Section, "start" | "end"> & { text: string })[]): Document {
  let text = "";
  const placed = sections.map(({ text: own, ...section }) => {
    const start = text.length;
    text += own;
    return { start, end: text.length, ...section };
  });
  return { text, sections: placed, mediaType: "text/plain", stem: "x", source: "docs/x.txt", hash: "ab" };
}

async function collect(documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

/** A dataset as another program writes it. */
async function foreign(rows: Record<string, unknown>[]): Promise<string> {
  const db = await connect(folder);
  (await db.createTable("x", rows)).close();
  return path.join(folder, "x.lance");
}

async function rowsIn(dataset: string): Promise<Record<string, unknown>[]> {
  const db = await connect(path.dirname(dataset));
  const table = await db.openTable(path.basename(dataset, ".lance"));
  return ((await table.query().toArray()) as object[]).map((row) => ({ ...row }));
}

describe("a dataset of one document", () => {
  it("gives it back as it was", async () => {
    const dataset = path.join(folder, "x.lance");
    const document = documentOf([
      { text: "One 🎉.\n\n", page: 1 },
      { text: "Two.", page: 2, heading: "Second" },
    ]);
    await writeDocument(dataset, document);
    expect(await readDocument(dataset)).toEqual(document);
    expect(await readdir(folder)).toEqual(["x.lance"]);
  });

  it("replaces what stood there only when it is complete", async () => {
    const dataset = path.join(folder, "x.lance");
    await writeDocument(dataset, documentOf([{ text: "old" }]));
    const writer = await DocumentWriter.open(dataset);
    await writer.write(documentOf([{ text: "new" }]));
    await writer.discard();
    expect((await readDocument(dataset)).text).toBe("old");
    expect(await readdir(folder)).toEqual(["x.lance"]);
  });
});

describe("a dataset of many documents", () => {
  it("gives each with its row, in order, over several batches", async () => {
    const dataset = path.join(folder, "x.lance");
    const writer = await DocumentWriter.open(dataset);
    const count = 3000;
    const long = "word ".repeat(3000);
    for (let row = 1; row <= count; row++)
      await writer.write({ ...documentOf([{ text: `${row} ${long}` }, { text: "end" }]), row });
    await writer.commit();
    let expected = 0;
    for await (const document of readDocuments(dataset)) {
      expected++;
      expect(document.row).toBe(expected);
      expect(document.text.startsWith(`${expected} word`)).toBe(true);
      expect(document.sections).toHaveLength(2);
    }
    expect(expected).toBe(count);
    await expect(readDocument(dataset)).rejects.toThrow("holds several documents");
  });

  it("can be left in the middle", async () => {
    const dataset = path.join(folder, "x.lance");
    const writer = await DocumentWriter.open(dataset);
    for (let row = 1; row <= 10; row++) await writer.write({ ...documentOf([{ text: `${row}` }]), row });
    await writer.commit();
    for await (const document of readDocuments(dataset)) if (document.row === 3) break;
    expect((await collect(readDocuments(dataset))).map(({ text }) => text)).toHaveLength(10);
  });
});

describe("pictures", () => {
  const written = async (document: Document) => {
    const dataset = path.join(folder, "x.lance");
    await writeDocument(dataset, document);
    return { rows: await rowsIn(dataset), back: await readDocument(dataset) };
  };

  it("have a row each with the text of their page; a page without one has a row without", async () => {
    const document: Document = {
      ...documentOf([
        { text: "Page one.\n\n", page: 1 },
        { text: "Page two.\n\n", page: 2 },
        { text: "Page three.", page: 3 },
      ]),
      images: [
        { at: 0, page: 1, mediaType: "image/png", bytes: png(1), description: "a mill" },
        { at: 11, page: 1, mediaType: "image/png", bytes: png(2) },
        { at: 33, page: 3, mediaType: "image/jpeg", bytes: png(3) },
      ].map((image) => ({ ...image, at: image.at === 11 ? 9 : image.at })),
    };
    const { rows, back } = await written(document);
    expect(rows.map(({ text, page, image_media_type }) => [text, page, image_media_type])).toEqual([
      ["Page one.\n\n", 1, "image/png"],
      ["Page one.\n\n", 1, "image/png"],
      ["Page two.\n\n", 2, null],
      ["Page three.", 3, "image/jpeg"],
    ]);
    expect(Buffer.from(rows[1]!["image"] as Uint8Array)).toEqual(Buffer.from(png(2)));
    expect(back).toEqual(document);
    const { images, ...withoutPictures } = document;
    expect(images).toHaveLength(3);
    expect(await readDocument(path.join(folder, "x.lance"), { images: false })).toEqual(withoutPictures);
  });

  it("of pages without text keep their page, and take no text from others", async () => {
    const document: Document = {
      ...documentOf([
        { text: "One.\n\n", page: 1 },
        { text: "Four.", page: 4 },
      ]),
      images: [
        { at: 6, page: 2, mediaType: "image/png", bytes: png(2) },
        { at: 6, page: 3, mediaType: "image/png", bytes: png(3) },
        { at: 6, page: 4, mediaType: "image/png", bytes: png(4) },
      ],
    };
    const { rows, back } = await written(document);
    expect(rows.every(({ text }) => typeof text === "string")).toBe(true);
    expect(rows).toHaveLength(4);
    expect(back.text).toBe(document.text);
    expect(back.sections).toEqual(document.sections);
    expect(back.images?.map(({ page }) => page).sort()).toEqual([2, 3, 4]);
  });

  it("of a long section do not each repeat it", async () => {
    const text = "word ".repeat(20_000);
    const images = Array.from({ length: 50 }, (_, n) => ({ at: n * 2000, mediaType: "image/png", bytes: png(n) }));
    const { rows, back } = await written({ ...documentOf([{ text }]), images });
    expect(rows.filter(({ image }) => image !== null)).toHaveLength(50);
    expect(rows.reduce((sum, row) => sum + (row["text"] as string).length, 0)).toBeLessThan(6 * text.length);
    expect(back.text).toBe(text);
    expect(back.images).toEqual(images);
  });

  it("lose and multiply nothing, wherever they stand", async () => {
    const section = fc.record({ text: fc.string({ minLength: 1, maxLength: 30 }), page: fc.nat(4) });
    const place = fc.record({ at: fc.nat(100), page: fc.option(fc.nat(4), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(section, { minLength: 1, maxLength: 6 }),
        fc.array(place, { maxLength: 8 }),
        async (sections, places) => {
          const document = documentOf([{ text: "start " }, ...sections]);
          const images: DocumentImage[] = places.map(({ at, page }, n) => ({
            at: Math.min(at, document.text.length),
            ...(page === undefined ? {} : { page }),
            mediaType: "image/png",
            bytes: png(n),
          }));
          const { rows, back } = await written({ ...document, images });
          expect(back.text).toBe(document.text);
          expect(back.sections).toEqual(document.sections);
          const key = ({ at, bytes }: DocumentImage) => `${at} ${bytes[8]}`;
          expect(back.images?.map(key).sort()).toEqual(images.map(key).sort());
          expect(rows.every(({ text }) => typeof text === "string")).toBe(true);
        },
      ),
      { seed: 11, numRuns: 30 },
    );
  });
});

describe("a dataset of synthetic-data-kit", () => {
  it("of one column is one document, its rows apart", async () => {
    const dataset = await foreign([{ text: "one" }, { text: "two" }]);
    expect(await readDocument(dataset)).toMatchObject({ text: "one\n\ntwo", stem: "x" });
  });

  it("with pictures gives each text once, and says what the pictures are", async () => {
    const dataset = await foreign([
      { text: "page one", image: Buffer.from(png(1)) },
      { text: "page one", image: Buffer.from(png(2)) },
      { text: "page two", image: null },
      { text: "page two", image: null },
      { text: "page three", image: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) },
    ]);
    const document = await readDocument(dataset);
    expect(document.text).toBe("page one\n\npage two\n\npage two\n\npage three");
    expect(document.images?.map(({ at, mediaType }) => [at, mediaType])).toEqual([
      [0, "image/png"],
      [0, "image/png"],
      [28, "image/jpeg"],
    ]);
  });

  it("without any text is refused", async () => {
    await expect(readDocument(await foreign([{ text: 5, image: Buffer.from("x") }]))).rejects.toThrow("no column");
    await expect(readDocument(path.join(folder, "none.lance"))).rejects.toThrow("not a readable Lance dataset");
  });
});

describe("imageTypeOf", () => {
  it.each([
    ["image/png", png(0)],
    ["image/jpeg", Buffer.from([0xff, 0xd8, 0xff, 0xe1])],
    ["image/gif", Buffer.from("GIF89a")],
    ["image/webp", Buffer.from("RIFF\0\0\0\0WEBPVP8 ")],
    ["image/svg+xml", Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["application/octet-stream", Buffer.from("text")],
    ["application/octet-stream", Buffer.alloc(0)],
  ])("%s", (type, bytes) => {
    expect(imageTypeOf(bytes)).toBe(type);
  });
});
