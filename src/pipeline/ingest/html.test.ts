import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { png } from "../../../test/fixtures/documents/office.js";
import { htmlParser } from "./html.js";
import { fileSource, type ParseOptions, textOnly } from "./parser.js";

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

describe("what a page holds", () => {
  const main = async (body: string, options: Partial<ParseOptions> = {}): Promise<string> =>
    (await htmlParser.parse(Buffer.from(`<main>${body}</main>`), fileSource("a.html"), { ...textOnly, ...options }))
      .text;

  test("links keep a complete address; those within the page and to scripts do not", async () => {
    const body = `<p>See <a href="https://a.b/c_(d)">one</a>, <a href="x/y.html">two</a>, <a href="#z">three</a>, <a href="javascript:f()">four</a>, <a href="https://a.b/">https://a.b</a>.</p>`;
    expect(await main(body)).toBe("See [one](https://a.b/c_%28d%29), two, three, four, https://a.b.");
    expect(await main(body, { links: "all" })).toContain("[two](x/y.html), three, four");
    expect(await main(body, { links: "none" })).toBe("See one, two, three, four, https://a.b.");
  });

  test("definition lists, details, raised and lowered digits, readings, lettered lists, notes", async () => {
    const body = `<dl><dt>Rye</dt><dd>A grain.</dd></dl><details><summary>More</summary><p>inside</p></details><p>H<sub>2</sub>O 10<sup>-3</sup> 1<sup>st</sup> <ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby> note<sup><a href="#n">3</a></sup></p><ol type="a"><li>x</li><li>y</li></ol><p id="n">The note. <a href="#r">↩︎</a></p>`;
    expect(await main(body)).toBe(
      "Rye\n: A grain.\n\n**More**\n\ninside\n\nH₂O 10⁻³ 1st 漢(かん) note[3]\n\n- a. x\n- b. y\n\nThe note.",
    );
  });

  test("formulas in MathML, of MathJax and as pictures", async () => {
    const body = `<p><math><msqrt><mi>x</mi></msqrt><mo>≤</mo><mn>2</mn></math> <script type="math/tex">y^2</script> <img class="latex" alt="z_1" src="f.png"></p>`;
    expect(await main(body)).toBe("$\\sqrt{x}\\le2$ $y^2$ $z_1$");
  });

  test("code keeps its language and its line breaks", async () => {
    expect(await main(`<pre class="lang-sh">a<br>b</pre>`)).toBe("```sh\na\nb\n```");
    expect(await main('<pre><code class="language-py">x\n```\ny</code></pre>')).toBe("````py\nx\n```\ny\n````");
  });

  test("a page inside a form, a page of tables, a page of few words", async () => {
    const form = `<body><form action="x"><div><h1>T</h1><p>${prose}</p></div><input></form></body>`;
    expect((await parse(form)).text).toContain("This paragraph is long enough");
    const rows = Array.from({ length: 30 }, (_, row) => `<tr><td>${row}</td><td>v${row}</td></tr>`).join("");
    expect((await parse(`<body><h1>Prices</h1><table>${rows}</table></body>`)).text).toContain("| 29 | v29 |");
    expect((await parse("<body><p>Hi.</p></body>")).text).toBe("Hi.");
  });

  test("what the page says is its content is not lost for being lists and tables", async () => {
    const items = Array.from({ length: 40 }, (_, index) => `<li><a href="/p${index}">Function ${index}</a></li>`).join(
      "",
    );
    const page = `<body><div class="sidebar"><p>${prose}</p></div><main><h1>Index</h1><ul>${items}</ul><p>${prose}</p></main></body>`;
    expect((await parse(page)).text).toContain("- Function 39");
  });

  test("pictures: of the page itself, beside it, never outside its folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quern-html-"));
    await mkdir(join(folder, "page"));
    await writeFile(join(folder, "outside.png"), png);
    await writeFile(join(folder, "page/in.png"), png);
    await symlink(join(folder, "outside.png"), join(folder, "page/link.png"));
    const data = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    const body = `<main><p>a <img src="${data}" alt="one"> b</p><img src="in.png"><img src="../outside.png"><img src="link.png"><img src="/etc/passwd"><img src="https://a.b/c.png"><p>end</p></main>`;
    const parsed = await htmlParser.parse(Buffer.from(body), fileSource(join(folder, "page/a.html")), {
      ...textOnly,
      images: true,
    });
    expect(parsed.text).toBe("a b\n\nend");
    expect(parsed.images?.map(({ at, description }) => [at, description])).toEqual([
      [2, "one"],
      [3, undefined],
    ]);
    expect(parsed.warnings).toEqual([
      "3 pictures left out: they are outside the page's folder",
      "1 picture left out: they are elsewhere, and nothing is fetched",
    ]);
    await rm(folder, { recursive: true });
  });

  test("hostile pages: marks of pictures, NUL, entities, a huge attribute", async () => {
    expect(await main(`<p>a\ufdd00\ufdd1b \0&lt;x&gt; &unknown; ${prose.trim()}</p>`)).toBe(
      `a0b <x> &unknown; ${prose.trim()}`,
    );
    expect(await main(`<p title="${"x".repeat(3_000_000)}">text</p>`)).toBe("text");
    await expect(parse("<b>".repeat(100_000) + "x")).rejects.toMatchObject({ name: "InputError" });
  });
});
