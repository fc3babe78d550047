import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { DiversityFigures } from "../diversity/figures.js";
import type { Json } from "../check.js";
import type { CurationReport } from "../report.js";
import { Scores } from "../scores.js";
import { escaped, html } from "./html.js";
import { writeReport } from "./index.js";
import { pageOf } from "./page.js";

/** What the tests use of a page; the library's types need those of browsers. */
interface Node {
  tagName: string;
  id: string;
  title: string;
  textContent: string;
  attributes: Iterable<{ name: string; value: string }>;
  body: Node;
  documentElement: Node;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): readonly Node[];
}

const parsed = (page: string) => parseHTML(page) as unknown as { document: Node };

const hostile = `</style></script><script>document.title="owned"</script><img src=x onerror=alert(1)>"'\` \0 \u202e \ud800 &lt; שלום`;

function distributionOf(values: readonly number[]) {
  const scores = new Scores();
  for (const value of values) scores.add(value);
  return scores.distribution();
}

function reportOf(text: string, records = 40): CurationReport {
  const figures = new DiversityFigures(100);
  for (let at = 0; at < records; at++) {
    const raw = { provenance: { document: text, chunk: at % 7 }, quality: { difficulty: text.slice(0, 10) } };
    figures.reached(raw);
    figures.add({ question: `What is ${text} ${at}?`, answer: `${text} is number ${at}.`, language: "en", raw });
  }
  const check = (name: string, more: object = {}) => ({
    name,
    description: `about ${text}`,
    action: "drop" as const,
    seen: records,
    flagged: 2,
    dropped: 3,
    changed: 1,
    failed: 1,
    reasons: { [text]: 3, [`other ${text}`]: 2 },
    scores: distributionOf([0.1, 0.5, 0.9]),
    summary: null as Json,
    examples: [{ reason: text, detail: text, question: text }],
    ...more,
  });
  return {
    stage: "curate",
    input: text,
    output: `${text}.json`,
    dropped_file: `${text}.dropped.jsonl`,
    metrics: { total: records, filtered: 30, retention_rate: 0.75, avg_score: 7.3, rated: 33 },
    checks: [
      check("near_duplicates", { summary: { [text]: text, list: [text] } }),
      check("semantic_duplicates", { summary: { ran: false, why: text } }),
      check("judge", { measures: { [text]: distributionOf([1, 5, 9]) }, kinds: { [text]: { [text]: 4 } } }),
      check("diversity", { summary: figures.summary() as unknown as Json }),
    ],
    ratings: distributionOf([3, 5, 7, 7, 8, 8, 9, 10]),
    examples: {
      kept: [{ question: text, answer: text, rating: 9, quality: { [text]: text } }],
      dropped: [{ question: text, answer: text, dropped: { check: "judge", reason: text, detail: text } }],
    },
    unusable: { count: 2, reasons: { [text]: 2 } },
    without_source: 4,
    settings: { threshold: 7, embedding: { api_key: "sk-secret", api_base: text } },
    threshold: 7,
    model: { name: text, fingerprint: text },
    prompts: { qa_rating: text },
  };
}

describe("the page of a report", () => {
  it("shows hostile texts as texts and runs nothing", () => {
    const page = pageOf(reportOf(hostile));
    const { document } = parsed(page);
    expect(
      document.querySelectorAll("script, img, iframe, object, embed, link, base, form, input, video"),
    ).toHaveLength(0);
    for (const element of document.querySelectorAll("*"))
      for (const { name, value } of element.attributes) {
        expect(name).toMatch(
          /^(?:lang|charset|http-equiv|content|name|class|id|style|href|aria-[a-z]+|role|dir|scope|data-of)$/,
        );
        if (name === "href") expect(value).toMatch(/^#[a-z_-]+$/);
        if (name === "style")
          expect(value).toMatch(/^(?:(?:width|height):[\d.]+%(?:;min-height:2px)?|background:var\(--[a-z]+\))$/);
      }
    expect(document.title).not.toBe("owned");
    expect(document.querySelector("meta[http-equiv]")!.getAttribute("content")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'",
    );
    expect(document.querySelectorAll("style")).toHaveLength(1);
    expect(page).not.toMatch(/\0|https?:\/\//);
    expect(page).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    const shown = [...document.querySelectorAll(".record .question")].map((one) => one.textContent);
    expect(shown[0]).toContain(`<script>document.title="owned"</script>`);
    for (const question of document.querySelectorAll(".record .question"))
      expect(question.getAttribute("dir")).toBe("auto");
  });

  it("can be read without seeing it", () => {
    const { document } = parsed(pageOf(reportOf("a mill")));
    expect(document.querySelectorAll("h1")).toHaveLength(1);
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1]));
    levels.reduce((before, level) => (expect(level - before).toBeLessThanOrEqual(1), level));
    for (const table of document.querySelectorAll("table"))
      expect(table.querySelector("caption")?.textContent.trim()).not.toBe("");
    for (const chart of document.querySelectorAll("[role=img]"))
      expect(chart.getAttribute("aria-label")).toMatch(/mean/);
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of document.querySelectorAll("a")) expect(ids).toContain(link.getAttribute("href")!.slice(1));
    expect(document.documentElement.getAttribute("lang")).toBe("en");
  });

  it("says what every figure of the report is", () => {
    const { document } = parsed(pageOf(reportOf("a mill")));
    const text = document.body.textContent.replace(/\s+/g, " ");
    for (const words of [
      "Near duplicates",
      "3 dropped",
      "2 flagged",
      "Semantic duplicates did not run: a mill",
      "Average rating",
      "7.3",
      "of 33 rated",
      "Question types",
      "How questions begin",
      "Self-BLEU",
      "Source covered",
      "Lowest rating kept",
      "100 % of the questions begin with “what is a”",
    ])
      expect(text).toContain(words);
  });

  it("stays small however many records there were", () => {
    const few = pageOf(reportOf("a mill", 100)).length;
    const many = pageOf(reportOf("a mill", 20_000)).length;
    expect(many).toBeLessThan(few * 1.2);
    expect(many).toBeLessThan(100_000);
  });

  it("takes a report in which there is nothing", () => {
    const empty: CurationReport = {
      ...reportOf("x"),
      metrics: { total: 0, filtered: 0, retention_rate: 0, avg_score: 0, rated: 0 },
      checks: [],
      ratings: null,
      examples: { kept: [], dropped: [] },
      unusable: { count: 0, reasons: {} },
      without_source: 0,
      model: null,
    };
    const page = pageOf(empty);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(parsed(page).document.body.textContent).toContain("no model was asked");
  });
});

describe("writeReport", () => {
  it("writes both files, without keys of servers", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "quern-report-"));
    try {
      const written = await writeReport(path.join(folder, "a_cleaned.json"), reportOf("a mill"));
      expect(written.map((file) => path.basename(file))).toEqual(["a_cleaned.report.json", "a_cleaned.report.html"]);
      const [json, page] = await Promise.all(written.map((file) => readFile(file, "utf8")));
      expect(JSON.parse(json!)).toMatchObject({ stage: "curate", metrics: { total: 40 }, threshold: 7 });
      expect(`${json!}${page!}`).not.toContain("sk-secret");
      expect(page).toContain("(set)");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("html", () => {
  it("escapes all that is put in, but its own markup", () => {
    const inner = html`<b title="${`"'><`}">${["<", html`<i>${"&"}</i>`]}</b>`;
    expect(inner.markup).toBe(`<b title="&quot;&#39;&gt;&lt;">&lt;<i>&amp;</i></b>`);
    expect(escaped("\0\u001b\ud800")).toBe("\ufffd\ufffd\ufffd");
    expect(html`${1234567}${0.123456}${null}${undefined}`.markup).toBe("1,234,5670.12");
  });
});
