import { describe, expect, test } from "vitest";
import { makeZip } from "../../../test/fixtures/documents/build.js";
import { makeBook, png } from "../../../test/fixtures/documents/office.js";
import { epubParser } from "./epub.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (bytes: Uint8Array, images = false) =>
  epubParser.parse(bytes, fileSource("a.epub"), { ...textOnly, images });
const page = (body: string, attributes = ""): string =>
  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body ${attributes}>${body}</body></html>`;

describe("epub", () => {
  test("chapters in the order of the spine; cover and contents left out; names from the contents", async () => {
    const book = makeBook(
      {
        nav: {
          href: "nav.xhtml",
          properties: "nav",
          content: page(
            `<nav epub:type="toc"><ol><li><a href="two.xhtml">The Second</a></li><li><a href="t/one.xhtml#s">x</a></li></ol></nav>`,
          ),
        },
        cover: { href: "cover.xhtml", content: page("<p>Cover words</p>", 'epub:type="cover"') },
        one: { href: "t/one.xhtml", content: page(`<script src="x"/><a id="s"/><h1>One</h1><p>first&nbsp;text</p>`) },
        two: {
          href: "two.xhtml",
          content: page(
            `<p>second<a epub:type="noteref" href="#n">1</a></p><aside epub:type="footnote" id="n"><p>The note.</p></aside>`,
          ),
        },
      },
      ["cover", "nav", "two", "one"],
    );
    const { text, sections } = await parse(book);
    expect(text).toBe("# The Second\n\nsecond[1]\n\nThe note.\n\n# One\n\nfirst\u00a0text");
    expect(sections.map(({ heading }) => heading)).toEqual(["The Second", "One"]);
    expect(sections.map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
  });

  test("pictures of the book, none from elsewhere", async () => {
    const content = page(
      `<h1>A</h1><p><img src="../i/p.png" alt="A mill"/> words</p><p><img src="https://a.b/x.png"/><img src="../../../etc/passwd"/></p>`,
    );
    const { text, images, warnings } = await parse(
      makeBook({ a: { href: "t/a.xhtml", content } }, ["a"], { "b/i/p.png": png }),
      true,
    );
    expect(text).toBe("# A\n\nwords");
    expect(images).toMatchObject([{ at: 5, mediaType: "image/png", description: "A mill" }]);
    expect(warnings).toHaveLength(2);
  });

  test("refuses what is protected, and what is no book", async () => {
    const encryption = (algorithm: string): string =>
      `<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/></enc:EncryptedData></encryption>`;
    const items = { a: { href: "a.xhtml", content: page("<p>x</p>") } };
    const file = "META-INF/encryption.xml";
    const locked = makeBook(items, ["a"], { [file]: encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc") });
    await expect(parse(locked)).rejects.toThrow("a.epub: it is protected by digital rights management (DRM)");
    const fonts = makeBook(items, ["a"], { [file]: encryption("http://www.idpf.org/2008/embedding") });
    expect((await parse(fonts)).text).toBe("x");
    await expect(parse(makeZip({ a: "b" }))).rejects.toThrow("a.epub: it is not a book in the EPUB format");
    await expect(parse(Buffer.from("text"))).rejects.toThrow("a.epub: it is not a book in the EPUB format");
  });
});
