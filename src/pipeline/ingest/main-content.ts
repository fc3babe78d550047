import { mathmlToTex } from "./mathml.js";
import { formula } from "./tex.js";
import { readXml } from "./xml.js";

/** What a page holds, in three views. */
export interface PageContent {
  /** The main content as HTML; missing when none was recognised. */
  article?: string;
  /** What the page itself says is its content, with the characters of running text in it. */
  main?: { html: string; prose: number };
  /** The page's title, one line; may be empty. */
  title: string;
  /** The whole body as HTML, without the elements that say they are menus. */
  body: string;
  /** Characters of running text in the body: outside links, menus and scripts. */
  prose: number;
}

/** What is used of the page; the types of a browser are not available here. */
export interface PageElement {
  childNodes: Iterable<unknown>;
  localName: string;
  textContent: string;
  innerHTML: string;
  nextElementSibling: PageElement | null;
  parentElement: PageElement | null;
  firstElementChild: PageElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  replaceWith(...nodes: unknown[]): void;
  remove(): void;
}
export interface Page extends PageElement {
  body: PageElement;
  createElement(name: string): PageElement;
  cloneNode(deep: boolean): Page;
}

/** Elements that hold nothing, or that often end without saying so. */
const unnested =
  /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|d[td]|t[rdh]|option|optgroup|thead|tbody|tfoot|colgroup|r[tp]|html|head|body|path|rect|circle|line|use|polygon|ellipse|polyline|stop)$/i;

/** Characters of text above which a form may be the page itself. */
const leastForm = 400;

/** More levels than any real page has; a browser stops at 512. */
const maxDepth = 1_000;

/**
 * Finds the main content of a web page.
 *
 * @param html the whole page
 * @param prepare called with the page before anything is taken out of it
 * @returns the content without menus, where it can be told, and the whole body
 * @throws RangeError when elements are nested too deeply
 */
export async function mainContent(
  html: string,
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<PageContent> {
  const { Readability } = await import("@mozilla/readability");
  const page = await openPage(html);
  await prepare(page);
  removeFrame(page);
  const body = page.body.innerHTML;
  const main = declaredMain(page)?.innerHTML;
  const article = new Readability(page, { keepClasses: true }).parse();
  const rest = await openPage(html);
  const title = titleOf(rest, (article?.title ?? "").replace(/\s+/g, " ").trim());
  for (const part of rest.querySelectorAll(
    "a, script, style, nav, header, footer, aside, noscript, template, svg, form",
  )) {
    part.remove();
  }
  const prose = proseOf(rest.body);
  const own = declaredMain(rest);
  return {
    ...(article?.content ? { article: article.content } : {}),
    ...(main !== undefined && own ? { main: { html: main, prose: proseOf(own) } } : {}),
    title,
    body,
    prose,
  };
}

/**
 * Parses a page; formulas in it become text.
 *
 * @param html the whole page or a part of one
 * @throws RangeError when elements are nested too deeply
 */
export async function openPage(html: string): Promise<Page> {
  const { parseHTML } = await import("linkedom");
  refuseNesting(html);
  const page = (parseHTML(withBody(html)) as unknown as { document: Page }).document;
  checkDepth(page.body);
  openForms(page);
  keepFormulas(page);
  return page;
}

/** What the page itself says is its content: its only `main`. */
function declaredMain(page: Page): PageElement | undefined {
  const found = [...page.querySelectorAll("main, [role=main]")];
  const outer = found.filter((part) => !part.parentElement?.closest("main, [role=main]"));
  return outer.length === 1 ? outer[0] : undefined;
}

/** Some servers put the whole page into a form: such a form is no form to fill in. */
function openForms(page: Page): void {
  const whole = proseOf(page.body);
  for (const form of [...page.querySelectorAll("form")]) {
    const own = proseOf(form);
    if (own > leastForm && own > whole / 3) form.replaceWith(...form.childNodes);
  }
}

function proseOf(element: PageElement): number {
  return element.textContent.replace(/\s+/g, " ").length;
}

/** The title as the page's own heading has it, without the name of the site; the page's title where it has none. */
function titleOf(page: PageElement, title: string): string {
  const headings = [...page.querySelectorAll("h1")]
    .map((heading) => heading.textContent.replace(/[\s\u200b]+/g, " ").trim())
    .filter((text) => text !== "");
  const only = headings.length === 1 ? headings[0] : undefined;
  return headings.find((text) => title.includes(text)) ?? only ?? title;
}

/** The parser's time grows with the square of the depth, so that depth is estimated before. */
function refuseNesting(html: string): void {
  let depth = 0;
  for (const [, end, name] of html.matchAll(/<(\/?)([a-z][a-z\d]*)/gi)) {
    if (unnested.test(name!)) continue;
    depth = Math.max(0, depth + (end === "/" ? -1 : 1));
    if (depth > 2 * maxDepth) throw new RangeError(`elements are nested more than ${maxDepth} deep`);
  }
}

function checkDepth(root: PageElement): void {
  let depth = 0;
  let node: PageElement | null = root;
  while (node) {
    if (depth > maxDepth) throw new RangeError(`elements are nested more than ${maxDepth} deep`);
    if (node.firstElementChild) {
      node = node.firstElementChild;
      depth++;
      continue;
    }
    while (node && node !== root && !node.nextElementSibling) {
      node = node.parentElement;
      depth--;
    }
    node = !node || node === root ? null : node.nextElementSibling;
  }
}

/** Adds the outer elements that a page may leave out and that the parser does not supply. */
function withBody(html: string): string {
  const open = html.search(/<body[\s>]/i);
  if (open !== -1 && /<html[\s>]/i.test(html.slice(0, open))) return html;
  const bare = html.replace(/<!doctype[^>]*>|<\/?html(?:\s[^>]*)?>/gi, "");
  if (open !== -1) return `<!doctype html><html>${bare}</html>`;
  const headEnd = /<\/head\s*>/i.exec(bare);
  const split = headEnd ? headEnd.index + headEnd[0].length : 0;
  return `<!doctype html><html>${bare.slice(0, split)}<body>${bare.slice(split)}</body></html>`;
}

/** Menus, and the header and footer of the page itself; those of an article belong to it. */
function removeFrame(page: Page): void {
  for (const part of page.querySelectorAll(
    "nav, [role=navigation], [role=banner], [role=contentinfo], header, footer",
  )) {
    if (!part.closest("article, main, section")) part.remove();
  }
}

/** Formulas are in a page several times over, for eyes and for screen readers; their TeX source is what is kept. */
function keepFormulas(page: Page): void {
  const scripts = [...page.querySelectorAll("script")].filter((script) =>
    /^math\/(?:la)?tex/i.test(script.getAttribute("type") ?? ""),
  );
  if (scripts.length > 0) {
    for (const shown of page.querySelectorAll(".MathJax_Preview, .MathJax, .MathJax_Display, .MathJax_SVG"))
      shown.remove();
  }
  const put = (place: PageElement, tex: string, alone: boolean): void => {
    const formulaText = page.createElement("span");
    formulaText.textContent = formula(tex, alone);
    place.replaceWith(formulaText);
  };
  for (const script of scripts) {
    put(script, script.textContent, /mode\s*=\s*display/i.test(script.getAttribute("type") ?? ""));
  }
  for (const math of [...page.querySelectorAll("math")]) {
    // One that was inside another is gone with it.
    if (!math.parentElement) continue;
    const source = `<math>${math.innerHTML.replace(/&nbsp;/g, "\u00a0")}</math>`;
    const tex = math.getAttribute("alttext")?.trim() || mathmlToTex(readXml(Buffer.from(source), "formula"));
    if (tex === "") continue;
    const alone = math.getAttribute("display") === "block" && !math.closest(".mwe-math-element");
    put(math.closest(".mwe-math-element, .katex, mjx-container, .MathJax") ?? math, displayless(tex), alone);
  }
}

/** Without the command that Wikipedia puts around every formula. */
function displayless(tex: string): string {
  return tex.replace(/^\{\\displaystyle ([\s\S]*)\}$/, "$1").trim();
}
