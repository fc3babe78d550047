import { describe, expect, test } from "vitest";
import { makeZip } from "../../../test/fixtures/documents/build.js";
import { makeOdt, png } from "../../../test/fixtures/documents/office.js";
import { odpParser, odsParser, odtParser } from "./odt.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (bytes: Uint8Array, images = false) =>
  odtParser.parse(bytes, fileSource("a.odt"), { ...textOnly, images });

describe("odt", () => {
  test("headings, lists, formatting, notes, links and tracked changes", async () => {
    const styles = `<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style><text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="a" style:num-suffix=")"/></text:list-style>`;
    const body =
      `<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region></text:tracked-changes>` +
      `<text:table-of-content><text:p>Contents 1</text:p></text:table-of-content>` +
      `<text:h text:outline-level="2">Head</text:h>` +
      `<text:p>a <text:span text:style-name="B">bold</text:span><text:s text:c="2"/>word<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>The note.</text:p></text:note-body></text:note> <text:a xlink:href="https://a.b/">site</text:a><office:annotation><text:p>comment</text:p></office:annotation></text:p>` +
      `<text:list text:style-name="L"><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>`;
    const { text, warnings, sections } = await parse(makeOdt(body, styles));
    expect(text).toBe(
      "## Head\n\na **bold** word[^1] [site](https://a.b/)\n\n[^1]: The note.\n\n- a) one\n  - a) deep\n- b) two",
    );
    expect(sections.map(({ heading }) => heading)).toEqual(["Head"]);
    expect(warnings).toEqual(["left out: 1 deleted passage, 1 comment"]);
  });

  test("tables with spans, pictures with descriptions, formulas", async () => {
    const cell = (words: string, attributes = ""): string =>
      `<table:table-cell ${attributes}><text:p>${words}</text:p></table:table-cell>`;
    const table = `<table:table><table:table-header-rows><table:table-row>${cell("h", 'table:number-columns-spanned="2"')}<table:covered-table-cell/></table:table-row></table:table-header-rows><table:table-row>${cell("a")}${cell("b")}<table:table-cell table:number-columns-repeated="16000"/></table:table-row><table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row></table:table>`;
    const frame = `<text:p>See<draw:frame><draw:image xlink:href="Pictures/i.png"/><svg:desc>A mill</svg:desc></draw:frame> <draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></text:p>`;
    const math = `<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mi>α</mi><msup><mi>x</mi><mn>2</mn></msup></mfrac></math>`;
    const made = makeOdt(table + frame, "", { "Pictures/i.png": png, "Object 1/content.xml": math });
    const { text, images } = await parse(made, true);
    expect(text).toBe("| h |  |\n| --- | --- |\n| a | b |\n\nSee $\\frac{\\alpha}{x^{2}}$");
    expect(images).toMatchObject([{ mediaType: "image/png", description: "A mill" }]);
    expect((await parse(made)).text).toBe(text);
  });

  test("slides and sheets", async () => {
    const box = (kind: string, words: string): string =>
      `<draw:frame presentation:class="${kind}"><draw:text-box><text:p>${words}</text:p></draw:text-box></draw:frame>`;
    const page = `<draw:page>${box("outline", "Words")}${box("title", "Title")}<presentation:notes>${box("notes", "Say it")}</presentation:notes></draw:page>`;
    const slides = await odpParser.parse(makeOdt(page, "", {}, "presentation"), fileSource("a.odp"), textOnly);
    expect(slides.text).toBe("## Title\n\nWords\n\nNotes:\n\nSay it");
    expect(slides.sections).toMatchObject([{ page: 1, heading: "Title" }]);
    const sheet = `<table:table table:name="May"><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>`;
    const sheets = await odsParser.parse(makeOdt(sheet, "", {}, "spreadsheet"), fileSource("a.ods"), textOnly);
    expect(sheets.text).toBe("## May\n\n| a | b |\n| --- | --- |");
  });

  test.each([
    ["text", Buffer.from("hello"), /it is not an OpenDocument file/],
    ["another archive", makeZip({ a: "b" }), /it is not an OpenDocument file/],
    [
      "a protected text",
      makeOdt("", "", {
        "META-INF/manifest.xml": `<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>`,
      }),
      /it is protected by a password/,
    ],
    ["half a file", makeOdt("<text:p>x</text:p>").subarray(0, 400), /damaged or cut short/],
  ])("refuses %s", async (_name, bytes, message) => {
    await expect(parse(bytes)).rejects.toThrow(message);
  });
});
