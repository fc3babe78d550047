import { describe, expect, test } from "vitest";
import { makeZip } from "../../../test/fixtures/documents/build.js";
import { line, makeSlides, png, relations, shape } from "../../../test/fixtures/documents/office.js";
import { fileSource, textOnly } from "./parser.js";
import { pptxParser } from "./pptx.js";

const parse = (bytes: Uint8Array, images = false) =>
  pptxParser.parse(bytes, fileSource("a.pptx"), { ...textOnly, images });

describe("pptx", () => {
  test("a section for each slide, in the order of the presentation, the title first", async () => {
    const slides = [
      { shapes: shape(line("Second")) + shape(line("B"), "title") + shape(line("7"), "sldNum") },
      { shapes: shape(line("A"), "ctrTitle"), attributes: 'show="0"' },
    ];
    const { text, sections, warnings } = await parse(makeSlides(slides, {}, [2, 1]));
    expect(text).toBe("# A\n\n## B\n\nSecond");
    expect(sections).toEqual([
      { start: 0, end: 5, page: 1, heading: "A" },
      { start: 5, end: 17, page: 2, heading: "B" },
    ]);
    expect(warnings).toEqual(["hidden slides are kept: 1"]);
  });

  test("groups, bullets and numbers, tables, notes, links", async () => {
    const bullet = '<a:pPr><a:buChar char="•"/></a:pPr>';
    const deeper = '<a:pPr lvl="1"><a:buChar char="•"/></a:pPr>';
    const number = '<a:pPr><a:buAutoNum type="alphaLcParenBoth"/></a:pPr>';
    const group = `<p:grpSp><p:grpSp>${shape(line("one", bullet) + line("deep", deeper) + line("two", bullet))}</p:grpSp></p:grpSp>`;
    const cell = (words: string, attributes = ""): string =>
      `<a:tc ${attributes}><a:txBody>${line(words)}</a:txBody></a:tc>`;
    const table = `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>${cell("wide", 'gridSpan="2"')}${cell("", 'hMerge="1"')}</a:tr><a:tr>${cell("a")}${cell("b|c")}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
    const link = `<a:p><a:r><a:rPr b="1"><a:hlinkClick r:id="l"/></a:rPr><a:t>site</a:t></a:r></a:p>`;
    const notes = `<p:notes xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>${shape(line("Say this."), "body")}${shape(line("1"), "sldNum")}</p:spTree></p:cSld></p:notes>`;
    const slide = {
      shapes: group + shape(line("x", number) + line("y", number)) + table + shape(link),
      links: { l: ["hyperlink", "https://a.b/"], n: ["notesSlide", "../notesSlides/n.xml"] } as const,
    };
    expect((await parse(makeSlides([slide], { "ppt/notesSlides/n.xml": notes }))).text).toBe(
      "## Slide 1\n\n- one\n  - deep\n- two\n\n- (a) x\n- (b) y\n\n| wide |  |\n| --- | --- |\n| a | b\\|c |\n\n[**site**](https://a.b/)\n\nNotes:\n\nSay this.",
    );
  });

  test("another form of number starts anew", async () => {
    const numbered = (words: string, type: string): string =>
      line(words, `<a:pPr><a:buAutoNum type="${type}"/></a:pPr>`);
    const shapes = shape(
      numbered("a", "arabicPeriod") + numbered("b", "arabicPeriod") + numbered("c", "alphaLcPeriod"),
    );
    expect((await parse(makeSlides([{ shapes }]))).text).toBe("## Slide 1\n\n1. a\n2. b\n- a. c");
  });

  test("words of a diagram as a nested list", async () => {
    const dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram";
    const point = (id: string, words: string, type = "node"): string =>
      `<d:pt modelId="${id}" type="${type}"><d:t><a:p><a:r><a:t>${words}</a:t></a:r></a:p></d:t></d:pt>`;
    const joined = (from: string, to: string, order: number): string =>
      `<d:cxn srcId="${from}" destId="${to}" srcOrd="${order}"/>`;
    const model = `<d:dataModel xmlns:d="${dgm}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><d:ptLst>${point("0", "", "doc")}${point("2", "second")}${point("1", "first")}${point("3", "below")}${point("4", "x", "pres")}</d:ptLst><d:cxnLst>${joined("0", "2", 1)}${joined("0", "1", 0)}${joined("1", "3", 0)}${joined("3", "1", 0)}</d:cxnLst></d:dataModel>`;
    const frame = `<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm="d"/></a:graphicData></a:graphic></p:graphicFrame>`;
    const slide = { shapes: frame, links: { d: ["diagramData", "../d.xml"] } as const };
    expect((await parse(makeSlides([slide], { "ppt/d.xml": model }))).text).toBe(
      "## Slide 1\n\n- first\n  - below\n- second",
    );
  });

  test("pictures belong to their slide, with their description", async () => {
    const picture = `<p:pic><p:nvPicPr><p:cNvPr id="3" name="x" descr="A  wheel"/></p:nvPicPr><p:blipFill><a:blip r:embed="i"/></p:blipFill></p:pic>`;
    const slides = [
      { shapes: shape(line("Words"), "title") },
      { shapes: shape(line("Wheel"), "title") + picture, links: { i: ["image", "../media/i.png"] } as const },
    ];
    const { text, images } = await parse(makeSlides(slides, { "ppt/media/i.png": png }), true);
    expect(text).toBe("## Words\n\n## Wheel");
    expect(images).toMatchObject([{ at: text.length, page: 2, mediaType: "image/png", description: "A wheel" }]);
  });

  const ole = (stream: string): Buffer =>
    Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600), Buffer.from(stream, "utf16le")]);
  test.each([
    [
      "an old presentation",
      ole("PowerPoint Document"),
      "a.pptx: it is not a .pptx file but an old presentation (.ppt)",
    ],
    ["a protected one", ole("EncryptedPackage"), "a.pptx: it is protected by a password"],
    [
      "a Word document",
      makeZip({
        "_rels/.rels": relations({ r: ["officeDocument", "word/document.xml"] }),
        "word/document.xml": "<x/>",
      }),
      "a.pptx: it is not a presentation, but a Word document (.docx)",
    ],
  ])("refuses %s", async (_name, bytes, message) => {
    await expect(parse(bytes)).rejects.toMatchObject({ name: "InputError", message });
  });

  test("names slides that are missing, and never leaves the package", async () => {
    const slide = {
      shapes: shape(line("here"), "title"),
      links: { n: ["notesSlide", "../../../../etc/passwd"] } as const,
    };
    const { text, warnings } = await parse(makeSlides([slide], {}, [1, 2]));
    expect(text).toBe("## here");
    expect(warnings).toEqual(["slides that are not in the file: 2"]);
  });
});
