import { createCanvas, loadImage } from "@napi-rs/canvas";
import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { makePdf, show } from "../../../../test/fixtures/documents/build.js";
import { fileSource, textOnly } from "../parser.js";
import { pdfParser } from "./parser.js";

const parse = (pdf: Uint8Array) => pdfParser.parse(pdf, fileSource("a.pdf"), { ...textOnly, images: true });

function jpegOf(width: number, height: number): Buffer {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#c03020";
  context.fillRect(0, 0, width, height);
  return canvas.toBuffer("image/jpeg");
}

function xobject(entries: string, data: Uint8Array): Buffer {
  const head = `<</Type/XObject/Subtype/Image${entries}/Length ${data.length}>>stream\n`;
  return Buffer.concat([Buffer.from(head), data, Buffer.from("\nendstream")]);
}

const draw = (name: string, x: number, y: number, width = 100, height = 50): string =>
  `q ${width} 0 0 ${height} ${x} ${y} cm /${name} Do Q\n`;

const above = show("Text above the picture.", 50, 700);
const below = show("Text below the picture.", 50, 500);

test("a plain JPEG is taken as it is, once for each place where it stands", async () => {
  const jpeg = jpegOf(40, 20);
  const objects = [xobject("/Width 40/Height 20/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", jpeg)];
  const page = above + draw("I1", 50, 600) + below + draw("I1", 50, 300);
  const { text, images } = await parse(makePdf([page, page], { objects, resources: "/XObject<</I1 4 0 R>>" }));
  expect(images).toHaveLength(4);
  for (const image of images!) {
    expect(image.mediaType).toBe("image/jpeg");
    expect(Buffer.from(image.bytes).equals(jpeg)).toBe(true);
  }
  expect(images!.map((image) => image.page)).toEqual([1, 1, 2, 2]);
  const first = "Text above the picture.".length;
  expect([first, text.indexOf("Text below")]).toContain(images![0]!.at);
  expect(images![1]!.at).toBe(text.indexOf("Text below") + first);
});

test("other pictures become PNG, with their masks; what cannot be taken is counted", async () => {
  const grey = deflateSync(Buffer.from([0, 80, 160, 255]));
  const smask = deflateSync(Buffer.from([255, 0, 255, 128]));
  const objects = [
    xobject("/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode/SMask 5 0 R", grey),
    xobject("/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode", smask),
    xobject("/Width 9/Height 1/ImageMask true/BitsPerComponent 1", Buffer.from([0b01010101, 0])),
    xobject("/Width 9/Height 9/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", Buffer.from("no picture")),
  ];
  const inline = "q 30 0 0 30 300 300 cm BI /W 2 /H 1 /CS /RGB /BPC 8 ID \u0001\u0002\u0003abc\nEI Q\n";
  const page = above + draw("I1", 50, 600) + draw("I3", 50, 400) + draw("I4", 50, 200) + inline + below;
  const parsed = await parse(makePdf([page], { objects, resources: "/XObject<</I1 4 0 R/I3 6 0 R/I4 7 0 R>>" }));
  expect(parsed.images!.map((image) => image.mediaType)).toEqual(["image/png", "image/png", "image/png"]);
  const sizes = await Promise.all(
    parsed.images!.map(async ({ bytes }) => {
      const { width, height } = await loadImage(Buffer.from(bytes));
      return `${width}x${height}`;
    }),
  );
  expect(sizes.sort()).toEqual(["2x1", "2x2", "9x1"]);
  expect(parsed.warnings).toContain("1 picture left out: it is damaged");
  const masked = await loadImage(Buffer.from(parsed.images![0]!.bytes));
  const context = createCanvas(2, 2).getContext("2d");
  context.drawImage(masked, 0, 0);
  expect([...context.getImageData(0, 0, 2, 2).data].filter((_, at) => at % 4 === 3)).toEqual([255, 0, 255, 128]);
});

test("the text is the same with pictures and without", async () => {
  const page = above + below;
  const { images, ...rest } = await parse(makePdf([page]));
  expect(images).toEqual([]);
  expect(rest).toEqual(await pdfParser.parse(makePdf([page]), fileSource("a.pdf"), textOnly));
});
