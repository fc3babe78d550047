import { createRequire } from "node:module";
import { createCanvas, GlobalFonts } from "@napi-rs/canvas";
import { describe, expect, test } from "vitest";
import { makePdf, show } from "../../../../test/fixtures/documents/build.js";
import { imageParser } from "../image.js";
import { fileSource, type ParseOptions, textOnly } from "../parser.js";
import { pdfParser } from "../pdf/parser.js";
import { languageData, languageFolder } from "./languages.js";
import { isBlank, turn } from "./picture.js";

// A machine may have no fonts at all.
const fonts = createRequire(import.meta.url).resolve("pdfjs-dist/standard_fonts/LiberationSans-Regular.ttf");
GlobalFonts.registerFromPath(fonts, "Mill Sans");

const ocr: ParseOptions = { ...textOnly, ocr: true };
const lines = ["The old mill stands by the river", "and grinds rye since the year 1820."];

/** A page with two lines of text, as a scanner sees it. */
function scan(): Buffer {
  const canvas = createCanvas(1200, 500);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, 1200, 500);
  context.fillStyle = "black";
  context.font = "48px Mill Sans";
  for (const [index, line] of lines.entries()) context.fillText(line, 100, 190 + 80 * index);
  return canvas.toBuffer("image/jpeg");
}

function scanned(pages: readonly (Buffer | string)[], page = ""): Uint8Array {
  const pictures = pages.filter((page) => typeof page !== "string");
  const objects = pictures.map((data) => {
    const size = "/Width 1200/Height 500/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode";
    const head = `<</Type/XObject/Subtype/Image${size}/Length ${data.length}>>stream\n`;
    return Buffer.concat([Buffer.from(head), data, Buffer.from("\nendstream")]);
  });
  const names = pictures.map((_, index) => `/I${index} ${4 + index} 0 R`).join("");
  let next = 0;
  const content = pages.map((page) => (typeof page === "string" ? page : `q 600 0 0 250 0 500 cm /I${next++} Do Q\n`));
  return makePdf(content, { objects, resources: `/XObject<<${names}>>`, page });
}

describe("character recognition", () => {
  test("reads the scanned pages of a document and leaves the others as they are", async () => {
    const typed = show("This page has its text already and is not looked at a second time by anyone.", 50, 700);
    const pdf = scanned([typed, scan(), ""]);
    const parsed = await pdfParser.parse(pdf, fileSource("a.pdf"), ocr);
    expect(parsed.text).toContain("This page has its text already");
    expect(parsed.text.replace(/\s+/g, " ")).toContain(lines.join(" "));
    expect(parsed.sections.map((section) => section.page)).toEqual([1, 2]);
    expect(parsed.warnings).toContainEqual(
      expect.stringMatching(/^1 of 3 pages read by character recognition \(eng\), confidence \d+ of 100$/),
    );
    expect(parsed.warnings).toContain("1 of 3 pages has no text: 3");
    const without = await pdfParser.parse(pdf, fileSource("a.pdf"), textOnly);
    expect(without.text).not.toContain("mill");
    expect(without.warnings).toContain("2 of 3 pages have no text: 2, 3");
  });

  test("reads pictures, and scanned pages that lie on their side", async () => {
    const parsed = await imageParser.parse(scan(), fileSource("a.jpg"), ocr);
    expect(parsed.text.replace(/\s+/g, " ")).toContain(lines.join(" "));
    expect(parsed.mediaType).toBe("image/jpeg");
    const turned = await pdfParser.parse(scanned([scan()], "/Rotate 90"), fileSource("a.pdf"), ocr);
    expect(turned.text.replace(/\s+/g, " ")).toContain(lines.join(" "));
  });

  test("a picture is refused without it, and taken by itself where pictures are wanted", async () => {
    await expect(imageParser.parse(scan(), fileSource("b/a.jpg"), textOnly)).rejects.toMatchObject({
      name: "InputError",
      remedy: expect.stringContaining("--ocr") as string,
    });
    const parsed = await imageParser.parse(scan(), fileSource("b/a.jpg"), { ...textOnly, images: true });
    expect(parsed).toMatchObject({ text: "![a](a.jpg)", images: [{ at: 0, mediaType: "image/jpeg" }] });
    await expect(imageParser.parse(Buffer.from("GIF89a"), fileSource("a.png"), ocr)).rejects.toThrow("not a picture");
    const half = scan().subarray(0, 20);
    await expect(imageParser.parse(half, fileSource("a.jpg"), ocr)).rejects.toThrow("a.jpg: the picture is");
  });

  test("says which package a language needs", async () => {
    const wanted = { ...ocr, ocrLanguages: ["eng", "tlh"] };
    await expect(pdfParser.parse(scanned([scan()]), fileSource("a.pdf"), wanted)).rejects.toMatchObject({
      name: "InputError",
      remedy: "Install it with: npm install @tesseract.js-data/tlh",
    });
    expect(() => languageFolder("../eng")).toThrow("not the code of a language");
    await using data = await languageData(["eng", "eng"]);
    expect(data.folder).toContain("quern-ocr-");
  });

  test("an empty page is blank, and four quarter turns are none", () => {
    const picture = { width: 3, height: 2, pixels: new Uint8Array([1, 2, 3, 4, 5, 6]) };
    expect(turn(picture)).toEqual({ width: 2, height: 3, pixels: new Uint8Array([4, 1, 5, 2, 6, 3]) });
    expect(turn(turn(turn(turn(picture))))).toEqual(picture);
    expect(isBlank({ ...picture, pixels: new Uint8Array(6).fill(250) })).toBe(true);
    expect(isBlank({ ...picture, pixels: new Uint8Array([0, 255, 0, 255, 0, 0]) })).toBe(false);
  });
});
