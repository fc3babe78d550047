import { createHash } from "node:crypto";
import { chmod, mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeDocx, makePdf, show, wordParagraph } from "../../../test/fixtures/documents/build.js";
import { parserFor, parsers, supportedExtensions } from "./formats.js";
import { parseFile } from "./parse.js";

let folder: string;
const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quern-parse-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the supported formats", () => {
  for (const extension of ".txt .md .html .pdf .docx .docm .pptx .odt .odp .ods .epub .csv .json .jsonl .xlsx".split(
    " ",
  ))
    expect(supportedExtensions).toContain(extension);
  expect(new Set(supportedExtensions).size).toBe(supportedExtensions.length);
  expect(parserFor(".PDF")?.name).toBe("pdf");
  expect(parserFor(".mobi")).toBeUndefined();
});

describe("parseFile", () => {
  test.each([
    ["a.txt", "hello", "hello", "text/plain"],
    ["a.markdown", "# A\n\nhello", "# A\n\nhello", "text/markdown"],
    ["a.HTM", "<p>hello</p>", "hello", "text/html"],
    ["a.pdf", makePdf([show("hello", 50, 700)]), "hello", "application/pdf"],
    [
      "a.docx",
      makeDocx(wordParagraph("hello")),
      "hello",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
  ])("reads %s", async (name, content, text, mediaType) => {
    const result = await parseFile(await file(name, content));
    expect(result.parsed).toMatchObject({ text, mediaType, warnings: [] });
    expect(result.bytes).toBe(Buffer.byteLength(content));
    expect(result.hash).toBe(createHash("sha256").update(content).digest("hex"));
  });

  const refused = async (path: string, cause: string): Promise<void> => {
    await expect(parseFile(path)).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringMatching(new RegExp(`^${path.replace(/[.\\]/g, "\\$&")}: ${cause}`)) as string,
      remedy: expect.stringMatching(/\w+.*\.$/) as string,
    });
  };

  test("refuses a missing file, a folder and an unknown format", async () => {
    await refused(join(folder, "none.txt"), "there is no such file");
    await refused(join(folder, "none.txt", "x.txt"), "there is no such file");
    await mkdir(join(folder, "folder.pdf"));
    await refused(join(folder, "folder.pdf"), "it is a folder");
    await refused(await file("a.mobi", "x"), "the format .mobi is not supported");
    await refused(await file("plain", "x"), "a file without an extension is not supported");
    await expect(parseFile(await file("a.xyz", "x"))).rejects.toMatchObject({
      remedy: expect.stringContaining(".txt ") as string,
    });
  });

  const ofDocuments = parsers.flatMap((parser) => ("parse" in parser ? parser.extensions : []));
  test.each(ofDocuments)("refuses an empty %s file", async (extension) => {
    await refused(await file(`empty${extension}`, ""), "it is empty");
  });

  test("refuses a file of white space, also behind front matter", async () => {
    await refused(await file("space.txt", " \n\t\u00a0\r\n"), "there is no text in it");
    await refused(await file("front.md", "---\ntitle: x\n---\n\n"), "there is no text in it");
    await refused(await file("empty-page.docx", makeDocx(wordParagraph(" "))), "there is no text in it");
  });

  test.skipIf(process.getuid?.() === 0)("refuses a file that may not be read", async () => {
    const path = await file("secret.txt", "x");
    await chmod(path, 0);
    await refused(path, "reading it is not permitted");
  });

  test("prints nothing, whatever the file holds", async () => {
    const spies = (["log", "warn", "error", "info", "debug"] as const).map((name) => vi.spyOn(console, name));
    await parseFile(await file("quiet.pdf", makePdf([show("hello", 50, 700), "BT /None 10 Tf (x) Tj ET ]] <<"])));
    await parseFile(await file("broken.pdf", "%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\n%%EOF")).catch(
      () => undefined,
    );
    await parseFile(await file("quiet.docx", makeDocx("<w:p><w:unknown/><w:r><w:t>x</w:t></w:r></w:p>")));
    await parseFile(await file("quiet.html", "<style>@import 'x'; {{</style><p>x <b>y</p>"));
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

const shared = resolve("../shared/data/documents");
const available = existsSync(shared);
if (!available) console.warn("The shared documents are absent: the tests on real documents are left out.");

describe.skipIf(!available)("real documents", () => {
  const read = async (name: string) => (await parseFile(join(shared, name))).parsed;

  test.each([
    ["arabic.pdf", /حَبيبي/, 1],
    [
      "blog-post.html",
      /^# Does Model and Inference Parameter Matter in LLM Applications\? - A Case Study for MATH\n/,
      5,
    ],
    [
      "geotopo-117-pages.pdf",
      /Definition 1\n\nEin topologischer Raum ist ein Paar \(X, T\) bestehend aus einer Menge X/,
      117,
    ],
    ["outlines.pdf", /1 Foo\n\nHello, here is some text without a meaning\. This text should show what a printed/, 4],
    [
      "research-paper.docx",
      /^# AutoGen: Enabling[^]*\| 13 \| 14 \| 49e168b7-d2ae-407f-a055-2167576f39a1 \| 15 \| 16 \| 17 \|\n/,
      4,
    ],
    [
      "research-paper.pdf",
      /^# 1 Introduction\n\nLarge language models \(LLMs\) are becoming a crucial building block in/,
      1,
    ],
    ["two-columns.pdf", /Donec nonummy pellentesque ante\. Phasellus adipiscing semper elit\. Proin fermentum/, 3],
    [
      "wikipedia-article.html",
      /^# Microsoft\n[^]*\n## History\n\n### 1972–1985: Founding\n[^]*## External links\n/,
      30,
    ],
    ["with-image.pdf", /^# 1 Your Chapter\n\nLorem ipsum dolor sit amet, consetetur sadipscing elitr/, 1],
  ])("reads %s", async (name, pattern, sections) => {
    const parsed = await read(name);
    expect(parsed.text).toMatch(pattern);
    expect(parsed.sections).toHaveLength(sections);
    expect(parsed.warnings.filter((warning) => !warning.startsWith("left out on "))).toEqual([]);
  });

  test("drops the menus of a web page", async () => {
    expect((await read("wikipedia-article.html")).text).not.toMatch(/Jump to content|Create account|Privacy policy/);
  });

  test.each([
    ["password.pdf", "it is protected by a password"],
    ["scanned-report.pdf", "3 pages, no text: it is a scan"],
    ["unreadable-metadata.pdf", "the PDF is damaged"],
  ])("refuses %s", async (name, message) => {
    await expect(read(name)).rejects.toThrow(`${name}: ${message}`);
  });
});
