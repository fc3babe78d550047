import { createHash } from "node:crypto";
import { constants, deflateRawSync, deflateSync } from "node:zlib";
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

/** A gigabyte of the same few characters, packed to a megabyte. */
function gigabyteOf(unit: string): Buffer {
  const megabyte = Buffer.from(unit.repeat(2 ** 20 / unit.length));
  const packed = deflateRawSync(megabyte, { finishFlush: constants.Z_FULL_FLUSH });
  const last = Buffer.from([0x03, 0x00]);
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array.from({ length: 1024 }, () => packed), last]);
}

const packedPart = (data: Buffer, filter = "/FlateDecode"): Buffer =>
  Buffer.concat([Buffer.from(`<</Length ${data.length}/Filter ${filter}>>stream\n`), data, Buffer.from("\nendstream")]);

/** The cipher of the first encrypted PDFs; what it makes of its own output is the input. */
function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, at) => at);
  const swap = (a: number, b: number): void => void ([box[a], box[b]] = [box[b]!, box[a]!]);
  for (let at = 0, other = 0; at < 256; at++) {
    other = (other + box[at]! + key[at % key.length]!) & 255;
    swap(at, other);
  }
  let [i, j] = [0, 0];
  const coded = Uint8Array.from(data, (byte) => {
    i = (i + 1) & 255;
    j = (j + box[i]!) & 255;
    swap(i, j);
    return byte ^ box[(box[i]! + box[j]!) & 255]!;
  });
  return Buffer.from(coded);
}

describe("PDFs made to do harm", () => {
  test("a page tree that leads in circles is refused or ends", async () => {
    const pdf = makePdf([page]);
    const looped = replaced(pdf, "/Kids[4 0 R]/Count 1", "/Kids[2 0 R]/Count 9");
    await expect(parse(looped)).rejects.toMatchObject(pdfError);
  });

  test("a page tree whose branch leads back to its root gives the pages before it, and says that others are lost", async () => {
    const parsed = await parse(
      replaced(
        makePdf([page, page], { objects: ["<</Type/Pages/Kids[2 0 R 4 0 R]/Count 1/Parent 2 0 R>>"] }),
        "/Kids[5 0 R 7 0 R]/Count 2",
        "/Kids[5 0 R 4 0 R]/Count 2",
      ),
    );
    expect(parsed.text).toBe("The mill stands.");
    expect(parsed.warnings).toContain("1 of 2 pages could not be read, the file is damaged: 2");
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

  test.each([" ", "q Q "])("a gigabyte of %j packed into a megabyte is not unpacked", async (unit) => {
    const bomb = gigabyteOf(unit);
    expect(bomb.length).toBeLessThan(2_000_000);
    const before = process.resourceUsage().maxRSS;
    const twice = packedPart(deflateSync(bomb), "[/FlateDecode /Fl]");
    const two = makePdf([page, page, page], { objects: [packedPart(bomb), twice] });
    const text = Buffer.from(two).toString("latin1");
    const led = text.replace("/Contents 7 0 R", "/Contents[7 0 R 4 0 R]").replace("/Contents 9 0 R", "/Contents 5 0 R");
    const parsed = await parse(Buffer.from(led, "latin1"));
    expect(parsed.text).toBe("The mill stands.\n\nThe mill stands.");
    expect(parsed.warnings).toEqual([
      "1 of 3 pages has no text: 2",
      "2 parts left out that would unpack to more than 128 MB",
    ]);
    const only = Buffer.from(makePdf([""], { objects: [packedPart(bomb)] })).toString("latin1");
    await expect(parse(Buffer.from(only.replace("/Contents 6 0 R", "/Contents 4 0 R"), "latin1"))).rejects.toThrow(
      "a.pdf: its text is in parts that unpack to more than 128 MB each",
    );
    // Kilobytes.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(600_000);
  });

  test("very many objects are read, with a right index and a wrong one", async () => {
    const objects = Array.from({ length: 300_000 }, (_, at) => `<</A ${at}>>`);
    const pdf = Buffer.from(makePdf([page], { objects }));
    expect((await parse(pdf)).text).toBe("The mill stands.");
    const wrong = Buffer.concat([pdf.subarray(0, pdf.lastIndexOf("startxref")), Buffer.from("startxref\n7\n%%EOF\n")]);
    expect((await parse(wrong)).text).toBe("The mill stands.");
  });

  test("words that look like the beginning of parts do not hold it up", async () => {
    const parsed = await parse(makePdf([page], { objects: [`(${"stream>>stream\n ".repeat(300_000)})`] }));
    expect(parsed.text).toBe("The mill stands.");
  });

  test("a file that is encrypted without a password to open it is read", async () => {
    // ISO 32000-1, 7.6.3, revision 2.
    const md5 = (...parts: Uint8Array[]): Buffer => createHash("md5").update(Buffer.concat(parts)).digest();
    const padding = Buffer.from("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a", "hex");
    const owner = rc4(md5(padding).subarray(0, 5), padding);
    const key = md5(padding, owner, Buffer.from([0xfc, 0xff, 0xff, 0xff]), Buffer.from("a")).subarray(0, 5);
    const user = rc4(key, padding);
    const trailer = `/ID[(a)(a)]/Encrypt<</Filter/Standard/V 1/R 2/O<${owner.toString("hex")}>/U<${user.toString("hex")}>/P -4>>`;
    // The page's content is object 5.
    const content = rc4(md5(key, Buffer.from([5, 0, 0, 0, 0])).subarray(0, 10), Buffer.from(page));
    const parsed = await parse(makePdf([content.toString("latin1")], { trailer }));
    expect(parsed).toMatchObject({ text: "The mill stands.", warnings: [] });
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
