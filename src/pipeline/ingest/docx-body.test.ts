import { describe, expect, test } from "vitest";
import { wordParagraph as p } from "../../../test/fixtures/documents/build.js";
import { makeWord, png } from "../../../test/fixtures/documents/office.js";
import { docxParser } from "./docx.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (bytes: Uint8Array, images = false) =>
  docxParser.parse(bytes, fileSource("a.docx"), { ...textOnly, images });
const text = async (...given: Parameters<typeof makeWord>): Promise<string> => (await parse(makeWord(...given))).text;
const run = (words: string, properties = ""): string => `<w:r><w:rPr>${properties}</w:rPr><w:t>${words}</w:t></w:r>`;
const item = (words: string, level = 0, list = "1"): string =>
  `<w:p><w:pPr><w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr></w:pPr>${run(words)}</w:p>`;
const level = (at: number, format: string, words: string): string =>
  `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${words}"/></w:lvl>`;
const numbering =
  `<w:abstractNum w:abstractNumId="0">${level(0, "decimal", "%1.")}${level(1, "lowerLetter", "(%2)")}</w:abstractNum>` +
  `<w:abstractNum w:abstractNumId="1">${level(0, "bullet", "•")}</w:abstractNum>` +
  `<w:abstractNum w:abstractNumId="2">${level(0, "decimal", "%1")}${level(1, "decimal", "%1.%2")}</w:abstractNum>` +
  [0, 1, 2].map((n) => `<w:num w:numId="${n + 1}"><w:abstractNumId w:val="${n}"/></w:num>`).join("") +
  `<w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`;

describe("paragraphs of Word", () => {
  test("lists are nested, numbered as Word numbers them, and go on after a paragraph", async () => {
    const body = item("a") + item("b", 1) + item("c", 1) + item("d") + p("between") + item("e") + item("f", 0, "4");
    expect(await text(body + item("g", 0, "2"), { numbering })).toBe(
      "1. a\n   - (a) b\n   - (b) c\n2. d\n\nbetween\n\n3. e\n1. f\n- g",
    );
  });

  test("headings by outline level, by a style's name in any language, and with their numbers", async () => {
    const styles =
      `<w:style w:type="paragraph" w:styleId="A"><w:name w:val="Überschrift 2"/></w:style>` +
      `<w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/><w:name w:val="mine"/></w:style>` +
      `<w:style w:type="paragraph" w:styleId="C"><w:name w:val="c"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr></w:style>`;
    const direct = `<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>${run("three")}</w:p>`;
    expect(await text(p("a", "A") + p("b", "B") + direct + p("c", "C") + p("d", "C"), { styles, numbering })).toBe(
      "## a\n\n## b\n\n### three\n\n## 1.1 c\n\n## 1.2 d",
    );
  });

  test("inserted text is kept, deleted, moved away, hidden and commented text is not; each is counted", async () => {
    const body =
      `<w:p><w:ins>${run("new ")}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:moveTo>${run("here")}</w:moveTo></w:p>` +
      `<w:p><w:moveFrom>${run("there")}</w:moveFrom>${run("secret", "<w:vanish/>")}<w:r><w:commentReference w:id="1"/></w:r></w:p>` +
      `<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>${run("join")}</w:p>${p("ed")}`;
    const parsed = await parse(makeWord(body));
    expect(parsed.text).toBe("new here\n\njoined");
    expect(parsed.warnings).toEqual(["left out: 2 deleted passages, 1 hidden passage, 1 comment"]);
  });

  test("links and fields keep their words, a table of contents and page numbers do not stay", async () => {
    const field = (instruction: string, result: string): string =>
      `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>${instruction}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>${result}<w:r><w:fldChar w:fldCharType="end"/></w:r>`;
    const body =
      `<w:p><w:hyperlink r:id="l">${run("one")}</w:hyperlink> ${field('HYPERLINK "https://b.c/"', run(" two"))}<w:fldSimple w:instr="SEQ x">${run(" 7")}</w:fldSimple></w:p>` +
      `<w:p>${field("TOC \\o", run("Chapter 3"))}${field("PAGE", run("12"))}</w:p>` +
      `<w:p><w:hyperlink w:anchor="x">${run("inside")}</w:hyperlink></w:p>`;
    expect(await text(body, {}, { l: ["hyperlink", "https://a.b/"] })).toBe(
      "[one](https://a.b/) [two](https://b.c/) 7\n\ninside",
    );
  });

  test("a field that never ends does not swallow the document", async () => {
    const open = `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r></w:p>`;
    expect(await text(open + p("still here"))).toBe("still here");
  });

  test("notes stand below their block", async () => {
    const reference = `<w:p>${run("Text")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>`;
    const footnotes = `<w:footnote w:id="0" w:type="separator">${p("-")}</w:footnote><w:footnote w:id="2">${p("Note.")}${p("More.")}</w:footnote>`;
    expect(await text(reference + p("Next"), { footnotes })).toBe("Text[^1]\n\n[^1]: Note.\n    More.\n\nNext");
  });

  test("text boxes are read once, code and signs of symbol fonts are known", async () => {
    const box = (words: string): string => `<w:txbxContent>${p(words)}</w:txbxContent>`;
    const body =
      `<w:p>${run("Before")}<w:r><mc:AlternateContent><mc:Choice><w:drawing>${box("In the box")}</w:drawing></mc:Choice><mc:Fallback><w:pict>${box("In the box")}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>` +
      `<w:p>${run("if (x) {", '<w:rFonts w:ascii="Consolas"/>')}</w:p><w:p>${run("  y  }", '<w:rFonts w:ascii="Consolas"/>')}</w:p>` +
      `<w:p>${run("a", '<w:rFonts w:ascii="Symbol"/>')}<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p>`;
    expect(await text(body)).toBe("Before\n\nIn the box\n\n```\nif (x) {\n  y  }\n```\n\nα☑");
  });

  test("cells over rows and columns, and tables in tables", async () => {
    const cell = (content: string, settings = ""): string => `<w:tc><w:tcPr>${settings}</w:tcPr>${content}</w:tc>`;
    const down = (content: string, value: string): string => cell(content, `<w:vMerge w:val="${value}"/>`);
    const rows =
      `<w:tr>${cell(p("head"), '<w:gridSpan w:val="2"/>')}</w:tr>` +
      `<w:tr>${down(p("x"), "restart")}${cell(p("1"))}</w:tr><w:tr>${down(p(""), "continue")}${cell(p("2"))}</w:tr>`;
    expect(await text(`<w:tbl>${rows}</w:tbl>`)).toBe("| head |  |\n| --- | --- |\n| x | 1 |\n| x | 2 |");
    const inner = `<w:tbl><w:tr>${cell(p("a"))}${cell(p("b"))}</w:tr></w:tbl>`;
    expect(await text(`<w:tbl><w:tr>${cell(inner)}${cell(p("c"))}</w:tr></w:tbl>`)).toBe(
      "| a | b |\n| --- | --- |\n\nc",
    );
  });

  test("a chart becomes a table of its values", async () => {
    const points = (...values: string[]): string =>
      values.map((value, index) => `<c:pt idx="${index}"><c:v>${value}</c:v></c:pt>`).join("");
    const chart = `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache>${points("Rye")}</c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>${points("May", "June")}</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>${points("4.2999999999999998", "2")}</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`;
    const body = `<w:p><w:r><w:drawing><wp:inline><c:chart r:id="c"/></wp:inline></w:drawing></w:r></w:p>`;
    expect(await text(body, {}, { c: ["chart", "chart.xml"] }, { "word/chart.xml": chart })).toBe(
      "|  | Rye |\n| --- | --- |\n| May | 4.3 |\n| June | 2 |",
    );
  });

  test("pictures stand where they were; the text is the same with and without them", async () => {
    const picture = (id: string): string =>
      `<w:r><w:drawing><wp:inline><wp:docPr descr="A mill"/><a:blip r:embed="${id}"/></wp:inline></w:drawing></w:r>`;
    const body =
      p("One") +
      `<w:p>${picture("i")}</w:p>` +
      `<w:p>${run("two ")}${picture("i")}${run(" three")}</w:p>` +
      `<w:p>${picture("x")}${picture("e")}</w:p>`;
    const made = makeWord(
      body,
      {},
      { i: ["image", "i.png"], x: ["image", "https://a.b/x.png"], e: ["image", "e.emf"] },
      {
        "word/i.png": png,
        "word/e.emf": Buffer.concat([Buffer.from("01000000", "hex"), Buffer.alloc(36), Buffer.from(" EMF")]),
      },
    );
    const parsed = await parse(made, true);
    expect(parsed.text).toBe((await parse(made)).text);
    expect(parsed.text).toBe("One\n\ntwo three");
    expect(parsed.images).toMatchObject([
      { at: 3, mediaType: "image/png", description: "A mill" },
      { at: 9, mediaType: "image/png" },
    ]);
    expect(parsed.warnings).toEqual([
      "1 picture left out: they are outside the file, and nothing outside it is opened",
      "1 picture left out: they are drawings (EMF), not made of pixels",
    ]);
  });

  test("right-to-left, Chinese and Thai text stays as it is", async () => {
    const words = ["مرحبا بالعالم 123", "שלום עולם", "你好，世界。", "สวัสดีชาวโลก"];
    expect(await text(words.map((line) => p(line)).join(""))).toBe(words.join("\n\n"));
  });

  test("entities are not expanded, other prefixes are known, deep nesting is refused", async () => {
    const main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    const office = (xml: string): Uint8Array => makeWord("", {}, {}, { "word/document.xml": xml });
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`;
    const body = `<n:document xmlns:n="${main}"><n:body><n:p><n:r><n:t>x &b; &c;</n:t></n:r></n:p></n:body></n:document>`;
    expect((await parse(office(bomb + body))).text).toBe("x &b; &c;");
    await expect(parse(makeWord("<w:sdt><w:sdtContent>".repeat(5_000)))).rejects.toThrow(/nested more than 512 deep/);
  });
});
