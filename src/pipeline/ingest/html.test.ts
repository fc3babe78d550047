import { describe, expect, test } from "vitest";
import { htmlParser } from "./html.js";
import { fileSource, textOnly } from "./parser.js";

const parse = (html: string | Uint8Array) =>
  htmlParser.parse(typeof html === "string" ? Buffer.from(html) : html, fileSource("a.html"), textOnly);
const prose = "This paragraph is long enough, with commas, to be taken for the main content of a page. ".repeat(8);

describe("html", () => {
  test("keeps the article and drops menus, scripts and the footer", async () => {
    const { text, sections } = await parse(
      `<html><head><title>Cats | Site</title><style>p{}</style></head><body><nav><a href="/">Home</a></nav><script>alert(1)</script>
      <article><h1>Cats</h1><p>${prose}</p><h2>Food</h2><p>${prose}</p></article><footer>Imprint</footer></body></html>`,
    );
    expect(text).toMatch(/^# Cats\n\nThis paragraph/);
    expect(text).not.toMatch(/Home|alert|Imprint|Site/);
    expect(sections.map((section) => section.heading)).toEqual(["Cats", "Food"]);
  });

  test("keeps a short page whole, apart from its menus", async () => {
    const page = "<body><nav>Menu</nav><header>Site</header><main><h1>Hello</h1><p>Short.</p></main></body>";
    expect((await parse(page)).text).toBe("# Hello\n\nShort.");
  });

  test("reads a fragment with open tags", async () => {
    expect((await parse("<p>one<ul><li>a<li>b<ol start=3><li>c</ol></ul>")).text).toBe("one\n\n- a\n- b\n  3. c");
  });

  test("falls back to the whole body when the main content is misjudged", async () => {
    const items = Array.from(
      { length: 60 },
      (_, index) => `<div class="comment"><b>Post ${index}</b> says a thing</div>`,
    );
    const { text } = await parse(
      `<body><article><p>${prose}</p></article><div id="comments">${items.join("")}</div></body>`,
    );
    expect(text).toContain("This paragraph");
    expect(text).toContain("**Post 59** says a thing");
  });

  test("writes tables, code, emphasis and links", async () => {
    const { text } = await parse(
      `<main><h1>T</h1><p>See <a href="http://x.y">the <em>page</em></a> a_b * c <img src="i.png" alt="picture"></p>
      <table><tr><th>A<th>B</tr><tr><td rowspan="2">x|y<td>1</tr><tr><td><ul><li>2<li>3</ul></tr></table>
      <pre><code class="language-js">let a = 1;\n  # no heading</code></pre></main>`,
    );
    expect(text).toBe(
      [
        "# T\n\nSee [the *page*](http://x.y) a_b * c\n",
        "| A | B |\n| --- | --- |\n| x\\|y | 1 |\n| x\\|y | 2; 3 |\n",
        "```js\nlet a = 1;\n  # no heading\n```",
      ].join("\n"),
    );
  });

  test("takes the cells of a layout table for paragraphs", async () => {
    expect((await parse("<table><tr><td><h2>A</h2>text</td><td>menu</td></tr></table>")).text).toBe(
      "## A\n\ntext\n\nmenu",
    );
  });

  test("keeps the source of a formula once", async () => {
    const math = `<span class="katex"><math><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></math><span aria-hidden="true">x2</span></span>`;
    expect((await parse(`<main><h1>F</h1><p>Let ${math} be.</p></main>`)).text).toBe("# F\n\nLet $x^2$ be.");
  });

  test("does not make a heading of a paragraph that starts with a hash", async () => {
    const { text, sections } = await parse("<p># not a heading</p>");
    expect(text).toBe("\\# not a heading");
    expect(sections[0]!.heading).toBeUndefined();
  });

  test("reads the encoding from the declaration", async () => {
    const head = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2"><p>';
    expect((await parse(Buffer.concat([Buffer.from(head), Buffer.from([0xbf, 0xf3, 0xb3, 0x77])]))).text).toBe("żółw");
  });

  test("refuses a page without text", async () => {
    await expect(parse("<body><div id=app></div><script>render()</script></body>")).rejects.toMatchObject({
      name: "InputError",
      message: "a.html: there is no text in the page",
    });
  });

  test("refuses elements nested more deeply than the stack is", async () => {
    await expect(parse("<div>".repeat(50_000) + "x")).rejects.toMatchObject({
      name: "InputError",
      message: "a.html: its elements are nested too deeply to be read",
    });
    await expect(parse("<p>".repeat(3) + "<q>".repeat(1_500) + "x")).rejects.toMatchObject({ name: "InputError" });
  });
});

test.each([
  ["no outer elements", "<p>x</p>"],
  ["html and no body", "<!doctype html><html lang=en><p>x</p></html>"],
  ["a head and no body", "<html><head><title>T</title></head><p>x</p></html>"],
  ["a body and no html", "<head><title>T</title></head><body><p>x</p></body>"],
])("reads a page with %s", async (_name, html) => {
  expect((await parse(html)).text).toMatch(/^(# T\n\n)?x$/);
});
