import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { makePdf, show } from "../../../../test/fixtures/documents/build.js";
import { fileSource, textOnly } from "../parser.js";
import { pdfParser } from "./parser.js";

const parse = (pdf: Uint8Array, options = textOnly) => pdfParser.parse(pdf, fileSource("a.pdf"), options);
const page = show("The mill stands.", 50, 700);
const pdfError = { name: "InputError", message: expect.stringMatching(/^a\.pdf: /) as string };

/** The same file with one part of it replaced by another of the same length. */
function replaced(pdf: Uint8Array, part: string, by: string): Uint8Array {
  expect(by.length).toBe(part.length);
  const text = Buffer.from(pdf).toString("latin1");
  expect(text).toContain(part);
  return Buffer.from(text.replace(part, by), "latin1");
}

describe("PDFs made to do harm", () => {
  test("a page tree that leads in circles is refused or ends", async () => {
    const pdf = makePdf([page]);
    const looped = replaced(pdf, "/Kids[4 0 R]/Count 1", "/Kids[2 0 R]/Count 9");
    await expect(parse(looped)).rejects.toMatchObject(pdfError);
  });

  test("forms that draw themselves, and an outline that leads in circles, end", async () => {
    const form = "/F2 Do (again)";
    const objects = [
      `<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F2 4 0 R>>>>/Length ${form.length}>>stream\n${form}\nendstream`,
      "<</Title(Mills)/Parent 5 0 R/Next 5 0 R/First 5 0 R>>",
    ];
    const catalog = "/Outlines<</First 5 0 R/Last 5 0 R/Count 9>>";
    const parsed = await parse(makePdf([`${page}/F2 Do\n`], { objects, catalog, resources: "/XObject<</F2 4 0 R>>" }));
    expect(parsed.text).toBe("The mill stands.");
  });

  test("sizes and numbers beyond all measure do not matter", async () => {
    const huge = replaced(makePdf([page]), "[0 0 600 800]", "[0 0 9e9 9e9]");
    expect((await parse(huge)).text).toBe("The mill stands.");
    const far = "BT /F1 1e38 Tf 1e38 0 0 1e38 1e38 1e38 Tm (far) Tj ET BT /F1 0 Tf (none) Tj ET\n";
    expect((await parse(makePdf([page + far]))).text).toContain("The mill stands.");
    const nested = `${"[".repeat(5000)}${"]".repeat(5000)} TJ\n`;
    expect((await parse(makePdf([`${page}BT ${nested} ET\n${"q ".repeat(1000)}`]))).text).toContain("The mill stands.");
  });

  test("a page that saves state without end is read up to some point, and the pages after it whole", async () => {
    const endless = "q ".repeat(1_000_000);
    const parsed = await parse(makePdf([page + endless + show("Never seen.", 50, 600), page], { compress: true }));
    expect(parsed.text).toBe("The mill stands.\n\nThe mill stands.");
    expect(parsed.warnings).toEqual([
      "1 of 2 pages left out from some point on: 1: it saves more than 5,000 graphics states and does not restore them",
    ]);
    await expect(parse(makePdf([endless + page]))).rejects.toThrow(/^a\.pdf: no text before .*5,000 graphics states/);
  });

  test("a page of a million operators is read whole, one of far more up to some point", async () => {
    const end = show("The end.", 50, 600);
    const many = await parse(makePdf([page + "q Q ".repeat(500_000) + end], { compress: true }));
    expect(many).toMatchObject({ text: "The mill stands.\n\nThe end.", warnings: [] });
    const more = await parse(makePdf([page + "q Q ".repeat(2_000_000) + end, page], { compress: true }));
    expect(more.text).toBe("The mill stands.\n\nThe mill stands.");
    expect(more.warnings).toEqual([
      "1 of 2 pages left out from some point on: 1: it has more than 3,000,000 operators",
    ]);
  });

  test("a page of very many words and lines is read in time that grows with them", async () => {
    const words = Array.from({ length: 20_000 }, (_, at) => show(`w${at}`, (at * 37) % 560, 10 + ((at * 13) % 780), 4));
    const lines = Array.from(
      { length: 8000 },
      (_, at) => `${at % 600} 0 m ${at % 600} 800 l S 0 ${at % 800} m 600 ${at % 800} l S\n`,
    );
    expect((await parse(makePdf([words.join("") + lines.join("")]))).text.length).toBeGreaterThan(50_000);
  });

  test("a small stream that unpacks to very much is bounded by the page's limits", async () => {
    const bomb = makePdf([`${page}${" ".repeat(60_000_000)}`], { compress: true });
    expect(bomb.length).toBeLessThan(200_000);
    expect((await parse(bomb)).text).toBe("The mill stands.");
  });

  test("a picture that says it is larger than memory is left out", async () => {
    const data = deflateSync(Buffer.alloc(100));
    const size = "/Width 2000000/Height 2000000/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode";
    const object = `<</Type/XObject/Subtype/Image${size}/Length ${data.length}>>stream\n${data.toString("latin1")}\nendstream`;
    const pdf = makePdf([`${page}q 90 0 0 90 0 0 cm /I1 Do Q\n`], {
      objects: [object],
      resources: "/XObject<</I1 4 0 R>>",
    });
    const parsed = await parse(pdf, { ...textOnly, images: true });
    expect(parsed.images).toEqual([]);
    expect(parsed.warnings).toContainEqual(expect.stringContaining("1 picture left out: it is larger than"));
  });

  test("an index that is wrong is built anew; a file that ends early is refused", async () => {
    const pdf = Buffer.from(makePdf([page]));
    const wrong = Buffer.from(pdf.toString("latin1").replace(/startxref\n\d+/, "startxref\n7"), "latin1");
    expect((await parse(wrong)).text).toBe("The mill stands.");
    await expect(parse(pdf.subarray(0, 300))).rejects.toThrow("a.pdf: the PDF is cut short");
  });
});
